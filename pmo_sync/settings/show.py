"""Every setting with its value and where it comes from, as data for `config show`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from pmo_sync.model.source import Source, plain
from pmo_sync.settings.folder import Project

Shown: TypeAlias = str | int | float | bool | list["Shown"] | None


@dataclass(frozen=True, slots=True)
class Row:
    """One setting. `origin` is None for a default; `note` tells what a person should know of it."""

    key: str
    value: Shown
    origin: Source | None
    note: str | None = None

    @property
    def origin_text(self) -> str:
        """`pmo.yaml:12`, or `default`."""
        return f"{self.origin.file}:{self.origin.line}" if self.origin else "default"


LATER_NOTE: Final = "used from a later version"
LATER: Final = frozenset(
    {
        "stages",
        "exchange",
        "focus_factor",
        "tables",
        "links.waiver",
        "panels",
        "baseline",
        "state.keep",
        "trackers.*.write.comment",
        "trackers.*.write.note",
        "trackers.*.write.out_of_scope",
        "trackers.*.limits.writes_per_run",
        "trackers.*.limits.writes_per_project",
        "trackers.*.limits.writes_per_hour",
        "rollup.estimate_at_completion",
        "rollup.period",
        "rollup.split_rate",
        "rollup.discount_rate",
        "rollup.base_year",
        "rollup.health",
        "rollup.value_score",
    }
)
"""Settings that load and are validated, and that nothing reads yet; `*` is the name of a tracker."""


def rows(project: Project) -> list[Row]:
    """Every setting in the order of `Settings`, defaults included. Secrets are shown as the names they are.

    Left out is only what an entry of a list might say and does not.
    """
    settings = project.settings
    dumped = settings.model_dump(mode="json", by_alias=True)
    dumped["trackers"] = {name: {"kind": tracker["kind"]} | tracker for name, tracker in dumped["trackers"].items()}
    dumped["standards"]["override"] = _overrides(project)
    found = (
        Row(key, value, _origin(project, key), LATER_NOTE if _later(key) else None) for key, value in _leaves(dumped)
    )
    return [row for row in found if row.value is not None or row.origin is not None or "[" not in row.key]


def _overrides(project: Project) -> dict[str, object]:
    """The overrides as they stand in pmo.yaml: what changes a standard, or `on` and `off`."""
    said: dict[str, object] = {}
    for name, entries in project.settings.standards.override.items():
        plain_entries = [plain(entry.node) if entry.node else "on" if entry.on else "off" for entry in entries]
        listed = f"standards.override.{name}[0]" in project.origins or len(entries) != 1
        said[name] = plain_entries if listed else plain_entries[0]
    return said


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, Shown]]:
    """Scalars, lists of scalars, and what is empty; lists of mappings are taken apart."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple) and any(isinstance(item, dict | list | tuple) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    elif isinstance(value, list | tuple):
        yield path, list(value)
    elif isinstance(value, dict):
        yield path, None
    elif value is None or isinstance(value, str | int | float | bool):
        yield path, value


def _origin(project: Project, key: str) -> Source | None:
    """The place of a key; of `state.dir` also that of the short form."""
    places = project.origins
    if key == "state.dir" and key not in places and "state.keep" not in places:
        return places.get("state")
    if key not in places and ".scope." in key and key.startswith("risk_appetite"):
        return places.get(key.replace(".scope.", "."))
    return places.get(key)


def _later(key: str) -> bool:
    parts = key.split(".")
    if parts[0] == "trackers" and len(parts) > 1:
        parts[1] = "*"
    heads = {".".join(parts[:length]).partition("[")[0] for length in range(1, len(parts) + 1)}
    return not LATER.isdisjoint(heads)
