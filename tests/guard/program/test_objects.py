"""What is known of objects: of their classes, their attributes, and of what other libraries give."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.guard.program.programs import calls, read

OBJECTS = """
    import llm
    from pathlib import Path
    from dataclasses import dataclass, field
    from contextlib import closing
    session = requests.Session()
    class Client:
        shared = requests.Session()
        def __init__(self, session: requests.Session | None = None, url="x"):
            self.session = session or requests.Session()
            self.optional: Optional[requests.Session] = None
            self._lazy = None
            self.model = llm.Client(key="x")
            self.folder = Path("x").parent / "y"
        @property
        def lazy(self):
            if self._lazy is None:
                self._lazy = requests.session()
            return self._lazy
        def connect(self) -> "sqlite3.Connection": ...
    @dataclass
    class Data:
        session: requests.Session
        other: Any = field(default_factory=requests.Session)
    class Own(requests.Session):
        pass
    def given(client): return client.get("x")
    def connections() -> list[sqlite3.Connection]: ...
    def pair(): return requests.Session(), httpx.AsyncClient()
    @app.on_event("startup")
    async def start():
        app.state.session = requests.Session()
    @app.get("/")
    async def route(request: Request, name: str):
        BODY
"""

FOUND = {
    "an object of the module": ("session.get('x')", "requests.Session.get"),
    "an object made here": ("requests.Session().get('x')", "requests.Session.get"),
    "a function that gives one": ("requests.session().post('x')", "requests.Session.post"),
    "in a with": ("with requests.Session() as s:\n            s.get('x')", "requests.Session.get"),
    "an attribute": ("Client().session.get('x')", "requests.Session.get"),
    "an attribute that may be None": ("Client().optional.get('x')", "requests.Session.get"),
    "an attribute of the class": ("Client.shared.get('x')", "requests.Session.get"),
    "an attribute of the class, by an object": ("Client().shared.get('x')", "requests.Session.get"),
    "an attribute made when it is asked for": ("Client().lazy.get('x')", "requests.Session.get"),
    "an attribute of an attribute": ("Client().model.chat.completions.create()", "llm.Client.chat.completions.create"),
    "a path": ("Client().folder.read_text()", "pathlib.Path.read_text"),
    "what a method says that it gives": ("Client().connect().execute('x')", "sqlite3.Connection.execute"),
    "a field": ("Data(session).session.get('x')", "requests.Session.get"),
    "a field with a factory": ("Data(session).other.get('x')", "requests.Session.get"),
    "an own class of another library's": ("Own().get('x')", "requests.Session.get"),
    "an argument": ("given(session)", "requests.Session.get"),
    "an item": ("connections()[0].execute('x')", "sqlite3.Connection.execute"),
    "each of several": ("for each in connections():\n            each.execute('x')", "sqlite3.Connection.execute"),
    "the first of two": ("one, two = pair()\n        one.get('x')", "requests.Session.get"),
    "a bound method": ("get = session.get\n        get('x')", "requests.Session.get"),
    "an object of the app's state": ("request.app.state.session.get('x')", "requests.Session.get"),
    "a file": ("open('x').read()", "io.TextIOWrapper.read"),
    "a file that is gone through": ("for line in open('x'):\n            pass", "io.TextIOWrapper.readline"),
    "a file in a with": ("with open('x') as f:\n            f.read()", "io.TextIOWrapper.read"),
    "a choice of two": ("(session if name else None).get('x')", "requests.Session.get"),
}


@pytest.mark.parametrize(("body", "call"), FOUND.values(), ids=FOUND.keys())
def test_the_object_is_known(tmp_path: Path, body: str, call: str) -> None:
    assert ("GET /", call) in calls(read(tmp_path, main=OBJECTS.replace("BODY", body)))


CLEAN = {
    "the second of two": "one, two = pair()\n        await two.get('x')",
    "an argument of another class": "await given(httpx.AsyncClient())",
    "the same function with an unknown argument": "given(name)",
    "an exception to an entry": "session.close()",
    "a name that is bound anew": "session = httpx.AsyncClient()\n        await session.get('x')",
}


@pytest.mark.parametrize("body", CLEAN.values(), ids=CLEAN.keys())
def test_another_object_is_not_taken_for_it(tmp_path: Path, body: str) -> None:
    assert read(tmp_path, main=OBJECTS.replace("BODY", body)) == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the statement is Python 3.12's")
def test_a_type_statement_is_understood(tmp_path: Path) -> None:
    main = """
    type Client = Annotated[requests.Session, Depends()]
    @app.get("/")
    async def route(client: Client): client.get("x")
    """
    assert calls(read(tmp_path, main=main)) == {("GET /", "requests.Session.get")}


def test_a_type_that_is_made_of_itself_is_read_to_an_end(tmp_path: Path) -> None:
    main = """
    Json = dict[str, "Json"] | list["Json"] | "Json" | str
    def take(json: Json) -> "Json": return time.sleep(1)
    @app.get("/")
    async def route(json: Json, other: dict[str, Json]): take(json)
    """
    assert calls(read(tmp_path, main=main)) == {("GET /", "time.sleep")}
