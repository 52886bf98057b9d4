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


@contextmanager
def progress(run: Run) -> Iterator[Callable[[Progress], None]]:
    """A function that takes steps of progress; whatever it shows is gone when the block ends."""
    if run.log_format == "json":
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


@dataclass(slots=True)
class _Lines:
    """One line when a step begins or ends, and every LINE_EVERY seconds in between: with its rate so far."""

    clock: Callable[[], float]
    _begun: dict[str, float] = field(default_factory=dict)
    _said: dict[str, float] = field(default_factory=dict)

    def __call__(self, step: Progress) -> None:
        at, said = self.clock(), self._said.get(step.what)
        if said is None or step.done == step.total or at - said >= LINE_EVERY:
            self._said[step.what] = at
            took = at - self._begun.setdefault(step.what, at)
            rate = round(step.done / took, 1) if took > 0 else None
            log_line(
                "progress",
                what=step.what,
                done=step.done,
                total=step.total,
                per_second=rate,
                waited=round(step.waited, 1),
            )


@dataclass(slots=True)
class _Bar:
    """One bar for each step, begun when the work has taken PATIENCE; rich is imported only then."""

    clock: Callable[[], float]
    _begun: float | None = None
    _bars: Bars | None = None
    _tasks: dict[str, int] = field(default_factory=dict)

    def __call__(self, step: Progress) -> None:
        at = self.clock()
        if self._begun is None:
            self._begun = at
        if self._bars is None and at - self._begun < PATIENCE:
            return
        self._show(step)

    def _show(self, step: Progress) -> None:
        from rich.progress import TaskID

        if self._bars is None:
            self._bars = _bars()
            self._bars.start()
        if step.what not in self._tasks:
            self._tasks[step.what] = self._bars.add_task(clean(step.what), total=step.total)
        self._bars.update(TaskID(self._tasks[step.what]), completed=step.done, total=step.total)

    def close(self) -> None:
        """Takes the bars off the terminal."""
        if self._bars is not None:
            self._bars.stop()


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True, highlight=False), transient=True)
