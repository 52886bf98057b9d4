"""What the page of one issue shows: its words, its fields, its panel, its links and who changed what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from pmo_sync.sandbox.records import Issue, RemoteLink
from pmo_sync.sandbox.values import shown
from pmo_sync.sandbox.view import View

_APART: Final = {"summary", "labels", "issuelinks", "subtasks", "description", "status", "issuetype", "project"}
_ALWAYS: Final = {"assignee", "duedate"}
_MOMENTS: Final = {"moment", "datetime"}
_SECONDS: Final = {"timeoriginalestimate", "timeestimate", "timespent"}


@dataclass(frozen=True, slots=True)
class Panel:
    """A web link; `url` None where no click may follow it."""

    title: str
    summary: str
    url: str | None
    resolved: bool


@dataclass(frozen=True, slots=True)
class Edit:
    """One changed field: when, by whom, from what to what."""

    at: str
    who: str
    what: str
    before: str | None
    after: str | None


def context(view: View, issue: Issue) -> dict[str, object]:
    """Everything that the template of an issue asks for."""
    project = view.catalogue.projects[issue.project]
    return {
        "title": f"{issue.key} {title(issue)}",
        "issue": {
            "key": issue.key,
            "title": title(issue),
            "type": view.catalogue.types[issue.type].name,
            "status": status(view, issue),
            "labels": issue.labels,
            "project": project.name,
            "project_key": project.key,
            "description": _text(issue.values.get("description")),
        },
        "panels": [_panel(link) for link in issue.remote_links],
        "facts": list(_facts(view, issue)),
        "links": list(_links(view, issue)),
        "history": _history(view, issue),
    }


def _panel(link: RemoteLink) -> Panel:
    body = link.body.get("object")
    given = body if isinstance(body, dict) else {}
    status = given.get("status")
    url = given.get("url")
    return Panel(
        title=str(given.get("title") or ""),
        summary=str(given.get("summary") or ""),
        url=_harmless(url) if isinstance(url, str) else None,
        resolved=isinstance(status, dict) and status.get("resolved") is True,
    )


def _harmless(url: str) -> str | None:
    """An address that a click may follow: of the web, never a script."""
    try:
        return url if urlsplit(url).scheme in {"http", "https"} else None
    except ValueError:
        return None


def _facts(view: View, issue: Issue) -> Iterator[tuple[str, str]]:
    """Every field that is not empty, those of the system first; owner and date also where there is none."""
    for field in view.fields_of(issue):
        if field.id in _APART or field.kind == "timetracking":
            continue
        stored = {"created": issue.created, "updated": issue.updated}.get(field.id, issue.values.get(field.id))
        if field.kind in _MOMENTS and isinstance(stored, int):
            value = _minute(stored)
        else:
            value = _text(shown(view, issue, field), field.id)
        if value or field.id in _ALWAYS:
            yield field.name, value or "–"  # noqa: RUF001 - a dash for people


def _minute(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _text(value: object, field: str = "") -> str:
    """A value of the REST interface in words; empty for nothing."""
    match value:
        case int() | float() if field in _SECONDS:
            return f"{value / 3600:g} h"
        case int() | float():
            return f"{value:,.10g}"
        case list():
            return ", ".join(map(_text, value))
        case dict():
            return _named(value)
        case _:
            return str(value or "")


def _named(value: Mapping[str, object]) -> str:
    """Another issue by key and title; a person, option, component or sprint by its name."""
    fields = value.get("fields")
    if isinstance(fields, dict):
        return f"{value.get('key')} {fields.get('summary', '')}"
    return next((str(value[name]) for name in ("displayName", "value", "name") if value.get(name)), "")


def _links(view: View, issue: Issue) -> Iterator[Mapping[str, str]]:
    for link in sorted(view.store.links_of.get(issue.id, {}).values(), key=lambda one: one.id):
        kind, outward = view.catalogue.link_types[link.type], link.source == issue.id
        other = view.store.issues.get(link.target if outward else link.source)
        if other is not None:
            how = kind.outward if outward else kind.inward
            yield {"how": how, "key": other.key, "title": title(other), "status": status(view, other)}


def _history(view: View, issue: Issue) -> Sequence[Edit]:
    """What was changed, the newest first."""
    return [
        Edit(
            at=_minute(entry.at),
            who=person(view, entry.author) or entry.author,
            what=item.field,
            before=item.before_text,
            after=item.after_text,
        )
        for entry in reversed(issue.history)
        for item in entry.items
    ]


def title(issue: Issue) -> str:
    """Its summary."""
    return str(issue.values.get("summary", ""))


def status(view: View, issue: Issue) -> str:
    """The name of its status."""
    return str(view.status(issue.values["status"])["name"])


def person(view: View, id_: object) -> str | None:
    """The name of an account; None for nobody."""
    found = view.catalogue.accounts.get(str(id_))
    if found is None:
        return None
    return found.name if found.active else f"{found.name} (no longer active)"
