"""Where the loop enters a program, and what it is called."""

from __future__ import annotations

from pathlib import Path

from tests.guard.program.programs import calls, read, way

SLOW = """
    async def slow(): time.sleep(1)
    def pause(): time.sleep(1)
"""


def routes(folder: Path, main: str, **files: str) -> set[str | None]:
    return {finding.route for finding in read(folder, main=SLOW + main, **files)}


def test_every_method_is_a_route(tmp_path: Path) -> None:
    main = "\n".join(f"    @app.{name}('/x')\n    async def f_{name}(): pause()" for name in ("get", "put", "delete"))
    assert routes(tmp_path, main) == {"GET /x", "PUT /x", "DELETE /x"}


def test_a_route_of_several_methods_is_one(tmp_path: Path) -> None:
    main = """
    @app.api_route("/x", methods=["GET", "POST"])
    async def f(): pause()
    """
    assert routes(tmp_path, main) == {"GET,POST /x"}


def test_a_route_that_is_added_by_a_call_is_named(tmp_path: Path) -> None:
    main = """
    async def f(): pause()
    app.add_api_route("/x", f, methods=["POST"])
    """
    assert routes(tmp_path, main) == {"POST /x"}


def test_a_websocket_is_named(tmp_path: Path) -> None:
    main = """
    @app.websocket("/ws")
    async def f(socket): pause()
    """
    assert routes(tmp_path, main) == {"WEBSOCKET /ws"}


def test_the_path_has_the_prefixes_of_all_routers_around(tmp_path: Path) -> None:
    main = """
    from api import users
    outer = APIRouter(prefix="/v1")
    outer.include_router(users.router, prefix="/users")
    app.include_router(outer, prefix="/api")
    """
    users = """
        import time
        from fastapi import APIRouter
        PREFIX = "/of"
        router = APIRouter(prefix=PREFIX + "/x")
        @router.get("/{id}")
        async def f(id: int): time.sleep(1)
    """
    assert routes(tmp_path, main, api__users=users) == {"GET /api/v1/users/of/x/{id}"}


def test_a_router_that_is_included_twice_has_two_routes(tmp_path: Path) -> None:
    main = """
    router = APIRouter()
    @router.get("/x")
    async def f(): pause()
    app.include_router(router, prefix="/v1")
    app.include_router(router, prefix="/v2")
    """
    assert routes(tmp_path, main) == {"GET /v1/x", "GET /v2/x"}


def test_an_app_that_a_function_makes_has_its_routes(tmp_path: Path) -> None:
    main = """
    def create_app():
        made = FastAPI()
        router = APIRouter(prefix="/r")
        @made.get("/x")
        async def f(): pause()
        @router.get("/y")
        async def g(): pause()
        made.include_router(router)
        return made
    """
    assert routes(tmp_path, main) == {"GET /x", "GET /r/y"}


def test_a_function_that_is_given_the_app_registers_routes(tmp_path: Path) -> None:
    main = """
    def register(app: FastAPI):
        @app.get("/x")
        async def f(): pause()
    register(app)
    """
    assert routes(tmp_path, main) == {"GET /x"}


def test_a_mounted_app_has_the_path_of_its_mount(tmp_path: Path) -> None:
    main = """
    inner = FastAPI()
    @inner.get("/x")
    async def f(): pause()
    app.mount("/inner", inner)
    """
    assert routes(tmp_path, main) == {"GET /inner/x"}


def test_an_async_dependency_is_blamed_on_the_route_that_asks(tmp_path: Path) -> None:
    main = """
    @app.get("/x")
    async def f(user=Depends(slow)): ...
    """
    [finding] = read(tmp_path, main=SLOW + main)
    assert (finding.route, way(finding)) == ("GET /x", ["f", "slow"])


def test_an_async_dependency_of_a_plain_route_is_blamed_too(tmp_path: Path) -> None:
    main = """
    @app.get("/x")
    def f(user=Depends(slow)): ...
    """
    assert routes(tmp_path, main) == {"GET /x"}


def test_a_dependency_in_an_alias_is_found(tmp_path: Path) -> None:
    main = """
    User = Annotated[str, Depends(slow)]
    @app.get("/x")
    async def f(user: User): ...
    """
    assert routes(tmp_path, main) == {"GET /x"}


def test_a_dependency_of_a_dependency_is_found(tmp_path: Path) -> None:
    main = """
    def token(session: Annotated[str, Depends(slow)]): ...
    @app.get("/x")
    async def f(token=Depends(token)): ...
    """
    [finding] = read(tmp_path, main=SLOW + main)
    assert way(finding) == ["f", "token", "slow"]


def test_a_dependency_that_yields_is_found(tmp_path: Path) -> None:
    main = """
    async def session():
        pause()
        yield 1
    @app.get("/x")
    async def f(session=Depends(session)): ...
    """
    assert routes(tmp_path, main) == {"GET /x"}


