"""A project folder as one value: `load` reads all its files and tells every mistake of all of them at once.

Nothing here looks at the environment or at a tracker; secrets stay names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pmo_sync.errors import UsageError
from pmo_sync.model.past import Accepted, Approval, Waiver
from pmo_sync.model.problem import ConfigurationError, Problem, Texts
from pmo_sync.model.source import Entries, Fields, Leaf, Node, Source
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.rules.language import parse
from pmo_sync.rules.level_entry import read_levels
from pmo_sync.rules.levels import MaturityLevel
from pmo_sync.rules.options import StandardsOptions
from pmo_sync.settings import crosscheck, packs, past
from pmo_sync.settings.files import Reading, no_project
from pmo_sync.settings.options import ENTRY_FILE, Settings
from pmo_sync.settings.secrets import masked
from pmo_sync.settings.validate import validate


@dataclass(frozen=True, slots=True)
class Project:
    """A project folder that has loaded without a mistake.

    Attributes:
        folder: where relative paths of the settings start.
        settings: pmo.yaml.
        standards: one entry for each standard of the packs, then of the files, not yet understood.
        waivers, approvals, baseline: of the files that the settings name; expired waivers too.
        levels: of maturity, the lowest first: those of the project's own files, else those of the packs.
        custom: own columns of all trackers by their name without `fields.`.
        texts: the lines of every file read, literal secrets masked, for showing later mistakes.
        short: there is no pmo.yaml: the project is one file of items.
        origins: each key that pmo.yaml sets, as `trackers.bank.url` or `modes[0].mode` → its place.
    """

    folder: Path
    settings: Settings
    standards: tuple[StandardSource, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    approvals: tuple[Approval, ...] = ()
    baseline: tuple[Accepted, ...] = ()
    levels: tuple[MaturityLevel, ...] = ()
    custom: Mapping[str, ColumnType] = field(default_factory=dict)
    texts: Texts = field(default_factory=Texts)
    origins: Mapping[str, Source] = field(default_factory=dict)
    short: bool = False

    @property
    def name(self) -> str:
        """The portfolio's name: the one that is set, else that of the folder."""
        return self.settings.structure.portfolio.name or self.folder.resolve().name or "portfolio"


def find(start: Path) -> Path:
    """The nearest folder with a pmo.yaml, from `start` upwards.

    Raises:
        UsageError: there is none.
    """
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / ENTRY_FILE).is_file():
            return folder
    raise UsageError(
        f"no {ENTRY_FILE} in {here}, nor in any folder above it",
        advice="name the project folder with -C DIR, or check a file alone: pmo-sync check --from FILE",
        code="no-project",
    )


def load(folder: Path) -> Project:
    """The project of a folder. Afterwards every name in it that can be checked without a tracker is known to be good.

    Raises:
        ConfigurationError: with all mistakes of all files.
    """
    problem = no_project(folder)
    if problem is not None:
        raise ConfigurationError([problem])
    if not (folder / ENTRY_FILE).exists():
        hint = "name the project folder with -C DIR, or check a file alone: pmo-sync check --from FILE"
        raise ConfigurationError([Problem("no-project", f"there is no {ENTRY_FILE} in {folder}", None, hint)])
    reading = Reading(folder)
    tree = reading.tree(folder / ENTRY_FILE, ENTRY_FILE)
    settings: Settings | None = None
    root = tree if isinstance(tree, Fields) else Fields((), Source(ENTRY_FILE, 1, 1))
    if tree is not None:
        settings, problems = validate(Settings, tree, ENTRY_FILE)
        reading.problems.extend(problems)
        reading.problems.extend(crosscheck.check_settings(root))
    standards = _standards(root, reading)
    waivers = _waivers(root, reading, standards)
    approvals = _approvals(root, reading)
    baseline = _baseline(root, reading)
    levels = _levels(reading, standards)
    texts = Texts(masked(reading.lines, root))
    if settings is None or reading.problems:
        reading.problems.extend(_in_standards(standards or (), root))
        raise ConfigurationError(dict.fromkeys(reading.problems), texts)
    settings = _with_nodes(settings, root)
    custom = crosscheck.custom_types(root)
    return Project(
        folder,
        settings,
        standards or (),
        waivers,
        approvals,
        baseline,
        levels,
        custom=custom,
        texts=texts,
        origins=dict(_origins(root)),
    )


def _standards(root: Fields, reading: Reading) -> tuple[StandardSource, ...] | None:
    """The standards that pmo.yaml chooses; None when a file of them could not be read, so that no id is missed."""
    before = len(reading.problems)
    standards = root.get("standards")
    chosen = standards if isinstance(standards, Fields) else Fields((), root.source)
    named = chosen.get("packs")
    found = packs.read_packs(_texts(named) if isinstance(named, Entries) else [("core", None)], reading)
    found += packs.read_files(_texts(chosen.get("files")), reading)
    if len(reading.problems) > before:
        return None
    ids, in_use = set(packs.ids_of(found)), {source.pack for source in found if source.pack}
    known = ids | in_use
    for leaves, words, what in (
        ([key for key, only in crosscheck.overrides(root) if only is None], known, "`standards.override`"),
        ([past.text_of(mode, "standard") for mode in past.entries(root, "modes")], ids, "`modes`"),
        ([past.text_of(mode, "pack") for mode in past.entries(root, "modes")], in_use, "`modes`"),
    ):
        reading.problems.extend(crosscheck.check_standards(leaves, words, what, packs.shipped_in))
    return tuple(found)


def _in_standards(standards: Sequence[StandardSource], root: Fields) -> tuple[Problem, ...]:
    """The mistakes of the standards themselves, so that those of a wrong pmo.yaml do not hide them."""
    try:
        parse(standards, StandardsOptions(), custom=crosscheck.custom_types(root))
    except ConfigurationError as error:
        return error.problems
    return ()


