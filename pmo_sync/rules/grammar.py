"""From YAML to the tree of a condition: combinations, tests and relations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pmo_sync.model.problem import suggestion
from pmo_sync.model.source import Entries, Fields, Leaf, Node
from pmo_sync.rules import column_tests
from pmo_sync.rules.columns import SINGULAR, relatives
from pmo_sync.rules.condition import AllOf, AnyOf, Condition, Not, Quantifier, Related, Test
from pmo_sync.rules.names import COMBINERS, Names
from pmo_sync.rules.operands import whole
from pmo_sync.rules.reading import Reader, shown
from pmo_sync.rules.tests import SEEING

_QUANTIFIERS: Final = frozenset(Quantifier) - {Quantifier.IS}


def condition(reader: Reader, node: Node, names: Names) -> Condition | None:
    """The condition that a mapping is: every entry must hold. None when something in it is wrong."""
    fields = reader.fields(node, "a condition")
    if fields is None:
        return None
    parts: list[Condition | None] = []
    for key, right in fields:
        word = str(key.value)
        if word in COMBINERS:
            parts.append(_combined(reader, key, word, right, names))
        else:
            parts.extend(_entry(reader, key, right, names))
    return _whole(parts, fields)


def _whole(parts: list[Condition | None], node: Node) -> Condition | None:
    found = tuple(part for part in parts if part is not None)
    if len(found) < len(parts):
        return None
    return found[0] if len(found) == 1 else AllOf(found, node.source)


def _combined(reader: Reader, key: Leaf, word: str, right: Node, names: Names) -> Condition | None:
    if word == "not":
        part = condition(reader, right, names)
        return None if part is None else Not(part, key.source)
    if not isinstance(right, Entries) or not right.items:
        reader.wrong(right, "wrong-type", f"`{word}` takes a list of conditions, not {shown(right)}")
        return None
    parts = [condition(reader, item, names) for item in right.items]
    found = tuple(part for part in parts if part is not None)
    if len(found) < len(parts):
        return None
    return (AllOf if word == "all" else AnyOf)(found, key.source)


def _entry(reader: Reader, key: Leaf, right: Node, names: Names) -> Sequence[Condition | None]:
    if _is_relation(str(key.value), right, names):
        return _relation(reader, key, right, names)
    column = names.left(reader, key)
    if column is None:
        return [None]
    if isinstance(right, Leaf) and right.value in SEEING:
        return [Test(column, str(right.value), None, key.source)]
    is_side = isinstance(right, Fields) and (right.get("value") or right.get("column")) is not None
    if isinstance(right, Fields) and not is_side:
        return column_tests.several(reader, column, right, names)
    named = names.values.get(_value_name(right)) if isinstance(right, Fields) else right
    word = "in" if isinstance(named, Entries) else "is"
    return [column_tests.single(reader, key, column, word, right, names)]


def _value_name(node: Fields) -> str:
    named = node.get("value")
    return str(named.value) if isinstance(named, Leaf) else ""


# --- relations ----------------------------------------------------------------------------------------------------
def _is_relation(name: str, right: Node, names: Names) -> bool:
    if not relatives(name, names.frames):
        return False
    # `items` and `leaves` are figures of a node too: a number is meant unless a quantifier follows.
    is_column = names.columns.find(name, names.frames) is not None
    has_quantifier = isinstance(right, Fields) and any(key.value in _QUANTIFIERS for key, _ in right)
    return has_quantifier or not is_column


def _relation(reader: Reader, key: Leaf, right: Node, names: Names) -> list[Condition | None]:
    name = str(key.value)
    if name == "other" and names.is_link:
        message = "`other` is the far end of an item's link; a link that is judged itself has two"
        reader.wrong(key, "unknown-column", message, "name one of them: `predecessor` or `successor`")
        return [None]
    fields = reader.fields(right, f"the right side of `{name}`")
    if fields is None:
        return [None]
    inside = names.inside(name)
    if name in SINGULAR:
        inner = condition(reader, fields, inside)
        return [None if inner is None else Related(name, Quantifier.IS, inner, key.source)]
    if not fields.entries:
        reader.wrong(fields, "unknown-test", f"`{name}` needs one of {', '.join(sorted(_QUANTIFIERS))}")
        return [None]
    parts: list[Condition | None] = []
    for word, node in fields:
        if word.value not in _QUANTIFIERS:
            known = sorted(_QUANTIFIERS)
            is_column = inside.columns.find(str(word.value), inside.frames) is not None
            hint = None if is_column else suggestion(str(word.value), known)
            hint = hint or f"say of how many: `{name}: {{any: {{…}}}}`, or {', '.join(known)}"
            reader.wrong(word, "unknown-test", f"`{word.value}` is no quantifier of `{name}`", hint)
            parts.append(None)
            continue
        parts.append(_quantified(reader, key, Quantifier(str(word.value)), node, inside))
    return parts


def _quantified(reader: Reader, key: Leaf, quantifier: Quantifier, node: Node, inside: Names) -> Related | None:
    name = str(key.value)
    match quantifier:
        case Quantifier.COUNT:
            limits = column_tests.bounds(reader, node, inside.values)
            return None if limits is None else Related(name, quantifier, AllOf((), key.source), key.source, 0, limits)
        case Quantifier.AT_LEAST:
            return _at_least(reader, key, node, inside)
        case Quantifier.SHARE:
            return _share(reader, key, node, inside)
        case _:
            inner = condition(reader, node, inside)
            return None if inner is None else Related(name, quantifier, inner, key.source)


def _at_least(reader: Reader, key: Leaf, node: Node, inside: Names) -> Related | None:
    fields = reader.fields(node, "`at_least`")
    if fields is None:
        return None
    reader.keys(fields, ("n", "where"), "`at_least`")
    amount, where = fields.get("n"), fields.get("where")
    if amount is None:
        reader.wrong(fields, "missing-key", "`at_least` needs `n`, the least number")
        return None
    least = whole(reader, amount, inside.values)
    inner = AllOf((), key.source) if where is None else condition(reader, where, inside)
    if least is None or inner is None:
        return None
    return Related(str(key.value), Quantifier.AT_LEAST, inner, key.source, least)


def _share(reader: Reader, key: Leaf, node: Node, inside: Names) -> Related | None:
    fields = reader.fields(node, "`share`")
    if fields is None:
        return None
    where = fields.get("where")
    if where is None:
        reader.wrong(fields, "missing-key", "`share` needs `where`, the condition whose share is meant")
        return None
    rest = Fields(tuple(pair for pair in fields.entries if pair[0].value != "where"), fields.source)
    inner = condition(reader, where, inside)
    limits = column_tests.bounds(reader, rest, inside.values, share=True)
    if inner is None or limits is None:
        return None
    return Related(str(key.value), Quantifier.SHARE, inner, key.source, 0, limits)
