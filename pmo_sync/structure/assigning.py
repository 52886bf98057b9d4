"""From what the rules say to where things are: merged names, gaps filled, overrides, projects without items.

Everything here is about the distinct places of a portfolio, never about single items.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pmo_sync.model.portfolio import Notice
from pmo_sync.model.words import Level
from pmo_sync.structure.options import PlaceOverride, StructureOptions
from pmo_sync.structure.placing import ISSUE, PROJECT, Place, parts, place_of, text_identity
from pmo_sync.structure.tracker_projects import Id, TrackerProject


@dataclass(frozen=True, slots=True)
class Asked:
    """A distinct case: tracker, what its rules say, and the first entry of `overrides` for the item itself."""

    tracker: str
    place: Place
    override: int | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """How an identity is called before names are made unique, and what tells it apart from its namesakes."""

    name: str
    tracker: str = ""
    key: str = ""


@dataclass(slots=True)
class Assigned:
    """Where everything is.

    Attributes:
        places: each case → its place.
        empty: places of tracker projects without items.
        labels: identity → what it is called.
        members: level and identity → the identities of the rules that became it, sorted.
        unplaced_on_purpose: cases that an override put directly under programme or portfolio.
        notices: overrides that mean nobody.
    """

    places: dict[Asked, Place] = field(default_factory=dict)
    empty: list[Place] = field(default_factory=list)
    labels: dict[str, Label] = field(default_factory=dict)
    members: dict[tuple[Level, str], list[str]] = field(default_factory=dict)
    unplaced_on_purpose: set[Asked] = field(default_factory=set)
    notices: list[Notice] = field(default_factory=list)


def assign(
    cases: Iterable[Asked],
    homes: Mapping[str, tuple[Asked, Label]],
    projects: Mapping[Id, TrackerProject],
    options: StructureOptions,
    partly: frozenset[str] = frozenset(),
) -> Assigned:
    """The place of every case and of every tracker project.

    `homes`: identity of an item that is a node → its own case and label. Merges go first, then a project whose items
    name one programme only takes it for all of them, then the first override that matches wins.
    `partly`: trackers that were not read whole; an override that may mean something there is not called unused.
    """
    result = Assigned()
    raw = {case: _with_home(case, homes) for case in sorted(cases, key=_order)}
    own = {identity: place_of(project, options) for identity, project in projects.items()}
    everything = [*(asked.place for asked in raw.values()), *own.values()]
    for identity in {name for place in everything for name in (place.programme, place.project) if name is not None}:
        result.labels[identity] = _label(identity, homes, projects)
    merged = _merged(everything, options, result)
    after = {case: _merge(asked.place, merged) for case, asked in raw.items()}
    own = {identity: _merge(place, merged) for identity, place in own.items()}
    programme_of = _only_programmes(after, own.values())
    for case, place in after.items():
        result.places[case] = _filled(place, programme_of)
    moved = _Overrides(options.overrides, result)
    with_items = {place.project for place in result.places.values()}  # also one that overrides leave nothing of
    for case, place in result.places.items():
        result.places[case] = moved.place(case, raw[case].override, place)
    with_items |= {place.project for place in result.places.values()}
    for (tracker, _), place in own.items():
        if place.project not in with_items or place.project is None:
            empty = moved.place(Asked(tracker, place), None, _filled(place, programme_of))
            result.empty.extend([empty] if empty != Place() else [])
    result.notices.extend(moved.unused(partly))
    return result


def _order(case: Asked) -> tuple[str, str, str, int]:
    override = -1 if case.override is None else case.override
    return (case.tracker, case.place.programme or "", case.place.project or "", override)


def _with_home(case: Asked, homes: Mapping[str, tuple[Asked, Label]]) -> Asked:
    """An item below an item that is a project goes where that one goes, unless it has an override of its own."""
    home = homes.get(case.place.project or "")
    if home is None:
        return case
    override = home[0].override if case.override is None else case.override
    return replace(case, place=Place(home[0].place.programme, case.place.project), override=override)


def _merged(places: Sequence[Place], options: StructureOptions, result: Assigned) -> dict[tuple[Level, str], str]:
    """Level and identity → what it is merged into; fills `members` and the labels of what is new."""
    names: dict[tuple[Level, str], str] = {
        (merge.level, name): merge.as_ for merge in reversed(options.merge) for name in merge.names
    }
    identities = {(Level.PROGRAMME, place.programme) for place in places} | {
        (Level.PROJECT, place.project) for place in places
    }
    merged: dict[tuple[Level, str], str] = {}
    for level, identity in sorted((level, identity) for level, identity in identities if identity is not None):
        name = names.get((level, result.labels[identity].name))
        target = identity
        if name is not None:
            target = merged[level, identity] = text_identity(name)
            result.labels[target] = Label(name)
        result.members.setdefault((level, target), []).append(identity)
    return merged


def _label(identity: str, homes: Mapping[str, tuple[Asked, Label]], projects: Mapping[Id, TrackerProject]) -> Label:
    match parts(identity):
        case (kind, tracker, id_) if kind == PROJECT:
            project = projects[tracker, id_]
            return Label(project.name, tracker, project.key)
        case (kind, _, _) if kind == ISSUE:
            return homes[identity][1]
        case (_, name):
            return Label(name)
        case _:
            raise AssertionError(identity)


def _merge(place: Place, merged: Mapping[tuple[Level, str], str]) -> Place:
    programme, project = place.programme, place.project
    return Place(
        programme and merged.get((Level.PROGRAMME, programme), programme),
        project and merged.get((Level.PROJECT, project), project),
    )


def _only_programmes(after: Mapping[Asked, Place], own: Iterable[Place]) -> dict[str, str]:
    """Projects of which all that name a programme name the same one."""
    found: dict[str, set[str]] = {}
    for place in (*(place for case, place in after.items() if case.override is None), *own):
        if place.project is not None and place.programme is not None:
            found.setdefault(place.project, set()).add(place.programme)
    return {project: min(programmes) for project, programmes in found.items() if len(programmes) == 1}


def _filled(place: Place, programme_of: Mapping[str, str]) -> Place:
    if place.project is None or place.programme is not None:
        return place
    return Place(programme_of.get(place.project), place.project)


class _Overrides:
    """The entries of `structure.overrides`, tried in order; remembers which of them meant somebody."""

    def __init__(self, entries: Sequence[PlaceOverride], result: Assigned) -> None:
        self._entries = entries
        self._result = result
        self._known = sorted(
            set(result.places.values()), key=lambda place: (place.programme or "", place.project or "")
        )
        self._used: set[int] = set()

    def place(self, case: Asked, of_item: int | None, place: Place) -> Place:
        number = self._first(case, of_item, place)
        if number is None:
            return place
        self._used.add(number)
        entry = self._entries[number]
        moved = self._of_item(entry, place) if entry.item is not None else self._of_project(entry, place)
        if moved.project is None:
            self._result.unplaced_on_purpose.add(case)
        return moved

    def unused(self, partly: frozenset[str]) -> Iterator[Notice]:
        for number, entry in enumerate(self._entries):
            unsure = bool(partly) if entry.tracker is None else entry.tracker in partly
            if number not in self._used and not unsure:
                who = f"item {entry.item}" if entry.item is not None else f"project {entry.project}"
                yield Notice("override-unused", f"structure.overrides names {who}, which is not there")

    def _first(self, case: Asked, of_item: int | None, place: Place) -> int | None:
        name = self._result.labels[place.project].name if place.project else None
        for number, entry in enumerate(self._entries):
            if number == of_item:
                return number
            of_project = entry.item is None and entry.project is not None and entry.project == name
            if of_project and entry.tracker in {None, case.tracker}:
                return number
        return None

    def _of_item(self, entry: PlaceOverride, place: Place) -> Place:
        """Where an item goes: exactly to what the entry names; a project that is known takes it into its programme."""
        if entry.project is None:
            return Place(self._find(Level.PROGRAMME, entry.programme))
        for known in self._known:
            named = self._called(known.project) == entry.project
            if named and entry.programme in {None, self._called(known.programme)}:
                return known
        programme = place.programme if entry.programme is None else self._find(Level.PROGRAMME, entry.programme)
        return Place(programme, self._find(Level.PROJECT, entry.project))

    def _of_project(self, entry: PlaceOverride, place: Place) -> Place:
        if entry.programme is None and entry.portfolio is None:
            return place
        return Place(self._find(Level.PROGRAMME, entry.programme), place.project)

    def _called(self, identity: str | None) -> str | None:
        return None if identity is None else self._result.labels[identity].name

    def _find(self, level: Level, name: str | None) -> str | None:
        """The identity of a node by name; one that no rule gave is new."""
        if name is None:
            return None
        for known_level, identity in sorted(self._result.members):
            if known_level is level and self._called(identity) == name:
                return identity
        new = text_identity(name)
        self._result.labels.setdefault(new, Label(name))
        self._result.members.setdefault((level, new), [])
        return new
