"""What pydantic finds wrong, as problems with their place in the file and in our own words. All at once.

`loc` of pydantic names keys, list indexes and, for unions, the tag of the member it chose. Our tags are written in
angle brackets (`model.options`), so they are known for what they are and dropped on the way back to the YAML node.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pmo_sync.model.options import Options
from pmo_sync.model.problem import Problem, near, suggestion
from pmo_sync.model.source import Entries, Fields, Leaf, Node, Source, plain
from pmo_sync.settings.keys import keys_of
from pmo_sync.settings.yaml import shown

M = TypeVar("M", bound=Options)
Loc: TypeAlias = tuple[int | str, ...]


def validate(model: type[M], node: Node, what: str) -> tuple[M | None, tuple[Problem, ...]]:
    """The options a tree says, or every problem it has. `what` names the whole: `pmo.yaml`."""
    if not isinstance(node, Fields):
        return None, (Problem("wrong-type", f"{what} is {_kind(node)}, not a mapping of settings", node.source),)
    try:
        return model.model_validate(plain(node)), ()
    except ValidationError as error:
        details = _without_consequences(model, error.errors(include_url=False))
        return None, tuple(dict.fromkeys(_problem(model, node, what, detail) for detail in details))


def _without_consequences(model: type[Options], details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leaves out that a key is missing where it stands there misspelt: that is told already."""
    strange = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    meant = {(loc[:-1], word) for loc in strange for word in near(str(loc[-1]), keys_of(model, loc[:-1]))}
    return [
        detail
        for detail in details
        if detail["type"] != "missing" or (detail["loc"][:-1], detail["loc"][-1]) not in meant
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a `loc` ends in the tree: the key it stands under, the node there, and the path as people write it."""

    key: Leaf | None
    node: Node
    path: str
    found: bool

    @property
    def source(self) -> Source:
        """Where to point for the value."""
        return self.node.source

    @property
    def width(self) -> int:
        """How wide the value is; of a collection only its first character is marked."""
        return self.node.width if isinstance(self.node, Leaf) else 1


def locate(node: Node, loc: Iterable[int | str]) -> Place:
    """Walks as far along `loc` as the tree goes; `found` tells whether its last part was there."""
    key: Leaf | None = None
    path = ""
    found = True
    for part in loc:
        if isinstance(part, str) and part.startswith("<"):
            continue
        step = _step(node, part)
        found = step is not None
        if isinstance(part, str) and (found or isinstance(node, Fields)):
            path = f"{path}.{part}" if path else part
        elif isinstance(part, int) and found:
            path = f"{path}[{part}]"
        if step is not None:
            key, node = step
    return Place(key, node, path, found)


def _step(node: Node, part: int | str) -> tuple[Leaf | None, Node] | None:
    if isinstance(node, Fields):
        return next(((key, value) for key, value in node.entries if key.value == part), None)
    if isinstance(node, Entries) and isinstance(part, int) and part < len(node.items):
        return None, node.items[part]
    return None


def _problem(model: type[Options], root: Fields, what: str, detail: ErrorDetails) -> Problem:
    loc = detail["loc"]
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_key(model, root, what, loc)
        case "missing":
            return _missing(root, what, loc[:-1], str(loc[-1]))
        case "union_tag_not_found":
            return _no_tag(root, what, loc)
        case "union_tag_invalid":
            return _wrong_tag(root, loc, detail)
    if loc and loc[-1] == "[key]":
        return _wrong_key(root, loc, detail)
    place = locate(root, loc)
    code, message, hint = _words(place, detail)
    return Problem(code, message, place.source, hint, place.width)


def _unknown_key(model: type[Options], root: Fields, what: str, loc: Loc) -> Problem:
    name = str(loc[-1])
    parent = locate(root, loc[:-1])
    key = locate(root, loc).key
    known = keys_of(model, loc[:-1])
    said = {str(other.value) for other, _ in parent.node} if isinstance(parent.node, Fields) else set()
    hint = suggestion(name, known - said) or suggestion(name, known)
    hint = hint or (f"known here: {_listed(sorted(known))}" if known else None)
    message = f"`{shown(name)}` is not a setting of {f'`{parent.path}`' if parent.path else what}"
    if key is None:
        return Problem("unknown-key", message, parent.source, hint)
    return Problem("unknown-key", message, key.source, hint, key.width)


def _missing(root: Fields, what: str, loc: Loc, name: str) -> Problem:
    place = locate(root, loc)
    message = f"{f'`{place.path}`' if place.path else what} lacks `{name}`"
    at = place.key if place.key is not None and isinstance(place.node, Fields) else None
    if at is None:
        return Problem("missing-key", message, place.source, f"add `{name}:`", place.width)
    return Problem("missing-key", message, at.source, f"add `{name}:` below it", at.width)


def _no_tag(root: Fields, what: str, loc: Loc) -> Problem:
    place = locate(root, loc)
    if isinstance(place.node, Fields):
        return _missing(root, what, loc, _tag_key(loc))
    message = f"`{place.path}` is {_kind(place.node)}, not a mapping"
    return Problem("wrong-type", message, place.source, None, place.width)


def _tag_key(loc: Loc) -> str:
    """The key that tells the members of a union apart."""
    return "kind" if loc[0] == "trackers" else "by"


def _wrong_tag(root: Fields, loc: Loc, detail: ErrorDetails) -> Problem:
    context = detail.get("ctx", {})
    known = [word.strip("<>") for word in _QUOTED.findall(str(context.get("expected_tags", "")))]
    word = str(context.get("tag", "")).strip("<>")
    place = locate(root, loc)
    if known and set(known) <= {"text", "list", "mapping"}:
        wanted = " or ".join(_SHAPES[shape] for shape in known)
        message = f"`{place.path}` is {_kind(place.node)}, not {wanted}"
        return Problem("wrong-type", message, place.source, None, place.width)
    name = _tag_key(loc)
    place = locate(root, (*loc, name))
    message = f"`{shown(word)}` is no `{name}` we know; known: {_listed(known)}"
    return Problem("unknown-word", message, place.source, suggestion(word, known), place.width)


_SHAPES: Final = {"text": "a text", "list": "a list", "mapping": "a mapping"}


def _wrong_key(root: Fields, loc: Loc, detail: ErrorDetails) -> Problem:
    place = locate(root, loc[:-1])
    key = place.key or Leaf(None, place.source)
    name = str(key.value)
    outer = locate(root, loc[:-2]).path
    context: dict[str, Any] = detail.get("ctx", {})
    if detail["type"] in {"enum", "literal_error"}:
        known = _expected(context)
        message = f"`{shown(name)}` is not a key of `{outer}`; known: {_listed(known)}"
        return Problem("unknown-key", message, key.source, suggestion(name, known), key.width)
    said, _, hint = str(context.get("error", detail["msg"])).partition("; ")
    return Problem("wrong-value", f"`{outer}`, `{shown(name)}`: {said}", key.source, hint or None, key.width)


def _words(place: Place, detail: ErrorDetails) -> tuple[str, str, str | None]:
    """Code, sentence and hint for what is wrong with one value."""
    context: dict[str, Any] = detail.get("ctx", {})
    error = detail["type"]
    path = f"`{place.path}`"
    if error in {"value_error", "assertion_error"}:
        said, _, hint = str(context["error"]).partition("; ")
        code = "literal-secret" if said.startswith(_SECRET) else "wrong-value"
        return code, f"{path}: {said}", hint or None
    if error in {"enum", "literal_error"}:
        return _one_of(place, context)
    if error.endswith("too_short") and isinstance(place.node, Leaf):
        return "wrong-value", f"{path} is {_kind(place.node)}", "write something, or take the key out"
    if error in _BOUNDS:
        template, key = _BOUNDS[error]
        return "wrong-value", f"{path} is {_kind(place.node)}, but {template.format(context[key])}", None
    wanted = next((words for start, words in _WANTED.items() if error.startswith(start)), None)
    if wanted is None:
        return "wrong-value", f"{path}: {detail['msg'].lower()}", None
    return "wrong-type", f"{path} is {_kind(place.node)}, not {wanted}", _way_out(place.node, wanted)


def _one_of(place: Place, context: dict[str, Any]) -> tuple[str, str, str | None]:
    known = _expected(context)
    value = place.node.value if isinstance(place.node, Leaf) else None
    message = f"`{place.path}` is {_kind(place.node)}; known: {_listed(known)}"
    hint = suggestion(value, known) if isinstance(value, str) else None
    return "unknown-word", message, hint


def _expected(context: dict[str, Any]) -> list[str]:
    """The words that pydantic would have taken: each stands in quotes, or is a number."""
    said = str(context.get("expected", ""))
    return _QUOTED.findall(said) or [said]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


_QUOTED: Final = re.compile("'([^']*)'")


_SECRET: Final = ("a secret may not", "a password may not")  # as connectors.options begins these sentences
_BOUNDS: Final = {
    "greater_than_equal": ("must be at least {:g}", "ge"),
    "greater_than": ("must be more than {:g}", "gt"),
    "less_than_equal": ("must be at most {:g}", "le"),
    "less_than": ("must be less than {:g}", "lt"),
    "too_short": ("must have at least {} entry", "min_length"),
}
_WANTED: Final = {
    "int_": "a whole number",
    "float_": "a number",
    "finite_": "a number",
    "bool_": "true or false",
    "string_": "text",
    "tuple_": "a list",
    "list_": "a list",
    "dict_": "a mapping",
    "model_": "a mapping",
}


def _kind(node: Node) -> str:
    """What stands there, for a sentence. Never more of a text than one short line."""
    match node:
        case Fields():
            return "a mapping"
        case Entries():
            return "a list" if node.items else "an empty list"
        case Leaf(value=None):
            return "empty"
        case Leaf(value=bool()):
            return f"`{str(node.value).lower()}`"
        case Leaf(value=str()):
            return f"the text `{shown(str(node.value))}`" if node.value else "an empty text"
        case Leaf():
            return f"the number {node.value}"


def _way_out(node: Node, wanted: str) -> str | None:
    if not isinstance(node, Leaf) or node.value is None:
        return None
    if wanted == "a list":
        return f"write it in brackets: `[{shown(str(node.value), 30)}]`"
    if wanted == "text":
        return f'put it in quotes: `"{shown(str(node.value), 30)}"`'
    if "number" in wanted and any(letter.isdigit() for letter in str(node.value)):
        return "write a plain number such as `20` or `0.5`, without quotes"
    if wanted == "true or false":
        return "only the words true and false are yes and no"
    return None
