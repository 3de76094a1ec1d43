"""How settings are loaded: words become values, and what is wrong is said in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from evenflow.errors import ConfigError
from evenflow.settings import load, setting


@dataclass(frozen=True, kw_only=True)
class Tea:
    cups: int = setting(1, "How many.", least=1)
    minutes: float = setting(3.0, "How long it draws.", least=0)
    milk: bool = setting(False, "Whether milk comes in.")
    kind: str = setting("green", "Which leaves.", choices=("green", "black"))
    name: str = setting("", "Whose it is.")
    reminder: float | None = setting(5.0, "When to be reminded of it.", least=0, optional=True)


def make(**given: object) -> Tea:
    return load(Tea, given, source="A tea")


def test_what_is_not_given_keeps_its_default() -> None:
    assert make() == Tea(cups=1, minutes=3.0, milk=False, kind="green", name="")


def test_words_of_a_query_string_become_values() -> None:
    made = make(cups="2", minutes="4.5", milk="yes", kind="BLACK", name="Ada")

    assert made == Tea(cups=2, minutes=4.5, milk=True, kind="black", name="Ada")


def test_values_stay_values() -> None:
    assert make(cups=2, minutes=4, milk=True) == Tea(cups=2, minutes=4.0, milk=True)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("1", True), ("true", True), ("On", True), ("YES", True), ("0", False), ("false", False), ("off", False)],
)
def test_yes_and_no_have_several_words(word: str, meaning: bool) -> None:
    assert make(milk=word).milk is meaning


@pytest.mark.parametrize(("given", "reminder"), [("2", 2.0), (None, None), ("none", None), ("None", None)])
def test_an_optional_setting_can_be_none(given: object, reminder: float | None) -> None:
    assert make(reminder=given).reminder == reminder


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"cup": 2}, "A tea has no option 'cup'. Did you mean 'cups'?"),
        ({"sugar": 2}, "A tea has no option 'sugar'. Its options are cups, kind, milk, minutes, name, reminder."),
        ({"cups": "two"}, "A tea: cups is 'two'; it must be a number."),
        ({"cups": None}, "A tea: cups is None; it must be a number."),
        ({"cups": 0}, "A tea: cups is 0; it must be at least 1."),
        ({"minutes": "-1"}, "A tea: minutes is '-1'; it must be at least 0."),
        ({"milk": "maybe"}, "A tea: milk is 'maybe'; it can be true or false."),
        ({"kind": "oolong"}, "A tea: kind is 'oolong'; it can be green, black."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError) as raised:
        make(**given)

    assert str(raised.value) == sentence
