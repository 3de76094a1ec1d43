"""PostgreSQL by TLS, and one that has become read-only, as after a failover."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest

from evenflow import CannotOpen, Database, ReadOnly
from tests.integration.own_servers import own_postgres

pytestmark = pytest.mark.slow


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key, cert = folder / f"{name}.key", folder / f"{name}.crt"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = ["openssl", "req", "-new", "-x509", "-days", "2", "-nodes", "-newkey", "rsa:2048", *subject]
    subprocess.run([*made, "-out", str(cert), "-keyout", str(key)], check=True, capture_output=True)
    return key, cert


@dataclass(frozen=True)
class Encrypting:
    """A server that speaks TLS."""

    url: str
    certificate: Path


@pytest.fixture
async def server() -> AsyncIterator[Encrypting]:
    # Not in tmp_path, which nobody but the user of the tests may enter: servers run as users of their own.
    with TemporaryDirectory() as folder, own_postgres(Path(folder)) as server:
        data = Path(folder) / "data"
        key, cert = certificate(Path(folder), "server")
        for source, name in [(key, "server.key"), (cert, "server.crt")]:
            shutil.copy(source, data / name)
            shutil.chown(data / name, data.owner(), data.group())
            (data / name).chmod(0o600)
        async with ready(server.url) as db:
            await db.execute("ALTER SYSTEM SET ssl = on")
            await db.execute("SELECT pg_reload_conf()")
        await asyncio.sleep(0.5)
        yield Encrypting(server.url, cert)


@asynccontextmanager
async def ready(url: str) -> AsyncIterator[Database]:
    """A database once its server, which listens before it is ready, has started."""
    db = Database(url)
    for _ in range(100):
        try:
            await db.connect()
            break
        except CannotOpen:
            await asyncio.sleep(0.1)
    try:
        yield db
    finally:
        await db.disconnect()


async def encrypted(url: str) -> bool:
    async with Database(url) as db:
        return bool(await db.fetch_val("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))


async def test_sslmode_require_encrypts(server: Encrypting) -> None:
    assert await encrypted(f"{server.url}?sslmode=require")


async def test_without_tls_where_it_is_disabled(server: Encrypting) -> None:
    assert not await encrypted(f"{server.url}?sslmode=disable")


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
async def test_the_servers_certificate_is_verified(server: Encrypting, mode: str) -> None:
    assert await encrypted(f"{server.url}?sslmode={mode}&sslrootcert={quote(str(server.certificate))}")


async def test_another_certificate_is_refused(server: Encrypting, tmp_path: Path) -> None:
    _, other = certificate(tmp_path, "other")

    with pytest.raises(CannotOpen):
        await encrypted(f"{server.url}?sslmode=verify-full&sslrootcert={quote(str(other))}")


async def test_a_server_that_has_become_read_only_refuses_writes_until_it_is_a_primary_again(
    server: Encrypting,
) -> None:
    async with Database(server.url) as db, Database(server.url) as operator:
        await db.execute("CREATE TABLE notes (id serial PRIMARY KEY, text text)")
        await operator.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        await operator.execute("SELECT pg_reload_conf()")
        await db.fetch_val("SELECT pg_sleep(0.5)")

        with pytest.raises(ReadOnly):
            await db.execute("INSERT INTO notes (text) VALUES ('lost')")
        assert await db.fetch_val("SELECT count(*) FROM notes") == 0

        await operator.execute("ALTER SYSTEM RESET default_transaction_read_only")
        await operator.execute("SELECT pg_reload_conf()")
        await db.fetch_val("SELECT pg_sleep(0.5)")
        await db.execute("INSERT INTO notes (text) VALUES ('kept')")
        assert await db.fetch_val("SELECT count(*) FROM notes") == 1
