from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from pmo_sync.connectors.paging import Page, read_all
from pmo_sync.connectors.pool import AHEAD, asking
from pmo_sync.connectors.transport import DeniedError


def asking_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "asking"]


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_answers_come_in_the_order_of_the_questions(workers: int) -> None:
    with asking([lambda number=number: number * 2 for number in range(100)], workers) as answers:  # type: ignore[misc]
        assert list(answers) == list(range(0, 200, 2))
    assert asking_threads() == []


def test_no_more_is_asked_than_is_used_up_soon() -> None:
    taken: list[int] = []

    def questions() -> Iterator[Callable[[], int]]:
        for number in range(1000):
            taken.append(number)
            yield lambda: 1

    with asking(questions(), 4) as answers:
        next(answers)
        assert len(taken) == AHEAD * 4


def test_several_are_asked_at_the_same_time() -> None:
    together = threading.Barrier(4, timeout=5)
    with asking([together.wait] * 4, 4) as answers:
        assert sorted(answers) == [0, 1, 2, 3]


def test_the_first_refusal_stops_all() -> None:
    asked: list[int] = []

    def ask(number: int) -> Callable[[], int]:
        def question() -> int:
            asked.append(number)
            if number == 3:
                raise DeniedError("who are you", status=401)
            return number

        return question

    with pytest.raises(DeniedError), asking([ask(number) for number in range(1000)], 2) as answers:
        list(answers)
    assert len(asked) <= 3 + AHEAD * 2 + 1
    assert asking_threads() == []


def test_an_interrupted_run_waits_for_nobody() -> None:
    hang = threading.Event()

    def interrupt(answers: Iterator[object]) -> None:
        next(answers)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), asking([lambda: 1, *[hang.wait] * 8], 4) as answers:
        interrupt(answers)
    assert asking_threads() != [], "they still hang, as a slow tracker would"
    hang.set()
    for thread in threading.enumerate():
        if thread.name == "asking":
            thread.join(5)


def test_a_list_is_the_same_whichever_page_comes_first() -> None:
    class Row:
        def __init__(self, number: int) -> None:
            self.id = number

    second_came = threading.Event()

    def fetch(offset: int) -> Page[Row]:
        if offset == 9:
            assert second_came.wait(5), "the page after this one was asked for at the same time"
        if offset == 18:
            second_came.set()
        return Page([Row(number) for number in range(offset, min(offset + 10, 95))], 95, 10)

    reading = read_all(fetch, by_id=True, connections=4)
    assert list(reading.rows) == list(range(95))
    assert reading.problem is None


def test_pages_asked_for_ahead_prove_as_much_as_one_after_the_other() -> None:
    class Row:
        def __init__(self, number: int) -> None:
            self.id = number

    here = list(range(100))
    lock = threading.Lock()

    def fetch(offset: int) -> Page[Row]:
        with lock:
            if offset == 45 and 3 in here:
                here.remove(3)
                here.append(500)
            return Page([Row(number) for number in here[offset : offset + 10]], len(here), 10)

    reading = read_all(fetch, by_id=False, connections=4)
    assert sorted(reading.rows) == here
    assert reading.problem is None
