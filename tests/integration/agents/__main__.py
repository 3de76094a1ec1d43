"""Prints what an agent sees of an app served by FastAPI, and of the same one with the fast path, as JSON.

`python -m tests.integration.agents AGENT`, AGENT one of the modules in `seen`. With `late` behind it, Evenflow is
imported before the agent starts; with `first`, the fast path is attached before the agent has seen the app; with
`unknown`, Evenflow has never seen this version of the agent. Each run is a process: few agents can be stopped again.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from typing import Any


def main() -> None:
    agent = importlib.import_module(f"tests.integration.agents.seen.{sys.argv[1]}")
    if "late" in sys.argv:
        importlib.import_module("evenflow.fastpath")
    agent.start()
    if "unknown" in sys.argv:
        importlib.import_module("evenflow.fastpath.upstream.agents").KNOWN.clear()
    told = {"stock": _seen(agent, attached=False), "attached": _seen(agent, attached=True)}
    print(json.dumps(told, default=repr))


def _seen(agent: Any, *, attached: bool) -> Any:
    from tests.integration.agents.app import answers, make_app

    app = make_app()
    if "first" not in sys.argv:
        agent.instrument(app)
    path = None
    if attached:
        from evenflow.fastpath import attach

        path = attach(app)
    if "first" in sys.argv:
        agent.instrument(app)
    answered = asyncio.run(answers(app))
    told = {"answers": answered, "seen": agent.seen()}
    if path is not None:
        report = path.report()
        counts = path.counts
        told["counts"] = {"compiled": counts.compiled, "replayed": counts.replayed, "routed": dict(counts.routed)}
        told["routes"] = [[one.path, one.compiled, one.reason] for one in report.routes]
        told["off"] = report.off
    return told


if __name__ == "__main__":
    main()
