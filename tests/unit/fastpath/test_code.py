"""The code that is written: shown in tracebacks, shared by routes of one shape, quick to make."""

from __future__ import annotations

import linecache
import traceback

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from evenflow.fastpath import attach
from tests.unit.fastpath.asking import ask, hello


async def test_a_traceback_shows_the_line_that_was_written() -> None:
    app = FastAPI()

    @app.get("/")
    async def read(name: str = "") -> None:
        raise KeyError("lost")

    path = attach(app)

    with pytest.raises(KeyError) as raised:
        await ask(app)

    assert path.counts.compiled == 1
    written = [frame for frame in traceback.extract_tb(raised.tb) if "<evenflow fastpath" in frame.filename]
    assert "raw = await CALL_" in "".join(frame.line or "" for frame in written)
    assert traceback.extract_tb(raised.tb)[-1].line == 'raise KeyError("lost")'


async def test_the_line_is_still_shown_after_the_files_were_looked_at_again() -> None:
    path = attach(hello())
    source = path.source(len(path.report().routes) - 1)

    linecache.checkcache()

    assert any(entry[2] == source.splitlines(keepends=True) for entry in linecache.cache.values() if len(entry) == 4)


def test_the_code_of_a_route_is_told_and_of_the_others_there_is_none() -> None:
    app = hello()
    path = attach(app)
    routes = path.report().routes

    for index, route in enumerate(routes):
        assert path.source(index).startswith("async def answer(") is route.compiled


class Thing(BaseModel):
    id: int
    name: str


def a_thousand_routes() -> FastAPI:
    app = FastAPI()
    for part in range(50):
        router = APIRouter(prefix=f"/part{part}")
        for number in range(20):

            @router.get(f"/thing{number}/{{id}}", response_model=Thing)
            async def read(id: int, name: str = "thing") -> dict[str, object]:
                return {"id": id, "name": name}

        app.include_router(router)
    return app


@pytest.mark.slow
async def test_a_thousand_routes_compile_and_the_last_one_answers() -> None:
    app = a_thousand_routes()
    path = attach(app)

    assert sum(route.compiled for route in path.report().routes) == 1000
    assert path.build_seconds < 30
    assert len({path.source(index) for index in range(len(path.report().routes))}) <= 3
    assert (await ask(app, "/part49/thing19/7?name=last")).json() == {"id": 7, "name": "last"}
    assert (await ask(app, "/part0/thing0/1")).json() == {"id": 1, "name": "thing"}
    assert (await ask(app, "/part49/thing20/7")).status_code == 404
    assert path.counts.compiled == 2
