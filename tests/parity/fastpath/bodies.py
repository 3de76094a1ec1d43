"""The kinds of JSON bodies: the type, and documents that are right and wrong for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ITEM = {"name": "n", "price": 1.5, "note": "ü", "detail": {"weight": 2, "tags": ["a"]}}
RICH = {
    "id": "a8098c1a-f86e-11da-bd1a-00112444be1e",
    "when": "2020-02-29T10:00:00Z",
    "day": "2020-02-29",
    "colour": "blue",
    "amount": 1.0,
    "data": "é",
}


@dataclass(frozen=True)
class Kind:
    annotation: str
    good: tuple[Any, ...]
    bad: tuple[Any, ...] = (None, [], {}, "x", 1)
    defaults: tuple[str, ...] = ()


NAN, INF = float("nan"), float("inf")
BODIES = {
    "item": Kind(
        "Item",
        (ITEM, {"name": "n", "price": "2"}, ITEM | {"extra": 1, "price": 10**25}),
        ({}, [ITEM], None, {"name": 1}),
    ),
    "optional item": Kind("Item | None", (ITEM, None), ({}, "x"), ("None",)),
    "aliased": Kind(
        "Aliased", ({"firstName": "n", "n": 3}, {"first_name": "n"}), ({"name": 1}, {"firstName": 1, "n": "x"})
    ),
    "rich": Kind("Rich", (RICH, {k: RICH[k] for k in ("id", "when")}), (RICH | {"amount": "x"}, RICH | {"id": 1})),
    "noisy": Kind("Noisy", ({"a": 1}, {"a": 1, "b": 2}), ({"a": 1, "b": 13}, {"a": "x"})),
    "strict": Kind("Strictly", ({"a": 1},), ({"a": "1"}, {"a": 1, "day": "2020-01-01"}, {"a": 1, "z": 1})),
    "point": Kind("Point", ({"x": 1}, {"x": 1, "y": 2, "tags": ["t"]}), ({"x": "x"},)),
    "sized": Kind("Sized", ({}, {"width": 1, "height": 2.5}), ({"width": "x"},)),
    "numbers": Kind("Numbers", ([1, 2], []), (["x"], 1)),
    "items": Kind("list[Item]", ([ITEM, ITEM], []), ([1], ITEM)),
    "mapping": Kind("dict[str, int]", ({"a": 1, "ü": "2"}, {}), ({"a": "x"}, [1])),
    "int keys": Kind("dict[int, float]", ({"1": 1, "2": 2.5},), ({"a": 1},)),
    "any": Kind("Any", (1, None, [], {"a": [1, {"b": None}]}, "text", NAN, {"big": 10**40, "inf": INF}), ()),
    "object": Kind("dict", ({"a": 1}, {}), ([], 1)),
    "list": Kind("list", ([1, "a"], []), ({}, "x")),
    "int": Kind("int", (1, "2", 10**30), ("x", 1.5), ("3",)),
    "str": Kind("str", ("text", "ü"), (1,), ("'d'",)),
    "float": Kind("float", (1, 2.5, NAN, INF), ("x",)),
    "decimal": Kind("Decimal", (1.0, 1e2, "1.10"), ("x",)),
    "union": Kind("Item | Aliased | int", (ITEM, {"firstName": "n"}, 3), ("x",)),
    "bytes": Kind("bytes", ("text",), ()),
}
