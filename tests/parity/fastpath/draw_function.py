"""Draws signatures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import signature
from random import Random
from typing import TypeVar

from fastapi import FastAPI

from .bodies import BODIES
from .parameters import FILES, KINDS, MODELS, SCALARS
from .spec import Param
from .write_function import SPECIALS

T = TypeVar("T")


def pick(random: Random, choices: Sequence[T]) -> T:
    return choices[random.randrange(len(choices))]


def chance(random: Random, share: float) -> bool:
    return random.random() < share


def some(random: Random, share: float, word: str) -> Iterator[str]:
    if chance(random, share):
        yield word


BODY_LIMITS = "max_body_size" in signature(FastAPI.api_route).parameters
"""Whether this FastAPI has them, which are younger than the oldest one that is tested."""
ALIASES = ("al-ias", "X-Alias", "alias_", "q", "id")
WHERE = ("query",) * 5 + ("header", "cookie")


class Drawer:
    """Draws parameters, and names that no other function of the app has."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.used = 0

    def name(self, start: str) -> str:
        self.used += 1
        return f"{start}_{self.used}"

    def specials(self, share: float) -> tuple[str, ...]:
        return tuple(special for special in SPECIALS if chance(self.random, share))

    def params(self, count: int, body: float = 0.0) -> tuple[Param, ...]:
        drawn = [self.param(pick(self.random, WHERE)) for _ in range(count)]
        if chance(self.random, body):
            drawn.append(self.body())
        return tuple({param.name: param for param in drawn}.values())

    def param(self, where: str) -> Param:
        random = self.random
        # A few plain names, so that one request parameter is read by several functions under several types.
        name = pick(random, ("q", "page", "x_token", "sid")) if chance(random, 0.12) else self.name("par")
        if chance(random, 0.06):
            # Without a marker: from the path where the route's path has this name, from the query elsewhere.
            return Param(pick(random, ("id", "tenant", "x")), "query", pick(random, ("str", "int")), None, "", "plain")
        if chance(random, 0.08):
            return Param(
                self.name("model"), where, pick(random, MODELS[where]), None, *self.style(where, "", model=True)
            )
        kinds = SCALARS if where in ("cookie", "path") else KINDS
        kind = pick(random, ("str", "int", "optional str", *kinds))
        kind = "int" if kind == "strict int" and chance(random, 0.8) else kind
        return self.valued(name, where, kind)

    def valued(self, name: str, where: str, kind: str) -> Param:
        random = self.random
        table = KINDS[kind]
        words = [word for word in [pick(random, table.markers)] if word]
        if chance(random, 0.12) and where != "path":
            words.append(f"alias={pick(random, ALIASES)!r}")
        if chance(random, 0.05) and where != "path":
            words.append(f"validation_alias={pick(random, ALIASES)!r}")
        default = None
        if where != "path" and table.defaults and chance(random, 0.6):
            default = pick(random, table.defaults)
            words += some(random, 0.15, "validate_default=True")
        elif where != "path" and chance(random, 0.06):
            words.append(f"default_factory={pick(random, ('make_list', 'make_number'))}")
        if where == "header" and chance(random, 0.1):
            words.append("convert_underscores=False")
        return Param(name, where, kind, default, *self.style(where, ", ".join(words), many=table.many))

    def style(self, where: str, marker: str, *, model: bool = False, many: bool = False) -> tuple[str, str]:
        plain = where in ("path", "query") and not marker and not model and not many
        return marker, pick(self.random, ("plain", "annotated", "old") if plain else ("annotated", "old"))

    def path_param(self, name: str, convertor: str) -> Param:
        fitting = {
            "int": ("int", "int", "float", "any"),
            "float": ("float",),
            "uuid": ("uuid",),
            "path": ("str", "bytes"),
        }
        # A text with a slash in it would be another path.
        kinds = fitting.get(convertor) or (
            "str",
            "str",
            "str",
            "str",
            "any",
            "int",
            "int",
            *(kind for kind in SCALARS if kind not in ("json", "strict int")),
        )
        return self.valued(name, "path", pick(self.random, kinds))

    def body(self) -> Param:
        kind = pick(self.random, tuple(BODIES))
        table = BODIES[kind]
        default = pick(self.random, table.defaults) if table.defaults and chance(self.random, 0.7) else None
        words = ", ".join(some(self.random, 0.15, "embed=True"))
        model = kind in ("item", "aliased", "rich", "noisy", "strict")
        styles = ("plain", "annotated", "old") if model and not words else ("annotated", "old")
        return Param(self.name("body"), "body", kind, default, words, pick(self.random, styles))

    def form(self) -> Param:
        where = pick(self.random, ("form", "form", "form", "file"))
        if where == "file":
            kind = pick(self.random, tuple(FILES))
            return Param(self.name("file"), "file", kind, "None" if "optional" in kind else None, "", "annotated")
        if chance(self.random, 0.2):
            return Param(self.name("model"), "form", pick(self.random, MODELS["form"]), None, "", "annotated")
        return self.valued(self.name("field"), "form", pick(self.random, ("str", "int", *KINDS)))
