"""Small programs to be read."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

from evenflow.guard import Finding
from evenflow.guard.catalogue import Catalogue
from evenflow.guard.program import analyse, of_folder, of_module

TABLE: dict[str, Any] = {
    "calls": [
        {"names": ["time.sleep"], "class": "waits", "fix": "await asyncio.sleep(...)"},
        {
            "names": ["requests.get", "requests.post", "requests.Session.*", "httpx.get", "httpx.Client.get"],
            "except": ["requests.Session.close"],
            "class": "waits",
            "fix": "await client.get(...)",
        },
        {"names": ["sqlite3.Connection.execute", "sqlite3.connect"], "class": "waits", "fix": "Database"},
        {"names": ["subprocess.run", "concurrent.futures.Future.result"], "class": "waits", "fix": "await it"},
        {"names": ["builtins.open", "io.TextIOWrapper.read", "io.TextIOWrapper.readline"], "class": "disk", "fix": "x"},
        {"names": ["pathlib.Path.read_text"], "class": "disk", "fix": "await asyncio.to_thread(...)"},
        {"names": ["threading.Lock.acquire"], "class": "lock", "fix": "asyncio.Lock"},
        {"names": ["queue.Queue.get", "queue.Queue.put"], "class": "lock", "fix": "asyncio.Queue"},
        {"names": ["llm.Client.chat.completions.create"], "class": "waits", "fix": "llm.AsyncClient"},
    ],
    "returns": {
        "requests.session": "requests.Session",
        "sqlite3.connect": "sqlite3.Connection",
        "builtins.open": "io.TextIOWrapper",
        "pathlib.Path.parent": "pathlib.Path",
        "concurrent.futures.ThreadPoolExecutor.submit": "concurrent.futures.Future",
    },
    "same": {"requests.sessions.Session": "requests.Session"},
}

HEAD = """
import asyncio, time, requests, httpx, sqlite3, functools, threading, queue
from functools import partial, wraps, lru_cache
from typing import Annotated, Any, Callable, Optional, Protocol
from fastapi import FastAPI, APIRouter, Depends, Request, BackgroundTasks

app = FastAPI()
"""


def read(folder: Path, *, head: bool = True, **files: str) -> list[Finding]:
    """The findings of a program: `main` is its first module, `shop__work` is one in a package."""
    for name, text in files.items():
        file = folder / f"{name if '/' in name else name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((HEAD if head and name == "main" else "") + dedent(text))
    return list(analyse(of_module("main", folder), Catalogue([TABLE])).findings)


def read_folder(folder: Path, **files: str) -> list[Finding]:
    """The same, of a folder."""
    for name, text in files.items():
        file = folder / f"{name if '/' in name else name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
    return list(analyse(of_folder(folder), Catalogue([TABLE])).findings)


def calls(findings: list[Finding]) -> set[tuple[str | None, str]]:
    """Which call blocks which route."""
    return {(finding.route, finding.call) for finding in findings}


def way(finding: Finding) -> list[str]:
    """The functions on the way."""
    return [hop.name for hop in finding.chain]
