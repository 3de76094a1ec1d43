"""From a driver's rows to the bytes of the answer: FastAPI's response model beside `fetch_json`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any

from pydantic import BaseModel

from benchmarks.measure import Report, Sample, alternate, in_process_of_its_own

SIDES = ["FastAPI's response model", "evenflow, by Pydantic", "evenflow"]

BATCH = 10


class User(BaseModel):
    """A row as an API would show it."""

    id: int
    name: str
    email: str | None
    active: bool
    score: float
    created: datetime


NAMES = list(User.model_fields)


def run(seconds: float, rounds: int, progress: Callable[[str], None]) -> Report:
    report = Report("rows-to-json")
    for count in (20, 1000):

        def measure(side: str, count: int = count) -> Sample:
            arguments: dict[str, str | float] = {"side": side, "rows": count, "seconds": seconds}
            return in_process_of_its_own("benchmarks.bench_rows_to_json", arguments)

        found = alternate(SIDES, rounds, measure, progress)
        report.add(f"{count} rows", found)
        cpu = {side: values["cpu_us"] for side, values in found.items()}
        stock = cpu["FastAPI's response model"]
        report.claim(f"CPU a row, FastAPI : evenflow, {count} rows", stock / cpu["evenflow"], 5)
        report.claim(f"CPU a row, FastAPI : evenflow by Pydantic, {count} rows", stock / cpu["evenflow, by Pydantic"])
    return report


def given(count: int) -> list[tuple[Any, ...]]:
    """Rows as a driver gives them."""
    start = datetime(2024, 1, 2, 3, 4, 5, 678901)
    return [
        (n, f"user {n}", f"user{n}@example.org" if n % 7 else None, n % 2 == 0, n * 1.37, start + timedelta(hours=n))
        for n in range(count)
    ]


def fastapis(rows: list[tuple[Any, ...]]) -> Callable[[], bytes]:
    """What a route with `response_model=list[User]` does with the rows it returns, by FastAPI's own functions."""
    from fastapi.routing import serialize_response
    from fastapi.utils import create_model_field

    from evenflow.database.rows import row_maker, row_type

    made = row_maker(row_type(NAMES), [None] * len(NAMES)).all
    field = create_model_field("Response_users", list[User], mode="serialization")

    def body() -> bytes:
        serializing = serialize_response(field=field, response_content=made(rows), dump_json=True)
        try:
            serializing.send(None)
        except StopIteration as done:
            answer: bytes = done.value
            return answer
        raise AssertionError("it waits for something")

    return body


def evenflows(rows: list[tuple[Any, ...]], side: str) -> Callable[[], bytes]:
    from evenflow.database.encoding import BodyMaker

    maker = BodyMaker(User, NAMES, [None] * len(NAMES))
    assert maker.direct is not None, "install msgspec"
    write = maker.all if side == "evenflow" else maker.ordinary
    return lambda: write(rows)


def measured(side: str, count: int, seconds: float) -> dict[str, float]:
    rows = given(count)
    reference = fastapis(rows)
    body = reference if side == SIDES[0] else evenflows(rows, side)
    assert body() == reference(), "not the same bytes"
    latencies: list[float] = []
    cpu, begun = time.process_time(), time.perf_counter()
    end = begun + seconds
    while (started := time.perf_counter()) < end:
        for _ in range(BATCH):  # reading the clock would be a part of what is measured
            body()
        latencies.append((time.perf_counter() - started) / BATCH)
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "count": len(latencies) * count * BATCH,
        "seconds": wall,
        "cpu_seconds": cpu,
        "p50_ms": median(latencies) * 1e3,
        "p99_ms": quantiles(latencies, n=100)[-1] * 1e3,
    }


if __name__ == "__main__":
    words = dict(word.partition("=")[::2] for word in sys.argv[1:])
    print(json.dumps(measured(words["side"], int(words["rows"]), float(words["seconds"]))))
