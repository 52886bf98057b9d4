"""Reading the files of a project folder: bytes to a tree, and every mistake as a problem that names the file."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from pmo_sync.model.problem import Problem
from pmo_sync.model.source import Fields, Node, Source
from pmo_sync.settings import yaml
from pmo_sync.settings.yaml import MAX_BYTES, lines_of, too_large


@dataclass(slots=True)
class Reading:
    """What has been read so far: the lines of each file, what was wrong, and `levels:` of files of standards with their
    pack. Filled by `tree` and by `settings.packs`.
    """

    folder: Path
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    levels: list[tuple[str | None, Node]] = field(default_factory=list)

    def name(self, path: Path) -> str:
        """How messages call a file: relative to the project folder, with forward slashes."""
        try:
            return Path(os.path.relpath(path, self.folder)).as_posix()
        except ValueError:  # another drive
            return path.as_posix()

    def tree(self, path: Path, name: str | None = None, *, optional: bool = False) -> Node | None:
        """The tree of one file. None when it cannot be read, with a problem noted; an optional file that does not
        exist is an empty mapping.
        """
        name = name or self.name(path)
        text = self.text(path, name, optional=optional)
        if text is None:
            return None
        tree, problems = yaml.read(text, name)
        self.problems.extend(problems)
        return tree

    def text(self, path: Path, name: str, *, optional: bool = False) -> str | None:
        """The text of one file, as `tree` says; an optional file that does not exist is empty."""
        try:
            raw = _bytes(path)
        except FileNotFoundError:
            if optional:
                return ""
            self.problems.append(Problem("no-file", f"there is no file {name}", None, "create it, or mend its name"))
            return None
        except IsADirectoryError:
            self.problems.append(Problem("no-file", f"{name} is a folder, not a file", None, "name a file"))
            return None
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or "its name cannot be used"
            self.problems.append(Problem("no-file", f"{name} cannot be read: {said}", None, "mend its permissions"))
            return None
        return self._decoded(raw, name)

    def _decoded(self, raw: bytes, name: str) -> str | None:
        if len(raw) > MAX_BYTES:
            self.problems.append(too_large(name))
            return None
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = lines_of(raw[: error.start].decode("utf-8-sig", errors="replace"))
            place = Source(name, len(before), len(before[-1]) + 1)
            self.lines[name] = lines_of(raw.decode("utf-8-sig", errors="replace"))
            hint = "save the file as UTF-8"
            message = f"this is not UTF-8: byte 0x{raw[error.start]:02X}"
            self.problems.append(Problem("encoding", message, place, hint))
            return None
        self.lines[name] = lines_of(text)
        return text


def _bytes(path: Path) -> bytes:
    """At most one byte more than allowed, from an ordinary file: never from a pipe or a device, which would hang."""
    if stat.S_ISDIR(path.stat().st_mode):
        raise IsADirectoryError
    if not path.is_file():
        raise OSError(0, "it is no ordinary file")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def no_project(folder: Path) -> Problem | None:
    """Why a path is no project folder; None when it may be one."""
    if folder.is_dir():
        return None
    if folder.exists():
        hint = f"name its folder: -C {folder.parent}"
        return Problem("no-project", f"{folder} is a file, not a project folder", None, hint)
    return Problem("no-project", f"there is no folder {folder}", None, "mend the path after -C")


def empty(node: Node | None) -> bool:
    """True for a tree that says nothing."""
    return isinstance(node, Fields) and not node.entries
