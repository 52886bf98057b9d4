"""From old values to new ones: history, `updated`, mail. Everybody who edits, by request or by hand, ends here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pmo_sync.sandbox import adf
from pmo_sync.sandbox.records import Entry, Field, Issue, Item, Named, Status
from pmo_sync.sandbox.store import Batch, Store, milliseconds
from pmo_sync.sandbox.values import numbers, option


def changed(
    store: Store, issue: Issue, fields: Mapping[str, Field], values: Mapping[str, object | None], author: str
) -> Issue:
    """The issue with those values (None: empty): one history entry for all that differ, and a later `updated`.

    The same issue comes back where nothing differs.
    """
    new = {id_: value for id_, value in values.items() if _differ(issue.values.get(id_), value)}
    if not new:
        return issue
    at = max(milliseconds(store.now()), issue.updated + 1)
    kept = {id_: value for id_, value in (issue.values | new).items() if value is not None}
    if "resolution" in new:
        kept.pop("resolutiondate", None)
        if new["resolution"] is not None:
            kept["resolutiondate"] = at
    items = tuple(_item(store, fields[id_], issue.values.get(id_), value) for id_, value in sorted(new.items()))
    return replace(issue, values=kept, updated=at, history=(*issue.history, entry(issue, at, author, items)))


def _differ(before: object, after: object) -> bool:
    """Whether two stored values say different things; a text is the same as the plain document that says it."""
    if isinstance(before, str) and isinstance(after, dict):
        before = adf.document(before)
    elif isinstance(before, dict) and isinstance(after, str):
        after = adf.document(after)
    return before != after


def entry(issue: Issue, at: int, author: str, items: tuple[Item, ...]) -> Entry:
    """The next entry of the issue's history."""
    last = issue.history[-1].id if issue.history else issue.id * 10_000
    return Entry(last + 1, at, author, items)


def put(batch: Batch, old: Issue, new: Issue, *, mails: bool) -> None:
    """Stores the issue where it differs; a change that people see sends a mail when `mails`."""
    if new == old:
        return
    batch.issues[new.id] = new
    if mails and new.updated != old.updated:
        batch.mails[new.id] += 1


def _item(store: Store, field: Field, before: object, after: object) -> Item:
    name = field.name if field.custom else field.id
    ids = [_id(field, one) for one in (before, after)]
    texts = [words(store, field, one) for one in (before, after)]
    return Item(name, field.id, field.custom, ids[0], texts[0], ids[1], texts[1])


def _id(field: Field, value: object) -> str | None:
    if value is None or field.kind in ("labels", "text", "textarea", "epic_name", "number", "story_points", "sprint"):
        return None
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)


def words(store: Store, field: Field, value: object) -> str | None:
    """A value as the history of an issue tells it."""
    if value is None:
        return "" if field.kind == "labels" else None
    tell = _TOLD.get(field.kind)
    return str(value) if tell is None else tell(store, field, value)


def _record(store: Store, field: Field, value: object) -> str:
    known = store.catalogue
    records: dict[str, Mapping[int, Status | Named]] = {
        "status": known.statuses,
        "resolution": known.resolutions,
        "priority": known.priorities,
        "components": known.components,
        "versions": known.versions,
    }
    named = records[field.kind]
    return ", ".join(named[id_].name for id_ in _ids(value) if id_ in named)


def _ids(value: object) -> list[int]:
    return [value] if isinstance(value, int) else numbers(value)


def _options(_store: Store, field: Field, value: object) -> str:
    chosen = [option(field, one) for one in _ids(value)]
    return ", ".join(one.name for one in chosen if one is not None)


def _issue(store: Store, _field: Field, value: object) -> str:
    other = store.issues.get(value) if isinstance(value, int) else None
    return str(value) if other is None else other.key


def _person(store: Store, _field: Field, value: object) -> str:
    found = store.catalogue.accounts.get(str(value))
    return str(value) if found is None else found.name


def _joined(_store: Store, _field: Field, value: object) -> str:
    return " ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _sprints(_store: Store, _field: Field, value: object) -> str:
    return ", ".join(str(one["name"]) for one in value) if isinstance(value, list) else str(value)


_TOLD: dict[str, Callable[[Store, Field, object], str]] = {
    **dict.fromkeys(("status", "resolution", "priority", "components", "versions"), _record),
    **dict.fromkeys(("select", "multiselect"), _options),
    **dict.fromkeys(("issue", "epic_link", "parent_link"), _issue),
    **dict.fromkeys(("number", "story_points"), lambda _store, _field, value: f"{value:g}"),
    "user": _person,
    "labels": _joined,
    "sprint": _sprints,
    "textarea": lambda _store, _field, value: adf.plain(value),
}
