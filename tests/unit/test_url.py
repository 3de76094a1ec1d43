"""Database URLs: taken apart, put together again, and fit for a log."""

from __future__ import annotations

import pytest

from evenflow import ConfigError, DatabaseURL

FULL = "postgresql+asyncpg://ada:se%2Fcret@db.example:5433/shop?ssl=true&application_name=web"


def test_a_url_is_taken_apart() -> None:
    url = DatabaseURL(FULL)

    assert (url.scheme, url.dialect, url.driver) == ("postgresql+asyncpg", "postgresql", "asyncpg")
    assert (url.username, url.password) == ("ada", "se/cret")
    assert (url.hostname, url.port, url.database) == ("db.example", 5433, "shop")
    assert url.netloc == "ada:se%2Fcret@db.example:5433"
    assert url.userinfo == b"ada:se%2Fcret"
    assert url.options == {"ssl": "true", "application_name": "web"}
    assert url.components.query == "ssl=true&application_name=web"


def test_what_a_url_does_not_say_is_none_or_empty() -> None:
    url = DatabaseURL("mysql://localhost/shop")

    assert (url.driver, url.username, url.password, url.userinfo, url.port) == ("", None, None, None, None)
    assert url.options == {}


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///app.db", "app.db"),
        ("sqlite:///./app.db", "./app.db"),
        ("sqlite:////var/lib/app.db", "/var/lib/app.db"),
        ("sqlite:///my%20data/a%3Fb.db", "my data/a?b.db"),
        ("sqlite+aiosqlite:///app.db?timeout=30", "app.db"),
        ("sqlite:///:memory:", ":memory:"),
        ("sqlite://", ""),
    ],
)
def test_the_database_of_a_sqlite_url_is_its_path(url: str, path: str) -> None:
    assert DatabaseURL(url).database == path


def test_a_socket_in_the_query_string_is_the_host() -> None:
    assert DatabaseURL("postgresql:///shop?host=/var/run/postgresql").hostname == "/var/run/postgresql"
    assert DatabaseURL("mysql:///shop?unix_sock=/tmp/mysql.sock").hostname == "/tmp/mysql.sock"


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"database": "test"}, "postgresql+asyncpg://ada:se%2Fcret@db.example:5433/test?ssl=true&application_name=web"),
        ({"port": 5434}, "postgresql+asyncpg://ada:se%2Fcret@db.example:5434/shop?ssl=true&application_name=web"),
        ({"port": None}, "postgresql+asyncpg://ada:se%2Fcret@db.example/shop?ssl=true&application_name=web"),
        ({"password": None}, "postgresql+asyncpg://ada@db.example:5433/shop?ssl=true&application_name=web"),
        ({"hostname": "other"}, "postgresql+asyncpg://ada:se%2Fcret@other:5433/shop?ssl=true&application_name=web"),
        ({"driver": ""}, "postgresql://ada:se%2Fcret@db.example:5433/shop?ssl=true&application_name=web"),
        ({"dialect": "mysql", "driver": "asyncmy", "query": ""}, "mysql+asyncmy://ada:se%2Fcret@db.example:5433/shop"),
    ],
)
def test_replace_gives_a_changed_copy(changes: dict[str, object], changed: str) -> None:
    url = DatabaseURL(FULL)

    assert url.replace(**changes) == changed
    assert str(url) == FULL


def test_replace_quotes_what_needs_it() -> None:
    url = DatabaseURL("postgresql://localhost/shop").replace(username="a@b", password="p:/@ä")

    assert str(url) == "postgresql://a%40b:p%3A%2F%40%C3%A4@localhost/shop"
    assert (url.username, url.password, url.hostname) == ("a@b", "p:/@ä", "localhost")


def test_a_path_keeps_its_slashes() -> None:
    assert str(DatabaseURL("sqlite:///app.db").replace(database="test.db")) == "sqlite:///test.db"
    assert str(DatabaseURL("sqlite:////srv/app.db").replace(database="/srv/test.db")) == "sqlite:////srv/test.db"


def test_the_password_is_hidden_where_a_url_is_shown() -> None:
    url = DatabaseURL(FULL)

    assert "cret" not in repr(url)
    assert url.obscure_password == FULL.replace("se%2Fcret", "********")
    assert str(url) == FULL


def test_a_url_without_a_password_is_shown_as_it_is() -> None:
    assert repr(DatabaseURL("sqlite:///app.db")) == "DatabaseURL('sqlite:///app.db')"


def test_urls_are_equal_by_their_text() -> None:
    url = DatabaseURL("sqlite:///app.db")

    assert url == DatabaseURL(url) == "sqlite:///app.db"
    assert len({url, DatabaseURL("sqlite:///app.db")}) == 1
    assert url != 1


def test_what_is_no_url_is_refused() -> None:
    with pytest.raises(TypeError, match="a str or a DatabaseURL, not int"):
        DatabaseURL(5)  # type: ignore[arg-type]  # the mistake is the test
    with pytest.raises(ConfigError, match="cannot be read"):
        DatabaseURL("postgresql://[::1/shop")


@pytest.mark.parametrize("port", ["x", "99999"])
def test_a_port_that_is_none_is_refused_with_a_sentence(port: str) -> None:
    with pytest.raises(ConfigError, match=r"^The port of this database URL cannot be read"):
        DatabaseURL(f"postgresql://localhost:{port}/shop").port  # noqa: B018 - asking is the test


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:s3cret@h/db", "postgresql://me:********@h/db"),
        ("postgresql://me:s3cret@h1:1,h2:2/db", "postgresql://me:********@h1:1,h2:2/db"),
        ("postgresql://h/db?user=me&password=s3cret&x=1", "postgresql://h/db?user=me&password=********&x=1"),
        ("postgresql://h/db?sslpassword=s3cret", "postgresql://h/db?sslpassword=********"),
        ("postgresql://me@h/db", "postgresql://me@h/db"),
    ],
)
def test_no_password_is_fit_for_a_log(url: str, shown: str) -> None:
    assert DatabaseURL(url).obscure_password == shown


def test_a_url_of_several_hosts_has_no_one_port() -> None:
    assert DatabaseURL("postgresql://h1:1,h2:2/db").port is None
