"""The mappings inside an entry of `standards:`: share, limit, escalate, waiver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pmo_sync.model.duration import Duration
from pmo_sync.model.problem import suggestion
from pmo_sync.model.source import Entries, Fields, Leaf, Node
from pmo_sync.model.words import Severity
from pmo_sync.rules.condition import AllOf, Condition, Frame
from pmo_sync.rules.grammar import condition
from pmo_sync.rules.names import Names
from pmo_sync.rules.operands import share_or_number, whole
from pmo_sync.rules.reading import Reader, shown
from pmo_sync.rules.standard import EXEMPT, Escalation, Limit, ShareRule, WaiverRule

LIMIT_KEYS: Final = ("warn_above", "fail_above", "min_population")
_MEMBERS: Final = {
    "items": (Frame.ITEM,),
    "leaves": (Frame.ITEM,),
    "links": (Frame.LINK,),
    "children": (Frame.NODE, Frame.ITEM),
}


def share(reader: Reader, node: Node, names: Names) -> ShareRule | None:
    """`share`: the members that are counted, who of them belong to the population, and who offend."""
    fields = reader.fields(node, "`share`")
    if fields is None:
        return None
    reader.keys(fields, ("of", "among", "where", "exempt"), "`share`")
    of = fields.get("of")
    word = of.value if isinstance(of, Leaf) else None
    if word not in _MEMBERS:
        known = ", ".join(_MEMBERS)
        reader.wrong(of or fields, "unknown-word", f"`of` is one of {known}", suggestion(str(word), _MEMBERS))
        return None
    frames = _MEMBERS[str(word)]
    members = Names(names.columns, frames, frames, names.values)
    among, where = fields.get("among"), fields.get("where")
    if where is None:
        reader.wrong(fields, "missing-key", "`share` needs `where`, the condition that offenders meet")
        return None
    population: Condition | None = AllOf((), fields.source)
    if among is not None:
        population = condition(reader, among, members)
    offenders = condition(reader, where, members)
    exempt = _exempt(reader, fields, str(word))
    return None if population is None or offenders is None else ShareRule(str(word), population, offenders, exempt)


def _exempt(reader: Reader, fields: Fields, of: str) -> tuple[str, ...]:
    """The ends of the network that are left out."""
    node = fields.get("exempt")
    if node is None:
        return ()
    if of != "leaves":
        reader.wrong(node, "wrong-type", f"`exempt` is for a share of leaves, not of {of}")
    found: list[str] = []
    for item in node.items if isinstance(node, Entries) else (node,):
        word = item.value if isinstance(item, Leaf) else None
        if word not in EXEMPT:
            message = f"`exempt` takes {', '.join(EXEMPT)}, not {shown(item)}"
            reader.wrong(item, "unknown-word", message, suggestion(str(word), EXEMPT))
            continue
        found.append(str(word))
    return tuple(dict.fromkeys(found))


def limit(reader: Reader, node: Node, values: Mapping[str, Node]) -> Limit | None:
    """`limit`, whose numbers are values under their own keys: what `values` says under them goes first."""
    fields = reader.fields(node, "`limit`")
    if fields is None:
        return None
    reader.keys(fields, LIMIT_KEYS, "`limit`")
    effective = {str(key.value): values.get(str(key.value), right) for key, right in fields}
    if "fail_above" not in effective and "fail_above" not in values:
        reader.wrong(fields, "missing-key", "`limit` needs `fail_above`")
        return None
    fail = share_or_number(reader, effective.get("fail_above", values.get("fail_above", fields)), values)
    warn = share_or_number(reader, effective["warn_above"], values) if "warn_above" in effective else None
    least = whole(reader, effective["min_population"], values) if "min_population" in effective else 0
    if fail is None or least is None:
        return None
    if warn is not None and warn > fail:
        reader.wrong(
            effective["warn_above"], "wrong-type", "`warn_above` is above `fail_above`, so it could never warn"
        )
    return Limit(fail, warn, least)


def escalations(reader: Reader, node: Node, names: Names) -> tuple[Escalation, ...]:
    """`escalate`: one entry, or a list."""
    found: list[Escalation] = []
    for item in node.items if isinstance(node, Entries) else (node,):
        fields = reader.fields(item, "an entry of `escalate`")
        if fields is None:
            continue
        reader.keys(fields, ("to", "when"), "an entry of `escalate`")
        to_node, when_node = fields.get("to"), fields.get("when")
        if to_node is None or when_node is None:
            reader.wrong(
                fields, "missing-key", "an entry of `escalate` needs `to`, a severity, and `when`, a condition"
            )
            continue
        severity = reader.word(to_node, Severity, "`to`")
        when = condition(reader, when_node, names)
        if severity is not None and when is not None:
            found.append(Escalation(severity, when))
    return tuple(found)


def waiver(reader: Reader, node: Node) -> WaiverRule | None:
    """`waiver`: what waivers of the standard must respect."""
    fields = reader.fields(node, "`waiver`")
    if fields is None:
        return None
    reader.keys(fields, ("max_age", "requires"), "`waiver`")
    age, requires = fields.get("max_age"), fields.get("requires")
    longest: Duration | None = None if age is None else reader.duration(age, "`max_age`")
    words: list[str] = []
    for item in () if requires is None else requires.items if isinstance(requires, Entries) else (requires,):
        word = item.value if isinstance(item, Leaf) else None
        if word not in {"reason", "approver", "owner"}:
            reader.wrong(item, "unknown-word", f"a waiver has reason, approver and owner, not {shown(item)}")
            continue
        words.append(str(word))
    return WaiverRule(longest, tuple(words))
