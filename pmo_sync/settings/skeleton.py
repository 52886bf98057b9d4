"""A new standard as a commented text that loads and whose cases hold, put at the end of a file of standards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pmo_sync.errors import UsageError
from pmo_sync.model.problem import ConfigurationError, Problem
from pmo_sync.model.source import Entries, Fields, Leaf, Node, plain
from pmo_sync.model.words import Level
from pmo_sync.settings import yaml
from pmo_sync.settings.lists import ListFile, one_line, scalar, with_entry

KEY: Final = "standards"
TITLES: Final = {Level.ITEM: "Work under way has a due date"}
NODE_TITLE: Final = "A {level} under way has a sponsor"
_ADVICE: Final = "name another file with --into, such as --into standards/own.yaml"


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What a new standard starts from. `title` None: one that says what the skeleton asks for."""

    id: str
    title: str | None
    level: Level
    flag: str

    @property
    def lines(self) -> list[str]:
        """Its entry in a file of standards, line by line, without dash and indentation."""
        is_item = self.level is Level.ITEM
        title = self.title or TITLES.get(self.level, NODE_TITLE.format(level=self.level.value))
        column, good, subject = ("due", "today", "key") if is_item else ("sponsor", "ann", "name")
        return [
            f"id: {scalar(self.id)}",
            f"title: {scalar(one_line(title, 'title'))}",
            "why: Say in one sentence what goes wrong where this is not met.   # teams read it",
            "source: House rule   # the paper or decision it comes from",
            f"level: {self.level.value}   # item, project, programme, portfolio, or a list",
            *(["kinds: [task, milestone]   # which items; without this line all of them"] if is_item else []),
            "severity: minor   # info, minor, major, critical",
            "mode: supportive   # it only reports; take this line out when it may flag",
            "# values: {soon: 10 working days}   # numbers that pmo.yaml may change; used as {value: soon}",
            "# Whom it is about: every entry must hold. All the words: docs/reference/vocabulary.md",
            "applies_to: {phase: doing}",
            "# What must hold. Say what must be, not what must not: what cannot be told is then unknown, not clean.",
            f"require: {{{column}: present}}",
            *(["unless: {on_hold: true}"] if is_item else []),
            *(
                [f"flag: {scalar(self.flag)}   # the label that teams see, after the prefix: choose plain words"]
                if is_item
                else []
            ),
            f'message: "{{{subject}}} has no {"due date" if is_item else column}"',
            "fix: Say what to do about it, in one sentence.",
            "# waiver: {max_age: 30 days, requires: [reason, approver]}",
            "# Its own examples; a column that is not named is empty, today is Monday 2026-11-23.",
            "cases:",
            f"  - pass: {{phase: doing, {column}: {good}}}",
            f"  - fail: {{phase: doing, {column}: null}}",
            f"  - n/a: {{phase: done, {column}: null}}",
            f"  - unknown: {{phase: doing, not_visible: [{column}]}}",
        ]


def append(folder: Path, name: str, new: Skeleton) -> None:
    """Puts the standard at the end of a file below the project folder, which is made where it is not there.

    What stood in the file stays as it was, letter by letter. Raises ConfigurationError when the file cannot be read,
    UsageError when it cannot be added to or written; then nothing has changed.
    """
    path = folder / name
    _folder_for(path, name)
    wanted = plain(yaml.parse("\n".join(new.lines), name))

    def added(text: str, before: tuple[object, ...]) -> tuple[str, tuple[object, ...]]:
        after = with_entry(text, KEY, new.lines, name)
        return _set_off(after, f"- {new.lines[0]}"), (*before, wanted)

    ListFile(path, name, _entries).change(added, _ADVICE)


def _set_off(text: str, first: str) -> str:
    """The text with an empty line above the line that begins the new entry, unless it begins the list."""
    lines = text.splitlines(keepends=True)
    at = next((number for number, line in enumerate(lines) if line.strip() == first), 0)
    above = lines[at - 1].strip() if at else ""
    end = "\r\n" if "\r\n" in text else "\n"
    return text if not above or above == f"{KEY}:" else "".join([*lines[:at], end, *lines[at:]])


def _folder_for(path: Path, name: str) -> None:
    if path.suffix not in {".yaml", ".yml"}:
        raise UsageError(f"{name} is no name for a file of standards", advice="end it with .yaml")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"the folder of {name} cannot be made: {error.strerror}", advice=_ADVICE) from None


def _entries(tree: Node, file: str) -> tuple[tuple[object, ...], tuple[Problem, ...]]:
    """The standards of a file as plain values."""
    node = tree.get(KEY) if isinstance(tree, Fields) else None
    others = [key for key, _ in tree if key.value != KEY] if isinstance(tree, Fields) else []
    if not isinstance(tree, Fields) or others:
        place = others[0] if others else tree
        return (), (Problem("wrong-type", f"{file} is not a file of standards", place.source, _ADVICE),)
    if node is None or (isinstance(node, Leaf) and node.value is None):
        return (), ()
    if not isinstance(node, Entries):
        return (), (Problem("wrong-type", "`standards` is not a list", node.source, "begin each with a dash"),)
    return tuple(plain(item) for item in node.items), ()


def refuse_taken(id_: str, where: str | None) -> None:
    """Raises ConfigurationError when a standard of this id is there already."""
    if where is not None:
        hint = "choose another id; to change it, write an override in pmo.yaml"
        raise ConfigurationError([Problem("duplicate", f"there is a standard `{id_}` already: {where}", None, hint)])
