"""What is wrong in files of a catalogue: a word without a meaning, a name given twice, a name that is never met."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from evenflow.guard.catalogue import CallKind

_LISTS = ("calls", "measured", "constructors")
_PAIRS = ("returns", "same")
_CALL_KEYS = {"names", "except", "class", "fix"}
_OTHER_KEYS = {"names", "fix"}
_NAME = re.compile(r"[^\W\d]\w*(\(\))?(\.[^\W\d]\w*(\(\))?)*(\.\*)?")


def mistakes(files: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """All of them, each as a clause without a full stop; `files` are names and what was read."""
    given: dict[str, str] = {}
    same: dict[str, str] = {}
    for file, table in files:
        shape = list(_shape(table))
        yield from shape
        if shape:
            continue
        names = [(f"in [[{key}]]", name) for key in _LISTS for entry in table.get(key, ()) for name in entry["names"]]
        names += [(f"in [{key}]", name) for key in _PAIRS for name in table.get(key, {})]
        for what, name in names:
            before = given.setdefault(f"{what} {name}", file)
            if before != file or names.count((what, name)) > 1:
                yield f"{name!r} is {what} twice" + (f", also in {before}" if before != file else "")
        same |= table.get("same", {})
    yield from _never_met(given, same)


def _shape(table: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(set(table), {*_LISTS, *_PAIRS}, "the file")
    for key in _LISTS:
        entries = table.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            yield f"`{key}` is not written as [[{key}]]"
            continue
        for entry in entries:
            yield from _entry(entry, _CALL_KEYS if key == "calls" else _OTHER_KEYS, key)
    for key in _PAIRS:
        pairs = table.get(key, {})
        if not isinstance(pairs, dict):
            yield f"`{key}` is not a table"
            continue
        for name, other in pairs.items():
            for each in (name, other):
                if not _is_name(each) or each.endswith(".*"):
                    yield f"{each!r} in [{key}] is not the full name of something"


def _entry(entry: dict[str, Any], words: set[str], key: str) -> Iterator[str]:
    names = entry.get("names")
    where = f"the entry of {names[0]!r}" if isinstance(names, list) and names else f"an entry of [[{key}]]"
    yield from _unknown(set(entry), words, where)
    if not isinstance(names, list) or not names:
        yield f"{where} has no `names`, which is a list"
        return
    excepted = entry.get("except", [])
    for each in [*names, *(excepted if isinstance(excepted, list) else [excepted])]:
        if not _is_name(each):
            yield f"{each!r} is not a full name, such as 'requests.get' or 'requests.Session.*'"
    if "class" in words and entry.get("class") not in get_args(CallKind):
        yield f"the `class` of {where} is {entry.get('class')!r}, and not one of {', '.join(get_args(CallKind))}"
    if not isinstance(entry.get("fix"), str) or not entry["fix"].strip():
        yield f"{where} has no `fix`, which says what to write instead"


def _unknown(given: set[str], known: set[str], where: str) -> Iterator[str]:
    for word in sorted(given - known):
        yield f"{where} has a `{word}`, but there are only {', '.join(sorted(known))}"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _never_met(given: dict[str, str], same: dict[str, str]) -> Iterator[str]:
    """Names that stand for others are replaced before anything is looked up."""
    for name, other in same.items():
        if other in same and other != name:
            yield f"{name!r} stands for {other!r}, and that for {same[other]!r}: let it stand for that at once"
    for key in given:
        what, _, name = key.rpartition(" ")
        plain = name.removesuffix(".*")
        owner = plain.rpartition(".")[0]
        for each in {plain, owner} & set(same) if what != "in [same]" else ():
            yield f"{name!r} is never met, because {each!r} stands for {same[each]!r}: use that name"
