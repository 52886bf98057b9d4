"""One entry of `standards:`, key by key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from pmo_sync.model.problem import suggestion
from pmo_sync.model.source import Fields, Leaf, Node, plain
from pmo_sync.model.standard_source import StandardSource
from pmo_sync.model.words import NODE_LEVELS, Kind, Level, Mode, Severity
from pmo_sync.rules import entry_parts
from pmo_sync.rules.case_grammar import cases
from pmo_sync.rules.columns import Columns
from pmo_sync.rules.condition import AllOf, Condition, Frame
from pmo_sync.rules.entry_parts import LIMIT_KEYS
from pmo_sync.rules.grammar import condition
from pmo_sync.rules.names import Names
from pmo_sync.rules.reading import Reader, shown
from pmo_sync.rules.standard import (
    NamedValue,
    Standard,
    WaiverRule,
    placeholders,
)

_T = TypeVar("_T")

KEYS: Final = (
    "id", "title", "why", "source", "level", "kinds", "subject", "severity", "enabled", "mode", "values",
    "applies_to", "require", "unless", "for", "flag", "message", "fix", "escalate", "waiver", "cases",
    "share", "limit", "flag_offenders",
)  # fmt: skip
_JUDGING: Final = (
    "level", "kinds", "subject", "severity", "mode", "values", "applies_to", "require", "unless", "for", "escalate",
    "share", "limit", "flag_offenders",
)  # fmt: skip
"""Keys that decide verdicts and marks; the flag is added with its default."""
_SUBJECTS: Final = {
    Frame.LINK.value: (Frame.LINK, (Level.ITEM,)),
    Frame.SPRINT.value: (Frame.SPRINT, (Level.PROJECT,)),
    Frame.PERSON_WEEK.value: (Frame.PERSON_WEEK, NODE_LEVELS),
}
"""What may be judged in place of items and nodes, and the levels at which that is reported, one of them each time."""
ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_FLAG: Final = re.compile(r"[a-z0-9][a-z0-9_.-]*")
FACTS: Final = frozenset({"key", "name", "path", "offenders", "population", "missing", "share"})
"""What a message may name beside columns and the standard's values: of the subject, and of a share standard."""
_ENDS: Final = frozenset({"predecessor", "successor"})
"""What the message of a link may name beside: the keys of its ends."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry while it is read."""

    reader: Reader
    fields: Fields
    columns: Columns

    def take(self, key: str, read: Callable[[Node], _T | None]) -> _T | None:
        node = self.fields.get(key)
        return None if node is None else read(node)

    def text(self, key: str) -> str | None:
        return self.take(key, lambda node: self.reader.text(node, f"`{key}`"))

    def truth(self, key: str, *, default: bool) -> bool:
        found = self.take(key, lambda node: self.reader.truth(node, f"`{key}`"))
        return default if found is None else found

    def condition(self, key: str, names: Names) -> Condition | None:
        node = self.fields.get(key)
        return None if node is None else condition(self.reader, node, names)

    def need(self, key: str, why: str) -> None:
        if self.fields.get(key) is None:
            name = self.fields.get("id")
            who = f"`{name.value}`" if isinstance(name, Leaf) else "a standard"
            self.reader.wrong(name or self.fields, "missing-key", f"{who} has no `{key}`: {why}")


