"""The verdict on steps that are written down here: milliseconds, and what the sampler saw."""

from __future__ import annotations

from dataclasses import replace

from evenflow.guard.steps.step import MILLISECOND, LongStep, Sample, computed, waits

ASLEEP = [Sample(at=at * MILLISECOND, cpu=0, others=0, asleep=True, place=(1, 10), frames=[]) for at in (1, 2, 3, 4)]
STEP = LongStep(wall=5 * MILLISECOND, cpu=0, begin=0, begin_cpu=0, switches=1, garbage=0, samples=ASLEEP)


def milliseconds(found: list[tuple[object, int]]) -> list[float]:
    return [seen / MILLISECOND for _, seen in found]


def test_a_thread_seen_asleep_at_one_place_waited_there() -> None:
    assert milliseconds(waits(STEP)) == [3]


def test_a_thread_that_never_went_to_sleep_had_no_processor() -> None:
    assert waits(replace(STEP, switches=0)) == []


def test_a_thread_that_computed_all_the_time_did_not_wait() -> None:
    assert waits(replace(STEP, cpu=4_500_000)) == []


def test_asleep_once_is_no_wait() -> None:
    """A short sleep in the kernel, and then a processor that was busy with something else."""
    awake = [replace(sample, asleep=False) for sample in ASLEEP[1:]]

    assert waits(replace(STEP, samples=[ASLEEP[0], *awake])) == []


def test_asleep_at_several_places_is_no_wait() -> None:
    moving = [replace(sample, place=(1, sample.at)) for sample in ASLEEP]

    assert waits(replace(STEP, samples=moving)) == []


def test_where_the_kernel_does_not_tell_a_busy_process_is_no_wait() -> None:
    unknown = [replace(sample, asleep=None) for sample in ASLEEP]
    busy = [replace(sample, others=sample.at) for sample in unknown]

    assert milliseconds(waits(replace(STEP, samples=unknown))) == [3]
    assert waits(replace(STEP, samples=busy)) == []


def test_computing_is_counted_where_it_was_seen() -> None:
    one = Sample(at=MILLISECOND, cpu=MILLISECOND, others=0, asleep=False, place=(1, 10), frames=[])
    two = replace(one, at=4 * MILLISECOND, cpu=4 * MILLISECOND, place=(1, 20))

    assert milliseconds(computed(replace(STEP, cpu=6 * MILLISECOND, samples=[one, two]))) == [1, 5]
