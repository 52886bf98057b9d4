"""Progress of long work: a bar on a terminal after one second, JSON lines for machines, silence elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pmo_sync.cli.console import Console, in_ci, is_terminal, log_line
from pmo_sync.cli.options import Run
from pmo_sync.report.escape import clean

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from pmo_sync.connectors.base import Progress

PATIENCE: Final = 1.0
"""Seconds of work before a bar appears."""
LINE_EVERY: Final = 30.0
"""Seconds between two JSON lines of the same step."""
_WHOLE: Final = 10
"""From so many a second the rate has no decimals."""
_LONG_IN_SECONDS: Final = 120
"""From so many seconds a span is told in minutes."""


@contextmanager
def progress(run: Run) -> Iterator[Callable[[Progress], None]]:
    """A function that takes steps of progress; whatever it shows is gone when the block ends."""
    if run.log_format == "json" and not run.quiet:
        yield _Lines(time.monotonic)
        return
    if run.quiet or in_ci() or not is_terminal(sys.stderr):
        yield _Steps(run.console) if run.verbose else _silent
        return
    bar = _Bar(time.monotonic)
    try:
        yield bar
    finally:
        bar.close()


def _silent(_: Progress) -> None:
    """For pipes and build servers."""


@dataclass(frozen=True, slots=True)
class _Steps:
    """With -v on a pipe: one line when a step is done."""

    console: Console

    def __call__(self, step: Progress) -> None:
        if step.done == step.total:
            self.console.say(f"{clean(step.what)}: {step.done}")


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a step goes: units a second since it was first told of, seconds until its end; None = not known yet."""

    rate: float | None = None
    left: float | None = None


@dataclass(slots=True)
class _Paces:
    """The pace of each step by its name; one that counts from the start again is timed from the start again."""

    clock: Callable[[], float]
    _begun: dict[str, tuple[float, int]] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)

    def of(self, step: Progress) -> Pace:
        """The pace so far, waits included: what the tracker holds back now it will hold back again."""
        at = self.clock()
        if step.done < self._last.get(step.what, 0):
            del self._begun[step.what]
        self._last[step.what] = step.done
        since, first = self._begun.setdefault(step.what, (at, step.done))
        if at <= since or step.done <= first:
            return Pace()
        rate = (step.done - first) / (at - since)
        return Pace(rate, None if step.total is None else max(0, step.total - step.done) / rate)


@dataclass(slots=True)
class _Lines:
    """One line when a step begins or ends, and every LINE_EVERY seconds in between: with its rate so far."""

    clock: Callable[[], float]
    _said: dict[str, float] = field(default_factory=dict)
    _paces: _Paces = field(init=False)

    def __post_init__(self) -> None:
        self._paces = _Paces(self.clock)

    def __call__(self, step: Progress) -> None:
        at, said, pace = self.clock(), self._said.get(step.what), self._paces.of(step)
        if said is None or step.done == step.total or at - said >= LINE_EVERY:
            self._said[step.what] = at
            tracker, mark, what = step.what.partition(": ")
            log_line(
                "progress",
                tracker=tracker if mark else None,
                what=what if mark else step.what,
                done=step.done,
                total=step.total,
                per_second=None if pace.rate is None else round(pace.rate, 1),
                seconds_left=None if pace.left is None else round(pace.left),
                waited=round(step.waited, 1),
            )


@dataclass(slots=True)
class _Bar:
    """One bar for each step, begun when the work has taken PATIENCE; rich is imported only then."""

    clock: Callable[[], float]
    _begun: float | None = None
    _bars: Bars | None = None
    _tasks: dict[str, int] = field(default_factory=dict)
    _paces: _Paces = field(init=False)

    def __post_init__(self) -> None:
        self._paces = _Paces(self.clock)

    def __call__(self, step: Progress) -> None:
        at, pace = self.clock(), self._paces.of(step)
        if self._begun is None:
            self._begun = at
        if self._bars is None and at - self._begun < PATIENCE:
            return
        self._show(step, said(pace, step.waited))

    def _show(self, step: Progress, pace: str) -> None:
        from rich.progress import TaskID

        if self._bars is None:
            self._bars = _bars()
            self._bars.start()
        if step.what not in self._tasks:
            self._tasks[step.what] = self._bars.add_task(clean(step.what), total=step.total, pace=pace)
        self._bars.update(TaskID(self._tasks[step.what]), completed=step.done, total=step.total, pace=pace)

    def close(self) -> None:
        """Takes the bars off the terminal."""
        if self._bars is not None:
            self._bars.stop()


def said(pace: Pace, waited: float) -> str:
    """The rate, the time left and the waits as a person reads them: `85/s, 3 min left, waited 42 s`."""
    parts = []
    if pace.rate is not None:
        parts.append(f"{pace.rate:,.0f}/s".replace(",", " ") if pace.rate >= _WHOLE else f"{pace.rate:.1f}/s")
    if pace.left is not None and round(pace.left) > 0:
        parts.append(f"{_span(pace.left)} left")
    if round(waited) > 0:
        parts.append(f"waited {_span(waited)}")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    """`42 s`, `3 min`, `2 h 5 min`: never finer than it is worth."""
    if seconds < _LONG_IN_SECONDS:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{minutes} min" if not hours else f"{hours} h {rest} min"


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[pace]}", markup=False),
    )
    return Progress(*columns, console=Console(stderr=True, highlight=False), transient=True)
