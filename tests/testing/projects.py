"""Small projects with tests of their own, run by a pytest of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

SOURCES = Path(__file__).parents[2] / "src"

APP = """
from contextlib import asynccontextmanager

import sqlalchemy as sa
from fastapi import FastAPI

from evenflow import Database, Evenflow

metadata = sa.MetaData()
users = sa.Table(
    "users", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(100), nullable=False)
)
db = Database("sqlite:///app.db")


@asynccontextmanager
async def lifespan(app):
    await db.create_all(metadata)
    yield


app = FastAPI(lifespan=lifespan)
Evenflow(app, database=db)


@app.get("/users")
async def list_users() -> list[str]:
    return [row["name"] for row in await db.fetch_all(users.select())]


@app.post("/users")
async def create_user(name: str) -> int:
    async with db.transaction():
        return await db.execute(users.insert().values(name=name))
"""
"""An API on a database, as the README's."""


@dataclass(frozen=True)
class Run:
    """What became of the tests of a project."""

    outcomes: dict[str, str]
    """By the test's name: passed, failed, error or skipped."""
    output: str


def run(folder: Path, files: dict[str, str], *arguments: str, **environment: str) -> Run:
    """Writes the files and runs pytest in the folder. Every warning is an error."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    if not any("asyncio_mode" in argument for argument in arguments):
        arguments = ("-p", "no:asyncio", *arguments)  # not part of the project, though it is installed
    # Where Evenflow is installed anew, pytest loads the plugin by itself, and refuses to do so twice.
    loading = [] if entry_points(group="pytest11", name="evenflow") else ["-p", "evenflow.pytest_plugin"]
    report = folder / "report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", f"--junitxml={report}", *loading, *arguments],
        cwd=folder,
        env={**_environment(), "PYTHONPATH": str(SOURCES), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    output = done.stdout + done.stderr
    assert report.exists(), output
    return Run({case.get("name", ""): _outcome(case) for case in ElementTree.parse(report).iter("testcase")}, output)


def _environment() -> dict[str, str]:
    """Without what the pytest around it says of itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def _outcome(case: ElementTree.Element) -> str:
    kinds = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
    return {"failure": "failed", "error": "error", "skipped": "skipped"}[kinds[0]] if kinds else "passed"
