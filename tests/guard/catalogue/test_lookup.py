"""What the catalogue answers about a name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evenflow.guard.catalogue import Catalogue, Entry, extended, known

TABLE: dict[str, Any] = {
    "calls": [
        {"names": ["box.get", "box.Client"], "class": "waits", "fix": "await box.aget(...)"},
        {"names": ["box.Client.*"], "except": ["box.Client.close"], "class": "waits", "fix": "box.AsyncClient"},
        {"names": ["box.Client.__iter__"], "class": "disk", "fix": "async for"},
    ],
    "measured": [{"names": ["box.dumps"], "fix": "less at a time"}],
    "constructors": [{"names": ["box.Client"], "fix": "make one"}],
    "returns": {"box.connect": "box.Client"},
    "same": {"box.clients.Client": "box.Client", "box.api": "box"},
}


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue([TABLE])


def own(folder: Path, text: str) -> Path:
    file = folder / "calls.toml"
    file.write_text(text)
    return file


def test_a_call_has_its_entry(catalogue: Catalogue) -> None:
    assert catalogue.call("box.get") == Entry("box.get", "waits", "await box.aget(...)")


def test_what_is_not_listed_has_none(catalogue: Catalogue) -> None:
    assert catalogue.call("box.put") is None


def test_every_public_method_of_a_whole_class_blocks(catalogue: Catalogue) -> None:
    assert catalogue.call("box.Client.fetch") == Entry("box.Client.fetch", "waits", "box.AsyncClient")


@pytest.mark.parametrize("name", ["box.Client.close", "box.Client._send", "box.Client.__len__"])
def test_but_not_the_excepted_and_private_ones(catalogue: Catalogue, name: str) -> None:
    assert catalogue.call(name) is None


def test_a_special_method_blocks_where_it_is_listed(catalogue: Catalogue) -> None:
    found = catalogue.call("box.Client.__iter__")

    assert found is not None
    assert found.kind == "disk"


@pytest.mark.parametrize("name", ["box.api.get", "box.clients.Client.fetch", "box.clients.Client"])
def test_another_name_of_the_same_thing_is_as_good(catalogue: Catalogue, name: str) -> None:
    assert catalogue.call(name) is not None


def test_making_an_object_is_calling_its_class(catalogue: Catalogue) -> None:
    assert catalogue.call("box.clients.Client.__init__") == catalogue.call("box.Client")


def test_what_a_factory_gives_is_known(catalogue: Catalogue) -> None:
    assert catalogue.returns("box.api.connect") == "box.Client"


def test_what_counts_where_it_was_measured_is_no_call(catalogue: Catalogue) -> None:
    assert catalogue.call("box.dumps") is None
    assert catalogue.measured("box.api.dumps") == Entry("box.dumps", "cpu", "less at a time")


@pytest.mark.parametrize("name", ["box.Client", "box.clients.Client", "box.clients.Client.__init__"])
def test_what_an_app_needs_one_of_is_known(catalogue: Catalogue, name: str) -> None:
    assert catalogue.constructor(name) == Entry("box.Client", "cpu", "make one")


def test_every_name_can_be_listed(catalogue: Catalogue) -> None:
    assert catalogue.names() == ["box.get", "box.Client", "box.Client.__iter__", "box.Client.*"]
    assert catalogue.measured_names() == ["box.dumps"]
    assert catalogue.constructors() == ["box.Client"]
    assert catalogue.exceptions() == ["box.Client.close"]
    assert catalogue.sources() == ["box.connect", "box.Client"]


def test_the_users_own_calls_are_added(tmp_path: Path) -> None:
    file = own(tmp_path, '[[calls]]\nnames = ["mylib.query"]\nclass = "waits"\nfix = "await mylib.aquery(...)"\n')

    catalogue = extended([file])

    assert catalogue.call("mylib.query") == Entry("mylib.query", "waits", "await mylib.aquery(...)")
    assert catalogue.call("time.sleep") == known().call("time.sleep")


def test_the_users_own_words_count_more(tmp_path: Path) -> None:
    file = own(tmp_path, '[[calls]]\nnames = ["time.sleep"]\nclass = "waits"\nfix = "await pause(...)"\n')

    assert extended([file]).call("time.sleep") == Entry("time.sleep", "waits", "await pause(...)")


def test_the_users_own_call_of_an_excepted_method_blocks(tmp_path: Path) -> None:
    assert known().call("ftplib.FTP.set_pasv") is None
    file = own(tmp_path, '[[calls]]\nnames = ["ftplib.FTP.set_pasv"]\nclass = "waits"\nfix = "not here"\n')

    assert extended([file]).call("ftplib.FTP.set_pasv") is not None


def test_the_users_own_exception_counts_more(tmp_path: Path) -> None:
    file = own(
        tmp_path,
        '[[calls]]\nnames = ["mylib.query"]\nexcept = ["pathlib.Path.read_text"]\nclass = "waits"\nfix = "x"\n',
    )

    assert extended([file]).call("pathlib.Path.read_text") is None
