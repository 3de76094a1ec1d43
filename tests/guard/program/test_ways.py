"""The ways from a route to a call that blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guard.program.programs import calls, read, way

WAYS = {
    "in the route itself": "time.sleep(1)",
    "in a helper": "helper()",
    "under another name": "nap(1)",
    "in a coroutine": "await slow()",
    "in a task": "asyncio.create_task(slow())",
    "in gathered coroutines": "await asyncio.gather(slow(), asyncio.sleep(1))",
    "in a comprehension": "return [helper() for _ in range(3)]",
    "in a lambda": "(lambda: time.sleep(1))()",
    "in a function written inside": "def inner():\n        time.sleep(1)\n    inner()",
    "in a partial": "partial(time.sleep, 1)()",
    "in a callback": "apply(helper)",
    "in a callback passed by name": "apply(function=helper)",
    "in a callback of a builtin": "list(map(time.sleep, [1, 2]))",
    "in the key of a sort": "sorted([1], key=lambda each: time.sleep(each))",
    "in a table of functions": "TABLE['slow']()",
    "in a table of functions, chosen at run time": "TABLE[name]()",
    "in a table of functions, by get": "TABLE.get(name)()",
    "in a list of functions": "for each in LIST:\n        each()",
    "in a generator that is gone through": "for _ in numbers():\n        pass",
    "in a generator that a list is made of": "list(numbers())",
    "in a generator behind a generator": "for _ in outer_numbers():\n        pass",
    "in an asynchronous generator": "async for _ in stream():\n        pass",
    "in a context manager's function": "with managed():\n        pass",
    "in an asynchronous context manager's function": "async with amanaged():\n        pass",
    "in a context manager's class": "with Managed():\n        pass",
    "in what a context manager gives": "with Managed() as managed:\n        managed.wait()",
    "in a decorator's wrapper": "decorated()",
    "in a decorated function": "quiet()",
    "in a cached function": "cached()",
    "in a method": "Service().work()",
    "in a method of self": "Service().indirect()",
    "in a class method": "Service.make()",
    "in a static method": "Service.static()",
    "in a property": "Service().value",
    "in a cached property": "Service().cached_value",
    "in a constructor": "Slow()",
    "in a method inherited": "Child().work()",
    "in a method called by the one of the base class": "Child().template()",
    "by super": "Child().above()",
    "in an object of the module": "service.work()",
    "in an object made by a function": "make_service().work()",
    "in an object that an annotation names": "use(unknown())",
    "in an object that may be None": "use_optional(unknown())",
    "in an object in a list": "for each in services():\n        each.work()",
    "in an object's attribute": "Holder(Service()).service.work()",
    "in a callable object": "Callable_()()",
    "in a dataclass's field": "Data(Service()).service.work()",
    "in a walrus": "if (found := make_service()):\n        found.work()",
    "under a condition": "if name:\n        helper()",
    "where an error is handled": "try:\n        pass\n    except ValueError:\n        helper()",
    "at the end": "try:\n        pass\n    finally:\n        helper()",
    "in a match": "match name:\n        case 'a':\n            helper()",
    "in an argument": "print(helper())",
    "in a text": "return f'{helper()}'",
    "by getattr": "getattr(time, 'sleep')(1)",
    "through arguments passed on": "forward(helper)",
    "through an alias inside": "f = helper\n    f()",
    "in a lazily made object": "lazy().work()",
    "in a class of a protocol": "promised(unknown())",
    "deep inside": "a()",
    "called by the loop soon": "asyncio.get_running_loop().call_soon(helper)",
    "in a nested class's method": "Outer.Inner().work()",
    "in an instance kept by a class": "Registry.service.work()",
    "by len": "len(Special())",
    "by an operator": "Special() + 1",
    "by in": "1 in Special()",
    "by a comparison": "Special() == 1",
    "by a subscript": "Special()[1]",
    "by an assignment to a subscript": "special = Special()\n    special[1] = 2",
    "by a text": "return f'{Special()}'",
    "by a class that is iterated over": "for _ in Special():\n        pass",
    "in a validator": "Model(name='x')",
    "in an asynchronous method": "await Service().awork()",
    "in a coroutine method of a child": "await Child().awork()",
}

HELPERS = """
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from time import sleep as nap

def helper(): time.sleep(1)
async def slow(): helper()
def apply(function): return function()
def forward(function, *args, **kwargs): return passed_on(function, *args, **kwargs)
def passed_on(function, *args, **kwargs): return function(*args, **kwargs)
TABLE = {"slow": helper}
LIST = [helper]
def numbers():
    time.sleep(1)
    yield 1
def outer_numbers():
    yield from numbers()
async def stream():
    helper()
    yield 1
@contextmanager
def managed():
    helper()
    yield
