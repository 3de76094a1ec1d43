"""`scripts/fastapi-suite`: runs FastAPI's own suite with the fast path forced, and holds it to what was reached."""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import sys

from tests.fastapi_suite import floors
from tests.fastapi_suite.suite import Outcome, run_whole

FORCED = ("auto", "inner")

USAGE = "scripts/fastapi-suite [VERSION] [options] [pytest's arguments]"
MORE = """VERSION is FastAPI's: the one installed, or the newest that has floors. Arguments of pytest's choose a part of
the suite (scripts/fastapi-suite -k cookie tests/test_tutorial); then only failures count."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(usage=USAGE, description=__doc__, epilog=MORE)
    parser.add_argument("--fastpath", action="append", choices=[*FORCED, "off"], help="may be repeated; auto and inner")
    parser.add_argument("--record", action="store_true", help="write what the whole suite reaches into floors.json")
    version = arguments.pop(0) if arguments and re.fullmatch(r"\d+(\.\d+)+", arguments[0]) else version_to_test()
    options, chosen = parser.parse_known_args(arguments)

    lost = []
    for mode in options.fastpath or FORCED:
        print(f"FastAPI {version}'s own suite, fast path: {mode}", flush=True)
        outcome = run_whole(version, mode, chosen)
        whole = mode != "off" and not chosen
        if options.record and whole:
            floors.record(version, mode, outcome)
        told = not_held(version, mode, outcome) if whole else [f"failed: {test}" for test in outcome.failed]
        lost += [f"{mode}: {sentence}" for sentence in told]
    print("\n".join(lost) or f"FastAPI {version}'s own suite: all that has to hold does.")
    return bool(lost)


def version_to_test() -> str:
    """The FastAPI that is installed; where nothing is known of that one, the newest known."""
    installed, known = importlib.metadata.version("fastapi"), floors.read()
    if installed in known or not known:
        return installed
    newest = list(known)[-1]
    print(f"floors.json has nothing for FastAPI {installed}, which is installed; testing {newest}.")
    return newest


def not_held(version: str, mode: str, outcome: Outcome) -> list[str]:
    floor = floors.read().get(version, {}).get(mode)
    if floor is None:
        return [f"no floor for {version}: look at the figures, then run with --record"]
    return floor.not_held(outcome)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
