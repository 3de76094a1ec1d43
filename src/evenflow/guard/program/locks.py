"""Locks between threads: `with lock:` makes the loop wait only if somebody holds the lock for long.

That is so where anybody who holds it makes a call that blocks, or awaits.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field

from evenflow.guard.program.definitions import own_nodes
from evenflow.guard.program.frame import Frame, Step, Summary
from evenflow.guard.program.values import Instance, Site, Value, Values

KINDS = (
    "threading.Lock",
    "threading.RLock",
    "threading.Condition",
    "threading.Semaphore",
    "threading.BoundedSemaphore",
)


@dataclass(slots=True)
class Locks:
    """Every lock of a program, and what is done while it is held."""

    steps: dict[Site, list[Step]] = field(default_factory=lambda: defaultdict(list))
    slow: set[Site] = field(default_factory=set)

    def held(self, frame: Frame, values: Values, body: list[ast.stmt], since: tuple[int, int]) -> None:
        """Remembers what was done since the lock was entered: this many steps and blocks were there before."""
        sites = {site for value in values if (site := site_of_lock(value)) is not None}
        if not sites:
            return
        steps, blocks = frame.summary.steps[since[0] :], frame.summary.blocks[since[1] :]
        awaits = any(isinstance(node, ast.Await) for node in own_nodes(ast.Module(body, [])))
        for site in sites:
            self.steps[site].extend(steps)
            if awaits or any(block.lock is None for block in blocks):
                self.slow.add(site)

    def held_for_long(self) -> set[Site]:
        """The locks that somebody holds while something blocks."""
        found = set(self.slow)
        for site, steps in self.steps.items():
            if site not in found and any(_blocks(step) for step in steps):
                found.add(site)
        return found


def site_of_lock(value: Value) -> Site | None:
    """Where a lock is made."""
    return value.site if isinstance(value, Instance) and value.of in KINDS else None


def _blocks(step: Step) -> bool:
    if step.where != "here":
        return False
    waiting: list[Summary] = [step.to]
    seen: set[int] = set()
    while waiting:
        summary = waiting.pop()
        if id(summary) in seen:
            continue
        seen.add(id(summary))
        if any(block.lock is None for block in summary.blocks):
            return True
        waiting.extend(each.to for each in summary.steps if each.where == "here")
    return False
