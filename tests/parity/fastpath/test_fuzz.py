"""The fast path beside stock FastAPI: drawn apps, drawn requests, everything that can be seen from outside.

`scripts/fuzz-fastpath` plays many more; what it finds goes into `corpus/`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evenflow.fastpath import attach

from . import corpus
from .draw_app import draw_app
from .many import FLOOR, compiles
from .report import told
from .session import Tally, run_seeds
from .write import source

# A coroutine that a drawn app never awaits may be collected where Python cannot warn of it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
KEPT = sorted(corpus.FOLDER.glob("*.txt"))


@pytest.fixture(scope="module")
def played() -> Tally:
    return run_seeds([f"quick {i}" for i in range(24)], attach)


def test_drawn_requests_are_answered_as_by_stock_fastapi(played: Tally) -> None:
    assert not played.mismatches, "\n".join(told(played, attach))


@pytest.mark.skipif(not compiles(), reason="the fast path does not know this FastAPI, and leaves everything to it")
def test_most_drawn_requests_are_answered_by_compiled_routes(played: Tally) -> None:
    # Without a floor, a fast path that steps aside everywhere would pass.
    assert played.share("compiled") > FLOOR
    assert played.share("compiled", "routed") > 0.75
    assert played.ways["replayed"] > 0


def test_drawn_requests_lead_to_every_kind_of_answer(played: Tally) -> None:
    assert played.unbuilt == 0
    assert 0.2 < sum(count for status, count in played.status.items() if status.startswith("2")) / played.requests < 0.8
    assert {"200", "201", "400", "401", "404", "405", "422", "500 raised", "200 raised", "none"} <= set(played.status)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_was_once_answered_differently_is_answered_as_by_stock(path: Path) -> None:
    assert [str(mismatch) for mismatch in corpus.replay(path, attach) if not mismatch.faint] == []


def test_two_stock_apps_answer_alike() -> None:
    alike = run_seeds([f"alike {i}" for i in range(8)], lambda app: None)

    assert not alike.mismatches
    assert not alike.faint


CHANGES = {
    "a value is not cached": (r", use_cache=False", ""),
    "a dependency is left later": (r"scope='function'", "scope='request'"),
    "an argument is another": (r"arrive\((.*?), (\w+)=\2\b", r"arrive(\1, \2=repr(\2)"),
    "a status is another": (r"status_code=20\d", "status_code=299"),
    "an option is missing": (r", response_model_exclude_\w+=True", ""),
    "an alias is another": (r"alias='al-ias'", "alias='al'"),
    "a default is another": (r" = 7\b", " = 6"),
    "a context variable is lost": (r"given = arrive\('dep_(\d+)'", r"TRAIL.set(()); given = arrive('dep_\1'"),
    "an exception is swallowed": (
        r"'saw', type\(error\).__name__, error\)\n(\s+)raise",
        r"'saw', type(error).__name__, error)",
    ),
    "a handler is another": (r"'handled'", "'managed'"),
    "a dependency of a router is missing": (r"(APIRouter\(.*)dependencies=\[.*?\]", r"\1dependencies=[]"),
    "a middleware is missing": (r"app.add_middleware\(Pure\)", ""),
    "a background task is missing": (r"later\('(\w+)', background\)", "pass"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_program_is_noticed(change: str) -> None:
    pattern, to = CHANGES[change]
    seeds = (f"changed {i}" for i in range(200))

    for seed in (seed for seed in seeds if re.search(pattern, source(draw_app(seed)))):
        if run_seeds([seed], lambda app: None, 25, rewritten=lambda program: re.sub(pattern, to, program)).mismatches:
            return
    pytest.fail("nobody noticed")
