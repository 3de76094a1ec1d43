"""Whose fault it was that the loop did not run, decided from what was seen."""

from __future__ import annotations

from typing import Any

from evenflow.guard.watchdog.evidence import Episode, Other, Sample
from evenflow.guard.watchdog.judge import Blocked, Collected, Crowded, Held, Starved, judge
from evenflow.guard.watchdog.stack import Place

LIMIT = 0.05


def here() -> None: ...


PLACE = Place(here.__code__, 10, "program")
OTHER_LINE = Place(here.__code__, 20, "program")


def sample(at: float, step: object = "one", place: Place = PLACE) -> Sample:
    return Sample(at, step, (place,) if step is not None else (), None, None, None)


def thread(at: float, computed: float) -> Other:
    return Other(at, computed, (PLACE,), None, None)


def episode(seconds: float, **more: Any) -> Episode:
    known: dict[str, Any] = {"cpu": 0.0, "queued": 0.0, "stopped": 0.0, "held": 0.0, "collecting": 0.0}
    known |= {"collecting_elsewhere": 0.0}
    known |= {"samples": (), "others": ()}
    return Episode(since=0.0, until=seconds, interval=0.02, **(known | more))


def test_what_is_shorter_than_the_limit_is_nobodys_fault() -> None:
    assert judge(episode(0.049, samples=(sample(0.03), sample(0.04))), LIMIT) is None


def test_one_step_that_took_all_the_time_is_blamed() -> None:
    verdict = judge(episode(0.3, samples=(sample(0.03), sample(0.15), sample(0.28))), LIMIT)

    assert isinstance(verdict, Blocked)
    assert 0.28 <= verdict.seconds <= 0.3
    assert not verdict.computed


def test_a_thread_that_computed_for_most_of_it_did_not_wait() -> None:
    verdict = judge(episode(0.3, cpu=0.28, samples=(sample(0.03), sample(0.28))), LIMIT)

    assert isinstance(verdict, Blocked)
    assert verdict.computed


def test_one_sample_is_enough_where_the_interpreter_was_held() -> None:
    verdict = judge(episode(0.3, cpu=0.28, held=0.26, samples=(sample(0.29),)), LIMIT)

    assert isinstance(verdict, Blocked)


def test_the_line_that_had_most_of_the_time_is_blamed() -> None:
    samples = (sample(0.03), sample(0.04, place=OTHER_LINE), sample(0.2, place=OTHER_LINE), sample(0.29))
    verdict = judge(episode(0.3, samples=samples), LIMIT)

    assert isinstance(verdict, Blocked)
    assert verdict.sample.stack[0].line == 20


def test_many_short_steps_are_no_block() -> None:
    samples = tuple(sample(0.03 + number / 100, step=number) for number in range(10))

    assert isinstance(judge(episode(0.13, samples=samples), LIMIT), Crowded)


def test_a_long_step_among_short_ones_is_blamed_for_its_own_time() -> None:
    samples = (sample(0.03, step=1), sample(0.04, step=2), sample(0.05, step=3), sample(0.2, step=3))
    verdict = judge(episode(0.21, samples=samples), LIMIT)

    assert isinstance(verdict, Blocked)
    assert verdict.sample.step == 3
    assert 0.14 <= verdict.seconds <= 0.17


def test_a_loop_that_was_seen_idle_is_not_blamed_on_anybody() -> None:
    assert isinstance(judge(episode(0.3, samples=(sample(0.1, step=None),)), LIMIT), Crowded)


def test_a_line_that_only_wanted_the_interpreter_is_not_blamed() -> None:
    assert isinstance(judge(episode(0.3, held=0.27, samples=(sample(0.29),)), LIMIT), Crowded)


def test_a_machine_without_time_is_to_blame_itself() -> None:
    verdict = judge(episode(0.3, queued=0.28, samples=(sample(0.03), sample(0.28))), LIMIT)

    assert isinstance(verdict, Starved)
    assert verdict.seconds == 0.28


def test_a_process_that_was_stopped_is_not_blamed() -> None:
    assert isinstance(judge(episode(9.0, stopped=8.97, samples=(sample(8.99),)), LIMIT), Starved)


def test_what_the_program_did_beside_is_blamed_with_that_alone() -> None:
    verdict = judge(episode(0.3, queued=0.15, cpu=0.15, samples=(sample(0.03), sample(0.28))), LIMIT)

    assert isinstance(verdict, Blocked)
    assert verdict.seconds <= 0.15


def test_a_collection_of_garbage_is_not_the_lines_fault() -> None:
    verdict = judge(episode(0.3, cpu=0.29, collecting=0.27, samples=(sample(0.29),)), LIMIT)

    assert isinstance(verdict, Collected)


def test_garbage_that_another_thread_collected_is_not_its_lines_fault() -> None:
    seen = episode(0.3, held=0.27, collecting_elsewhere=0.26, others=(thread(0.3, 0.28),))

    assert isinstance(judge(seen, LIMIT), Collected)


def test_garbage_that_another_thread_collected_meanwhile_does_not_excuse_a_wait() -> None:
    seen = episode(0.3, collecting_elsewhere=0.26, samples=(sample(0.03), sample(0.28)))

    assert isinstance(judge(seen, LIMIT), Blocked)


def test_a_thread_that_held_the_interpreter_is_blamed() -> None:
    verdict = judge(episode(0.3, held=0.27, others=(thread(0.3, 0.28), thread(0.3, 0.0))), LIMIT)

    assert isinstance(verdict, Held)
    assert verdict.thief.computed == 0.28


def test_the_first_to_look_saw_where_the_threads_had_been() -> None:
    late, early = thread(0.31, 0.29), thread(0.3, 0.28)

    verdict = judge(episode(0.3, held=0.27, others=(late, early)), LIMIT)

    assert isinstance(verdict, Held)
    assert verdict.thief is early


def test_a_thread_that_computes_beside_a_wait_of_the_loops_own_is_not_blamed() -> None:
    samples = (sample(0.03), sample(0.28))

    assert isinstance(judge(episode(0.3, held=0.02, samples=samples, others=(thread(0.2, 0.3),)), LIMIT), Blocked)
