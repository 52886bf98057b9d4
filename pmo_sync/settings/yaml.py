"""Strict YAML: one text → one tree of nodes, each with its place.

Less than YAML on purpose. Only true, false, null and plain numbers are special words; `NO`, `on`, `012`, `1:30` and
dates stay text. Duplicate keys, tags, several documents, control characters and everything that could blow up
(aliases, depth, size) are refused. The tree is built from the parser's events, so a bomb is met before it grows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn

import yaml
from yaml import events

from pmo_sync.model.problem import ConfigurationError, Problem, Texts
from pmo_sync.model.source import Entries, Fields, Leaf, Node, Scalar, Source
from pmo_sync.settings.slips import slip, usual

MAX_BYTES: Final = 2_000_000
MAX_DEPTH: Final = 50
MAX_NODES: Final = 100_000
MAX_ALIASES: Final = 50
MAX_PROBLEMS: Final = 100
"""So many mistakes of one file are told; nobody reads more, and each costs time and memory."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?")
_WORDS: Final[dict[str, Scalar]] = {"": None, "null": None, "true": True, "false": False}
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_LINES: Final = re.compile("\r\n|\r|\n")


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a file as the parser counts them, for showing the one that an error is about."""
    return tuple(_LINES.split(text))


def parse(text: str, file: str) -> Node:
    """The tree of one document; an empty text is an empty mapping. `file` goes into every Source.

    Raises:
        ConfigurationError: with every mistake that could be told; the first that stops the parser is the last.
    """
    tree, problems = read(text, file)
    if tree is None or problems:
        raise ConfigurationError(problems, Texts({file: lines_of(text[:MAX_BYTES])}))
    return tree


def read(text: str, file: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """As `parse`, but hands the problems back, and beside them the tree where the text could be read to its end."""
    problem = _unfit(text, file)
    if problem is not None:
        return None, (problem,)
    reader = _Reader(file, text)
    return reader.read(), tuple(reader.problems)


def _unfit(text: str, file: str) -> Problem | None:
    """What is wrong before any parsing: size, and characters that no text file has."""
    if len(text) > MAX_BYTES:
        return too_large(file)
    found = _CONTROL.search(text)
    if found is None:
        return None
    before = lines_of(text[: found.start()])
    place = Source(file, len(before), len(before[-1]) + 1)
    return Problem(
        "control-character",
        f"a control character, U+{ord(found[0]):04X}, stands in the file",
        place,
        "delete it; it cannot be seen in an editor that hides such characters",
    )


def too_large(file: str) -> Problem:
    """The problem of a file above MAX_BYTES."""
    return Problem(
        "too-large", f"{file} is larger than {MAX_BYTES // 1_000_000} MB", Source(file, 1, 1), "split it into files"
    )


def is_harmless(text: str) -> bool:
    """True for a text without control characters, which no file may hold."""
    return _CONTROL.search(text) is None


class _StopReading(Exception):  # noqa: N818 - a signal to stop, not an error
    """The text cannot be read further; the problem has been noted."""


@dataclass(slots=True)
class _Frame:
    """A collection that is being read. `key` is the key whose value comes next; for a mapping only."""

    source: Source
    mapping: bool
    anchor: str | None
    first: int
    items: list[Node] = field(default_factory=list)
    entries: list[tuple[Leaf, Node]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    key: Leaf | None = None

    def node(self) -> Node:
        if self.mapping:
            return Fields(tuple(self.entries), self.source)
        return Entries(tuple(self.items), self.source)


class _Reader:
    """Builds the tree from events, without recursion. `count` is how many nodes the tree would have unfolded."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.lines = lines_of(text)
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.count = 0
        self.aliases = 0
        self.documents = 0
        self.root: Node | None = None

    def read(self) -> Node | None:
        """The tree; None when a problem has stopped the reading."""
        try:
            for event in self._events():
                self._take(event)
                if len(self.problems) >= MAX_PROBLEMS:
                    self._stop("too-many", f"{MAX_PROBLEMS} mistakes so far", event, "mend these first")
        except _StopReading:
            return None
        nothing = self.root is None or (isinstance(self.root, Leaf) and self.root.value is None)
        return Fields((), Source(self.file, 1, 1)) if nothing else self.root

    def _events(self) -> Iterator[events.Event]:
        try:
            yield from yaml.parse(self.text, Loader=_LOADER)
        except yaml.YAMLError as error:
            self.problems.append(_syntax(error, self.file, self.text))
            raise _StopReading from None

    def _take(self, event: events.Event) -> None:
        match event:
            case events.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self._stop("documents", "a second document starts here", event, "keep one document in a file")
            case events.ScalarEvent():
                self._refuse_tag(event, event.tag)
                self._counted(event)
                self._place(self._leaf(event), event, event.anchor, 1)
            case events.MappingStartEvent() | events.SequenceStartEvent():
                self._refuse_tag(event, event.tag)
                self._counted(event)
                self._open(event)
            case events.MappingEndEvent() | events.SequenceEndEvent():
                frame = self.stack.pop()
                self._place(frame.node(), event, frame.anchor, self.count - frame.first + 1)
            case events.AliasEvent():
                self._alias(event)
            case _:
                pass

    def _open(self, event: events.MappingStartEvent | events.SequenceStartEvent) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self._stop("too-deep", f"more than {MAX_DEPTH} levels of nesting", event, "nothing here nests that deep")
        mapping = isinstance(event, events.MappingStartEvent)
        if self.stack and self.stack[-1].mapping and self.stack[-1].key is None:
            self._stop("key", "a key is a list or a mapping", event, "keys are text; a value with a brace needs quotes")
        self.stack.append(_Frame(self._source(event), mapping, event.anchor, self.count))

    def _alias(self, event: events.AliasEvent) -> None:
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            self._stop("aliases", f"more than {MAX_ALIASES} aliases", event, "write the values out")
        known = self.anchors.get(event.anchor or "")
        if known is None:
            self._stop("aliases", f"`*{event.anchor}` stands inside of what it names, or before it", event, None)
        node, size = known
        self._counted(event, size)
        if self.stack and self.stack[-1].mapping and self.stack[-1].key is None:
            self._stop("key", "a key is an alias", event, "write the key out")
        self._place(node, event, None, size)

    def _place(self, node: Node, event: events.NodeEvent | events.Event, anchor: str | None, size: int) -> None:
        """Puts a finished node where it belongs: as key, value, item or root."""
        if anchor is not None:
            self.anchors[anchor] = (node, size)
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if not frame.mapping:
            frame.items.append(node)
        elif frame.key is not None:
            frame.entries.append((frame.key, node))
            frame.key = None
        elif isinstance(node, Leaf) and isinstance(event, events.ScalarEvent):
            frame.key = self._key(event, node, frame)

    def _key(self, event: events.ScalarEvent, leaf: Leaf, frame: _Frame) -> Leaf:
        """The key as text, whatever it would be as a value; a second one of the same name is a problem."""
        name = event.value
        key = Leaf(name, leaf.source, leaf.width)
        if not name:
            self.problems.append(Problem("key", "a key is empty", leaf.source, "write a name before the colon"))
        elif name in frame.seen:
            hint = f"the first one is in line {frame.seen[name]}; keep one of them"
            self.problems.append(
                Problem("duplicate-key", f"`{shown(name)}` stands twice in one mapping", leaf.source, hint, leaf.width)
            )
        frame.seen.setdefault(name, leaf.source.line)
        return key

    def _leaf(self, event: events.ScalarEvent) -> Leaf:
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column if start and end and end.line == start.line else 1
        source = self._source(event)
        if _CONTROL.search(event.value):
            hint = "take the escape such as \\u0000 out"
            self.problems.append(Problem("control-character", "a control character in a text", source, hint, width))
        plain = event.implicit[0] and event.style in {None, ""}
        if plain and (pasted := slip(event.value)):
            self.problems.append(Problem("pasted", pasted[0], source, pasted[1], max(width, 1)))
        return Leaf(_resolve(event.value) if plain else event.value, source, max(width, 1))

    def _counted(self, event: events.Event, size: int = 1) -> None:
        self.count += size
        if self.count > MAX_NODES:
            self._stop("too-large", f"more than {MAX_NODES:,} values", event, "split the file, and write no bombs")

    def _refuse_tag(self, event: events.NodeEvent, tag: str | None) -> None:
        if tag is not None:
            hint = "take the tag out; every setting knows its own type"
            shown_tag = shown(tag.replace("tag:yaml.org,2002:", "!!"))
            self.problems.append(Problem("tag", f"`{shown_tag}` is a tag of YAML", self._source(event), hint))

    def _source(self, event: events.Event) -> Source:
        mark = event.start_mark
        if mark is None:
            return Source(self.file, 1, 1)
        # What is empty at the end of the text may be marked one line below the last.
        if mark.line < len(self.lines):
            return Source(self.file, mark.line + 1, mark.column + 1)
        return Source(self.file, len(self.lines), len(self.lines[-1]) + 1)

    def _stop(self, code: str, message: str, event: events.Event, hint: str | None) -> NoReturn:
        self.problems.append(Problem(code, message, self._source(event), hint))
        raise _StopReading


def _resolve(text: str) -> Scalar:
    """The value of a plain scalar. Numbers of more digits than a float or Int64 holds stay text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def shown(text: str, limit: int = 60) -> str:
    """A text of the file as an error repeats it: one line, no control characters, cut where it is long."""
    line = _CONTROL.sub("�", " ".join(text.split()))
    return line if len(line) <= limit else f"{line[:limit]}…"


def _syntax(error: yaml.YAMLError, file: str, text: str) -> Problem:
    """The parser's complaint with its place, and what it usually comes from."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = getattr(error, "problem", None) or "it cannot be read"
    if mark is None:
        return Problem("yaml", f"this is not YAML: {shown(str(said))}", Source(file, 1, 1))
    lines = lines_of(text)
    # The parser may notice at the end of the text, one line below the last.
    line = min(mark.line, len(lines) - 1)
    column = mark.column if line == mark.line else len(lines[line])
    return Problem(
        "yaml", f"this is not YAML: {shown(str(said))}", Source(file, line + 1, column + 1), usual(lines, line)
    )