def read_standard(
    reader: Reader, source: StandardSource, fields: Fields, columns: Columns, *, with_cases: bool = True
) -> Standard | None:
    """The standard that the fields say: those of the source, or with overrides put in. None when something is wrong."""
    entry = _Entry(reader, fields, columns)
    before = len(reader.problems)
    _check_keys(entry)
    levels = _levels(entry)
    subject = _subject(entry, levels)
    frames = _frames(levels) if subject is None else (subject,)
    values = _values(entry)
    names = Names(columns, frames, frames, values)
    share = entry.take("share", lambda node: entry_parts.share(reader, node, names))
    limit = entry.take("limit", lambda node: entry_parts.limit(reader, node, values))
    escalations = entry.take("escalate", lambda node: entry_parts.escalations(reader, node, names)) or ()
    severity = entry.take("severity", lambda node: reader.word(node, Severity, "`severity`"))
    identity, title, flag = _identity(entry), entry.text("title"), _flag(entry)
    found_cases = entry.take("cases", lambda node: cases(reader, node, columns, frames)) if with_cases else None
    _shape(entry, levels)
    standard = Standard(
        id=identity or "?",
        title=title or "?",
        pack=source.pack,
        place=source.node.source,
        levels=levels,
        severity=severity or Severity.INFO,
        applies_to=entry.condition("applies_to", names) or AllOf((), fields.source),
        require=entry.condition("require", names),
        unless=entry.condition("unless", names),
        flag=flag or (identity or "?").lower(),
        content=_content(fields, flag or (identity or "?").lower()),
        why=entry.text("why"),
        reference=entry.text("source"),
        kinds=entry.take("kinds", lambda node: _kinds(reader, node)) or (),
        subject=subject,
        enabled=entry.truth("enabled", default=True),
        mode=entry.take("mode", lambda node: reader.word(node, Mode, "`mode`")),
        values=_named(values),
        hold_for=entry.take("for", lambda node: reader.duration(node, "`for`")),
        message=_message(entry, names),
        fix=entry.text("fix"),
        escalations=escalations,
        waiver=entry.take("waiver", lambda node: entry_parts.waiver(reader, node)) or WaiverRule(),
        cases=found_cases or (),
        share=share,
        limit=limit,
        flag_offenders=entry.truth("flag_offenders", default=False),
    )
    return standard if len(reader.problems) == before else None


def _check_keys(entry: _Entry) -> None:
    entry.reader.keys(entry.fields, KEYS, "a standard")
    for key, why in (
        ("id", "it is what waivers and labels name"),
        ("title", "people read it"),
        ("level", "write item, project, programme or portfolio"),
        ("severity", "write info, minor, major or critical"),
    ):
        entry.need(key, why)


def _frames(levels: tuple[Level, ...]) -> tuple[Frame, ...]:
    """Where items and nodes of these levels stand; without a level as an item."""
    is_node = any(level is not Level.ITEM for level in levels)
    frames = ((Frame.ITEM,) if Level.ITEM in levels else ()) + ((Frame.NODE,) if is_node else ())
    return frames or (Frame.ITEM,)


def _subject(entry: _Entry, levels: tuple[Level, ...]) -> Frame | None:
    """What is judged in place of the item or node itself."""
    node = entry.fields.get("subject")
    if node is None:
        return None
    word = node.value if isinstance(node, Leaf) else None
    if not isinstance(word, str) or word not in _SUBJECTS:
        message = f"{shown(node)} is no subject; leave it out to judge the item or the node itself"
        hint = suggestion(str(word), _SUBJECTS) or f"it is one of {', '.join(_SUBJECTS)}"
        entry.reader.wrong(node, "unknown-word", message, hint)
        return None
    frame, allowed = _SUBJECTS[word]
    if levels and (len(levels) > 1 or levels[0] not in allowed):
        known = " or ".join(f"`level: {level}`" for level in allowed)
        entry.reader.wrong(entry.fields.get("level") or node, "wrong-type", f"a {word} is reported at {known}")
    for name, why in (
        ("kinds", "kinds are of items: ask for them at an end, `successor: {kind: [task]}`"),
        ("share", "a share counts items, leaves, links or children: leave `subject` out"),
    ):
        if (key := entry.fields.key(name)) is not None:
            entry.reader.wrong(key, "wrong-type", why)
    return frame