@asynccontextmanager
async def amanaged():
    helper()
    yield
class Managed:
    def __enter__(self):
        time.sleep(1)
        return self
    def __exit__(self, *args): ...
    def wait(self): time.sleep(1)
def timed(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper
def pausing(pause):
    def decorate(function):
        def wrapper(*args, **kwargs):
            time.sleep(pause)
            return function(*args, **kwargs)
        return wrapper
    return decorate
@pausing(2)
def decorated(): ...
@timed
def quiet(): time.sleep(1)
@lru_cache
def cached(): time.sleep(1)
class Base:
    def template(self): return self.step()
    def step(self): raise NotImplementedError
    def above(self): time.sleep(1)
    async def awork(self): return self.step()
class Service:
    def work(self): time.sleep(1)
    def indirect(self): return self.work()
    @classmethod
    def make(cls):
        return cls().work()
    @staticmethod
    def static(): time.sleep(1)
    @property
    def value(self): return self.work()
    @cached_property
    def cached_value(self): return self.work()
    async def awork(self): self.work()
class Child(Base, Service):
    def step(self): time.sleep(1)
    def above(self): return super().above()
class Slow:
    def __init__(self): time.sleep(1)
class Holder:
    def __init__(self, service): self.service = service
class Callable_:
    def __call__(self): time.sleep(1)
@dataclass
class Data:
    service: Service
class Outer:
    class Inner:
        def work(self): time.sleep(1)
class Registry:
    service = Service()
class Special:
    DUNDERS
class Model:
    @validator("name")
    def check(cls, name): time.sleep(1)
service = Service()
def make_service(): return Service()
def services() -> list[Service]: ...
def unknown(): ...
def use(service: Service): service.work()
def use_optional(service: Optional["Service"] = None): service.work()
_lazy = None
def lazy():
    global _lazy
    if _lazy is None:
        _lazy = Service()
    return _lazy
class Promise(Protocol):
    def keep(self): ...
class Kept(Promise):
    def keep(self): time.sleep(1)
def promised(promise: Promise): promise.keep()
def a(): b()
def b(): c()
def c(): d()
def d(): helper()

@app.get("/{name}")
async def route(name: str):
    BODY
"""


SPECIAL = ("len", "add", "contains", "eq", "getitem", "setitem", "str", "iter")
HELPERS = HELPERS.replace(
    "    DUNDERS", "\n".join(f"    def __{name}__(self, *more): time.sleep(1)" for name in SPECIAL)
)


@pytest.mark.parametrize("body", WAYS.values(), ids=WAYS.keys())
def test_a_call_that_blocks_is_found(tmp_path: Path, body: str) -> None:
    assert ("GET /{name}", "time.sleep") in calls(read(tmp_path, main=HELPERS.replace("BODY", body)))


def test_the_same_helpers_alone_are_no_finding(tmp_path: Path) -> None:
    assert not read(tmp_path, main=HELPERS.replace("BODY", "return 1"))


def test_the_chain_names_every_function_on_the_way_and_its_line(tmp_path: Path) -> None:
    main = """
        from shop.service import Service
        @app.get("/")
        async def route():
            Service().work()
    """
    service = """
        import requests
        class Service:
            def work(self):
                return self.fetch()

            def fetch(self):
                return (
                    requests.get(
                        "x",
                    )
                )
    """
    [finding] = read(tmp_path, main=main, shop__service=service)
    assert [(Path(hop.file).name, hop.name) for hop in finding.chain] == [
        ("main.py", "route"),
        ("service.py", "Service.work"),
        ("service.py", "Service.fetch"),
    ]
    assert [hop.line for hop in finding.chain[1:]] == [5, 9]
    assert (Path(finding.file).name, finding.line, finding.kind) == ("service.py", 9, "waits")


def test_the_shortest_way_is_the_one_that_is_told(tmp_path: Path) -> None:
    [finding] = read(
        tmp_path,
        main="""
        def far(): near()
        def near(): time.sleep(1)
        @app.get("/")
        async def route():
            far()
            near()
        """,
    )
    assert way(finding) == ["route", "near"]


def test_functions_that_call_each_other_are_read_to_an_end(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        main="""
        def one(n): return two(n)
        def two(n):
            time.sleep(n)
            return one(n)
        @app.get("/")
        async def route(): one(1)
        """,
    )
    assert calls(found) == {("GET /", "time.sleep")}


def test_a_very_long_chain_is_followed(tmp_path: Path) -> None:
    functions = "\n".join(f"def f{n}(): return f{n + 1}()" for n in range(300))
    main = f"{functions}\ndef f300(): time.sleep(1)\n@app.get('/')\nasync def route(): f0()\n"
    [finding] = read(tmp_path, main=main)
    assert len(finding.chain) == 302
