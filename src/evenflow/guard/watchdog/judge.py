"""Whose fault it was that the loop did not run. Pure: from what was seen to who is to blame."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise

from evenflow.guard.watchdog.evidence import Episode, Other, Sample


@dataclass(frozen=True, slots=True)
class Blocked:
    """One step of the loop took all the time."""

    sample: Sample
    seconds: float
    computed: bool
    """Whether its thread computed for most of it; else it waited."""


@dataclass(frozen=True, slots=True)
class Held:
    """Another thread did not let go of the interpreter."""

    thief: Other
    seconds: float


@dataclass(frozen=True, slots=True)
class Collected:
    """Garbage was collected for most of it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Starved:
    """The machine had no time for this process, or somebody had stopped it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Crowded:
    """Many steps, none of them long, or nothing that could be seen."""

    seconds: float


Verdict = Blocked | Held | Collected | Starved | Crowded


_ENOUGH = 0.8
"""Of the limit."""


def judge(episode: Episode, limit: float) -> Verdict | None:
    """Who is to blame; None where it was not long enough.

    The loop may have been idle for some of the first interval, so an episode counts from `limit` on as it was seen, and
    is told to have taken half an interval less.
    """
    if episode.seconds < limit:
        return None
    # The one is seen from the loop's thread, the other from the watchdog's: of the same machine.
    foreign = max(episode.queued, episode.stopped)
    own = episode.seconds - foreign
    if own < limit:
        return Starved(foreign) if foreign * 2 >= episode.seconds - episode.interval else None
    if episode.collecting * 2 >= own:
        # Most of it; what is left may still be too long.
        foreign += episode.collecting
        own -= episode.collecting
        if own < limit:
            return Collected(episode.collecting)
    about = max(own - episode.interval / 2, limit)
    thief = _thief(episode)
    if thief is not None:
        collecting = episode.collecting_elsewhere
        return Collected(collecting) if collecting * 2 >= own else Held(thief, about)
    return _blocked(episode, limit, foreign) or Crowded(about)


def _thief(episode: Episode) -> Other | None:
    late = episode.seconds - episode.interval
    if episode.cpu * 2 > late or not episode.others or episode.held * 2 < late:
        return None
    # The first who saw the threads after the interpreter was free saw them where they had been.
    first = min(other.at for other in episode.others)
    suspects = [other for other in episode.others if other.at == first]
    most = max(suspects, key=lambda other: other.computed)
    # Less than all of it: whoever holds the interpreter may have to wait for a processor.
    return most if most.computed * 10 >= late else None


def _blocked(episode: Episode, limit: float, foreign: float) -> Blocked | None:
    """The longest step that was seen, if it was long enough by itself."""
    runs = [list(run) for _, run in groupby(episode.samples, key=lambda sample: sample.step)]
    if not runs:
        return None
    edges = [episode.since, *(run[-1].at for run in runs[:-1])]
    ends = [*(run[0].at for run in runs[1:]), episode.until]
    longest: tuple[float, list[Sample]] = (0.0, [])
    for began, run, ended in zip(edges, runs, ends, strict=True):
        if run[0].step is not None:
            longest = max(longest, (ended - began, run), key=lambda each: each[0])
    seconds, run = longest
    if not run or seconds - foreign < limit:
        return None
    if len(run) == 1 and len(runs) > 1 and episode.held * 2 < seconds:
        # Seen once among others, although there was time to see it again.
        return None
    best = _most_seen(run)
    about = max(seconds - foreign - episode.interval / 2, limit)
    computed = episode.cpu * 2 >= min(about, episode.seconds - foreign)
    if not computed and episode.held * 2 >= seconds - episode.interval:
        # It wanted the interpreter, which another thread had: where it stood is no one's fault.
        return None
    if computed and episode.cpu < limit * _ENOUGH:
        # What was computed is known exactly: it began late in the first interval.
        return None
    return Blocked(best, about, computed)


def _most_seen(run: list[Sample]) -> Sample:
    """The sample whose line had most of the time; the later ones are nearer to the end of a call that held all."""
    times: dict[object, float] = {}
    for one, after in pairwise(run):
        key = _line(one)
        times[key] = times.get(key, 0.0) + after.at - one.at
    times.setdefault(_line(run[-1]), 0.0)
    line = max(times, key=lambda key: times[key])
    return next(sample for sample in run if _line(sample) == line)


def _line(sample: Sample) -> object:
    place = sample.stack[0]
    return place.code, place.line
