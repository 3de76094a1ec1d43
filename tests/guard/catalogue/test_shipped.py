"""The files that come with Evenflow: nothing in them is wrong, and what they name exists."""

from __future__ import annotations

import tomllib

import pytest

from evenflow.guard.catalogue import Catalogue, known, shipped
from evenflow.guard.catalogue.strict import mistakes
from tests.guard.catalogue.names import installed, names_of, wrong

PACKAGES = [package for package in names_of() if installed(package)]


def test_every_file_is_as_it_has_to_be() -> None:
    assert list(mistakes((file.name, tomllib.loads(file.read_text("utf-8"))) for file in shipped())) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_of_an_installed_package_exists(package: str) -> None:
    assert wrong(names_of()[package]) == {}


@pytest.mark.parametrize("package", ["time", "subprocess", "pathlib", "builtins", "httpx", "sqlalchemy"])
def test_packages_that_everybody_has_are_looked_at(package: str) -> None:
    assert package in PACKAGES
    assert names_of()[package]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("time.doze", "time has no doze"),
        ("pathlib.Path.read_everything", "pathlib.Path has no read_everything"),
        ("asyncio.gone.sleep", "asyncio has no gone"),
        ("asyncio.sleep", "it is asynchronous"),
        ("time.sleep.*", "time.sleep is not a class"),
    ],
)
def test_a_name_that_is_wrong_is_noticed(name: str, reason: str) -> None:
    assert reason in wrong([name])[name]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "json.dumps",
            "re.match",
            "copy.deepcopy",
            "builtins.sorted",
            "os.getcwd",
            "os.path.exists",
            "os.environ.get",
        ),
        *(
            "pathlib.Path.exists",
            "pathlib.Path.mkdir",
            "os.remove",
            "zipfile.ZipFile",
            "fcntl.flock",
            "pathlib.Path.joinpath",
            "asyncio.sleep",
            "logging.Logger.info",
        ),
        *(
            "dns.reversename.from_address",
            "grpc.channel_ready_future",
            "docker.DockerClient.close",
            "git.Git.environment",
        ),
        *("httpx.AsyncClient.get", "anyio.Path.read_text", "sqlalchemy.select", "threading.Lock.release", "time.time"),
    ],
)
def test_what_does_not_block_is_not_listed(name: str) -> None:
    assert known().call(name) is None


@pytest.mark.parametrize(
    ("seen", "written"),
    [
        ("_io.open", "open"),
        ("_io.BufferedReader.read", "io.BufferedReader.read"),
        ("posix.listdir", "os.listdir"),
        ("pathlib.PosixPath.read_text", "pathlib.Path.read_text"),
        ("_thread.lock.acquire", "threading.Lock.acquire"),
        ("concurrent.futures._base.Future.result", "concurrent.futures.Future.result"),
        ("multiprocessing.context.ForkProcess.join", "multiprocessing.Process.join"),
        ("multiprocessing.Queue.get", "multiprocessing.queues.Queue.get"),
        ("multiprocessing.context.BaseContext.Lock.acquire", "multiprocessing.synchronize.Lock.acquire"),
        ("sqlite3.dbapi2.connect", "sqlite3.connect"),
        ("git.cmd.Git.execute", "git.Git.execute"),
        ("grpc._channel._UnaryUnaryMultiCallable.__call__", "grpc.UnaryUnaryMultiCallable.__call__"),
        ("selenium.webdriver.remote.webdriver.WebDriver.get", "selenium.webdriver.Remote.get"),
        ("smtplib.SMTP.__init__", "smtplib.SMTP"),
    ],
)
def test_a_call_is_known_by_the_name_that_a_running_program_has_for_it(seen: str, written: str) -> None:
    found = known().call(seen)

    assert found is not None
    assert found.name == written


@pytest.mark.parametrize(
    "name", ["sorted", "list", "map", "filter", "zip", "enumerate", "next", "iter", "len", "getattr"]
)
def test_builtins_that_the_check_follows_keep_the_name_by_which_it_does(name: str) -> None:
    assert known().canonical(f"builtins.{name}") == f"builtins.{name}"


def test_all_of_it_is_read_once() -> None:
    assert known() is known()
    assert isinstance(known(), Catalogue)


def test_what_gives_an_object_gives_one_that_something_is_known_of() -> None:
    catalogue = known()
    owners = {name.rpartition(".")[0] for name in [*catalogue.names(), *catalogue.sources()]}
    given = {catalogue.returns(name) for name in catalogue.sources() if catalogue.returns(name)}

    assert sorted(str(name) for name in given - owners) == []
