"""A field's value between Jira and our normal form, by what the field's schema says it holds. Pure.

`stands` reads, `fit` says what will stand once a value is written, `wire` is what is sent for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Final

from pmo_sync.connectors.jira import adf
from pmo_sync.connectors.normal import moment, normal
from pmo_sync.model.change import Value

LINE_LIMIT: Final = 255
TEXT_LIMIT: Final = 32_767
_EXACT: Final = 2**53
_CUSTOM: Final = "customfield_"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\ud800-\udfff]")
_BREAKS: Final = re.compile(r"\s*[\r\n]\s*")
_MARKUP: Final = re.compile(r"[\\{}\[\]!]")
_ESCAPED: Final = re.compile(r"\\([\\{}\[\]!])")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_BETWEEN_WORDS: Final = re.compile(r"[,;\s]+")


class Form(Enum):
    """What a field holds, as far as it matters for writing. The values are words for people."""

    LINE = "a text of one line"
    TEXT = "a text"
    NUMBER = "a number"
    DAY = "a date"
    TIME = "a date with time"
    OPTION = "one option"
    OPTIONS = "several options"
    WORDS = "labels"
    OTHER = "something else"


class UnfitError(Exception):
    """The field cannot take the value: why, as the end of a sentence that begins with the field."""


_BY_TYPE: Final = {
    "string": Form.LINE,
    "number": Form.NUMBER,
    "date": Form.DAY,
    "datetime": Form.TIME,
    "option": Form.OPTION,
}
_BY_ITEMS: Final = {"option": Form.OPTIONS, "string": Form.WORDS}


def form_of(field_id: str, kind: str | None, items: str | None, custom: str | None) -> Form:
    """What a field holds, by its schema (`type`, `items`, `custom`). Fields of Jira's own are something else: they are
    people's, and never written to.
    """
    if not field_id.startswith(_CUSTOM):
        return Form.OTHER
    plugin = (custom or "").rpartition(":")[2]
    if plugin.startswith(("readonlyfield", "gh-", "jpo-")):
        return Form.OTHER
    if kind == "array":
        return _BY_ITEMS.get(items or "", Form.OTHER)
    if kind == "string" and plugin == "textarea":
        return Form.TEXT
    return _BY_TYPE.get(kind or "", Form.OTHER)


def stands(raw: object, form: Form, *, flags: bool = False, documents: bool = True) -> Value:
    """What Jira's value of a field says, in normal form. `flags`: a text is the words it holds; `documents`: rich text
    is a document or its words, else markup.
    """
    value = _read(raw, form, documents=documents)
    return _words(value) if flags else value


def fit(value: Value, form: Form, *, flags: bool = False) -> Value:
    """What will stand in the field once `value` is written. Raises UnfitError where it cannot be written."""
    if form is Form.OTHER:
        raise UnfitError("cannot be written by this version: it holds neither text, number, date, option nor label")
    if not value:
        return None
    if flags and form in (Form.LINE, Form.TEXT):
        _text(", ".join(_words(value) or ()), form)
        return _words(value)
    return _FITS[form](value, form)


def loose(value: Value, form: Form, *, flags: bool = False) -> Value:
    """As `fit`, for comparing: what does not fit stays in its normal form."""
    try:
        return fit(value, form, flags=flags)
    except UnfitError:
        return normal(value)


def wire(value: Value, form: Form, *, documents: bool) -> object:
    """The JSON that is sent for a value that `fit` has given. `documents`: rich text is a document, else markup."""
    if value is None:
        return None
    if form is Form.OPTIONS:
        return [{"value": one} for one in _listed(value)]
    if form is Form.WORDS:
        return list(_listed(value))
    text = ", ".join(_listed(value))
    if form is Form.TEXT:
        return adf.document(text) if documents else _escaped(text)
    return _WIRES[form](text)


def lacking(value: Value, form: Form, options: Iterable[str]) -> tuple[str, ...]:
    """The options of a value that a field does not know; none for a field without options."""
    if form not in (Form.OPTION, Form.OPTIONS) or value is None:
        return ()
    known = {option.strip() for option in options}
    return tuple(one for one in _listed(value) if one not in known)


def _listed(value: Value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()


def _read(raw: object, form: Form, *, documents: bool) -> Value:
    if isinstance(raw, bool) or raw is None:
        return None
    if isinstance(raw, list):
        return normal([text for one in raw if (text := _said(one))])
    if form is Form.NUMBER and isinstance(raw, int | float):
        return _shortest(float(raw))
    if form is Form.TIME and isinstance(raw, str):
        return moment(raw)
    if form is Form.TEXT:
        return normal(_plain(raw) if isinstance(raw, str) and not documents else adf.plain(raw))
    return normal(_said(raw))


def _said(one: object) -> str:
    """The words of one value that is no list: its own, or those of an option, user, version."""
    if isinstance(one, str):
        return one
    if isinstance(one, int | float):
        return _shortest(float(one)) or ""
    if isinstance(one, Mapping):
        found = (one.get(name) for name in ("value", "displayName", "name", "key"))
        return next((name for name in found if isinstance(name, str)), "")
    return ""


def _shortest(number: float) -> str | None:
    """A number without needless digits and never with an exponent."""
    if not math.isfinite(number):
        return None
    if number.is_integer():
        return str(int(number))
    text = repr(number)
    return text if "e" not in text else f"{number:.20f}".rstrip("0").rstrip(".")


def _words(value: Value) -> Value:
    found = _BETWEEN_WORDS.split(value) if isinstance(value, str) else value or ()
    return normal(found)


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)


def _text(value: Value, form: Form) -> Value:
    text = _clean(value if isinstance(value, str) else ", ".join(value or ()))
    if form is Form.LINE:
        text, limit, length = _BREAKS.sub(" ", text), LINE_LIMIT, len(text)
    else:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        limit, length = TEXT_LIMIT, len(_escaped(text))
    if length > limit:
        raise UnfitError(f"holds {limit} characters, and the value has {length}")
    return normal(text)


def _number(value: Value, _: Form) -> Value:
    text = value if isinstance(value, str) else ", ".join(value or ())
    try:
        number = _shortest(float(text))
    except ValueError:
        number = None
    if number is None:
        raise UnfitError(f'takes numbers, and "{text}" is none')
    return number


def _day(value: Value, _: Form) -> Value:
    text = value if isinstance(value, str) else ""
    try:
        return date.fromisoformat(text).isoformat() if _DAY.fullmatch(text) else _no_day(text)
    except ValueError:
        return _no_day(text)


def _no_day(text: str) -> Value:
    raise UnfitError(f'takes dates, and "{text}" is none')


def _time(value: Value, _: Form) -> Value:
    text = value if isinstance(value, str) else ""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UnfitError(f'takes dates with time and zone, and "{text}" is none')
    return moment(at.replace(microsecond=0).isoformat())


def _option(value: Value, _: Form) -> Value:
    if isinstance(value, tuple) and len(value) > 1:
        raise UnfitError(f"takes one option, not {len(value)}")
    return normal(_listed(value)[0])


def _options(value: Value, _: Form) -> Value:
    return normal(_listed(value))


def _labels(value: Value, _: Form) -> Value:
    words = normal(_listed(value))
    for word in _listed(words):
        if re.search(r"\s", word) or len(word) > LINE_LIMIT:
            raise UnfitError(f'takes words without blanks, of at most {LINE_LIMIT} characters, and "{word}" is none')
    return words


_FITS: Final[dict[Form, Callable[[Value, Form], Value]]] = {
    Form.LINE: _text,
    Form.TEXT: _text,
    Form.NUMBER: _number,
    Form.DAY: _day,
    Form.TIME: _time,
    Form.OPTION: _option,
    Form.OPTIONS: _options,
    Form.WORDS: _labels,
}


def _wire_number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _wire_time(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


_WIRES: Final[dict[Form, Callable[[str], object]]] = {
    Form.LINE: str,
    Form.NUMBER: _wire_number,
    Form.DAY: str,
    Form.TIME: _wire_time,
    Form.OPTION: lambda text: {"value": text},
}


def _escaped(text: str) -> str:
    """Wiki markup that shows `text` as it is: no macro, link, picture or mention comes of it."""
    return _MARKUP.sub(r"\\\g<0>", text)


def _plain(markup: str) -> str:
    """The text that `_escaped` was given; other markup stays as it is."""
    return _ESCAPED.sub(r"\1", markup)
