"""The nodes: one row per distinct place, names unique under their parent, rows in the order of their paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pmo_sync.model.portfolio import Notice, path_text
from pmo_sync.model.words import Level
from pmo_sync.structure.assigning import Assigned, Label
from pmo_sync.structure.placing import ISSUE, PROJECT, Place, parts
from pmo_sync.structure.tracker_projects import Id

TOP = Place()


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One node. `projects` are the tracker projects it is, `issues` the items it is by `by: issue` (tracker, id)."""

    row: int
    place: Place
    level: Level
    path: tuple[str, ...]
    parent: int | None
    projects: tuple[Id, ...] = ()
    issues: tuple[Id, ...] = ()

    @property
    def name(self) -> str:
        """Its own name: the last of its path."""
        return self.path[-1]

    def name_of(self, level: Level) -> str | None:
        """The name of the node of that level that it is or hangs under; None where the level is missing."""
        if level is Level.PORTFOLIO:
            return self.path[0]
        if level is Level.PROGRAMME:
            return self.path[1] if self.place.programme is not None else None
        return self.path[-1] if self.place.project is not None else None


@dataclass(frozen=True, slots=True)
class Tree:
    """All nodes by row; row 0 is the portfolio. `at`: place → node."""

    nodes: tuple[TreeNode, ...]
    at: Mapping[Place, TreeNode]
    notices: tuple[Notice, ...]


def tree(assigned: Assigned, portfolio_name: str) -> Tree:
    """The nodes of all places, those of tracker projects without items among them."""
    places = {TOP, *assigned.places.values(), *assigned.empty}
    places |= {Place(place.programme) for place in places if place.programme is not None}
    notices: list[Notice] = []
    paths: dict[Place, tuple[str, ...]] = {TOP: (portfolio_name,)}
    below = _below(places)
    for parent in [TOP, *sorted(below.get(TOP, []), key=_by_identity)]:
        names, found = _named(below.get(parent, []), assigned.labels, paths[parent])
        paths |= {place: (*paths[parent], name) for place, name in names}
        notices += found
    ordered = sorted(places, key=lambda place: (paths[place], _by_identity(place)))
    rows = {place: row for row, place in enumerate(ordered)}
    owned, split = _owned(places, assigned)
    nodes = tuple(
        TreeNode(
            row=rows[place],
            place=place,
            level=_level(place),
            path=paths[place],
            parent=rows[_parent(place)] if place != TOP else None,
            projects=tuple(owned.get(place, ())),
            issues=tuple(sorted(_members(place, assigned, ISSUE))),
        )
        for place in ordered
    )
    return Tree(nodes, {node.place: node for node in nodes}, (*notices, *split))


def _level(place: Place) -> Level:
    if place.project is not None:
        return Level.PROJECT
    return Level.PORTFOLIO if place == TOP else Level.PROGRAMME


def _parent(place: Place) -> Place:
    return TOP if place.project is None else Place(place.programme)


def _below(places: Iterable[Place]) -> dict[Place, list[Place]]:
    below: dict[Place, list[Place]] = {}
    for place in places:
        if place != TOP:
            below.setdefault(_parent(place), []).append(place)
    return below


def _by_identity(place: Place) -> tuple[str, str]:
    return (place.programme or "", place.project or "")


def _label(place: Place, labels: Mapping[str, Label]) -> Label:
    return labels[place.project or place.programme or ""]


def _named(
    children: Sequence[Place], labels: Mapping[str, Label], parent: Sequence[str]
) -> tuple[list[tuple[Place, str]], list[Notice]]:
    """A name for each child, unique among them: the later of two namesakes carries its key."""

    def rank(place: Place) -> tuple[str, bool, str, str, tuple[str, str]]:
        label = _label(place, labels)
        return (label.name, place.project is not None, label.tracker, label.key, _by_identity(place))

    taken = {_label(place, labels).name for place in children}
    free = set(taken)
    named, notices = [], []
    for place in sorted(children, key=rank):
        label = _label(place, labels)
        name = label.name
        if name not in free:
            name = next(variant for variant in _variants(label) if variant not in taken)
            taken.add(name)
            advice = "if they are one, name it in structure.merge"
            text = f"two nodes are called {label.name}: the second is {path_text([*parent, name])}; {advice}"
            notices.append(Notice("same-name", text))
        free.discard(label.name)
        named.append((place, name))
    return named, notices


def _variants(label: Label) -> Iterator[str]:
    yield f"{label.name} ({label.key or 'project'})"
    yield f"{label.name} ({label.tracker} {label.key})"
    number = 2
    while True:
        yield f"{label.name} ({number})"
        number += 1


def _members(place: Place, assigned: Assigned, kind: str) -> list[Id]:
    identity = place.project or place.programme
    if identity is None:
        return []
    found = (parts(member) for member in assigned.members.get((_level(place), identity), []))
    return [(member[1], member[2]) for member in found if member[0] == kind]


def _owned(places: Iterable[Place], assigned: Assigned) -> tuple[dict[Place, list[Id]], list[Notice]]:
    """Which tracker projects a node is. One that is several nodes is none of them: it has room for one summary."""
    claims: dict[Id, list[Place]] = {}
    for place in sorted(places, key=_by_identity):
        for project in _members(place, assigned, PROJECT):
            claims.setdefault(project, []).append(place)
    owned: dict[Place, list[Id]] = {}
    notices = []
    for project, claimants in sorted(claims.items()):
        lowest = [place for place in claimants if place.project is not None] or claimants
        if len(lowest) == 1:
            owned.setdefault(lowest[0], []).append(project)
            continue
        name = _label(lowest[0], assigned.labels).name
        advice = "give all its items one programme, by a rule or an override"
        text = (
            f"project {name} of {project[0]} is in {len(lowest)} programmes, so no summary is written to it: {advice}"
        )
        notices.append(Notice("split-project", text, len(lowest)))
    return owned, notices
