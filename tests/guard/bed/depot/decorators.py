"""What is put around functions."""

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def traced(function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        wrapper.calls += 1  # type: ignore[attr-defined] # counted on the function itself
        return function(*args, **kwargs)

    wrapper.calls = 0  # type: ignore[attr-defined] # counted on the function itself
    return wrapper


def paced(pause: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Rests before each call, for as long as the named argument says."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            # bed: m/paced-decorator kind=waits depth=2 call=time.sleep
            time.sleep(float(str(kwargs[pause])))
            return function(*args, **kwargs)

        return wrapper

    return decorate
