"""The demo portfolio: a project folder for the tracker that the demo starts, dated relative to the status date."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from pmo_sync.errors import UsageError
from pmo_sync.model.calendar import Calendar
from pmo_sync.model.vocabulary import VOCABULARY, ColumnType
from pmo_sync.settings.packs import packs_folder
from pmo_sync.settings.schema import schema

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

_RELATIVE: Final = re.compile(r"@(?:([+-]\d{1,4})(d?))?")
_QUOTED: Final = re.compile(f'"({_RELATIVE.pattern})"')
_CALENDAR: Final = Calendar()
_TEMPLATE: Final = ".template"
STATE: Final = ".pmo-sync"
ITEMS: Final = "items.jsonl"
TOKEN: Final = f"{STATE}/demo-token"
SCHEMA: Final = f"{STATE}/schema.json"
_MARK: Final = re.compile(rf"^\s+token_file:\s*{re.escape(TOKEN)}\s*(#.*)?$", re.MULTILINE)
_URL: Final = re.compile(r"^(?P<head>\s+url:\s*)(?P<url>http://127\.0\.0\.1:(?P<port>\d{1,5}))(?=\s|$)", re.MULTILINE)


def write_demo(folder: Path, *, today: date) -> None:
    """The folder is a project folder with the demo portfolio as it stands on `today`; it is made where it is missing.

    Same date, same bytes. A date moves with `today` in working days, Saturday and Sunday off, so that the planted
    stories hold on any day of the week. A file that is there already stays as it is. The schema that its files name
    to an editor is there too.

    Raises:
        UsageError: the folder is a project folder already, is no folder, or cannot be written; nothing was replaced.
    """
    if (folder / "pmo.yaml").exists():
        raise UsageError(
            f"{folder} is a project folder already, so the demo was not written there.",
            advice="Choose another folder for it with --into.",
        )
    try:
        # The first lines of the demo's files name the schema to the editor.
        files = {SCHEMA: json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"} | demo_files(today)
        for name, text in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():  # left by a start that was stopped, and perhaps edited since
                _write(target, text)
    except OSError as error:
        raise _unwritable(folder, error) from error


def is_demo(folder: Path) -> bool:
    """True for a folder that the demo wrote: its pmo.yaml names the demo's own token. False where there is no pmo.yaml.

    Raises UsageError for a pmo.yaml that is there and belongs to something else, or cannot be read, and for a folder
    without one in which a file of the demo's would take the place of somebody's.
    """
    settings = folder / "pmo.yaml"
    if settings.exists():
        if _MARK.search(_read(settings)):
            return True
        what = f"{folder} is a project folder of its own, not the demo's; nothing was written there."
    elif folder.exists() and not (folder / STATE).exists() and (taken := _taken(folder)):
        what = f"{folder} holds {taken} already, which the demo would replace; nothing was written there."
    else:
        return False
    raise UsageError(what, advice="Choose another folder for the demo with --into.")


def _taken(folder: Path) -> str | None:
    return next((name for name in demo_files(date(2026, 1, 5)) if (folder / name).exists()), None)


def port_of(folder: Path) -> int | None:
    """The port in the address of the demo's tracker; None where pmo.yaml names none on this computer."""
    found = _URL.search(_read(folder / "pmo.yaml"))
    return int(found["port"]) if found else None


def point_to(folder: Path, url: str) -> bool:
    """pmo.yaml names this address of the demo's tracker: that line is changed, where it must be, and no other.

    Returns whether it was. Raises UsageError where no line names a tracker on this computer.
    """
    settings = folder / "pmo.yaml"
    text = _read(settings)
    found = _URL.search(text)
    if found is None:
        raise UsageError(
            f"{settings} no longer names a tracker on this computer, so its address cannot be brought up to date.",
            advice=f"Write `url: {url}` under trackers.bank, or choose another folder with --into.",
        )
    if found["url"] == url:
        return False
    _write(settings, text[: found.start("url")] + url + text[found.end("url") :])
    return True


def keep_token(folder: Path, token: str) -> None:
    """The token of the demo's tracker is in the file that pmo.yaml names, readable by its owner alone."""
    path = folder / TOKEN
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(token + "\n")
    except OSError as error:
        raise _unwritable(folder, error) from error


def planted_items(folder: Path) -> list[dict[str, Json]]:
    """The items that the demo's tracker begins with. Raises UsageError where the file holds anything else."""
    path = folder / ITEMS
    items: list[dict[str, Json]] = []
    for number, line in enumerate(_read(path).splitlines(), 1):
        try:
            item = json.loads(line)
        except ValueError:
            item = None
        if not isinstance(item, dict) or not isinstance(item.get("id"), str):
            raise UsageError(f"{path}, line {number} is no item.", advice="Take the line out, or delete the file.")
        items.append(item)
    return items


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(f"{path} cannot be read: {said}.", advice="Choose another folder with --into.") from error


def _write(path: Path, text: str) -> None:
    """The file whole, or as it was."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        f"The demo cannot be written to {folder}: {error.strerror or error}.",
        advice="Choose a folder that you may write to with --into.",
    )


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
