"""The demo portfolio: a project folder with no server behind it, dated relative to the status date."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from pmo_sync.errors import UsageError
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.vocabulary import VOCABULARY, ColumnType
from pmo_sync.settings.packs import packs_folder

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

_RELATIVE: Final = re.compile(r"@(?:([+-]\d{1,4})(d?))?")
_QUOTED: Final = re.compile(f'"({_RELATIVE.pattern})"')
_CALENDAR: Final = Calendar()
_TEMPLATE: Final = ".template"


def write_demo(folder: Path, *, today: date) -> None:
    """The folder is a project folder with the demo portfolio as it stands on `today`; it is made where it is missing.

    Same date, same bytes. A date moves with `today` in working days, Saturday and Sunday off, so that the planted
    stories hold on any day of the week.

    Raises:
        UsageError: the folder is a project folder already, is no folder, or cannot be written; nothing was replaced.
    """
    if (folder / "pmo.yaml").exists():
        raise UsageError(
            f"{folder} is a project folder already, so the demo was not written there.",
            advice="Choose another folder for it with --into.",
        )
    try:
        files = demo_files(today)
        for name, text in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"The demo cannot be written to {folder}: {error.strerror or error}.",
            advice="Choose a folder that you may write to with --into.",
        ) from error


def demo_files(today: date) -> dict[str, str]:
    """The files of the demo by their path in the project folder, sorted; `pmo.yaml` last, as it makes a folder one."""
    root = demo_folder()
    texts = {
        path.relative_to(root).as_posix().replace(_TEMPLATE, ""): _dated(path, today)
        for path in root.rglob("*")
        if path.suffix in {".yaml", ".jsonl"}
    }
    return {name: texts[name] for name in sorted(texts, key=lambda name: (name == "pmo.yaml", name))}


def demo_folder() -> Path:
    """Where the demo is kept: beside the shipped packs."""
    return packs_folder().parent / "demo"


def _dated(path: Path, today: date) -> str:
    text = path.read_text(encoding="utf-8")
    if not path.stem.endswith(_TEMPLATE):
        return text
    if path.suffix == ".jsonl":
        return "".join(f"{_line(line, today)}\n" for line in text.splitlines())
    return _QUOTED.sub(lambda match: _day(match[1], today).isoformat(), text)


def _line(line: str, today: date) -> str:
    item: dict[str, Json] = json.loads(line)
    return json.dumps(_item(item, _type, today), ensure_ascii=False)


def _item(item: Mapping[str, Json], type_of: Callable[[str], ColumnType | None], today: date) -> dict[str, Json]:
    """The item with its relative dates replaced; `fields` holds columns of the PMO's own, all read as dates."""
    dated: dict[str, Json] = {}
    for name, value in item.items():
        if name == "fields" and isinstance(value, dict):
            dated[name] = _item(value, lambda _: ColumnType.DATE, today)
        elif isinstance(value, str) and _RELATIVE.fullmatch(value):
            dated[name] = _moment(value, type_of(name), today)
        else:
            dated[name] = value
    return dated


def _type(name: str) -> ColumnType | None:
    column = VOCABULARY.get(name)
    return column.type if column else None


def _moment(text: str, type_: ColumnType | None, today: date) -> str:
    """A date in ISO form; for a time nine o'clock UTC of that day; in any other column the text as it stands."""
    if type_ is ColumnType.DATE:
        return _day(text, today).isoformat()
    if type_ is ColumnType.TIME:
        return f"{_day(text, today).isoformat()}T09:00:00Z"
    return text


def _day(text: str, today: date) -> date:
    """`@` is the status date, `@+3` three working days after it, `@-5d` five calendar days before it."""
    match = _RELATIVE.fullmatch(text)
    amount = int(match[1]) if match and match[1] else 0
    return today + timedelta(days=amount) if match and match[2] else _CALENDAR.add_working_days(today, amount)
