"""What is known of a route before its first request: plain data between reading, judging and writing code.

Objects of FastAPI's stand here as opaque values: they are handed on to the code that is written, and looked into
only in `upstream/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from re import Pattern
from typing import Any


class Source(Enum):
    """Where in a request a parameter is found."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"
    FORM = "body"


class Absent(Enum):
    """What happens where a parameter is not in the request."""

    ERROR = "it is required"
    CONSTANT = "its default cannot be changed and is taken as it is"
    FASTAPI = "FastAPI makes its default"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter, or the one model that collects several."""

    source: Source
    name: str
    alias: str
    field: Any
    plain: bool
    """One value under one key; anything else is read by FastAPI's own function."""
    absent: Absent = Absent.FASTAPI
    default: Any = None
    validate: Callable[..., Any] | None = None
    """None where every text is valid as it is."""


@dataclass(frozen=True, slots=True)
class BodyParameters:
    """The parameters of one callable that come from the body."""

    fields: Sequence[Any]
    embed: bool
    name: str
    validate: Callable[..., Any] | None = None
    """Set where the body as a whole is the one parameter `name`."""
    texts: tuple[Parameter, ...] = ()
    """The same parameters, where each is one text of a form."""


class How(Enum):
    """How a callable is called."""

    AWAIT = "awaited in the loop"
    THREAD = "in a thread of the pool"
    ASYNC_GENERATOR = "entered and left in the loop"
    GENERATOR = "entered and left in a thread of the pool"


@dataclass(frozen=True, slots=True)
class Special:
    """The parameters a callable gets that are no values of the request: the names under which it wants them."""

    request: tuple[str, ...] = ()
    response: str | None = None
    background: str | None = None
    scopes: str | None = None
    oauth_scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Callee:
    """The endpoint or a dependency, with what it needs."""

    call: Callable[..., Any]
    how: How
    dependant: Any
    name: str | None
    """The keyword under which the caller of a dependency gets its value; None for a value nobody wants."""
    dependencies: tuple[Callee, ...]
    parameters: tuple[Parameter, ...]
    body: BodyParameters | None
    special: Special
    key: Any
    """Dependencies with the same key share one value within a request."""
    shared: bool
    function_scope: bool
    limited: bool
    """No more than a given number of calls at once."""
    sees_request: bool
    """User code gets the request, and with it everything that hangs on it."""

    @property
    def arguments(self) -> list[str]:
        """The keywords under which it gets its arguments."""
        dependencies = [each.name for each in self.dependencies if each.name is not None]
        bodies = [field.name for field in self.body.fields] if self.body else []
        special = (*self.special.request, self.special.response, self.special.background, self.special.scopes)
        names = [*dependencies, *(each.name for each in self.parameters), *bodies, *filter(None, special)]
        return list(dict.fromkeys(names))


def everything(callee: Callee) -> list[Callee]:
    """A callee and all below it."""
    return [callee, *(one for each in callee.dependencies for one in everything(each))]


@dataclass(frozen=True, slots=True)
class Body:
    """How the body is read."""

    form: bool
    texts: bool
    """A form with nothing but texts, which clients send URL-encoded unless they are told otherwise."""
    strict: bool
    """JSON without a content type is not taken for JSON."""
    form_limits: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """How what the endpoint returns becomes a response."""

    status: int | None
    response_class: type[Any]
    field: Any
    validate: Callable[..., Any] | None
    to_json: Callable[..., bytes] | None
    """Set where Pydantic writes the JSON itself."""
    exact_model: type[Any] | None
    """An object of exactly this type is valid as it is."""
    plain_json: bool
    """Starlette's own JSONResponse writes the body."""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a route stands: what FastAPI's matching writes into the scope when it selects it."""

    route: Any
    endpoint: Any
    router: Any
    included_router: Any
    effective_context: Any
    form_limits: tuple[Any, ...]
    after_included: bool
    """An included router is asked before this route is found, which leaves an empty note in the scope."""


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """Everything a route's code is written from."""

    endpoint: Callee
    body: Body | None
    answer: Answer
    place: Place
    path_format: str
    overrides: Any
    """The object whose `dependency_overrides` count, or None."""
    embed: bool
    body_limit: int | None
    """How many bytes the body may have."""
    app: Any
    """FastAPI's own handler of this route, an ASGI app."""
    handler: Any
    """FastAPI's own function in the midst of that: from a request to a response."""
    agent: str | None
    """Who has put a wrapper of its own around that function, where it is one that is known."""
    rebuild: Callable[[Any], Any]
    """FastAPI's own handler once more, for another dependant."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One route in the order of declaration, compiled or not."""

    path: str
    regex: Pattern[str] | None
    """None where only the route itself can say whether it matches: nothing behind it is looked up."""
    convertors: Mapping[str, Any]
    methods: frozenset[str] | None
    top: int
    """The place in the app's own list of routes."""
    endpoint: Any
    plan: RoutePlan | None
    place: Place | None
    """What to write into the scope before FastAPI's own handler is called; None: ask the route of the app's list."""
    app: Any
    reason: str | None
    """Why there is no plan, in words."""
