"""`levels:` of a file of standards: which standards make bronze, silver and gold. Every mistake with its place.

Several files may add standards to a level of the same name; the first that has a level says what stands beside it. The
order of the levels is that of their first mention, the lowest first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from pmo_sync.model.options import parse_share
from pmo_sync.model.problem import Problem, suggestion
from pmo_sync.model.source import Entries, Fields, Leaf, Node
from pmo_sync.rules.levels import MaturityLevel
from pmo_sync.rules.reading import Reader, is_number, shown

KEYS: Final = ("name", "means", "at_least", "standards")
_NAME: Final = re.compile(r"\w[\w -]{0,30}")
_FORM: Final = "write `- {name: bronze, at_least: 90%, standards: [HYG-01]}`"


@dataclass(slots=True)
class _Draft:
    name: str
    means: str | None
    at_least: float | None
    node: Fields
    standards: list[str] = field(default_factory=list)


def read_levels(
    lists: Sequence[Node], known: Collection[str], elsewhere: Callable[[str], str | None]
) -> tuple[tuple[MaturityLevel, ...], tuple[Problem, ...]]:
    """The levels that these lists say together, the lowest first, or what is wrong with them.

    `known` are the ids of the loaded standards; `elsewhere` tells the shipped pack that has an id.
    """
    reader = Reader()
    drafts: dict[str, _Draft] = {}
    taken: dict[str, str] = {}
    for node in lists:
        if isinstance(node, Leaf) and node.value is None:
            continue
        if not isinstance(node, Entries):
            reader.wrong(node, "wrong-type", f"`levels` is a list, not {shown(node)}", _FORM)
            continue
        for item in node.items:
            _entry(reader, item, drafts, taken, (known, elsewhere))
    made = tuple(
        MaturityLevel(
            draft.name, tuple(draft.standards), 1.0 if draft.at_least is None else draft.at_least, draft.means
        )
        for draft in drafts.values()
    )
    return ((), tuple(reader.problems)) if reader.problems else (made, ())


def _entry(
    reader: Reader,
    node: Node,
    drafts: dict[str, _Draft],
    taken: dict[str, str],
    loaded: tuple[Collection[str], Callable[[str], str | None]],
) -> None:
    fields = reader.fields(node, "a level")
    if fields is None:
        return
    reader.keys(fields, KEYS, "a level")
    name = _name(reader, fields)
    if name is None:
        return
    means, share = _optional(reader, fields, "means"), _share(reader, fields)
    draft = drafts.setdefault(name, _Draft(name, means, share, fields))
    if share is not None and draft.at_least != share:
        at = fields.get("at_least") or fields
        first = draft.node.source
        reader.wrong(at, "two-shares", f"`{name}` has another `at_least` in {first}", "keep it in one place")
    standards = fields.get("standards")
    if standards is None:
        reader.wrong(fields.get("name") or fields, "missing-key", f"`{name}` has no `standards`", _FORM)
        return
    if not isinstance(standards, Entries) or not standards.items:
        reader.wrong(standards, "wrong-type", "`standards` of a level is a list of ids: `[HYG-01, HYG-02]`")
        return
    for item in standards.items:
        id_ = reader.text(item, "a standard of a level")
        if id_ is not None and _may_stand(reader, item, id_, name, taken, loaded):
            draft.standards.append(id_)
            taken[id_] = name


def _may_stand(
    reader: Reader,
    node: Node,
    id_: str,
    name: str,
    taken: dict[str, str],
    loaded: tuple[Collection[str], Callable[[str], str | None]],
) -> bool:
    known, elsewhere = loaded
    if id_ not in known:
        pack = elsewhere(id_)
        hint = f"it is in the pack `{pack}`: add that to `standards.packs`" if pack else suggestion(id_, known)
        reader.wrong(node, "unknown-standard", f"`{name}` names `{id_}`, and no such standard is loaded", hint)
        return False
    if id_ in taken:
        where = "twice" if taken[id_] == name else f"in `{taken[id_]}` too"
        hint = "a level includes those below it: name each standard once"
        reader.wrong(node, "standard-twice", f"`{id_}` of `{name}` stands {where}", hint)
        return False
    return True


def _name(reader: Reader, fields: Fields) -> str | None:
    node = fields.get("name")
    if node is None:
        reader.wrong(fields, "missing-key", "a level has no `name`", _FORM)
        return None
    name = reader.text(node, "the name of a level")
    if name is not None and not _NAME.fullmatch(name):
        reader.wrong(node, "wrong-type", f"`{name}` is no name of a level: at most 31 letters, digits, `-` and blanks")
        return None
    return name


def _optional(reader: Reader, fields: Fields, key: str) -> str | None:
    node = fields.get(key)
    return None if node is None else reader.text(node, f"`{key}`")


def _share(reader: Reader, fields: Fields) -> float | None:
    node = fields.get("at_least")
    if node is None:
        return None
    value = node.value if isinstance(node, Leaf) else None
    found = parse_share(value) if isinstance(value, str) else float(value) if is_number(value) else None
    if found is None or not 0 < found <= 1:
        hint = "write a percentage above 0 % and up to 100 %: `90%`"
        reader.wrong(node, "wrong-type", f"`at_least` is a share, not {shown(node)}", hint)
        return None
    return found
