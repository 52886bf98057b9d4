"""The overrides of pmo.yaml: changed keys of a standard, for all or only for a part of the portfolio.

An override is put into the standard's own YAML, key by key, and the result is read like any standard: whatever may
stand in a standard may be overridden, and is checked the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pmo_sync.model.options import Scope
from pmo_sync.model.problem import suggestion
from pmo_sync.model.source import Fields, Leaf, Node, Source, plain
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.rules.columns import Columns
from pmo_sync.rules.entry import KEYS, read_standard
from pmo_sync.rules.entry_parts import LIMIT_KEYS
from pmo_sync.rules.options import OverrideEntry, StandardsOptions
from pmo_sync.rules.reading import Reader, shown, tree
from pmo_sync.rules.standard import Change, Standard, Variant

_EVERYONE: Final = Scope()
_MERGED: Final = ("values", "limit")
_FIXED: Final = ("id", "cases")
_WHOLE: Final = ("title", "why", "source", "flag", "message", "fix", "waiver")
"""Keys that a finding takes from the standard itself, whichever variant judged."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """One entry of an override as it applies to one standard: the changed keys, and for whom."""

    keys: Fields
    only: Scope


def check_names(reader: Reader, options: StandardsOptions, sources: Sequence[StandardSource]) -> None:
    """Notes every override of something that is neither a loaded standard nor a chosen pack."""
    ids = {str(node.value) for source in sources if isinstance(node := source.node.get("id"), Leaf)}
    known = {*ids, *options.packs, *(source.pack for source in sources if source.pack)}
    for name, entries in options.override.items():
        if name not in known:
            place = next((entry.node for entry in entries if entry.node is not None), None) or _nowhere(name)
            message = f"`{name}` is no standard that is loaded and no pack that is chosen"
            reader.wrong(place, "unknown-standard", message, suggestion(name, known) or _nearest(name, known))


def _nearest(name: str, known: Iterable[str]) -> str | None:
    """Ids are in capitals: compare them without."""
    by_small = {word.lower(): word for word in known}
    found = suggestion(name, by_small)
    return None if found is None else "".join(by_small.get(part, part) for part in found.split("`"))


def apply_overrides(
    reader: Reader,
    source: StandardSource,
    standard: Standard,
    options: StandardsOptions,
    columns: Columns,
) -> Standard:
    """The standard with its overrides: of its pack's the first that matches, and on top the first of its own."""
    of_pack = _layers(reader, source.pack, options) if source.pack else []
    of_id = _layers(reader, standard.id, options)
    if not of_pack and not of_id:
        return standard
    combined = [(pack, own) for pack in _or_none(of_pack) for own in _or_none(of_id)]
    variants: list[Variant] = []
    changes: list[Change] = []
    base = standard
    for layers in combined:
        given = [layer for layer in layers if layer is not None]
        fields = source.node
        for layer in given:
            fields = _merged(reader, fields, layer)
        read = read_standard(reader, source, fields, columns, with_cases=False)
        if read is None:
            continue
        scopes = tuple(layer.only for layer in given if layer.only != _EVERYONE)
        changes += [change for layer in given for change in _changes(source.node, layer)]
        if scopes:
            variants.append(Variant(scopes, read))
        else:
            base = read
    return replace(
        base, cases=standard.cases, own=standard, variants=tuple(variants), changes=tuple(dict.fromkeys(changes))
    )


def _or_none(layers: list[_Layer]) -> list[_Layer | None]:
    """The layers up to the first that is for everyone; else nobody's last, for whom none matches."""
    kept: list[_Layer | None] = []
    for layer in layers:
        kept.append(layer)
        if layer.only == _EVERYONE:
            return kept
    return [*kept, None]


def _layers(reader: Reader, name: str, options: StandardsOptions) -> list[_Layer]:
    return [_layer(reader, name, entry) for entry in options.override.get(name, ())]


