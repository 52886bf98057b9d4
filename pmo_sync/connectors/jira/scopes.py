"""The scopes of a snapshot: pairs of project and issue type, and which fields their issues show. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from pmo_sync.connectors.jira import facets
from pmo_sync.connectors.jira.batch import Scheme
from pmo_sync.connectors.jira.found import Found
from pmo_sync.connectors.jira.wire import Named, Project
from pmo_sync.connectors.shelf import gathered
from pmo_sync.model import frames


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope: its number, its project and type, and the fields that any of its issues shows."""

    number: int
    project: str
    type_name: str | None
    shown: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scopes:
    """The scopes in the order of their numbers; and of each issue the number and the id of its project."""

    listed: tuple[Scope, ...]
    numbers: pl.Series
    project_ids: pl.Series


class _Met(NamedTuple):
    """The issues of one scheme: the first of them and the last."""

    number: int
    scheme: Scheme
    first: int
    last: int


def scopes(found: Found) -> Scopes:
    """The scopes of the issues, ordered by project, name of the type as its first issue shows it, and id of the type.

    A scope is named as the last issue of its type has it. Ids that Jira does not tell are empty.
    """
    codes = found.scheme
    projects, types = (_texts(found, name) for name in (facets.PROJECT_ID, facets.TYPE_ID))
    names = [_name(cell) for cell in found.cells(facets.TYPE_NAME)]
    by_pair: dict[tuple[str, str], list[_Met]] = {}
    latest: dict[str, _Met] = {}
    for one in _met(found, codes):
        by_pair.setdefault((projects[one.scheme.project], types[one.scheme.type]), []).append(one)
        before = latest.setdefault(types[one.scheme.type], one)
        latest[types[one.scheme.type]] = max(before, one, key=lambda met: met.last)
    order = sorted(by_pair, key=lambda pair: (pair[0], names[by_pair[pair][0].scheme.type] or "", pair[1]))
    listed = tuple(
        Scope(
            number,
            pair[0],
            names[latest[pair[1]].scheme.type],
            frozenset().union(*(one.scheme.shown for one in by_pair[pair])),
        )
        for number, pair in enumerate(order)
    )
    numbers = {one.number: number for number, pair in enumerate(order) for one in by_pair[pair]}
    of_schemes = pl.Series([numbers.get(number) for number in range(len(found.schemes))], dtype=frames.U32)
    project_ids = pl.Series([projects[one.project] for one in found.schemes], dtype=pl.String())
    return Scopes(listed, gathered(of_schemes, codes), gathered(project_ids, codes))


def _met(found: Found, codes: pl.Series) -> list[_Met]:
    """The schemes that issues have, in the order of the first issue of each."""
    firsts = codes.arg_unique().sort()
    backwards = codes.reverse()
    ends = backwards.arg_unique()
    lasts = {number: codes.len() - 1 - end for number, end in zip(backwards.gather(ends), ends, strict=True)}
    return [
        _Met(number, found.schemes[number], first, lasts[number])
        for number, first in zip(codes.gather(firsts), firsts, strict=True)
    ]


def projects_of(found: Found) -> Iterator[tuple[str, str]]:
    """Id of each issue, and of the project it is in; empty where Jira does not tell."""
    numbers = _texts(found, facets.PROJECT_ID)
    for issue, scheme in zip(found.ids, found.scheme, strict=True):
        yield issue, numbers[found.schemes[scheme].project]


def stubs(found: Found) -> Iterator[Project]:
    """The projects that the issues are in, as they show them, in the order of the first issue of each."""
    cells = [
        found.cells(name)
        for name in (facets.PROJECT_ID, facets.PROJECT_KEY, facets.PROJECT_NAME, facets.PROJECT_CATEGORY)
    ]
    for scheme in found.scheme.unique(maintain_order=True):
        number, key, name, category = (_name(column[found.schemes[scheme].project]) for column in cells)
        if number is not None and number.isascii() and number.isdigit():
            stub = None if category is None else Named(name=category)
            yield Project(number, key or number, name or "", stub)


def _texts(found: Found, facet: str) -> list[str]:
    return [_name(one) or "" for one in found.cells(facet)]


def _name(cell: object) -> str | None:
    return cell if isinstance(cell, str) else None
