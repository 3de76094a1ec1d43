"""Writes the code of a route: from its plan to one straight-line coroutine function.

What it writes is FastAPI's own algorithm, in the same order, with everything decided that does not depend on the
request.
"""

from evenflow.fastpath.source.route import Handler, compile_route

__all__ = ["Handler", "compile_route"]
