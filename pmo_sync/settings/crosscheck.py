"""What one part of a project folder says of another: trackers, columns, figures and standards by name.

The checks walk the trees, not the options, so that they also speak where another part of the file is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from pmo_sync.model.figure_names import AFTER_RULES, NODE_FIGURES
from pmo_sync.model.options import parse_share
from pmo_sync.model.problem import Problem, suggestion
from pmo_sync.model.source import Entries, Fields, Leaf, Node, Source
from pmo_sync.model.vocabulary import VOCABULARY, Column, ColumnType
from pmo_sync.settings.past import entries, text_of

_OWN_NAME: Final = re.compile("[a-z][a-z0-9_]{0,60}")
_NOT_A_FIELD: Final = {
    "tracker": "the tracker is the name under `trackers`",
    "id": "every tracker gives the id itself",
    "key": "every tracker gives the key itself",
    "url": "every tracker gives the address itself",
    "level": "levels come from `structure`",
    "kind": "kinds come from `kinds`",
    "phase": "phases come from `phases` and `dropped`",
    "on_hold": "what is on hold comes from `phases`, under `hold`",
}
_NUMBERS: Final = {
    ColumnType.INTEGER,
    ColumnType.FLOAT,
    ColumnType.HOURS,
    ColumnType.WORKING_DAYS,
    ColumnType.SHARE,
    ColumnType.MONEY,
}
_NOTHING: Final = Leaf(None, Source("", 1, 1))
HEALTH: Final = "health"
"""The name under which the computed colour is written."""


def check_settings(tree: Fields) -> Iterator[Problem]:
    """Trackers, columns and figures that pmo.yaml names and does not have."""
    trackers = {str(key.value): node for key, node in _pairs(tree.get("trackers"))}
    yield from _trackers_named(tree, set(trackers))
    types: dict[str, tuple[str, Leaf]] = {}
    for tracker in trackers.values():
        if isinstance(tracker, Fields):
            yield from _fields(tracker, types)
    own = {f"fields.{name}" for name in types}
    for tracker in trackers.values():
        if isinstance(tracker, Fields):
            yield from _values(tracker, own)
            yield from _written(tracker)
    yield from _columns_named(tree, own)


def check_scopes(nodes: Iterable[Fields], trackers: set[str]) -> Iterator[Problem]:
    """Scopes that name a tracker which pmo.yaml does not have."""
    for node in nodes:
        yield from _known(text_of(node, "tracker"), trackers, "tracker", "a tracker of pmo.yaml")


def check_standards(
    leaves: Iterable[Leaf | None], known: set[str], what: str, elsewhere: Callable[[str], str | None]
) -> Iterator[Problem]:
    """Standards (and packs) that are named and not loaded. `elsewhere` tells the shipped pack that has an id."""
    for leaf in leaves:
        if leaf is None or not isinstance(leaf.value, str) or leaf.value in known:
            continue
        pack = elsewhere(leaf.value)
        hint = f"it is in the pack `{pack}`: add that to `standards.packs`" if pack else suggestion(leaf.value, known)
        message = f"{what} names `{leaf.value}`, and no such standard or pack is loaded"
        yield Problem("unknown-standard", message, leaf.source, hint, leaf.width)


def custom_types(tree: Fields) -> dict[str, ColumnType]:
    """The custom columns of all trackers by their own name; a wrong type is left to the validation."""
    words = {str(type_): type_ for type_ in ColumnType}
    found: dict[str, ColumnType] = {}
    for _, tracker in _pairs(tree.get("trackers")):
        for key, node in _pairs(tracker.get("fields") if isinstance(tracker, Fields) else None):
            if isinstance(node, Fields):
                word = text_of(node, "type")
                found[str(key.value)] = words.get(str(word.value) if word else "text", ColumnType.TEXT)
    return found


def _pairs(node: Node | None) -> Iterator[tuple[Leaf, Node]]:
    yield from node if isinstance(node, Fields) else ()


def _known(leaf: Leaf | None, known: Iterable[str], code: str, what: str) -> Iterator[Problem]:
    words = set(known)
    if leaf is None or leaf.value in words:
        return
    hint = suggestion(str(leaf.value), words)
    if hint is None and words and len(words) <= 12:  # noqa: PLR2004 - more is no help
        hint = "known: " + ", ".join(f"`{word}`" for word in sorted(words))
    yield Problem(f"unknown-{code}", f"`{leaf.value}` is not {what}", leaf.source, hint, leaf.width)


def _trackers_named(tree: Fields, known: set[str]) -> Iterator[Problem]:
    structure = tree.get("structure") or _NOTHING
    lists = ("programme", "project", "homes", "overrides")
    named: list[Fields] = [entry for name in lists for entry in entries(structure, name)]
    for entry in entries(tree, "risk_appetite"):
        named.append(entry)
        named.extend(scope for scope in [entry.get("scope")] if isinstance(scope, Fields))
    named.extend(entries(tree, "modes"))
    named.extend(only for _, only in overrides(tree) if only is not None)
    yield from check_scopes(named, known)
    for _, accounts in _pairs(tree.get("people")):
        for key, _ in _pairs(accounts):
            yield from _known(key, known, "tracker", "a tracker of pmo.yaml")
    yield from _claimed_twice(tree)


def _claimed_twice(tree: Fields) -> Iterator[Problem]:
    """Accounts that two persons have."""
    owners: dict[tuple[str, str], str] = {}
    for person, accounts in _pairs(tree.get("people")):
        for tracker, word in _pairs(accounts):
            if isinstance(word, Leaf) and word.value is not None:
                first = owners.setdefault((str(tracker.value), str(word.value)), str(person.value))
                if first != str(person.value):
                    message = f"`{word.value}` of `{tracker.value}` is {first} already, so not {person.value} too"
                    hint = "an account is one person's: take one of the two out"
                    yield Problem("two-persons", message, word.source, hint, word.width)


def overrides(tree: Fields) -> Iterator[tuple[Leaf, Fields | None]]:
    """Each key of `standards.override`, with the scope of each of its entries, None where it has none."""
    standards = tree.get("standards")
    for key, node in _pairs(standards.get("override") if isinstance(standards, Fields) else None):
        yield key, None
        for entry in node.items if isinstance(node, Entries) else (node,):
            only = entry.get("only") if isinstance(entry, Fields) else None
            if isinstance(only, Fields):
                yield key, only


def _fields(tracker: Fields, types: dict[str, tuple[str, Leaf]]) -> Iterator[Problem]:
    """The keys under `fields`: words of the vocabulary for a name, own words for a mapping, one type for each."""
    for key, node in _pairs(tracker.get("fields")):
        name = str(key.value)
        if name in _NOT_A_FIELD:
            yield Problem("column", f"`{name}` is not read from a field", key.source, _NOT_A_FIELD[name], key.width)
        elif isinstance(node, Fields):
            yield from _own(key, node, types)
        elif name not in VOCABULARY:
            near_word = suggestion(name, set(VOCABULARY) - set(_NOT_A_FIELD))
            own = f"to declare a column of your own, write `{name}: {{field: …, type: date}}`"
            hint = f"{near_word} Or, {own}" if near_word else own
            yield Problem("unknown-column", f"`{name}` is not a column of the vocabulary", key.source, hint, key.width)


def _own(key: Leaf, node: Fields, types: dict[str, tuple[str, Leaf]]) -> Iterator[Problem]:
    name = str(key.value)
    if name in VOCABULARY:
        hint = f"write `{name}: {_field_of(node)}` alone, or give your own column another name"
        message = f"`{name}` is a column of the vocabulary and has its own type"
        yield Problem("column", message, key.source, hint, key.width)
        return
    if not _OWN_NAME.fullmatch(name):
        hint = "use small letters, digits and underscores: `reg_date`"
        yield Problem("column", f"`{name}` cannot be the name of a column", key.source, hint, key.width)
        return
    word = text_of(node, "type") or Leaf("text", key.source, key.width)
    first, _ = types.setdefault(name, (str(word.value), key))
    if first != word.value:
        message = f"`{name}` is {word.value} here and {first} in another tracker"
        yield Problem("column", message, word.source, "give it one type, or two names", word.width)


def _field_of(node: Fields) -> str:
    leaf = text_of(node, "field")
    return str(leaf.value) if leaf else "…"


def _values(tracker: Fields, own: set[str]) -> Iterator[Problem]:
    """The keys and words under `values`: known columns, and words that the column can take."""
    for key, node in _pairs(tracker.get("values")):
        name = str(key.value)
        yield from _known(key, {*VOCABULARY, *own, HEALTH}, "column", "a column of the vocabulary")
        column = VOCABULARY.get("reported_rag" if name == HEALTH else name)
        for word, value in _pairs(node):
            if word.value == "from" and isinstance(value, Leaf):
                yield from _known(value, {*VOCABULARY, *own}, "column", "a column of the vocabulary")
            elif column is not None and isinstance(value, Leaf):
                yield from _fits(value, column)


def _fits(leaf: Leaf, column: Column) -> Iterator[Problem]:
    value = leaf.value
    if column.type is ColumnType.ENUM:
        yield from _known(leaf, column.words, "word", f"a word of `{column.name}`")
    elif column.type in _NUMBERS:
        share = column.type is ColumnType.SHARE and isinstance(value, str) and parse_share(value) is not None
        if isinstance(value, bool) or not (isinstance(value, int | float) or share):
            hint = "write a number, or for a share a percentage such as `30%`"
            yield Problem("wrong-type", f"`{column.name}` is a number", leaf.source, hint, leaf.width)
    elif column.type is ColumnType.BOOLEAN and not isinstance(value, bool):
        hint = "write true or false"
        yield Problem("wrong-type", f"`{column.name}` is true or false", leaf.source, hint, leaf.width)


def _written(tracker: Fields) -> Iterator[Problem]:
    """The keys under `write.fields`: figures of nodes that are made, or `health`."""
    write = tracker.get("write")
    for key, _ in _pairs(write.get("fields") if isinstance(write, Fields) else None):
        yield from _known(key, {*NODE_FIGURES, HEALTH}, "figure", "a figure of nodes, or `health`")


def _columns_named(tree: Fields, own: set[str]) -> Iterator[Problem]:
    """Columns in `structure` (by field), `tables` and `rollup`."""
    known = {*VOCABULARY, *own}
    structure = tree.get("structure") or _NOTHING
    for level in ("programme", "project"):
        for rule in entries(structure, level):
            yield from _known(text_of(rule, "field"), known, "column", "a column of the vocabulary")
    for table in entries(tree, "tables"):
        yield from _known(text_of(table, "key"), known, "column", "a column of the vocabulary")
        for key, _ in _pairs(table.get("columns")):
            yield from _known(key, known, "column", "a column of the vocabulary")
    yield from _known(text_of(tree, "rollup", "progress", "field"), known, "column", "a column of the vocabulary")
    rollup = tree.get("rollup")
    for key, _ in _pairs(rollup.get("value_score") if isinstance(rollup, Fields) else None):
        yield from _known(key, known | set(NODE_FIGURES) - AFTER_RULES, "column", "a column or a figure")
