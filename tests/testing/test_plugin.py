"""The plugin in projects that have configured nothing, or another plugin for asynchronous tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testing.projects import APP, run

USERS = """
    async def test_users(client):
        assert (await client.get("/users")).json() == []
"""
ONE_LOOP = """
    import asyncio

    async def test_users(client, loop_of_fixture, db):
        assert loop_of_fixture is asyncio.get_running_loop()
        await client.post("/users", params={"name": "Ada"})
        assert (await client.get("/users")).json() == ["Ada"]

    async def test_nothing_is_left(client, live_client, db):
        assert (await live_client.get("/users")).json() == []
"""
OWN_FIXTURE = """
    import asyncio, pytest{imports}

    @{fixture}
    async def loop_of_fixture(client):
        yield asyncio.get_running_loop()
"""


def test_a_test_needs_no_configuration(tmp_path: Path) -> None:
    done = run(tmp_path, {"main.py": APP, "test_main.py": USERS})

    assert done.outcomes == {"test_users": "passed"}, done.output


@pytest.mark.slow
def test_an_async_test_of_nobody_else_is_run_on_one_loop_with_its_fixtures(tmp_path: Path) -> None:
    conftest = OWN_FIXTURE.format(imports="", fixture="pytest.fixture")
    done = run(tmp_path, {"main.py": APP, "conftest.py": conftest, "test_main.py": ONE_LOOP})

    assert done.outcomes == {"test_users": "passed", "test_nothing_is_left": "passed"}, done.output


@pytest.mark.slow
def test_a_test_of_anyios_plugin_has_one_loop_with_its_fixtures(tmp_path: Path) -> None:
    conftest = OWN_FIXTURE.format(imports="", fixture="pytest.fixture")
    done = run(tmp_path, {"main.py": APP, "conftest.py": conftest, "test_main.py": ONE_LOOP}, "--anyio-mode=auto")

    assert {name.partition("[")[0] for name in done.outcomes} == {"test_users", "test_nothing_is_left"}
    assert {done.outcomes[name] for name in done.outcomes if "trio" not in name} == {"passed"}, done.output


@pytest.mark.slow
@pytest.mark.parametrize("scope", ["function", "session"])
@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_a_test_of_pytest_asyncio_has_one_loop_with_its_fixtures(tmp_path: Path, mode: str, scope: str) -> None:
    pytest.importorskip("pytest_asyncio")
    decorator = "pytest.fixture" if mode == "auto" else f"pytest_asyncio.fixture(loop_scope={scope!r})"
    conftest = OWN_FIXTURE.format(imports=", pytest_asyncio", fixture=decorator)
    tests = ONE_LOOP.replace("import asyncio", "import asyncio, pytest\n    pytestmark = pytest.mark.asyncio")
    settings = [f"asyncio_mode={mode}", f"asyncio_default_fixture_loop_scope={scope}"]
    settings += [f"asyncio_default_test_loop_scope={scope}"]
    done = run(
        tmp_path,
        {"main.py": APP, "conftest.py": conftest, "test_main.py": tests},
        *(word for setting in settings for word in ("-o", setting)),
    )

    assert done.outcomes == {"test_users": "passed", "test_nothing_is_left": "passed"}, done.output


@pytest.mark.slow
def test_a_fixture_of_a_wider_scope_lives_on_the_loop_of_the_tests(tmp_path: Path) -> None:
    tests = """
        import asyncio, pytest

        @pytest.fixture(scope="session")
        async def ticking():
            async def tick():
                while True:
                    await asyncio.sleep(0)
            task = asyncio.create_task(tick())
            yield task
            task.cancel()

        @pytest.mark.parametrize("turn", range(2))
        async def test_alive(ticking, turn):
            assert ticking.get_loop() is asyncio.get_running_loop() and not ticking.done()
    """
    done = run(tmp_path, {"test_it.py": tests})

    assert done.outcomes == {"test_alive[0]": "passed", "test_alive[1]": "passed"}, done.output


@pytest.mark.slow
def test_a_task_group_can_be_open_in_a_fixture(tmp_path: Path) -> None:
    tests = """
        import asyncio, contextvars, pytest

        color = contextvars.ContextVar("color")

        @pytest.fixture
        async def group():
            color.set("red")
            async with asyncio.TaskGroup() as group:
                yield group

        async def test_group(group):
            assert color.get() == "red"
            group.create_task(asyncio.sleep(0))
    """
    done = run(tmp_path, {"test_it.py": tests})

    assert done.outcomes == {"test_group": "passed"}, done.output


@pytest.mark.slow
def test_tasks_left_behind_are_cancelled_before_the_next_test(tmp_path: Path) -> None:
    tests = """
        import asyncio

        async def test_leaves_one():
            asyncio.create_task(asyncio.sleep(3600))

        async def test_is_alone():
            assert asyncio.all_tasks() == {asyncio.current_task()}
    """
    done = run(tmp_path, {"test_it.py": tests}, "--evenflow-blocking=off")

    assert done.outcomes == {"test_leaves_one": "passed", "test_is_alone": "passed"}, done.output


@pytest.mark.slow
def test_a_test_of_a_class_and_of_hypothesis_is_run(tmp_path: Path) -> None:
    tests = """
        import pytest
        from hypothesis import given, settings, strategies

        class TestIt:
            @pytest.fixture
            async def me(self):
                return self

            async def test_in_class(self, me):
                assert me is self

        @settings(max_examples=3, database=None)
        @given(strategies.integers())
        async def test_given(number):
            assert isinstance(number, int)

        @given(strategies.integers())
        async def test_given_fails(number):
            assert number is None
    """
    done = run(tmp_path, {"test_it.py": tests}, "-p", "no:cacheprovider", "--evenflow-blocking=off")

    assert done.outcomes == {"test_in_class": "passed", "test_given": "passed", "test_given_fails": "failed"}


@pytest.mark.slow
def test_a_synchronous_test_is_told_what_to_write(tmp_path: Path) -> None:
    done = run(tmp_path, {"main.py": APP, "test_main.py": "def test_it(client): ..."})

    assert done.outcomes == {"test_it": "error"}
    assert "write `async def test_it(…)`" in done.output


def test_installed_it_imports_nothing_heavy(tmp_path: Path) -> None:
    tests = """
        import sys

        def test_it():
            assert not {"fastapi", "starlette", "sqlalchemy", "httpx", "uvicorn", "rich", "typer"} & set(sys.modules)
    """
    done = run(tmp_path, {"test_it.py": tests})

    assert done.outcomes == {"test_it": "passed"}, done.output


@pytest.mark.slow
def test_fixtures_of_the_project_come_first(tmp_path: Path) -> None:
    tests = """
        import pytest

        @pytest.fixture
        def client(): return "mine"

        @pytest.fixture
        def db(): return "mine too"

        def test_it(client, db): assert (client, db) == ("mine", "mine too")
    """
    done = run(tmp_path, {"test_it.py": tests})

    assert done.outcomes == {"test_it": "passed"}, done.output


@pytest.mark.slow
def test_without_httpx_it_says_what_to_install(tmp_path: Path) -> None:
    conftest = "import sys\nsys.modules['httpx'] = sys.modules['httpx2'] = None"
    done = run(tmp_path, {"main.py": APP, "conftest.py": conftest, "test_main.py": USERS})

    assert done.outcomes == {"test_users": "error"}
    assert "pip install httpx" in done.output


# The app


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "options"),
    [
        ({"app.py": APP}, []),
        ({"app/__init__.py": "", "app/main.py": APP}, []),
        (
            {"service/web.py": APP.replace("app =", "api =").replace("(app", "(api").replace("@app", "@api")},
            ["service.web:api"],
        ),
        ({"web.py": APP, "pyproject.toml": '[tool.fastapi]\nentrypoint = "web:app"'}, []),
    ],
    ids=["app.py", "app/main.py", "evenflow_app", "pyproject"],
)
def test_the_app_is_found(tmp_path: Path, files: dict[str, str], options: list[str]) -> None:
    arguments = ["-o", f"evenflow_app={options[0]}"] if options else []
    done = run(tmp_path, {**files, "tests/test_main.py": USERS, "pytest.ini": "[pytest]"}, *arguments)

    assert done.outcomes == {"test_users": "passed"}, done.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "named", "sentence"),
    [
        ({}, "", "No app was found"),
        ({"main.py": "x = 1"}, "", "main.py has no app"),
        ({"main.py": "x = 1"}, "main:app", "main:app: main has no 'app'"),
        ({}, "web:app", "there is no module 'web'"),
        ({}, "web", "write module:name"),
    ],
)
def test_an_app_that_is_not_found_is_told_of(tmp_path: Path, files: dict[str, str], named: str, sentence: str) -> None:
    done = run(tmp_path, {**files, "test_main.py": USERS}, "-o", f"evenflow_app={named}")

    assert done.outcomes == {"test_users": "error"}
    assert sentence in done.output
    assert "Traceback" not in done.output


# The database


SEED = """
    import asyncio, main

    async def seed():
        async with main.db:
            await main.db.create_all(main.metadata)
            await main.db.execute(main.users.insert().values(name="Eve"))

    asyncio.run(seed())
