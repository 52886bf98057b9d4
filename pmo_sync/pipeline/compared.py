"""Which two sets of standards are compared: the folder's now, and another read from a folder, a file or a change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pmo_sync.errors import UsageError
from pmo_sync.model.problem import ConfigurationError, Problem, Texts, suggestion
from pmo_sync.model.source import Fields, Leaf, Node, Source, plain
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.pipeline.standards import is_on, load_standards
from pmo_sync.rules.entry import KEYS
from pmo_sync.rules.entry_parts import LIMIT_KEYS
from pmo_sync.rules.language import parse
from pmo_sync.rules.options import OverrideEntry
from pmo_sync.rules.reading import tree
from pmo_sync.rules.standard import Standard, fingerprint
from pmo_sync.settings import yaml
from pmo_sync.settings.files import Reading
from pmo_sync.settings.folder import Project, load
from pmo_sync.settings.options import ENTRY_FILE
from pmo_sync.settings.packs import ids_of, read_file

HERE: Final = "this folder"
_SWITCH: Final = {"on": True, "off": False}


@dataclass(frozen=True, slots=True)
class Pair:
    """One standard on both sides; None where a side has none of this id."""

    id: str
    before: Standard | None
    after: Standard | None

    @property
    def differs(self) -> bool:
        """True when the sides may give another verdict."""
        return _content(self.before) != _content(self.after)


@dataclass(frozen=True, slots=True)
class Compared:
    """Two sides, what people call each, and their standards by id."""

    before: str
    after: str
    pairs: tuple[Pair, ...]

    @property
    def differing(self) -> tuple[Pair, ...]:
        """The pairs of which the sides may give another verdict."""
        return tuple(pair for pair in self.pairs if pair.differs)


def compare(
    project: Project, ids: Sequence[str] = (), *, changes: Sequence[str] = (), against: Path | None = None
) -> Compared:
    """What is to be replayed: the standards of these ids, or all.

    With `changes` (`quiet=15 working days`) the folder against itself with them; with `against` that folder or file
    against the folder; else the standards as they are written against those with the overrides of pmo.yaml, and those
    named that nothing overrides against nothing: what a new one would flag.

    Raises ConfigurationError for mistakes in either side and unknown ids, UsageError for a change that cannot be read.
    """
    now = load_standards(project)
    if changes:
        return _narrowed(_with_changes(project, now, ids, changes), ids)
    if against is not None:
        return _narrowed(Compared(str(against), HERE, _pairs(_of(project, against), now)), ids)
    pairs = tuple(Pair(one.id, one.own or (None if one.id in ids else one), one) for one in now)
    return _narrowed(Compared("without the overrides of pmo.yaml", HERE, pairs), ids)


def _content(standard: Standard | None) -> tuple[str, bool] | None:
    """What decides verdicts; None for a standard that judges nowhere."""
    return None if standard is None or not is_on(standard) else (fingerprint(standard), standard.enabled)


def _pairs(before: Iterable[Standard], after: Iterable[Standard]) -> tuple[Pair, ...]:
    """The standards of both sides by id, in the order of `after`, then what only `before` has."""
    old, new = ({one.id: one for one in side} for side in (before, after))
    return tuple(Pair(id_, old.get(id_), new.get(id_)) for id_ in dict.fromkeys([*new, *old]))


def _narrowed(compared: Compared, ids: Sequence[str]) -> Compared:
    if not ids:
        return compared
    known = {pair.id for pair in compared.pairs}
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise ConfigurationError(
            [
                Problem(
                    "unknown-standard",
                    f"no loaded standard has the id `{name}`",
                    hint=suggestion(name, known) or "pmo-sync rules list shows them all",
                )
                for name in unknown
            ]
        )
    return Compared(compared.before, compared.after, tuple(pair for pair in compared.pairs if pair.id in ids))


def _of(project: Project, path: Path) -> tuple[Standard, ...]:
    """The standards of another project folder; of a folder or file of standards alone, in place of those of the
    project that have no pack, and with the overrides of the project.
    """
    if (path / ENTRY_FILE).is_file():
        return load_standards(load(path))
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"{path} holds no file of standards", advice="name a project folder, or a file of standards")
    reading = Reading(Path.cwd())
    read = [source for file in files for source in read_file(file, reading)]
    if reading.problems:
        raise ConfigurationError(reading.problems, Texts(reading.lines))
    theirs = ids_of(read)
    kept = [one for one in project.standards if (one.pack is not None or path.is_file()) and _id(one) not in theirs]
    known = {*ids_of(kept), *theirs, *(one.pack for one in kept if one.pack)}
    options = project.settings.standards
    override = {name: entries for name, entries in options.override.items() if name in known}
    texts = Texts({**project.texts.lines, **reading.lines})
    return parse([*kept, *read], options.model_copy(update={"override": override}), custom=project.custom, texts=texts)


def _id(source: StandardSource) -> object:
    node = source.node.get("id")
    return node.value if isinstance(node, Leaf) else None


def _with_changes(project: Project, now: tuple[Standard, ...], ids: Sequence[str], changes: Sequence[str]) -> Compared:
    if len(ids) != 1:
        raise UsageError(
            "--set changes one standard, so one has to be named",
            advice='write, for one: pmo-sync rules diff HYG-08 --set quiet="15 working days"',
        )
    (id_,) = ids
    source = next((one for one in project.standards if _id(one) == id_), None)
    if source is None:
        return Compared(HERE, HERE, _pairs(now, now))  # the id is unknown, which will be said
    given = Fields(tuple(_setting(change, source.node) for change in changes), Source("--set", 0, 0))
    options = project.settings.standards
    entries = tuple(_merged(entry, given) for entry in options.override.get(id_, ()))
    override = {**options.override, id_: (*entries, _entry(None, given))}
    changed = parse(
        project.standards,
        options.model_copy(update={"override": override}),
        custom=project.custom,
        texts=project.texts,
    )
    return Compared(HERE, " ".join(f"--set {change}" for change in changes), _pairs(now, changed))


def _setting(change: str, standard: Fields) -> tuple[Leaf, Node]:
    """`quiet=15 working days` as it would stand in an override: `values: {quiet: 15 working days}`."""
    name, equals, text = change.partition("=")
    name = name.strip()
    if not equals or not name:
        raise UsageError(f"--set takes NAME=VALUE, not {change!r}", advice='write, for one: --set quiet="15 days"')
    place = Source("--set", 0, 0)
    value = tree(plain(yaml.parse(text, f"--set {name}")), place) if text.strip() else Leaf(None, place)
    head, dot, inner = name.partition(".")
    if not dot and head not in KEYS:
        head, inner = ("limit" if head in LIMIT_KEYS and standard.get("limit") is not None else "values"), head
        values = standard.get("values")
        if isinstance(values, Fields) and values.get(inner) is not None:
            head = "values"
    if head == "enabled" and isinstance(value, Leaf) and isinstance(value.value, str):
        value = Leaf(_SWITCH.get(value.value, value.value), place)
    return Leaf(head, place), Fields(((Leaf(inner, place), value),), place) if inner else value


def _merged(entry: OverrideEntry, given: Fields) -> OverrideEntry:
    """An override of pmo.yaml with the changes on top, for whom it is."""
    before = entry.node if entry.node is not None else tree(entry.keys, given.source)
    return _entry(entry, Fields((*(before if isinstance(before, Fields) else ()), *given), given.source))


def _entry(entry: OverrideEntry | None, keys: Fields) -> OverrideEntry:
    merged: dict[str, tuple[Leaf, Node]] = {}
    for key, node in keys:
        name = str(key.value)
        earlier = merged.get(name)
        if earlier is not None and isinstance(earlier[1], Fields) and isinstance(node, Fields):
            names = {str(one.value): (one, right) for one, right in (*earlier[1], *node)}
            merged[name] = key, Fields(tuple(names.values()), node.source)
        else:
            merged[name] = key, node
    switch = merged.get("enabled")
    on = switch[1].value if switch is not None and isinstance(switch[1], Leaf) else None
    said = on if isinstance(on, bool) else (entry.on if entry is not None else None)
    node = Fields(tuple(merged.values()), keys.source)
    only = {} if entry is None else {"only": entry.only}
    return OverrideEntry.model_validate({"on": said, **only}).model_copy(update={"node": node})
