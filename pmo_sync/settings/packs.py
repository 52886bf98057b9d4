"""The shipped packs and the project's own files of standards: read here, understood by `rules.language`."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from pmo_sync.model.problem import Problem, suggestion
from pmo_sync.model.source import Entries, Fields, Leaf, Node, Source
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.settings.files import Reading, empty

_KEYS: Final = ("standards", "levels")
_PACKAGE = Path(__file__).resolve().parent.parent


def packs_folder() -> Path:
    """Where the shipped packs are: inside an installed package, or beside it in a checkout."""
    installed = _PACKAGE / "_config" / "standards"
    return installed if installed.is_dir() else _PACKAGE.parent / "config" / "standards"


@cache
def pack_names() -> tuple[str, ...]:
    """The packs that are shipped, sorted."""
    return tuple(sorted(path.stem for path in packs_folder().glob("*.yaml")))


def read_packs(names: Iterable[tuple[str, Leaf | None]], reading: Reading) -> list[StandardSource]:
    """The standards of the chosen packs, in the order chosen, each pack once; an unknown pack is a problem."""
    found: list[StandardSource] = []
    for name, leaf in dict(names).items():
        if name in pack_names():
            tree = reading.tree(packs_folder() / f"{name}.yaml", f"packs/{name}.yaml")
            found.extend(_standards(tree, name, f"packs/{name}.yaml", reading))
        else:
            hint = suggestion(name, pack_names()) or f"shipped are: {', '.join(pack_names())}"
            at = (leaf.source, hint, leaf.width) if leaf else (None, hint, 1)
            reading.problems.append(Problem("unknown-pack", f"there is no pack `{name}`", *at))
    return found


def read_files(patterns: Sequence[tuple[str, Leaf | None]], reading: Reading) -> list[StandardSource]:
    """The standards of the project's own files, by pattern in the order given and by name within one; each file once.

    A pattern that matches nothing is a problem, unless it has a `*`.
    """
    paths: dict[Path, None] = {}
    for pattern, leaf in patterns:
        matches = _matches(reading.folder, pattern)
        if not matches and "*" not in pattern:
            at = (leaf.source, "mend the name, or take it out", leaf.width) if leaf else (None, None, 1)
            reading.problems.append(Problem("no-file", f"there is no file {pattern}", *at))
        paths |= dict.fromkeys(matches)
    return [standard for path in paths for standard in read_file(path, reading)]


def standard_files(patterns: Iterable[str], folder: Path) -> list[Path]:
    """The files that patterns name now."""
    return [path for pattern in patterns for path in _matches(folder, pattern)]


def _matches(folder: Path, pattern: str) -> list[Path]:
    """The files of a pattern, sorted by name; a name that exists as it is stands for itself, brackets and all."""
    try:
        if (folder / pattern).exists():
            return [folder / pattern]
    except (OSError, ValueError):  # a name that no file can have
        return []
    # Not Path.glob: it takes no absolute pattern.
    names = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
    return [folder / name for name in sorted(names) if (folder / name).is_file()]


def read_file(path: Path, reading: Reading) -> list[StandardSource]:
    """The standards of one file."""
    return _standards(reading.tree(path), None, reading.name(path), reading)


def _standards(tree: Node | None, pack: str | None, file: str, reading: Reading) -> list[StandardSource]:
    if tree is None or empty(tree):
        return []
    if not isinstance(tree, Fields):
        hint = "write `standards:` and the list below it"
        reading.problems.append(Problem("wrong-type", f"{file} is not a file of standards", tree.source, hint))
        return []
    for key, _ in tree:
        if key.value not in _KEYS:
            hint = suggestion(str(key.value), _KEYS) or "a file of standards has the keys `standards` and `levels`"
            message = f"`{key.value}` is not a key of a file of standards"
            reading.problems.append(Problem("unknown-key", message, key.source, hint, key.width))
    if (levels := tree.get("levels")) is not None:
        reading.levels.append((pack, levels))
    return _entries(tree, pack, file, reading)


def _entries(tree: Fields, pack: str | None, file: str, reading: Reading) -> list[StandardSource]:
    node = tree.get("standards")
    if node is None or (isinstance(node, Leaf) and node.value is None):
        return []
    if not isinstance(node, Entries):
        hint = "begin each standard with a dash: `- id: ABC-01`"
        reading.problems.append(Problem("wrong-type", "`standards` is not a list", node.source, hint))
        return []
    for item in node.items:
        if not isinstance(item, Fields):
            reading.problems.append(
                Problem("wrong-type", "a standard is not a mapping", item.source, "begin it with `id:`")
            )
    return [StandardSource(pack, file, item) for item in node.items if isinstance(item, Fields)]


def ids_of(sources: Iterable[StandardSource]) -> dict[str, Source]:
    """The ids of standards and where each stands; what has no id is left to the language to complain about."""
    leaves = (source.node.get("id") for source in sources)
    return {leaf.value: leaf.source for leaf in leaves if isinstance(leaf, Leaf) and isinstance(leaf.value, str)}


def shipped_in(standard: str) -> str | None:
    """The shipped pack that has a standard of this id; None when none has."""
    reading = Reading(packs_folder())
    for name in pack_names():
        if standard in ids_of(read_packs([(name, None)], reading)):
            return name
    return None
