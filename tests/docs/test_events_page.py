"""The table of events is the events there are."""

from __future__ import annotations

from dataclasses import fields

from evenflow import observe
from tests.docs.pages import ROOT, rows


def test_the_events_of_the_page_are_all_there_are_with_their_fields() -> None:
    documented = {
        name.strip("`"): [field.strip(" `") for field in given.split(",")]
        for name, _, given in rows(ROOT / "docs" / "events.md", "event")
    }
    real = {
        kind.__name__: [each.name for each in fields(kind) if each.name != "database"]
        for kind in [*observe.Event.__subclasses__(), *observe.DatabaseEvent.__subclasses__()]
        if kind.__name__ != "DatabaseEvent"  # there are two of that name: a dataclass with slots is made anew
    }

    assert documented == {name: given for name, given in real.items() if name in vars(observe)}
    assert documented
