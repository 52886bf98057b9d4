"""Several questions at a time to one tracker, answered in the order they were asked.

The threads are daemons: whoever interrupts a run does not wait for a slow tracker.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

T = TypeVar("T")

AHEAD: Final = 2
"""Questions that are asked and not yet used up, for each worker: no more answers than these are ever kept."""


class _Asked(Generic[T]):
    """One question, and its answer once it is there."""

    def __init__(self, question: Callable[[], T]) -> None:
        self._question = question
        self._answers: list[T] = []
        self._error: BaseException | None = None
        self._done = threading.Event()

    def ask(self) -> None:
        try:
            self._answers.append(self._question())
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
            self._error = error
        self._done.set()

    def answer(self) -> T:
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._answers.pop()


@contextmanager
def asking(questions: Iterable[Callable[[], T]], workers: int) -> Iterator[Iterator[T]]:
    """The answers in the order of the questions. The first that fails raises where it is its turn, and stops all.

    Questions are taken one by one, never more than `AHEAD` for each worker before their answers are. When the block
    ends, by an error too, no thread is asking any more; after KeyboardInterrupt those under way are left behind.
    """
    crew: _Crew[T] = _Crew(workers)
    try:
        yield map(_asked_now, questions) if workers == 1 else crew.answers(questions)
    except Exception:
        crew.stop()
        crew.join()
        raise
    except BaseException:
        crew.stop()
        raise
    crew.stop()
    crew.join()


def _asked_now(question: Callable[[], T]) -> T:
    return question()


class _Crew(Generic[T]):
    """The threads of one block."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._waiting: queue.SimpleQueue[_Asked[T] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._stopped = threading.Event()

    def answers(self, questions: Iterable[Callable[[], T]]) -> Iterator[T]:
        pending: deque[_Asked[T]] = deque()
        for question in questions:
            pending.append(_Asked(question))
            self._waiting.put(pending[-1])
            if len(self._threads) < min(self._workers, len(pending)):
                self._threads.append(threading.Thread(target=self._work, name="asking", daemon=True))
                self._threads[-1].start()
            if len(pending) == AHEAD * self._workers:
                yield pending.popleft().answer()
        while pending:
            yield pending.popleft().answer()

    def stop(self) -> None:
        self._stopped.set()
        for _ in self._threads:
            self._waiting.put(None)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (one := self._waiting.get()) is not None and not self._stopped.is_set():
            one.ask()