"""


@pytest.mark.slow
@pytest.mark.parametrize(("named", "there"), [("", []), ("sqlite:///app.db", ["Eve"])], ids=["the app's", "named"])
def test_what_tests_write_is_rolled_back_and_the_file_is_not_touched(
    tmp_path: Path, named: str, there: list[str]
) -> None:
    tests = f"""
        import pytest

        @pytest.mark.parametrize("turn", range(4))
        async def test_write(client, db, turn):
            assert (await client.get("/users")).json() == {there}
            await client.post("/users", params={{"name": "Ada"}})
            assert await db.fetch_val("SELECT count(*) FROM users") == {len(there) + 1}
    """
    run(tmp_path, {"main.py": APP, "seed.py": SEED, "test_none.py": "import seed\ndef test_it(): ..."})
    before = (tmp_path / "app.db").read_bytes()
    done = run(tmp_path, {"test_none.py": "", "test_main.py": tests}, "-n", "2", "-o", f"evenflow_database_url={named}")

    assert list(done.outcomes.values()) == ["passed"] * 4, done.output
    assert (tmp_path / "app.db").read_bytes() == before


@pytest.mark.slow
def test_which_database_is_asked_where_there_are_two(tmp_path: Path) -> None:
    plain = APP.replace("Evenflow(app, database=db)", "other = Database('sqlite:///other.db')")
    files = {"main.py": plain, "test_main.py": "async def test_it(db): assert db.url.database.endswith('app.db')"}

    assert "Which Database is the app's? (main:db, main:other)" in run(tmp_path, files).output
    assert run(tmp_path, files, "-o", "evenflow_database=main:db").outcomes == {"test_it": "passed"}


@pytest.mark.slow
def test_the_tests_can_have_another_database(tmp_path: Path) -> None:
    tests = "async def test_it(client, db): assert db.url.database.endswith('evenflow-own-main.db')"
    done = run(
        tmp_path, {"main.py": APP, "test_main.py": tests}, "-o", "evenflow_database_url=sqlite:///own-{worker}.db"
    )

    assert done.outcomes == {"test_it": "passed"}, done.output
    assert not (tmp_path / "app.db").exists()


@pytest.mark.slow
def test_beside_django_the_fixtures_of_these_names_are_djangos(tmp_path: Path) -> None:
    django = """
        import pytest

        @pytest.fixture
        def client(): return "django's"
    """
    tests = """
        def test_client(client, events): assert client == "django's"

        def test_db(db): ...
    """
    done = run(tmp_path, {"django.py": django, "test_it.py": tests}, "-p", "django")

    assert done.outcomes == {"test_client": "passed", "test_db": "error"}, done.output
