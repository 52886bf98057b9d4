"""Rich text: the document format of v3 to and from the plain text of v2, and whether a document is one."""

from __future__ import annotations

BLOCKS = {
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "listItem",
    "codeBlock",
    "blockquote",
    "panel",
    "rule",
    "table",
    "tableRow",
    "tableCell",
    "tableHeader",
    "expand",
    "mediaSingle",
    "mediaGroup",
    "media",
    "taskList",
    "taskItem",
    "decisionList",
    "decisionItem",
    "blockCard",
}
INLINE = {"text", "hardBreak", "mention", "emoji", "inlineCard", "date", "status"}
ENDS_A_LINE = {"paragraph", "heading", "codeBlock", "tableRow", "rule", "hardBreak"}
DEEPEST = 50


def is_document(value: object) -> bool:
    """Whether it has the shape of a version 1 document made of nodes known here."""
    return (
        isinstance(value, dict)
        and value.get("type") == "doc"
        and value.get("version") == 1
        and isinstance(value.get("content"), list)
        and all(_is_node(node, BLOCKS, 1) for node in value["content"])
    )


def _is_node(node: object, allowed: set[str], depth: int) -> bool:
    if not isinstance(node, dict) or node.get("type") not in allowed or depth > DEEPEST:
        return False
    if node["type"] == "text":
        return isinstance(node.get("text"), str) and bool(node["text"])
    content = node.get("content", [])
    return isinstance(content, list) and all(_is_node(one, BLOCKS | INLINE, depth + 1) for one in content)


def document(text: str) -> dict[str, object]:
    """A document that shows the text: an empty line ends a paragraph, any other line end is a hard break."""
    parts = text.replace("\r\n", "\n").split("\n\n") if text else []
    return {"type": "doc", "version": 1, "content": [_paragraph(part) for part in parts]}


def _paragraph(text: str) -> dict[str, object]:
    content: list[dict[str, object]] = []
    for number, line in enumerate(text.split("\n")):
        content += [{"type": "hardBreak"}] if number else []
        content += [{"type": "text", "text": line}] if line else []
    return {"type": "paragraph", "content": content}


def plain(value: object) -> str:
    """The text of a document, an empty line between its blocks, or the text itself."""
    if isinstance(value, str):
        return value
    blocks = value.get("content") if isinstance(value, dict) else None
    texts = ["".join(_text(block)).removesuffix("\n") for block in blocks] if isinstance(blocks, list) else []
    return "\n\n".join(texts)


def _text(node: object) -> list[str]:
    if not isinstance(node, dict):
        return []
    content = node.get("content")
    words = [text for one in content for text in _text(one)] if isinstance(content, list) else []
    if node.get("type") == "text":
        words.append(str(node.get("text", "")))
    if node.get("type") in ENDS_A_LINE:
        words.append("\n")
    return words
