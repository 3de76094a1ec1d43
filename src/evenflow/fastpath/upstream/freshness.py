"""Whether an app's routes are still those that were read."""

from __future__ import annotations

from operator import is_
from typing import Any
from weakref import WeakSet

from fastapi import APIRouter

from evenflow.fastpath.upstream.tree import routers_of
from evenflow.fastpath.upstream.versions import patched

_MARK = "__evenflow__"


class Freshness:
    """Holds until a route is added.

    Every way FastAPI has to add one calls the router's `_mark_routes_changed`, which tells us. `mount`, `host` and
    changes of the list itself do not; so the app's own list is looked at, its length and its ends. What replaces a
    route in the middle of the list is not seen.
    """

    def __init__(self, router: Any, *, watchful: bool) -> None:
        self._router = router
        self._routes = router.routes
        self._length = len(router.routes)
        self._ends = (router.routes[0], router.routes[-1]) if router.routes else ()
        self._watchful = watchful
        self._patched = patched() if watchful else ()
        self.changed = False
        for each in routers_of(router):
            _watch(each, self)

    def holds(self) -> bool:
        """Whether nothing has changed."""
        routes = self._router.routes  # hot: bench_fastpath
        if self.changed or routes is not self._routes or len(routes) != self._length:
            return False
        if self._ends and (routes[0] is not self._ends[0] or routes[-1] is not self._ends[1]):
            return False
        return not self._watchful or self._unpatched()

    def _unpatched(self) -> bool:
        now = patched()
        return len(now) == len(self._patched) and all(map(is_, now, self._patched))


def _watch(router: APIRouter, freshness: Freshness) -> None:
    mark = router._mark_routes_changed
    watchers = getattr(mark, _MARK, None)
    if watchers is None:
        watchers = WeakSet()

        def marked() -> None:
            mark()
            for each in list(watchers):
                each.changed = True

        setattr(marked, _MARK, watchers)
        router._mark_routes_changed = marked  # type: ignore[method-assign]  # of this one router
    watchers.add(freshness)
