"""Lists in files that people write too: entries are put in and taken out, and the rest of the text stays as it was.

Nothing is ever written that does not read back as what was meant: the caller says what must be there afterwards.
"""

from __future__ import annotations

import codecs
import fcntl
import json
import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from pmo_sync.errors import UsageError
from pmo_sync.model.problem import ConfigurationError, Problem, Texts
from pmo_sync.model.source import Entries, Fields, Leaf, Node
from pmo_sync.settings import yaml
from pmo_sync.settings.files import Reading

T = TypeVar("T")
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]*(?: [A-Za-z0-9._-]+)*")
_WORDS: Final = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True, slots=True)
class ListFile(Generic[T]):
    """One file with one list that matters.

    Attributes:
        path, name: where it is, and how messages call it.
        read: the entries of a tree, or what is wrong with them.
    """

    path: Path
    name: str
    read: Callable[[Node, str], tuple[tuple[T, ...], tuple[Problem, ...]]]

    def change(self, how: Callable[[str, tuple[T, ...]], tuple[str, tuple[T, ...]] | None], advice: str) -> bool:
        """Changes the file, one at a time. `how` is given the text and its entries, and gives the new text and the
        entries it must hold; None: nothing is to be done. The file is written whole, or not at all; of a link the file
        that it leads to.

        False when nothing was to be done. Raises UsageError with `advice` when the new text does not read as it must,
        and when the file cannot be written; ConfigurationError when it cannot be read as it stands.
        """
        path = Path(os.path.realpath(self.path))
        with _alone(path.parent, self.name):
            text = self._text()
            changed = how(text, self.entries(text))
            if changed is None:
                return False
            after, wanted = changed
            if self._entries_or_none(after) != wanted:
                raise UsageError(f"{self.name} is written in a way that cannot be changed here", advice=advice)
            if self._text() != text:
                message = f"{self.name} was changed by somebody else meanwhile"
                raise UsageError(message, advice="nothing was written: save it there, and do this again")
            _write(path, after, self.name)
        return True

    def entries(self, text: str) -> tuple[T, ...]:
        """The entries of a text. Raises ConfigurationError with what is wrong in it."""
        found, problems = self.read(yaml.parse(text, self.name), self.name)
        if problems:
            raise ConfigurationError(problems, Texts({self.name: yaml.lines_of(text)}))
        return found

    def _entries_or_none(self, text: str) -> tuple[T, ...] | None:
        try:
            return self.entries(text)
        except ConfigurationError:
            return None

    def _text(self) -> str:
        reading = Reading(self.path.parent)
        text = reading.text(self.path, self.name, optional=True)
        if text is None:
            raise ConfigurationError(reading.problems, Texts(reading.lines))
        return text


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """One at a time from reading the file to writing it, so that no entry of two at once is lost."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        message = f"{name} cannot be written: {error.strerror}"
        raise UsageError(message, advice="mend the permissions of its folder") from None
    try:
        with suppress(OSError):  # a file system without locks: as good as before
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def scalar(text: str) -> str:
    """A text as YAML has it in any place; JSON's quotes are YAML's too, so that no name can break out of its place."""
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def one_line(text: str, what: str) -> str:
    """A text that people gave, on one line. Raises UsageError when nothing is left, or it holds control characters."""
    line = " ".join(text.split())
    if not line:
        raise UsageError(f"the {what} is empty", advice="say it in a few words")
    if not yaml.is_harmless(line):
        raise UsageError(f"the {what} holds a control character", advice="type it anew, without it")
    return line


def with_entry(text: str, key: str, entry: Sequence[str], file: str, *, flow: str | None = None) -> str:
    """The text with one entry more at the end of the list under a key, which is made where it is missing.

    `entry` are its lines without dash and indentation; `flow` the same on one line, for a list in brackets.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    tree = yaml.parse(text, file)
    node = tree.get(key) if isinstance(tree, Fields) else None
    at = tree.key(key) if isinstance(tree, Fields) else None
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    if at is None:
        return "".join(lines) + f"{key}:{end}" + _block(entry, 2, end)
    if isinstance(node, Entries) and not _is_flow(node, lines):
        indent = node.source.column - 1
        after = last_line(node.items[-1], lines, indent)
        return "".join([*lines[:after], _block(entry, indent, end), *lines[after:]])
    if isinstance(node, Entries) and not node.items and flow is None:
        return _instead_of_brackets(lines, at, node, _block(entry, at.source.column + 1, end))
    if isinstance(node, Leaf):
        return _instead_of_nothing(lines, key, at, _block(entry, at.source.column + 1, end))
    return _into_brackets(lines, node, flow or ", ".join(entry))


