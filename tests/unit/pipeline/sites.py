"""A sandbox, a project folder that reads it, and clocks of their own for the two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pmo_sync.model import frames
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.pipeline.context import Context, open_project
from pmo_sync.pipeline.pull import contact, needs_of, pull
from pmo_sync.sandbox import Flavour, Sandbox
from tests.unit.connectors.jira_sites import seed

SETTINGS = """
version: 1
trackers:
  jira:
    kind: {kind}
    url: {url}
    user: {user}
    token: ${{TOKEN}}
{scope}
    kinds: {{milestone: [Epic]}}
    fields: {{reported_rag: RAG}}
    write: {{labels: true}}
    limits: {{requests_per_second: 1000000}}
structure:
  programme: [{{tracker: jira, by: project_category}}]
  project: [{{tracker: jira, by: project}}]
{extra}
"""


@dataclass
class Site:
    """A Jira, its clock, and ours beside it."""

    tracker: Sandbox
    folder: Path
    moment: datetime
    skew: timedelta = timedelta()
    scope: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def now(self) -> datetime:
        """The clock of the tracker."""
        return self.moment

    def later(self, **span: float) -> None:
        self.moment += timedelta(**span)

    def write(self, extra: str = "") -> None:
        """pmo.yaml, with these lines at its end."""
        kind = "jira-cloud" if self.tracker.flavour is Flavour.CLOUD else "jira-dc"
        scope = "" if self.scope is None else f"    scope: '{self.scope}'"
        text = SETTINGS.format(
            kind=kind, url=self.tracker.url, user=self.tracker.writer.login, scope=scope, extra=extra
        )
        (self.folder / "pmo.yaml").write_text(text, encoding="utf-8")

    def context(self, **options: Any) -> Context:
        return Context(
            open_project(self.folder),
            date(2026, 11, 23),
            lambda: self.moment + self.skew,
            lambda _: None,
            environment={"TOKEN": self.tracker.writer.token},
            **options,
        )

    def pull(self, **options: Any) -> Snapshot:
        """What a run would go by."""
        self.later(seconds=1)
        return pull(self.context(**options)).snapshots[0]

    def whole(self) -> Snapshot:
        """Everything, as it is read from the start; not kept."""
        context = self.context()
        with contact(context, "jira") as connector:
            return connector.pull(needs_of(context, "jira"), context.report)

    def person(self, name: str = "ann") -> Any:
        return self.tracker.person(name)

    def searches(self, mark: int) -> int:
        """Searches for issues since that place in the log."""
        paths = [entry.path.partition("?")[0] for entry in self.tracker.log[mark:]]
        return sum(path.endswith(("/search", "/search/jql")) and "/project/" not in path for path in paths)


@contextmanager
def opened(
    flavour: Flavour, folder: Path, count: int = 60, *, start: datetime | None = None, zone: str = "Asia/Kolkata"
) -> Iterator[Site]:
    """A site with so many issues, all of them quiet for long."""
    clock: list[Site] = []
    begin = start or datetime(2026, 11, 23, 9, tzinfo=UTC)
    with Sandbox(flavour, now=lambda: clock[0].moment if clock else begin, zone=zone) as tracker:
        tracker.load(seed(count))
        site = Site(tracker, folder, begin)
        clock.append(site)
        site.write()
        yield site


def assert_same(found: Snapshot, wanted: Snapshot) -> None:
    """Frame by frame one and the same, and what the manifests say of the rows."""
    for name in ("items", "scopes", "projects", "links", "changes", "marks", "remembered"):
        one, other = getattr(found, name), getattr(wanted, name)
        if name == "changes":  # in no order; what was once seen of nobody known is kept beyond what can be read now
            trace = (pl.col("column") == "updated") & pl.col("by").is_null()
            later = (
                other.filter(trace)
                .join(one.filter(trace), on="id", suffix=" found")
                .filter(pl.col("at found") < pl.col("at"))
            )
            assert later.is_empty()
            assert set(other.filter(trace)["id"]) <= set(one.filter(trace)["id"])
            one, other = (of.filter(~trace).sort(frames.RAW_CHANGES.keys()) for of in (one, other))
        assert one.columns == other.columns, name
        assert one.height == other.height, name
        for column in one.columns:
            assert one[column].to_list() == other[column].to_list(), f"{name}.{column}"
    people = wanted.accounts.select(frames.ACCOUNTS.keys()).sort(frames.ACCOUNTS.keys())
    assert people.join(found.accounts, on=list(frames.ACCOUNTS), how="anti").is_empty()
    for name in ("tracker", "account", "complete", "problems", "columns", "silent_projects", "unmapped"):
        assert getattr(found.manifest, name) == getattr(wanted.manifest, name), name
