"""What was found out about an app: plain data. Its fields are the keys of `evenflow check --json`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFinding:
    """One route."""

    methods: tuple[str, ...]
    """Empty where it answers every method."""
    path: str
    endpoint: str | None
    """module:line of the function."""
    compiled: bool
    """Whether it is; where the fast path is off, whether it would be."""
    reason: str | None
    """Why it is not."""
    unreachable_behind: tuple[str, ...]
    """The routes that answer everything this one could; empty if it can be reached."""
    kind: str
    """"route"; or "mount"; or "page", for one that FastAPI adds for the documentation. Only routes are counted."""

    @property
    def name(self) -> str:
        """As people write it: GET /users/{id}."""
        return f"{','.join(self.methods) or '*'} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MiddlewareFinding:
    """One of the app's middlewares."""

    name: str
    microseconds: float | None
    """What a layer of its kind adds to a request, measured here and now; None if that was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsFinding:
    """A model that some route declares a list of."""

    model: str
    rows_as_json: bool
    """Whether `respond(…, into=model)` writes rows without making models."""
    reason: str | None
    """Why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFindings:
    """An app, or one that is mounted in it."""

    at: str
    """Where it is mounted; empty for the app itself."""
    off: str | None
    """Why the whole fast path is off; None if it is not."""
    compiled: int
    of: int
    """Routes of the app's own."""
    routes: tuple[RouteFinding, ...]
    """In the order in which they are asked."""
    middlewares: tuple[MiddlewareFinding, ...]
    """The outermost first."""
    models: tuple[RowsFinding, ...]
    mounted: tuple[AppFindings, ...]

    @property
    def everywhere(self) -> str | None:
        """The one reason for which no route is compiled; None if there are more, or one is."""
        reasons = {route.reason for route in self.routes if route.kind == "route"}
        return next(iter(reasons)) if len(reasons) == 1 and self.of > 1 and not self.compiled else None
