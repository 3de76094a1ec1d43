"""From the roots of a program to the calls that block, by the shortest way."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from evenflow.guard.allowed import reason_in
from evenflow.guard.finding import Finding, Hop
from evenflow.guard.program.frame import Block, Step, Summary
from evenflow.guard.program.roots import Root
from evenflow.guard.program.values import Site


@dataclass(eq=False, slots=True)
class _Reached:
    summary: Summary
    on_loop: bool
    before: tuple[Hop, ...] = ()
    """What led to a root's own function."""
    caller: _Reached | None = None
    hop: Hop | None = None
    """Where the caller calls."""

    def hops(self) -> tuple[Hop, ...]:
        """The way here."""
        hops: list[Hop] = []
        reached = self
        while reached.caller is not None and reached.hop is not None:
            hops.append(reached.hop)
            reached = reached.caller
        return (*reached.before, *reversed(hops))


class Search:
    """Looks for what blocks; `long_held` are the locks that somebody holds for long."""

    def __init__(self, long_held: Collection[Site]) -> None:
        self._long_held = long_held
        self._steps: dict[Summary, list[tuple[Step, Hop]]] = {}
        self._blocks: dict[Summary, list[Block]] = {}

    def findings_of(self, root: Root) -> Iterator[Finding]:
        """What blocks the loop below a root: each line once."""
        seen: set[tuple[str, int, str]] = set()
        for reached in self._reached(root):
            blocks = self._blocks_of(reached.summary) if reached.on_loop else ()
            for block in blocks:
                function = reached.summary.function
                file = str(function.module.file)
                place = (file, block.line, block.entry.name)
                if place in seen:
                    continue
                seen.add(place)
                yield Finding(
                    route=root.name,
                    file=file,
                    line=block.line,
                    call=block.entry.name,
                    kind=block.entry.kind,
                    chain=(*reached.hops(), Hop(file, block.line, function.name)),
                    fix=block.entry.fix,
                )

    def _reached(self, root: Root) -> Iterator[_Reached]:
        waiting = deque(_Reached(each.summary, each.on_loop, each.before) for each in root.entries)
        seen: set[tuple[Summary, bool]] = set()
        while waiting:
            reached = waiting.popleft()
            key = (reached.summary, reached.on_loop)
            if key in seen:
                continue
            seen.add(key)
            yield reached
            for step, hop in self._steps_of(reached.summary):
                on_loop = reached.on_loop if step.where == "here" else step.where == "loop"
                if (step.to, on_loop) not in seen:
                    waiting.append(_Reached(step.to, on_loop, (), reached, hop))

    def _steps_of(self, summary: Summary) -> list[tuple[Step, Hop]]:
        if summary not in self._steps:
            file, name = str(summary.function.module.file), summary.function.name
            kept = [each for each in summary.steps if not _allowed(summary, each)]
            self._steps[summary] = [(each, Hop(file, each.line, name)) for each in kept]
        return self._steps[summary]

    def _blocks_of(self, summary: Summary) -> list[Block]:
        if summary not in self._blocks:
            self._blocks[summary] = [
                each
                for each in summary.blocks
                if (each.lock is None or each.lock in self._long_held) and not _allowed(summary, each)
            ]
        return self._blocks[summary]


def _allowed(summary: Summary, place: Step | Block) -> bool:
    module = summary.function.module
    return any(reason_in(module.line(number)) is not None for number in {place.line, place.last})
