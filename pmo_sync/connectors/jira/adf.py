"""Rich text as Jira Cloud keeps it (Atlassian document format), to and from plain text.

What we write holds paragraphs, hard breaks and text nodes only, so no text can become a mention, a link or a macro.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

Node: TypeAlias = dict[str, "str | int | list[Node]"]
"""One node of a document that we write."""

_PARAGRAPHS: Final = "\n\n"
_LINES: Final = "\n"
_DEEPEST: Final = 60
_BLOCKS: Final = frozenset(
    {"paragraph", "heading", "blockquote", "codeBlock", "panel", "rule", "bulletList", "orderedList", "taskList"}
    | {"decisionList", "table", "mediaSingle", "mediaGroup", "expand", "nestedExpand", "layoutSection"}
)
_ROWS: Final = frozenset({"listItem", "taskItem", "decisionItem", "tableRow"})
_CELLS: Final = frozenset({"tableCell", "tableHeader"})
_SAID: Final = {"mention": "text", "emoji": "text", "status": "text", "inlineCard": "url", "blockCard": "url"}


def document(text: str) -> Node:
    """The document that says `text`: an empty line ends a paragraph, any other line end is a hard break."""
    return {"type": "doc", "version": 1, "content": [_paragraph(part) for part in text.split(_PARAGRAPHS)]}


def plain(value: object) -> str:
    """The words of any document; of a text the text itself, and nothing of what is neither.

    `plain(document(text)) == text` for every text.
    """
    return value if isinstance(value, str) else _words(value, 0)


def _paragraph(text: str) -> Node:
    content: list[Node] = []
    for number, line in enumerate(text.split(_LINES)):
        if number:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def _words(node: object, depth: int) -> str:
    if not isinstance(node, Mapping) or depth > _DEEPEST:
        return ""
    kind = node.get("type")
    if kind == "text":
        return _text(node.get("text"))
    if kind == "hardBreak":
        return _LINES
    if isinstance(kind, str) and kind in _SAID:
        attributes = node.get("attrs")
        return _text(attributes.get(_SAID[kind])) if isinstance(attributes, Mapping) else ""
    content = node.get("content")
    children = content if isinstance(content, list) else []
    return _between(children).join(_words(child, depth + 1) for child in children)


def _between(children: list[object]) -> str:
    """What stands between the children of one node, by what they are."""
    kinds = {kind for child in children if isinstance(child, Mapping) and isinstance(kind := child.get("type"), str)}
    if kinds & _BLOCKS:
        return _PARAGRAPHS
    if kinds & _ROWS:
        return _LINES
    return " | " if kinds & _CELLS else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
