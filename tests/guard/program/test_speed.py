"""A large program is read in seconds."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.guard.program.programs import read

MODULE = """
    import time
    from fastapi import APIRouter, Depends
    from part{next} import Service as Next
    router = APIRouter(prefix="/part{number}")
    class Service:
        def __init__(self, following: Next | None = None):
            self.following = following or Next()
            self.names = {{"a": self.first, "b": self.second}}
        def first(self, n): return self.following.second(n)
        def second(self, n): return [self.third(each) for each in range(n)]
        def third(self, n):
            if n > 3:
                return self.names["a"](n - 1)
            return time.sleep(n)
    def service() -> Service: return Service()
"""
ROUTE = """
    @router.get("/{number}/{{id}}")
    async def route{number}(id: int, service: Service = Depends(service)):
        return service.first(id)
"""


@pytest.mark.slow
def test_a_hundred_modules_take_less_than_five_seconds(tmp_path: Path) -> None:
    parts = {
        f"part{number}": MODULE.format(number=number, next=number // 10 * 10 + (number + 1) % 10)
        + "".join(ROUTE.format(number=each) for each in range(5))
        for number in range(100)
    }
    imports = "".join(f"    import part{n}\n    app.include_router(part{n}.router)\n" for n in range(100))
    began = time.process_time()
    found = read(tmp_path, main=imports, **parts)
    assert time.process_time() - began < 5
    assert len({each.route for each in found}) == 500
