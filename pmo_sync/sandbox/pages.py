"""The pages for people: all issues, those of a label, one issue with its panel and its history. Read-only, no script.

Everything shown is text that somebody else wrote: it is escaped in the templates, and the policy lets nothing run.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from pmo_sync.sandbox import issue_page
from pmo_sync.sandbox.records import Issue
from pmo_sync.sandbox.store import Store
from pmo_sync.sandbox.view import View

HEADERS: Final[Mapping[str, str]] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""What every page is sent with."""

PER_PAGE: Final = 50
_COMMON: Final = 12
_BY_LABEL: Final = re.compile(r"""labels\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"')]+))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer for a browser; HEADERS go with it."""

    status: int
    html: str


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    title: str
    status: str
    assignee: str | None
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Project:
    key: str
    name: str
    category: str | None
    issues: int


def page(store: Store, path: str, query: Mapping[str, str]) -> Page | None:
    """The page at a path (`/`, `/issues/`, `/browse/KEY`), a 404 among them; None where no page can be."""
    with store.lock:
        view = View(store, version=2, zone="UTC", base="")
        if path in {"/", "/issues", "/issues/"}:
            return _list(view, path, query)
        if path.startswith("/browse/"):
            return _issue(view, unquote(path.removeprefix("/browse/")))
    return None


def missing(what: str) -> Page:
    """The page for what is not there."""
    return Page(404, _render("missing.html", title="Not found", what=what))


@cache
def _environment() -> SandboxedEnvironment:
    folder = Path(__file__).parent / "templates"
    return SandboxedEnvironment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


def _render(template: str, **context: object) -> str:
    return _environment().get_template(template).render(context)


def _list(view: View, path: str, query: Mapping[str, str]) -> Page:
    jql, project = query.get("jql", ""), query.get("project", "").upper()
    label = _label(jql)
    found = [issue for issue in _ordered(view) if _matches(view, issue, label, project)] if label or not jql else []
    pages = max(1, math.ceil(len(found) / PER_PAGE))
    asked = query.get("page", "1")
    number = min(max(int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1, 1), pages)  # noqa: PLR2004
    labels = Counter(one for issue in found for one in issue.labels)
    plain = not jql and not project
    html = _render(
        "list.html",
        title=f"Label {label}" if label else f"Project {project}" if project else "All projects and issues",
        path=path,
        jql=jql,
        project=project,
        unknown_query=bool(jql) and not label,
        projects=_projects(view) if plain and number == 1 else (),
        common_labels=sorted(labels.most_common(_COMMON)) if plain else (),
        issues=[_row(view, issue) for issue in found[(number - 1) * PER_PAGE : number * PER_PAGE]],
        total=len(found),
        page=number,
        pages=pages,
    )
    return Page(200, html)


def _label(jql: str) -> str | None:
    """The label that a query asks for, where it is of the one form that these pages know."""
    match = _BY_LABEL.search(jql)
    if match is None:
        return None
    quoted, single, bare = match.groups()
    return re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else single or bare


def _ordered(view: View) -> list[Issue]:
    """All issues by project key and number."""
    return sorted(view.store.issues.values(), key=lambda one: (one.key.rpartition("-")[0], _number(one.key), one.id))


def _number(key: str) -> int:
    digits = key.rpartition("-")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0  # noqa: PLR2004


def _matches(view: View, issue: Issue, label: str | None, project: str) -> bool:
    by_label = label is None or any(one.casefold() == label.casefold() for one in issue.labels)
    return by_label and (not project or view.catalogue.projects[issue.project].key == project)


def _projects(view: View) -> list[_Project]:
    counts = Counter(issue.project for issue in view.store.issues.values())
    known = sorted(view.catalogue.projects.values(), key=lambda one: one.key)
    return [_Project(one.key, one.name, one.category, counts[one.id]) for one in known]


def _row(view: View, issue: Issue) -> _Row:
    return _Row(
        issue.key,
        issue_page.title(issue),
        issue_page.status(view, issue),
        issue_page.person(view, issue.values.get("assignee")),
        issue.labels,
    )


def _issue(view: View, key: str) -> Page:
    id_ = view.store.keys.get(key.upper())
    issue = None if id_ is None else view.store.issues.get(id_)
    if issue is None:
        return missing(f"The issue {key}")
    return Page(200, _render("issue.html", **issue_page.context(view, issue)))
