"""Files of a catalogue in which something is not as it has to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.errors import ConfigError
from evenflow.guard.catalogue import extended
from evenflow.guard.catalogue.strict import mistakes
from tests.docs.pages import ROOT, blocks

GOOD = '[[calls]]\nnames = ["mylib.query"]\nclass = "waits"\nfix = "await it"\n'

REFUSED = {
    'calls = "mylib.query"': "`calls` is not written as [[calls]]",
    '[[call]]\nnames = ["mylib.query"]': "the file has a `call`, but there are only calls, constructors, measured",
    GOOD + "fixed = true": "the entry of 'mylib.query' has a `fixed`, but there are only class, except, fix, names",
    GOOD.replace("waits", "slow"): "the `class` of the entry of 'mylib.query' is 'slow', and not one of waits, cpu",
    GOOD.replace('fix = "await it"', ""): "the entry of 'mylib.query' has no `fix`, which says what to write instead",
    GOOD.replace('"await it"', '" "'): "the entry of 'mylib.query' has no `fix`, which says what to write instead",
    GOOD.replace('["mylib.query"]', '"mylib.query"'): "an entry of [[calls]] has no `names`, which is a list",
    GOOD.replace('["mylib.query"]', "[]"): "an entry of [[calls]] has no `names`, which is a list",
    GOOD.replace("mylib.query", "mylib.query()."): "'mylib.query().' is not a full name",
    GOOD.replace("mylib.query", "mylib.*.query"): "'mylib.*.query' is not a full name",
    GOOD.replace('["mylib.query"]', '["mylib.query", "mylib.query"]'): "'mylib.query' is in [[calls]] twice",
    '[[constructors]]\nnames = ["mylib.Client"]\nclass = "cpu"\nfix = "x"': "has a `class`, but there are only fix",
    '[returns]\n"mylib.connect" = "a connection"': "'a connection' in [returns] is not the full name of something",
    'returns = ["mylib.connect"]': "`returns` is not a table",
    '[same]\n"mylib.a" = "mylib.b"\n"mylib.b" = "mylib.c"': "let it stand for that at once",
    GOOD + '[same]\n"mylib.query" = "mylib.ask"': "'mylib.query' is never met, because 'mylib.query' stands for",
    GOOD + '[same]\n"mylib" = "yourlib"': "'mylib.query' is never met, because 'mylib' stands for 'yourlib'",
}


@pytest.mark.parametrize("text", REFUSED, ids=REFUSED.values())
def test_a_mistake_in_a_users_file_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "calls.toml"
    file.write_text(text)

    with pytest.raises(ConfigError) as refused:
        extended([file])

    assert str(refused.value).startswith(f"The catalogue {file} cannot be used: ")
    assert REFUSED[text] in str(refused.value)


def test_the_file_in_the_docs_is_a_good_one(tmp_path: Path) -> None:
    (block,) = [each for each in blocks(ROOT / "docs" / "guard.md", "toml") if each.text.startswith("# blocking.toml")]
    file = tmp_path / "blocking.toml"
    file.write_text(block.text)

    catalogue = extended([file])

    assert catalogue.call("billing._client.Client.charge") is not None
    assert catalogue.call("billing.Client.close") is None
    assert catalogue.returns("billing.connect") == "billing.Client"


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    file = tmp_path / "calls.toml"
    file.write_text("[[calls\n")

    with pytest.raises(ConfigError, match="cannot be read"):
        extended([file])


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        extended([tmp_path / "gone.toml"])


def test_a_name_in_two_files_is_told() -> None:
    entry = {"names": ["mylib.query"], "class": "waits", "fix": "x"}

    found = list(mistakes([("one.toml", {"calls": [entry]}), ("two.toml", {"calls": [entry]})]))

    assert found == ["'mylib.query' is in [[calls]] twice, also in one.toml"]
