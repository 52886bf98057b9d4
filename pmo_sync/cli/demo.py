"""`pmo-sync demo`: a tracker, a project folder and the whole loop on this computer, without an account."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pmo_sync.cli import exit_codes
from pmo_sync.cli.command import Command
from pmo_sync.cli.console import Console
from pmo_sync.cli.options import Run, options
from pmo_sync.cli.progress import progress
from pmo_sync.cli.serving import until_stopped

if TYPE_CHECKING:
    from pmo_sync.pipeline.demo import Again, Checked, Pulled, Refused, Stage, Step, Wrote
    from pmo_sync.report.json import Json

_WIDE: Final = 66
_ZONE: Final = "Europe/London"
"""Of the demo's bank, as its pmo.yaml has it."""
_LATE: Final = ("HYG-09", "PAY-13")
"""A standard and an item that fails it until somebody gives the item another date."""


@click.command("demo", cls=Command, short_help="See all of it at work on this computer; needs no account.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("pmo-demo"),
    show_default=True,
    metavar="DIR",
    help="The project folder; one that the demo wrote before is kept as it is.",
)
@click.option("--once", is_flag=True, help="End after the run, and stop the tracker.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="Port of the tracker.  [default: a free one]")
@options("format_", "status_date")
def command(run: Run, *, into: Path, once: bool, port: int | None) -> int:
    """Start a small Jira on this computer, write an editable project folder for it, and run the whole loop twice.

    Reads, judges, plans and writes to that tracker, then does it again to show that nothing more is written. The
    tracker goes on serving until Ctrl-C, unless --once is given. Nothing leaves the computer.
    """
    from zoneinfo import ZoneInfo

    from pmo_sync.cli.start import now
    from pmo_sync.pipeline.demo import stage

    today = run.status_date or now().astimezone(ZoneInfo(_ZONE)).date()
    with stage(into, today=today, port=port, now=now) as ready:
        told = _Told(run, ready)
        told.begin()
        _play(run, ready, told)
        told.end(once=once)
        if not once:
            until_stopped()
            run.console.say(f"Stopped. Go on with:  {_program()} demo --into {into}")
    return exit_codes.first(told.codes)


def _play(run: Run, ready: Stage, told: _Told) -> None:
    from pmo_sync.cli.start import context, project
    from pmo_sync.pipeline.demo import play

    inside = replace(run, folder=ready.folder)
    with progress(run) as report:
        for step in play(lambda: context(inside, project(inside), report), ready.tracker, time.monotonic):
            told.step(step)


def _program() -> str:
    """How to type the name of the program: as it was typed, where a shell would not find it by name alone."""
    named = Path(sys.argv[0])
    found = shutil.which("pmo-sync") is not None or named.name != "pmo-sync"
    return "pmo-sync" if found else shlex.quote(str(named))


@dataclass(slots=True)
class _Told:
    """What the demo prints, step by step: lines for people, or one JSON document at the end."""

    run: Run
    ready: Stage
    codes: list[int] = field(default_factory=list)
    facts: dict[str, Json] = field(default_factory=dict)
    wrote: Wrote | None = None
    look: str | None = None
    example: tuple[str, str] | None = None

    @property
    def as_json(self) -> bool:
        return self.run.format_ in {"json", "jsonl"}

    @property
    def console(self) -> Console:
        return self.run.console

    def line(self, text: str = "") -> None:
        if not self.as_json:
            self.console.data(text + "\n")

    def begin(self) -> None:
        from pmo_sync import __version__

        url = self.ready.tracker.url
        self.line(f"pmo-sync {__version__} · demo: a small Jira runs on this computer only ({url}), nothing leaves it.")
        if not self.ready.fresh:
            moved = "; pmo.yaml names its new port" if self.ready.moved else ""
            self.line(f"{self.ready.folder} is kept as you left it, and so is the tracker{moved}.")
        self.line()
        self.facts |= {"url": url, "folder": str(self.ready.folder), "fresh": self.ready.fresh}

    def step(self, step: Step) -> None:
        from pmo_sync.pipeline import demo

        match step:
            case demo.Pulled():
                self._pulled(step)
            case demo.Checked():
                self._checked(step)
            case demo.Wrote():
                self.wrote = step
                self.codes.append(step.exit_code)
                self.facts["written"] = {"labels": step.labels, "links": step.links, "fields": step.fields}
                self.facts["approved"] = list(step.approved)
            case demo.Again():
                self._again(step)
            case demo.Refused():
                self._refused(step)

    def _timed(self, text: str, seconds: float) -> str:
        return f"{text:<{_WIDE}} {seconds:6.1f} s"

    def _pulled(self, step: Pulled) -> None:
        from pmo_sync.report.numbers import plural

        parts = [plural(step.items, "item"), plural(step.projects, "project"), plural(step.programmes, "programme")]
        self.line(self._timed(f"Pulled   {' · '.join(parts)} · 1 portfolio", step.seconds))
        self.facts |= {"items": step.items, "projects": step.projects, "programmes": step.programmes}

    def _checked(self, step: Checked) -> None:
        from pmo_sync.cli.views import check_view
        from pmo_sync.pipeline.finding import findings
        from pmo_sync.report import json, terminal
        from pmo_sync.report.numbers import plural
        from pmo_sync.report.portfolio import glance

        found = findings(step.evaluation)
        view = check_view(step.evaluation, found)
        failing = [(one.standard, one.key) for one in found if one.key is not None and one.waiver is None]
        self.example = _LATE if _LATE in failing else next(iter(failing), None)
        style = self.console.style()
        self.line(self._timed(f"Checked  {plural(step.standards, 'standard')}", step.seconds))
        self.line()
        self.line(glance(view.nodes, found, style))
        self.line(terminal.counts(view.summary))
        self.line()
        self.codes += [] if view.complete else [exit_codes.INCOMPLETE]
        self.facts |= {
            "status_date": view.status_date.isoformat(),
            "complete": view.complete,
            "standards": step.standards,
            "summary": json.summary(view.summary),
            "compliance": view.nodes[0].score.value,
        }

    def _again(self, step: Again) -> None:
        from pmo_sync.report.numbers import plural

        wrote = self.wrote
        if wrote is not None:
            said = f"{plural(wrote.labels, 'label')}, {plural(wrote.links, 'panel')}, {plural(wrote.fields, 'field')}"
            self.line(self._timed(f"Wrote    {said} to the demo tracker", wrote.seconds))
            if wrote.approved:
                allowed = plural(len(wrote.approved), "standard")
                self.line(f"         and recorded your yes to {allowed} in {self.ready.folder}/approvals.yaml")
        if step.held:
            stay, them = ("stays as it is", "it") if step.held == 1 else ("stay as they are", "them")
            held = f"Held     {plural(step.held, 'value')} that a person set {stay}"
            self.line(f"{held} ({_program()} plan lists {them})")
        again = f"Again    {plural(step.changes, 'change')}" + ("" if step.changes else ", safe to repeat")
        self.line(self._timed(again, step.seconds))
        self.look = step.look
        self.facts |= {"again": step.changes, "held": step.held, "look": self._browse()}
        self.codes += [exit_codes.INCOMPLETE] if step.changes else []

    def _refused(self, step: Refused) -> None:
        from pmo_sync.report import errors

        self.console.complain(errors.text(step.error, self.console.talk_style()).rstrip())
        self.codes.append(step.error.exit_code)
        self.facts["refused"] = step.error.code

    def _browse(self) -> str | None:
        return f"{self.ready.tracker.url}/browse/{self.look}" if self.look else None

    def end(self, *, once: bool) -> None:
        """What to look at and what to try next, as far as the tracker is there for it."""
        from pmo_sync.report import json

        if self.as_json:
            self.console.data(json.document(self.facts))
            return
        folder, browse = self.ready.folder, self._browse()
        if browse:
            self.line()
            self.line(f"Look     an item with flags and a panel   {browse}")
            self.line(
                f"         every flagged item               {self.ready.tracker.url}/issues/?jql=labels=pmo-action"
            )
        self.line()
        for number, (what, how) in enumerate(self._next(once=once)):
            if what:
                self.line(f"{'' if number else 'Next':<9}{what}:")
            self.line(f"           {how}")
        self.line()
        if once:
            self.line(f"The tracker has stopped, its state is kept. Start it again:  {_program()} demo --into {folder}")
        else:
            self.line(f"Ctrl-C stops the tracker (state kept in {folder}/.pmo-sync/).")

    def _next(self, *, once: bool) -> Iterator[tuple[str, str]]:
        """What to try and how; what needs the tracker only while it is there."""
        folder, program = shlex.quote(str(self.ready.folder)), _program()
        day = f" --status-date {self.run.status_date}" if self.run.status_date else ""
        yield (
            f"change a threshold in {self.ready.folder}/standards/delivery.yaml, then",
            f"{program} check -C {folder}{' --offline' if once else ''}{day}",
        )
        if self.example is not None:
            standard, key = map(shlex.quote, self.example)
            yield "see why an item fails", f"{program} explain {standard} --item {key} -C {folder}{day}"
        if not once and self.example == _LATE:
            yield "give that item another date in the tracker, as a person would, and sync: its flags go", self._edit()
            yield "", f"{program} sync -C {folder}{day}"
        yield "judge the same items as a file, without a tracker", f"{program} check --from {folder}/items.jsonl{day}"

    def _edit(self) -> str:
        """A command that puts PAY-13 off, by the tracker's own interface."""
        tracker, folder = self.ready.tracker, shlex.quote(str(self.ready.folder))
        until = (self.run.status_date or tracker.store.now().date()) + timedelta(days=30)
        body = f'{{"fields": {{"duedate": "{until}"}}}}'
        return (
            f"curl -u {tracker.writer.login}:$(cat {folder}/.pmo-sync/demo-token) -X PUT "
            f"-H 'Content-Type: application/json' -d '{body}' {tracker.url}/rest/api/3/issue/{_LATE[1]}"
        )
