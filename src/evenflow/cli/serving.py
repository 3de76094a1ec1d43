"""How the CLI serves an app: uvicorn, with settings for production instead of for a first try."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from evenflow.cli.listening import require_free_port, require_free_socket
from evenflow.cli.order import Order, give
from evenflow.cli.refusal import Refusal

_UVICORN_KEEP_ALIVE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What to serve, where, and how."""

    target: str
    app_dir: Path
    factory: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    uds: Path | None = None
    workers: int = 1
    reload_dirs: tuple[Path, ...] = ()
    access_log: bool = False
    proxy_headers: bool = False
    keep_alive: int = 75
    guard: bool = True
    guard_log: Path | None = None


def serve(serving: Serving) -> None:
    """Serves until a signal ends it. Everything that can be refused is refused before uvicorn starts."""
    for directory in serving.reload_dirs:
        if not directory.is_dir():
            raise Refusal(f"There is no directory {directory} to watch: change --reload-dir.")
    if serving.uds is None:
        require_free_port(serving.host, serving.port)
    else:
        require_free_socket(serving.uds)
    _give_guard(serving)
    give(Order(serving.target, serving.app_dir, serving.factory))
    _require_app(serving)
    signal.signal(signal.SIGTERM, _end)
    _run(serving)


def _give_guard(serving: Serving) -> None:
    from evenflow.guard.watchdog import LOG_VARIABLE, VARIABLE

    # By the environment, which the processes that serve have from this one.
    if not serving.guard:
        os.environ[VARIABLE] = "off"
    if serving.guard_log is not None:
        if not serving.guard_log.parent.is_dir():
            raise Refusal(f"There is no directory {serving.guard_log.parent} to write to: change --guard-log.")
        os.environ[LOG_VARIABLE] = str(serving.guard_log.resolve())


def _require_app(serving: Serving) -> None:
    if serving.workers == 1 and not serving.reload_dirs:
        _load_and_announce(serving)
        return
    # Where other processes serve, this one stays free of the app: it is tried in a process that ends at once.
    trial = get_context("spawn").Process(target=_try, args=(serving,))
    trial.start()
    trial.join()
    if trial.exitcode:
        raise SystemExit(trial.exitcode)


def _try(serving: Serving) -> None:
    try:
        _load_and_announce(serving)
    except Refusal as refusal:
        print(f"evenflow: {refusal}", file=sys.stderr)  # noqa: T201 - a child of the CLI speaks for it
        raise SystemExit(2) from None


def _load_and_announce(serving: Serving) -> None:
    from evenflow.cli.served import what_is_compiled

    _announce(serving, what_is_compiled())


def _announce(serving: Serving, compiled: str | None) -> None:
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(
        f"[bold green]Evenflow[/] serves [bold]{serving.target}[/] with {_engine()}; {_differences(serving)}."
    )
    if compiled:
        console.print(compiled, markup=False)


def _engine() -> str:
    loop = "uvloop" if find_spec("uvloop") else "asyncio"
    parser = "httptools" if find_spec("httptools") else "h11"
    return f"uvicorn, {loop} and {parser}"


def _differences(serving: Serving) -> str:
    differences = [
        "" if serving.access_log else "access log off",
        "" if serving.proxy_headers else "proxy headers off",
        f"keep-alive {serving.keep_alive} s" if serving.keep_alive != _UVICORN_KEEP_ALIVE else "",
        "fewer garbage collections",
    ]
    return f"unlike uvicorn alone: {', '.join(filter(None, differences))}"


def _end(signum: int, frame: FrameType | None) -> NoReturn:
    # uvicorn ends gracefully on SIGTERM and then raises the signal again. For whoever asked the server to
    # stop, a server that stopped has succeeded.
    raise SystemExit(0)


def _run(serving: Serving) -> None:
    import uvicorn

    uvicorn.run(
        "evenflow.cli.served:app",
        app_dir=str(serving.app_dir.resolve()),
        factory=serving.factory,
        host=serving.host,
        port=serving.port,
        uds=str(serving.uds) if serving.uds else None,
        workers=serving.workers,
        reload=bool(serving.reload_dirs),
        reload_dirs=[str(directory) for directory in serving.reload_dirs] or None,
        access_log=serving.access_log,
        proxy_headers=serving.proxy_headers,
        timeout_keep_alive=serving.keep_alive,
        loop="evenflow.cli.loop:new_event_loop",
        http="evenflow.cli.protocol:HttpProtocol",
        log_config=_log_config(uvicorn.config.LOGGING_CONFIG),
    )


def _log_config(uvicorns: dict[str, Any]) -> dict[str, Any]:
    # Evenflow's own lines look like the server's, and appear once.
    ours = {"evenflow": {"handlers": ["default"], "level": "INFO", "propagate": False}}
    return uvicorns | {"loggers": uvicorns["loggers"] | ours}