def _texts(node: Node | None) -> list[tuple[str, Leaf | None]]:
    items = node.items if isinstance(node, Entries) else ()
    return [(leaf.value, leaf) for leaf in items if isinstance(leaf, Leaf) and isinstance(leaf.value, str)]


def _file(root: Fields, name: str) -> str:
    leaf = past.text_of(root, name)
    return str(leaf.value) if leaf else f"{name}.yaml"


def _waivers(root: Fields, reading: Reading, standards: Sequence[StandardSource] | None) -> tuple[Waiver, ...]:
    file = _file(root, "waivers")
    tree = reading.tree(reading.folder / file, optional=True)
    if tree is None:
        return ()
    waivers, problems = past.read_waivers(tree, file)
    reading.problems.extend(problems)
    nodes = past.entries(tree, "waivers")
    if standards is not None:
        leaves = [past.text_of(node, "standard") for node in nodes]
        known = set(packs.ids_of(standards))
        reading.problems.extend(crosscheck.check_standards(leaves, known, "a waiver", packs.shipped_in))
    scopes = [scope for scope in (node.get("scope") for node in nodes) if isinstance(scope, Fields)]
    trackers = root.get("trackers")
    names = {str(key.value) for key, _ in trackers} if isinstance(trackers, Fields) else set()
    reading.problems.extend(crosscheck.check_scopes(scopes, names))
    return waivers


def _approvals(root: Fields, reading: Reading) -> tuple[Approval, ...]:
    file = _file(root, "approvals")
    tree = reading.tree(reading.folder / file, optional=True)
    if tree is None:
        return ()
    approvals, problems = past.read_approvals(tree, file)
    reading.problems.extend(problems)
    return approvals


def _baseline(root: Fields, reading: Reading) -> tuple[Accepted, ...]:
    file = _file(root, "baseline")
    tree = reading.tree(reading.folder / file, optional=True)
    if tree is None:
        return ()
    baseline, problems = past.read_baseline(tree, file)
    reading.problems.extend(problems)
    return baseline


def _levels(reading: Reading, standards: Sequence[StandardSource] | None) -> tuple[MaturityLevel, ...]:
    """The levels of the project's own files where they have any, else those of the packs."""
    if standards is None:
        return ()
    own = [node for pack, node in reading.levels if pack is None]
    lists = own or [node for _, node in reading.levels]
    levels, problems = read_levels(lists, set(packs.ids_of(standards)), packs.shipped_in)
    reading.problems.extend(problems)
    return levels


def _with_nodes(settings: Settings, root: Fields) -> Settings:
    """Gives each entry of `standards.override` its place in the file, so that the language can point at it."""
    standards = root.get("standards")
    written = standards.get("override") if isinstance(standards, Fields) else None
    if not isinstance(written, Fields):
        return settings
    changed = {}
    for key, node in written:
        nodes = node.items if isinstance(node, Entries) else (node,)
        entries = settings.standards.override[str(key.value)]
        changed[str(key.value)] = tuple(
            entry.model_copy(update={"node": at}) if isinstance(at, Fields) else entry
            for entry, at in zip(entries, nodes, strict=True)
        )
    options = settings.standards.model_copy(update={"override": changed})
    return settings.model_copy(update={"standards": options})


def _origins(node: Node, path: str = "") -> Iterator[tuple[str, Source]]:
    match node:
        case Leaf():
            yield path, node.source
        case Entries():
            if path:
                yield path, node.source
            for index, item in enumerate(node.items):
                yield from _origins(item, f"{path}[{index}]")
        case Fields():
            for key, value in node:
                inner = f"{path}.{key.value}" if path else str(key.value)
                if not isinstance(value, Leaf):
                    yield inner, key.source
                yield from _origins(value, inner)


SHORT_TRACKER_KIND: Final = "export"


def load_short(file: Path, standards: Sequence[Path] = ()) -> Project:
    """The project of one file of items, without a pmo.yaml: one portfolio and one tracker, both of the file's name.

    Pack `core` unless files of standards are given; the defaults for every setting; the programme from `programme`,
    else from the project's category, the project from `project`.

    Raises:
        ConfigurationError: with all mistakes: no such file, or those of the files of standards.
    """
    reading = Reading(Path.cwd())
    if not file.is_file():
        what = "a folder, not a file" if file.is_dir() else "no file that is there"
        reading.problems.append(Problem("no-file", f"{file} is {what}", None, "name a file of items after --from"))
    sources: list[StandardSource] = [] if standards else packs.read_packs([("core", None)], reading)
    for path in standards:
        sources.extend(packs.read_file(path, reading))
    levels = _levels(reading, sources)
    if reading.problems:
        raise ConfigurationError(reading.problems, Texts(reading.lines))
    texts = Texts(reading.lines)
    return Project(file.resolve().parent, _short_settings(file), tuple(sources), levels=levels, texts=texts, short=True)


def _short_settings(file: Path) -> Settings:
    name = file.stem
    structure = {
        "portfolio": {"name": name},
        "programme": [
            {"tracker": name, "by": "field", "field": "programme"},
            {"tracker": name, "by": "project_category"},
        ],
        "project": [{"tracker": name, "by": "field", "field": "project"}],
    }
    tracker = {"kind": SHORT_TRACKER_KIND, "path": str(file.resolve())}
    settings = Settings.model_validate({"version": 1, "structure": structure, "trackers": {"file": tracker}})
    # Any file name may stand here, also one that pmo.yaml would not take as a tracker's.
    return settings.model_copy(update={"trackers": {name: settings.trackers["file"]}})