def without_lines(text: str, gone: Collection[int]) -> str:
    """The text without the lines of these numbers, counted from 1."""
    kept = (line for number, line in enumerate(text.splitlines(keepends=True), start=1) if number not in gone)
    return "".join(kept)


def _block(entry: Sequence[str], indent: int, end: str) -> str:
    blanks = " " * indent
    return "".join(f"{blanks}{'  ' if number else '- '}{line}{end}" for number, line in enumerate(entry))


def _is_flow(node: Entries, lines: list[str]) -> bool:
    return lines[node.source.line - 1][node.source.column - 1] == "["


def last_line(node: Node, lines: Sequence[str], indent: int) -> int:
    """The number of the last line of an entry: of what begins in it, and what is indented deeper than its dash."""
    at = _last_start(node)
    for number in range(at, len(lines)):
        line = lines[number].rstrip()
        if line and len(line) - len(line.lstrip(" ")) <= indent:
            break
        at = number + 1 if line else at
    return at


def _last_start(node: Node) -> int:
    """The last line on which something of the node begins."""
    match node:
        case Fields():
            return max([node.source.line, *(max(key.source.line, _last_start(value)) for key, value in node)])
        case Entries():
            return max([node.source.line, *(_last_start(item) for item in node.items)])
        case Leaf():
            return node.source.line


def _instead_of_nothing(lines: list[str], key: str, at: Leaf, block: str) -> str:
    """`key:` with nothing, or null, behind it: a list begins below it."""
    line = at.source.line
    head = re.sub(rf"({re.escape(key)}:)[ \t]*null\b", r"\1", lines[line - 1], count=1)
    return "".join([*lines[: line - 1], head, block, *lines[line:]])


def _instead_of_brackets(lines: list[str], at: Leaf, node: Entries, block: str) -> str:
    """`key: []` on one line: a list begins below it. Brackets over several lines stay, and the change is refused."""
    line = at.source.line
    head = re.sub(r"\[\s*\]", "", lines[line - 1], count=1)
    kept = re.sub(r"[ \t]+(\r?\n)$", r"\1", head) if node.source.line == line else lines[line - 1]
    return "".join([*lines[: line - 1], kept, block, *lines[line:]])


def _into_brackets(lines: list[str], node: Node | None, entry: str) -> str:
    """Before the bracket that closes the list: the last one of the file, whatever comments follow."""
    text = "".join(lines)
    at = _closing(text, lines, node)
    items = node.items if isinstance(node, Entries) else ()
    head = text[:at].rstrip()
    comma = "" if not items or head.endswith(",") else ","
    space = " " if items else ""
    return f"{head}{comma}{space}{entry}{text[at:]}"


def _closing(text: str, lines: list[str], node: Node | None) -> int:
    """The offset of the bracket that closes a flow list: the first after its last entry that is not in a comment."""
    line = _last_start(node) if node else 1
    start = sum(len(part) for part in lines[: line - 1])
    brackets = [match.start() for match in re.finditer(r"\]", text) if match.start() >= start]
    outside = [at for at in brackets if "#" not in text[text.rfind("\n", 0, at) + 1 : at]]
    return (outside or brackets)[-1] if outside or brackets else len(text)


def _write(path: Path, text: str, name: str) -> None:
    """The file whole, or as it was: never half of it. Its permissions stay, and a mark of its encoding."""
    try:
        mode, encoding = 0o644, "utf-8"
        if path.exists():
            mode = path.stat().st_mode & 0o777
            encoding = "utf-8-sig" if path.read_bytes().startswith(codecs.BOM_UTF8) else encoding
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding=encoding, newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(mode)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            f"{name} cannot be written: {error.strerror}", advice="mend the permissions of its folder"
        ) from None
