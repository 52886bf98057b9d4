"""Saved answers of Jira's search: one as it came, or a list of them. Read as the connector to Jira reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from pmo_sync.connectors.answers import RequestError
from pmo_sync.connectors.export.lines import Export, Line, Mistakes, shown
from pmo_sync.connectors.export.table import own_names
from pmo_sync.connectors.jira import cells, relations
from pmo_sync.connectors.jira.columns import native_columns, parent_fields, plugin_columns
from pmo_sync.connectors.jira.fields import Catalogue
from pmo_sync.connectors.jira.hierarchy import parents
from pmo_sync.connectors.jira.wire import Field, Issue, RawIssue, Schema, Slim
from pmo_sync.connectors.options import ExportOptions
from pmo_sync.connectors.words import declared
from pmo_sync.model import frames
from pmo_sync.model.problem import near

MOST_BYTES: Final = 100_000_000
_MEMBERS: Final = ("accountId", "key", "name")


class _Answer(msgspec.Struct, rename="camel"):
    """One page of a search, of Cloud or Data Center."""

    issues: list[RawIssue]
    total: int | None = None
    is_last: bool | None = None
    next_page_token: str | None = None
    warning_messages: list[str] | None = None
    names: dict[str, str] = {}
    schema: dict[str, Schema] = {}


_ANSWERS: Final = msgspec.json.Decoder(_Answer | list[_Answer])
_EXPECTED: Final = (
    'write what Jira answers to a search, {"issues": [{"id": …, "key": …, "fields": {…}}]}, or a list of these'
)


def read(path: Path, options: ExportOptions, mistakes: Mistakes) -> Export:
    """The issues of all answers, one that stands twice as it was read last. Raises ConfigurationError for anything
    else.
    """
    answers = _decoded(path, mistakes)
    mistakes.raise_any()
    catalogue = _catalogue(answers)
    issues = _issues(answers, mistakes)
    _check_named(catalogue, options, mistakes)
    mistakes.raise_any()
    told = [one for issue in issues.values() for one in relations.told(issue.id, issue.links or ())]
    ids = pl.Series(list(issues), dtype=pl.String())
    links = relations.links(pl.DataFrame(told, schema=relations.TOLD, orient="row"), ids)
    ties = links.select(list(frames.RAW_LINKS)).rows()
    problems = _problems(answers, len(issues))
    return Export(_lines(issues, catalogue, options), tuple(ties), problems, ours=False)


def _decoded(path: Path, mistakes: Mistakes) -> list[_Answer]:
    size = path.stat().st_size
    if size > MOST_BYTES:
        mistakes.add(
            1, f"the file has {size // 1_000_000} MB, more than {MOST_BYTES // 1_000_000}", "save fewer issues"
        )
        return []
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        found = _ANSWERS.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        mistakes.add(*_place(content, str(error)))
        return []
    return found if isinstance(found, list) else [found]


def _place(content: bytes, said: str) -> tuple[int, str, str]:
    """Line, message and hint of a file that cannot be decoded."""
    text, _, place = said.removeprefix("JSON is malformed: ").partition(" (byte ")
    at = int(place.rstrip(")")) if place.rstrip(")").isdecimal() else 0
    return (
        content.count(b"\n", 0, at) + 1,
        f"the file is no saved search of Jira: {text or 'nested too deeply'}",
        _EXPECTED,
    )


def _catalogue(answers: Sequence[_Answer]) -> Catalogue:
    """The fields that the answers name or describe."""
    schemas: dict[str, Schema] = {}
    names = {field: field for answer in answers for issue in answer.issues for field in issue.fields}
    for answer in answers:
        names |= answer.names
        schemas |= answer.schema
    return Catalogue.of(Field(field, name, schema=schemas.get(field)) for field, name in names.items())


def _issues(answers: Iterable[_Answer], mistakes: Mistakes) -> dict[str, Issue]:
    slim, found = Slim(), {}
    for answer in answers:
        for raw in answer.issues:
            try:
                found[raw.id] = slim.issue(raw)
            except (RequestError, RecursionError) as error:
                mistakes.add(1, str(error), "save the search with all its fields: fields=*all")
    return found


def _check_named(catalogue: Catalogue, options: ExportOptions, mistakes: Mistakes) -> None:
    """Each field under `fields` that the answers do not have, or have more than once, is a mistake."""
    for name, (_, origin) in sorted(declared(options).items()) if catalogue.fields else ():
        found = catalogue.find(origin)
        if len(found) == 1:
            continue
        what = f"fields.{name.removeprefix('fields.')}: "
        if found:
            ids = " or ".join(sorted(one.id for one in found))
            mistakes.add(1, f"{what}{len(found)} fields are called {shown(origin)}", f"give the id: {ids}")
            continue
        similar = near(origin, [one.name for one in catalogue.fields.values()])
        hint = "did you mean " + " or ".join(f'"{one}"' for one in similar) + "?" if similar else None
        mistakes.add(
            1, f"{what}no issue shows a field {shown(origin)}", hint or "give its id, or save with expand=names"
        )


def _problems(answers: list[_Answer], count: int) -> tuple[str, ...]:
    """Why issues may be missing from what was saved."""
    found = []
    total = max((answer.total or 0 for answer in answers), default=0)
    if total > count:
        found.append(f"the search found {total} issues and the file holds {count}: save its other pages too, as a list")
    elif answers and (answers[-1].is_last is False or (answers[-1].next_page_token and not answers[-1].is_last)):
        found.append("the search has more pages than the file holds: save them too, as a list")
    warned = [text for answer in answers for text in answer.warning_messages or ()]
    if warned:
        found.append(f"Jira answered the search only in part: {'; '.join(warned)[:500]}")
    return tuple(found)


def _lines(issues: Mapping[str, Issue], catalogue: Catalogue, options: ExportOptions) -> list[Line]:
    readers = {**native_columns(_MEMBERS), "title": ("summary", cells.text)}
    plugins = {name: (field, read) for name, (ids, read) in plugin_columns(catalogue).items() for field in ids[:1]}
    own = _own_readers(catalogue, options)
    ordered = sorted(issues.values(), key=lambda one: one.number)
    above = _parents(ordered, parent_fields(catalogue))
    lines = []
    for issue, (parent, known) in zip(ordered, above.iter_rows(), strict=True):
        item: dict[str, object] = {
            name: read(issue.fields[field])
            for name, (field, read) in {**readers, **plugins}.items()
            if field in issue.fields
        }
        item |= {"id": issue.id, "key": issue.key, **_project(issue)}
        item["fields"] = {
            name: read(issue.fields[field]) for name, (field, read) in own.items() if field in issue.fields
        }
        if known:
            item["parent"] = parent or "not in the file"
        category = _category(issue)
        closed = None if category is None else category == "done"
        lines.append(Line(1, item, closed, doing=category == "indeterminate"))
    return lines


def _parents(issues: Sequence[Issue], fields: Sequence[str]) -> pl.DataFrame:
    """Of each issue the id of its parent, and whether it has one."""

    def texts(values: Iterable[str | None]) -> pl.Series:
        return pl.Series(list(values), dtype=pl.String())

    keys = (next(filter(None, (cells.key_of(issue.fields.get(name)) for name in fields)), None) for issue in issues)
    return parents(
        texts(issue.id for issue in issues),
        texts(issue.key for issue in issues),
        texts(cells.named(issue.fields.get("parent"), "id") for issue in issues),
        texts(keys),
    ).select("parent_id", "parent_known")


def _own_readers(catalogue: Catalogue, options: ExportOptions) -> dict[str, tuple[str, cells.Reader]]:
    """Field of pmo.yaml, by its name there → its id and how it is read."""
    types = {origin: column for column, origin in declared(options).values()}
    found: dict[str, tuple[str, cells.Reader]] = {}
    for origin in own_names(options):
        field = catalogue.field(origin)
        if field is not None:
            column = types.get(origin)
            found[origin] = (field.id, cells.text if column is None else cells.reader(column, field.id, _MEMBERS))
    return found


def _project(issue: Issue) -> dict[str, object]:
    project = issue.fields.get("project")
    if not isinstance(project, dict):
        return {}
    found: dict[str, object] = {"project": cells.named(project, "name") or cells.named(project, "key")}
    if "projectCategory" in project:
        found["project_category"] = cells.named(project["projectCategory"], "name")
    return found


def _category(issue: Issue) -> str | None:
    status = issue.fields.get("status")
    category = cells.named(status.get("statusCategory"), "key") if isinstance(status, dict) else None
    return category if category in ("new", "indeterminate", "done") else None
