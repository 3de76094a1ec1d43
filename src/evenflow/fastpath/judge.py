"""Decides whether a route is compiled, or says in words why not. Pure: facts in, a sentence out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """What is asked about a route."""

    uncompiled: bool
    """The app asks for it."""
    wrapped: str | None
    """Who stands between the route and FastAPI's own handler."""
    streams: bool
    deferred: bool
    """Pydantic has not built the response model yet."""


def judge(facts: Facts) -> str | None:
    """Why a route is left to FastAPI's own handler; None if it is compiled."""
    if facts.uncompiled:
        return "it is marked @uncompiled"
    if facts.wrapped:
        return facts.wrapped
    if facts.streams:
        return "the endpoint streams"
    if facts.deferred:
        return "its response model refers to a class that is not defined yet"
    return None
