"""The test-suite of encode/databases 0.9.0: where it comes from, and which of its tests are not run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

RELEASE = "databases==0.9.0"
CACHE = Path(__file__).parents[2] / ".cache"

_PRIVATE = "reaches into private attributes of encode/databases; the same claim in public words stands in "

EXCEPTIONS = {
    "test_integration.py": "fails with the original too: Starlette has no `on_event` any more; "
    "test_examples.py runs such an app on FastAPI",
    "test_queries_after_error": _PRIVATE + "test_databases_rewritten.py",
    "test_transaction_context_cleanup_contextmanager": _PRIVATE + "test_databases_rewritten.py",
    "test_transaction_context_cleanup_garbagecollector": _PRIVATE + "test_databases_rewritten.py",
    "test_should_not_maintain_ref_when_no_cache_param": "demands that a database in memory loses its tables between "
    "two statements; test_databases_rewritten.py demands the opposite",
}
"""Test (or file) -> why it is not run as it stands."""

ON_SERVERS = {
    "test_iterate_outside_transaction_with_temp_table": "relies on a pool that hands out the same connection twice; "
    "`connection()` is the way, and test_streams.py shows it"
}
"""The same, for PostgreSQL and MySQL only."""


def suite() -> Path:
    """The folder of the suite, fetched on first use. It is never part of the repository."""
    name = RELEASE.replace("==", "-")
    folder = CACHE / name
    if not folder.is_dir():
        CACHE.mkdir(exist_ok=True)
        subprocess.run(
            [sys.executable, *f"-m pip download -q --no-deps --no-binary databases --dest {CACHE} {RELEASE}".split()],
            check=True,
            capture_output=True,
            env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )
        with tarfile.open(CACHE / f"{name}.tar.gz") as archive:
            archive.extractall(CACHE, filter="data")
    return folder


def excepted(test: str) -> str | None:
    """Why a test is not run as it stands; None where it is."""
    listed = EXCEPTIONS if "sqlite" in test else {**EXCEPTIONS, **ON_SERVERS}
    for name, reason in listed.items():
        if name in test.replace("::", " ").replace("[", " ").replace("/", " ").split():
            return reason
    return None
