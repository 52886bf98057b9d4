"""Writing baseline.yaml: a batch of accepted failures more, or the settled ones less; the rest as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from pmo_sync.errors import UsageError
from pmo_sync.model.past import Accepted
from pmo_sync.model.problem import Problem
from pmo_sync.model.source import Entries, Fields, Leaf, Node, Source
from pmo_sync.settings import yaml
from pmo_sync.settings.folder import Project
from pmo_sync.settings.lists import ListFile, scalar, with_entry, without_lines
from pmo_sync.settings.past import entries, read_baseline

_KEY: Final = "baseline"
_HEAD: Final = (
    "# Failures that were accepted as they stood. They are shown apart, carry no flag and fail no check.",
    "# `pmo-sync baseline create` adds to this file, `pmo-sync baseline prune` takes out what was fixed.",
)
_BY_HAND: Final = "write the list below `baseline:` with dashes and one entry a line, as `baseline create` does"
_SMALLER: Final = "accept less, by --standard or --node, or switch off what nobody is going to mend"


def accept(project: Project, failures: Sequence[Accepted]) -> tuple[Accepted, ...]:
    """Adds failures to the project's baseline file, which is made where there is none, as one batch: they share day
    and reason. Those that stand there already are left out; gives the others.

    Afterwards the file holds every earlier entry and comment unchanged. Raises UsageError when it cannot be written,
    or would be larger than a file may be; ConfigurationError when it cannot be read as it stands.
    """
    name = project.settings.baseline
    new: list[Accepted] = []

    def added(text: str, before: tuple[Accepted, ...]) -> tuple[str, tuple[Accepted, ...]] | None:
        known = {_key(one) for one in before}
        once = {_key(one): one for one in failures if _key(one) not in known}
        new.extend(sorted(once.values(), key=_place))
        if not new:
            return None
        whole = text if text.strip() else "".join(f"{line}\n" for line in _HEAD)
        changed = with_entry(whole, _KEY, list(_batch(new)), name)
        if len(changed) > yaml.MAX_BYTES or len(before) + len(new) > yaml.MAX_NODES // 3:
            raise UsageError(f"{name} would grow beyond what a file may hold", advice=_SMALLER)
        return changed, (*before, *(_bare(one) for one in new))

    _file(project, name).change(added, _BY_HAND)
    return tuple(new)


def forget(project: Project, settled: Iterable[Accepted]) -> tuple[Accepted, ...]:
    """Takes accepted failures out of the project's baseline file; gives those that stood there.

    Afterwards the file holds every other entry and comment unchanged. Raises as `accept` does.
    """
    name = project.settings.baseline
    wanted = {_key(one) for one in settled}
    gone: list[Accepted] = []

    def taken(text: str, before: tuple[Accepted, ...]) -> tuple[str, tuple[Accepted, ...]] | None:
        gone.extend(one for one in before if _key(one) in wanted)
        if not gone:
            return None
        tree = yaml.parse(text, name)
        lines = {line for batch in entries(tree, _KEY) for line in _lines_of(batch, wanted)}
        return without_lines(text, lines), tuple(one for one in before if _key(one) not in wanted)

    _file(project, name).change(taken, _BY_HAND)
    return tuple(gone)


def _file(project: Project, name: str) -> ListFile[Accepted]:
    def read(tree: Node, file: str) -> tuple[tuple[Accepted, ...], tuple[Problem, ...]]:
        found, problems = read_baseline(tree, file)
        return tuple(map(_bare, found)), problems

    return ListFile(project.folder / name, name, read)


def _key(one: Accepted) -> tuple[str, str, str]:
    """What an accepted failure is known by."""
    return (one.standard, one.tracker, one.id)


def _place(one: Accepted) -> tuple[bool, tuple[str, str, str]]:
    """Where it stands in its batch: those of nodes first."""
    return (bool(one.tracker), _key(one))


def _bare(one: Accepted) -> Accepted:
    return replace(one, source=None)


def _batch(failures: Sequence[Accepted]) -> Iterator[str]:
    """The lines of a batch; `failures` are sorted."""
    yield f"accepted: {failures[0].on.isoformat()}"
    if failures[0].reason is not None:
        yield f"reason: {scalar(failures[0].reason)}"
    nodes = [one for one in failures if not one.tracker]
    items = [one for one in failures if one.tracker]
    if nodes:
        yield "nodes:"
    for standard, rows in groupby(nodes, key=lambda one: one.standard):
        yield f"  {scalar(standard)}:"
        yield from (f"    - {scalar(one.id)}" for one in rows)
    if items:
        yield "items:"
    for standard, found in groupby(items, key=lambda one: one.standard):
        yield f"  {scalar(standard)}:"
        for tracker, rows in groupby(found, key=lambda one: one.tracker):
            yield f"    {scalar(tracker)}:"
            yield from (f"      {scalar(one.id)}: {'null' if one.text is None else scalar(one.text)}" for one in rows)


def _lines_of(batch: Fields, wanted: set[tuple[str, str, str]]) -> Iterator[int]:
    """The lines that go with these entries: their own, and those of headings below which nothing is left."""
    left, lines = 0, set[int]()
    for part in ("nodes", "items"):
        key, node = batch.key(part), batch.get(part)
        kept = 0
        for standard, inner in node if isinstance(node, Fields) else ():
            kept += _of_standard(standard, inner, wanted, lines)
        if key is not None and node is not None and not kept:
            lines.add(key.source.line)
        left += kept
    yield from lines
    if lines and not left:
        yield from _heads(batch)


def _of_standard(standard: Leaf, node: Node, wanted: set[tuple[str, str, str]], lines: set[int]) -> int:
    """How many entries stay below a standard; notes the lines that go."""
    kept, name = 0, str(standard.value)
    if isinstance(node, Entries):
        kept = _noted(
            ((name, "", str(leaf.value) if isinstance(leaf, Leaf) else "", leaf.source) for leaf in node.items),
            wanted,
            lines,
        )
    for tracker, ids in node if isinstance(node, Fields) else ():
        pairs = ids if isinstance(ids, Fields) else ()
        rows = ((name, str(tracker.value), str(key.value), key.source) for key, _ in pairs)
        here = _noted(rows, wanted, lines)
        if not here:
            lines.add(tracker.source.line)
        kept += here
    if not kept:
        lines.add(standard.source.line)
    return kept


def _noted(rows: Iterable[tuple[str, str, str, Source]], wanted: set[tuple[str, str, str]], lines: set[int]) -> int:
    kept = 0
    for standard, tracker, id_, source in rows:
        if (standard, tracker, id_) in wanted:
            lines.add(source.line)
        else:
            kept += 1
    return kept


def _heads(batch: Fields) -> Iterator[int]:
    """The lines of a batch that holds nothing any more."""
    for key, value in batch:
        yield key.source.line
        yield value.source.line if isinstance(value, Leaf) else key.source.line