def _shape(entry: _Entry, levels: tuple[Level, ...]) -> None:
    """A standard either requires something or limits a share."""
    key_share, key_require = entry.fields.key("share"), entry.fields.key("require")
    if key_share is None:
        entry.need("require", "say what must hold, or give a `share` and a `limit`")
        for name in ("limit", "flag_offenders"):
            if (key := entry.fields.key(name)) is not None:
                entry.reader.wrong(key, "missing-key", f"`{name}` belongs to a `share`, which is not there")
        return
    entry.need("limit", "a share needs `limit: {fail_above: 5%}`")
    if key_require is not None:
        entry.reader.wrong(key_require, "wrong-type", "a share standard has a `limit`, not a `require`")
    if Level.ITEM in levels:
        entry.reader.wrong(
            key_share, "wrong-type", "a share is judged on a project, programme or portfolio, not on an item"
        )
    if (kinds := entry.fields.key("kinds")) is not None:
        entry.reader.wrong(kinds, "wrong-type", "the kinds of a share standard stand in `among`: `kind: [task]`")


def _identity(entry: _Entry) -> str | None:
    text = entry.text("id")
    if text is not None and not ID.fullmatch(text):
        node = entry.fields.get("id") or entry.fields
        entry.reader.wrong(node, "wrong-type", f"`{text}` is no id: letters, digits, `-`, `_` and `.` make one")
    return text


def _flag(entry: _Entry) -> str | None:
    text = entry.text("flag")
    if text is not None and not _FLAG.fullmatch(text):
        node = entry.fields.get("flag") or entry.fields
        entry.reader.wrong(node, "wrong-type", f"`{text}` is no flag: small letters, digits, `-`, `_` and `.` make one")
    return text


def _levels(entry: _Entry) -> tuple[Level, ...]:
    def read(node: Node) -> tuple[Level, ...]:
        return tuple(dict.fromkeys(entry.reader.several(node, lambda item: entry.reader.word(item, Level, "`level`"))))

    return entry.take("level", read) or ()


def _kinds(reader: Reader, node: Node) -> tuple[Kind, ...]:
    return reader.several(node, lambda item: reader.word(item, Kind, "`kinds`"))


def _values(entry: _Entry) -> dict[str, Node]:
    """The named values; the numbers of `limit` are values under their own keys, which `values` overrides."""
    found: dict[str, Node] = {}
    limit, values = entry.fields.get("limit"), entry.fields.get("values")
    if isinstance(limit, Fields):
        found |= {str(key.value): node for key, node in limit if key.value in LIMIT_KEYS}
    if values is not None and (fields := entry.reader.fields(values, "`values`")) is not None:
        found |= {str(key.value): node for key, node in fields}
    return found


def _named(values: Mapping[str, Node]) -> tuple[NamedValue, ...]:
    return tuple(NamedValue(name, _shown(node), node.source) for name, node in values.items())


def _shown(node: Node) -> str:
    value = plain(node)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _message(entry: _Entry, names: Names) -> str | None:
    template = entry.text("message")
    node = entry.fields.get("message")
    if template is None or node is None:
        return None
    facts = FACTS | _ENDS if names.frames == (Frame.LINK,) else FACTS
    for name in placeholders(template):
        if name == "person" and names.frames == (Frame.PERSON_WEEK,):
            entry.reader.wrong(node, "wrong-type", "a message names no person: it is read where their names are not")
            continue
        is_column = names.columns.find(name, names.frames) is not None
        if not is_column and name not in names.values and name not in facts:
            known = {*names.columns.names(names.frames), *names.values, *facts}
            message = f"the message names `{name}`, which is no column of its subject and none of its values"
            entry.reader.wrong(node, "unknown-column", message, suggestion(name, known))
    return template


def _content(fields: Fields, flag: str) -> str:
    """Canonical text of what decides verdicts and marks."""
    kept = {str(key.value): plain(node) for key, node in fields if key.value in _JUDGING}
    return json.dumps({**kept, "flag": flag}, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
