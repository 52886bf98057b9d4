"""Recording a yes: one entry more in approvals.yaml, the rest of the file as it was."""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Final

from pmo_sync.errors import UsageError
from pmo_sync.model.past import Approval
from pmo_sync.model.problem import ConfigurationError, Texts
from pmo_sync.model.source import Entries, Fields, Leaf, Node
from pmo_sync.settings import yaml
from pmo_sync.settings.files import Reading
from pmo_sync.settings.folder import Project
from pmo_sync.settings.past import read_approvals

_KEY: Final = "approvals"


def approve(project: Project, standard_id: str, fingerprint: str, by: str, on: date) -> bool:
    """Adds an approval to the project's approvals file, which is made where there is none.

    Afterwards the file holds every earlier entry, comment and blank line unchanged, and the new entry. False when this
    content of the standard was approved before: then nothing is written.

    Raises:
        UsageError: nobody is named, or the file cannot be written.
        ConfigurationError: the file as it stands cannot be read.
    """
    if not by.strip():
        raise UsageError("an approval needs the name of who says yes", advice="name them: --by 'head of PMO'")
    name = project.settings.approvals
    path = project.folder / name
    new = Approval(standard_id, fingerprint, by.strip(), on)
    with _alone(path.parent, name):
        text = _text(path, name)
        before = _approvals(text, name)
        if any((old.standard, old.fingerprint) == (standard_id, fingerprint) for old in before):
            return False
        changed = with_entry(text, new, name)
        if _approvals_or_none(changed, name) != (*before, new):
            advice = f"add by hand: - {_entry(new)}"
            raise UsageError(f"{name} is written in a way that cannot be added to", advice=advice)
        _write(path, changed, name)
    return True


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """One at a time from reading the file to writing it, so that no yes of two at once is lost."""
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


def _text(path: Path, name: str) -> str:
    reading = Reading(path.parent)
    text = reading.text(path, name, optional=True)
    if text is None:
        raise ConfigurationError(reading.problems, Texts(reading.lines))
    return text


def _approvals(text: str, name: str) -> tuple[Approval, ...]:
    approvals, problems = read_approvals(yaml.parse(text, name), name)
    if problems:
        raise ConfigurationError(problems, Texts({name: yaml.lines_of(text)}))
    return approvals


def _approvals_or_none(text: str, name: str) -> tuple[Approval, ...] | None:
    try:
        return _approvals(text, name)
    except ConfigurationError:
        return None


def _entry(approval: Approval) -> str:
    """The entry on one line; JSON's quotes are YAML's too, so that no name can break out of its place."""
    said = {"standard": approval.standard, "fingerprint": approval.fingerprint, "by": approval.by}
    quoted = ", ".join(f"{key}: {_scalar(value)}" for key, value in said.items())
    return f"{{{quoted}, on: {approval.on.isoformat()}}}"


def _scalar(text: str) -> str:
    return text if re.fullmatch("[A-Z]+-[0-9]+", text) else json.dumps(text, ensure_ascii=False)


def with_entry(text: str, approval: Approval, file: str) -> str:
    """The text of an approvals file with one entry more, at the end of its list."""
    end = "\r\n" if "\r\n" in text else "\n"
    entry = _entry(approval)
    tree = yaml.parse(text, file)
    node = tree.get(_KEY) if isinstance(tree, Fields) else None
    key = tree.key(_KEY) if isinstance(tree, Fields) else None
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    if key is None:
        return "".join(lines) + f"{_KEY}:{end}  - {entry}{end}"
    if isinstance(node, Entries) and not _is_flow(node, lines):
        at = _last_line(node)
        return "".join([*lines[:at], f"{' ' * (node.source.column - 1)}- {entry}{end}", *lines[at:]])
    if isinstance(node, Leaf):
        return _instead_of_nothing(lines, key, entry, end)
    return _into_brackets(lines, node, entry)


def _is_flow(node: Entries, lines: list[str]) -> bool:
    return lines[node.source.line - 1][node.source.column - 1] == "["


def _last_line(node: Node) -> int:
    """The last line on which something of the node begins; its entries are mappings of short texts."""
    match node:
        case Fields():
            return max([node.source.line, *(max(key.source.line, _last_line(value)) for key, value in node)])
        case Entries():
            return max([node.source.line, *(_last_line(item) for item in node.items)])
        case Leaf():
            return node.source.line


def _instead_of_nothing(lines: list[str], key: Leaf, entry: str, end: str) -> str:
    """`approvals:` with nothing, or null, behind it: a list begins below it."""
    at = key.source.line
    head = re.sub(r":[ \t]*null\b", ":", lines[at - 1], count=1)
    return "".join([*lines[: at - 1], head, f"{' ' * (key.source.column + 1)}- {entry}{end}", *lines[at:]])


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
    line = _last_line(node) if node else 1
    start = sum(len(part) for part in lines[: line - 1])
    brackets = [match.start() for match in re.finditer(r"\]", text) if match.start() >= start]
    outside = [at for at in brackets if "#" not in text[text.rfind("\n", 0, at) + 1 : at]]
    return (outside or brackets)[-1] if outside or brackets else len(text)


def _write(path: Path, text: str, name: str) -> None:
    """The file whole, or as it was: never half of it. Its permissions stay."""
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
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