def _layer(reader: Reader, name: str, entry: OverrideEntry) -> _Layer:
    nowhere = _nowhere(name)
    written = entry.node if entry.node is not None else tree(entry.keys, nowhere.source)
    place = written.source
    pairs: list[tuple[Leaf, Node]] = []
    if isinstance(written, Fields):
        left_out = {"only"} if entry.on is None else {"only", "enabled"}
        pairs = [(key, right) for key, right in written if key.value not in left_out]
    if entry.on is not None:
        pairs.append((Leaf("enabled", place), Leaf(entry.on, place)))
    keys = Fields(tuple(pairs), place)
    for key, _ in keys:
        if key.value in _FIXED:
            reader.wrong(key, "unknown-key", f"`{key.value}` of a standard cannot be overridden")
        elif key.value in _WHOLE and entry.only != _EVERYONE:
            message = f"`{key.value}` is one for the whole portfolio: it cannot be overridden for a part"
            reader.wrong(key, "not-for-a-part", message, "put it in an entry without `only`")
    reader.keys(keys, KEYS, f"the override of `{name}`")
    kept = tuple(pair for pair in pairs if pair[0].value in KEYS and pair[0].value not in _FIXED)
    return _Layer(Fields(kept, place), entry.only)


def _nowhere(name: str) -> Leaf:
    return Leaf(name, Source(f"standards.override of {name}", 0, 0))


def _merged(reader: Reader, fields: Fields, layer: _Layer) -> Fields:
    """The entry with the layer's keys put in; `values` and `limit` are changed name by name."""
    changed = {str(key.value): (key, node) for key, node in layer.keys}
    pairs: list[tuple[Leaf, Node]] = []
    for key, node in fields:
        name = str(key.value)
        if name not in changed:
            pairs.append((key, node))
        elif name in _MERGED and isinstance(node, Fields):
            pairs.append((key, _names_changed(reader, fields, node, changed.pop(name)[1], name)))
        else:
            pairs.append(changed.pop(name))
    for name, (key, node) in changed.items():
        empty = Fields((), node.source)
        pairs.append((key, _names_changed(reader, fields, empty, node, name) if name in _MERGED else node))
    return Fields(tuple(pairs), fields.source)


def _names_changed(reader: Reader, fields: Fields, before: Fields, after: Node, what: str) -> Node:
    if not isinstance(after, Fields):
        reader.wrong(after, "wrong-type", f"`{what}` is a mapping, not {shown(after)}")
        return before
    own, limit = fields.get(what), fields.get("limit")
    known = {str(key.value) for node in (own, limit) if isinstance(node, Fields) for key, _ in node}
    known |= set(LIMIT_KEYS) if what == "limit" else set()
    for key, _ in after:
        if key.value not in known:
            message = f"this standard has no value `{key.value}`; it has {', '.join(sorted(known)) or 'none'}"
            way = None if known else f"name the number: `values: {{{key.value}: …}}`, and use `{{value: {key.value}}}`"
            reader.wrong(key, "unknown-value", message, suggestion(str(key.value), known) or way)
    names = {str(key.value): (key, node) for key, node in (*before, *after)}
    return Fields(tuple(names.values()), before.source)


def _changes(own: Fields, layer: _Layer) -> list[Change]:
    found: list[Change] = []
    for key, node in layer.keys:
        name = str(key.value)
        before = own.get(name)
        if name in _MERGED and isinstance(node, Fields):
            inside = before if isinstance(before, Fields) else Fields((), node.source)
            limit = own.get("limit")
            for inner, right in node:
                earlier = inside.get(str(inner.value))
                if earlier is None and isinstance(limit, Fields):
                    earlier = limit.get(str(inner.value))
                found.append(_change(f"{name}.{inner.value}", earlier, right, inner, layer.only))
        else:
            found.append(_change(name, before, node, key, layer.only))
    return found


def _change(name: str, before: Node | None, after: Node, place: Leaf, only: Scope) -> Change:
    source = place.source if place.source.line else None
    return Change(name, "" if before is None else str(plain(before)), str(plain(after)), source, only)