def test_an_object_with_an_async_call_is_a_dependency(tmp_path: Path) -> None:
    main = """
    class Allowed:
        def __init__(self, role): self.role = role
        async def __call__(self): pause()
    @app.get("/x")
    async def f(allowed=Depends(Allowed("admin"))): ...
    """
    assert routes(tmp_path, main) == {"GET /x"}


def test_dependencies_of_routers_and_apps_are_blamed_on_their_routes(tmp_path: Path) -> None:
    main = """
    async def by_app(): pause()
    mine = FastAPI(dependencies=[Depends(by_app)])
    router = APIRouter(dependencies=[Depends(slow)])
    @router.get("/x")
    async def f(): ...
    mine.include_router(router)
    @mine.get("/y")
    async def g(): ...
    """
    found = read(tmp_path, main=SLOW + main)
    assert {(each.route, each.chain[0].name) for each in found} == {
        ("GET /x", "slow"),
        ("GET /x", "by_app"),
        ("GET /y", "by_app"),
    }


def test_what_a_dependency_gives_is_known_in_the_route(tmp_path: Path) -> None:
    main = """
    def connection():
        connection = sqlite3.connect("x")
        yield connection
    @app.get("/x")
    async def f(connection=Depends(connection)): connection.execute("x")
    """
    assert calls(read(tmp_path, main=main)) == {("GET /x", "sqlite3.Connection.execute")}


def test_an_annotated_service_is_known_in_the_route(tmp_path: Path) -> None:
    main = """
    class Service:
        def work(self): pause()
    @app.get("/x")
    async def f(service: Annotated[Service, Depends()]): service.work()
    """
    assert routes(tmp_path, main) == {"GET /x"}


def test_middlewares_are_named(tmp_path: Path) -> None:
    main = """
    from starlette.middleware.base import BaseHTTPMiddleware
    class Timing(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next): pause()
    class Plain:
        def __init__(self, app): self.app = app
        async def __call__(self, scope, receive, send): pause()
    app.add_middleware(Timing)
    app.add_middleware(Plain)
    @app.middleware("http")
    async def third(request, call_next): pause()
    """
    assert routes(tmp_path, main) == {"middleware Timing", "middleware Plain", "middleware third"}


def test_what_runs_at_the_start_is_named(tmp_path: Path) -> None:
    main = """
    from contextlib import asynccontextmanager
    @asynccontextmanager
    async def lifespan(app):
        pause()
        yield
    other = FastAPI(lifespan=lifespan)
    @app.on_event("startup")
    async def start(): pause()
    """
    assert routes(tmp_path, main) == {"lifespan", "startup"}


def test_an_async_exception_handler_is_named(tmp_path: Path) -> None:
    main = """
    @app.exception_handler(ValueError)
    async def sorry(request, error): pause()
    """
    assert routes(tmp_path, main) == {"exception handler sorry"}


def test_an_async_background_task_is_blamed_on_its_route(tmp_path: Path) -> None:
    main = """
    @app.get("/x")
    def f(tasks: BackgroundTasks): tasks.add_task(slow)
    """
    assert routes(tmp_path, main) == {"GET /x"}


def test_a_coroutine_that_a_thread_sends_to_the_loop_is_found(tmp_path: Path) -> None:
    main = """
    @app.get("/x")
    def f():
        asyncio.run_coroutine_threadsafe(slow(), loop)
    """
    assert routes(tmp_path, main) == {"GET /x"}


def test_a_route_of_a_class_is_found(tmp_path: Path) -> None:
    main = """
    class View:
        @app.get("/x")
        async def f(self): self.work()
        def work(self): pause()
    """
    assert routes(tmp_path, main) == {"GET /x"}


def test_a_decorated_route_is_found(tmp_path: Path) -> None:
    main = """
    def logged(function):
        @wraps(function)
        async def wrapper(*args, **kwargs): return await function(*args, **kwargs)
        return wrapper
    @app.get("/x")
    @logged
    async def f(user=Depends(slow)): requests.get("x")
    """
    assert calls(read(tmp_path, main=SLOW + main)) == {("GET /x", "requests.get"), ("GET /x", "time.sleep")}


def test_a_line_that_stops_more_routes_comes_first(tmp_path: Path) -> None:
    main = """
    def rare(): requests.get("x")
    @app.get("/x")
    async def x():
        rare()
        pause()
    @app.get("/y")
    async def y(): pause()
    """
    found = read(tmp_path, main=SLOW + main)
    assert [each.call for each in found] == ["time.sleep", "time.sleep", "requests.get"]


def test_a_validator_of_what_a_route_takes_is_found(tmp_path: Path) -> None:
    main = """
    from pydantic import BaseModel, field_validator
    class Address(BaseModel):
        zip: str
        @field_validator("zip")
        @classmethod
        def known(cls, zip):
            pause()
            return zip
    class User(BaseModel):
        addresses: list[Address]
    @app.post("/x")
    def f(user: User): ...
    """
    assert routes(tmp_path, main) == {"POST /x"}
