"""The full path of a route: its own, behind the prefixes of the routers that it is included by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evenflow.guard.program.registering import Inclusion, Registry, Route
from evenflow.guard.program.values import UNKNOWN, Site, Values, joined

_UNKNOWN_PREFIX = "…"
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where an app has a route."""

    path: str
    dependencies: Values
    """Of the routers and apps around it."""


def places_of(route: Route, registry: Registry) -> list[Place]:
    """Every place of a route; more than one where its router is included twice."""
    own = route.path if route.path is not None else _UNKNOWN_PREFIX
    found = {place.path + own: place for place in _prefixes(route.owner, registry, 0)}
    return [Place(path, place.dependencies) for path, place in found.items()] or [Place(own, UNKNOWN)]


def _prefixes(site: Site | None, registry: Registry, depth: int) -> Iterator[Place]:
    if site is None or depth > _DEEPEST:
        return
    router = registry.routers.get(site)
    own = router.prefix if router is not None else ""
    dependencies = router.dependencies if router is not None else UNKNOWN
    inclusions = [each for each in registry.inclusions if each.child == site]
    known = [each for each in inclusions if each.parent is not None] or inclusions
    if not known:
        yield Place(own, dependencies)
    for inclusion in known:
        for outer in _outer(inclusion, registry, depth):
            around = joined(outer.dependencies, inclusion.dependencies, dependencies)
            yield Place(outer.path + _prefix(inclusion) + own, around)


def _outer(inclusion: Inclusion, registry: Registry, depth: int) -> list[Place]:
    return list(_prefixes(inclusion.parent, registry, depth + 1)) or [Place("", UNKNOWN)]


def _prefix(inclusion: Inclusion) -> str:
    return inclusion.prefix.rstrip("/") if inclusion.prefix is not None else _UNKNOWN_PREFIX
