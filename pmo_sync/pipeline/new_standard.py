"""A new standard in the project folder: where it goes, that it is new, and that it holds afterwards."""

from __future__ import annotations

import fnmatch
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pmo_sync.errors import UsageError
from pmo_sync.model.words import Level
from pmo_sync.pipeline.context import open_project
from pmo_sync.pipeline.standards import load_standards
from pmo_sync.rules.cases import CaseResult, run_cases
from pmo_sync.rules.entry import ID
from pmo_sync.rules.standard import Standard
from pmo_sync.settings.folder import Project
from pmo_sync.settings.packs import shipped_in, standard_files
from pmo_sync.settings.skeleton import Skeleton, append, refuse_taken

_DEFAULT: Final = "standards/own.yaml"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of it: the file, the standard as it is loaded now (None: pmo.yaml does not read the file), its
    cases.
    """

    file: str
    standard: Standard | None
    results: tuple[CaseResult, ...]


def new_standard(project: Project, id_: str, *, title: str | None, level: Level, into: str | None) -> Written:
    """Writes the skeleton of a standard: to `into`, else beside the project's own standards of the same letters.

    Raises ConfigurationError when the id is taken, UsageError when it is none, or the file cannot be added to, or is
    outside the project folder and none that pmo.yaml reads.
    """
    if not ID.fullmatch(id_):
        raise UsageError(f"{id_!r} is no id of a standard", advice="write letters, a dash and a number, such as BNK-20")
    loaded = load_standards(project)
    known = {one.id: str(one.place) for one in loaded}
    pack = shipped_in(id_)
    refuse_taken(id_, known.get(id_) or (f"in pack `{pack}`" if pack else None))
    file = into or _file(project, loaded, id_)
    _refuse_outside(project, file)
    append(project.folder, file, Skeleton(id_, title, level, _flag(loaded, id_)))
    again = load_standards(open_project(project.folder))
    standard = next((one for one in again if one.id == id_), None)
    return Written(file, standard, tuple(run_cases([standard])) if standard else ())


def _file(project: Project, loaded: tuple[Standard, ...], id_: str) -> str:
    """The file of the standards whose id begins with the same letters; else the last that pmo.yaml reads; else a new
    one.
    """
    own = [one for one in loaded if one.pack is None and (project.folder / one.place.file).is_file()]
    letters = id_.partition("-")[0]
    alike = [one.place.file for one in own if one.id.partition("-")[0] == letters]
    if alike:
        return alike[-1]
    patterns = project.settings.standards.files
    if any(fnmatch.fnmatch(_DEFAULT, pattern) for pattern in patterns):
        return _DEFAULT
    plain = [pattern for pattern in patterns if "*" not in pattern and not Path(pattern).is_absolute()]
    return plain[-1] if plain else _DEFAULT


def _refuse_outside(project: Project, name: str) -> None:
    """Raises UsageError for a file that is not below the project folder, links followed, unless pmo.yaml reads it."""
    file = Path(os.path.realpath(project.folder / name))
    read = {Path(os.path.realpath(path)) for path in standard_files(project.settings.standards.files, project.folder)}
    if file not in read and not file.is_relative_to(Path(os.path.realpath(project.folder))):
        advice = "name a file in it, such as --into standards/own.yaml, or add it to standards.files in pmo.yaml first"
        raise UsageError(f"{name} is outside the project folder", advice=advice)


def _flag(loaded: tuple[Standard, ...], id_: str) -> str:
    """The id in lower case, with a number where another standard has that flag."""
    taken = {one.flag for each in loaded for one in (each, *(variant.standard for variant in each.variants))}
    flag, number = id_.lower(), 2
    while flag in taken:
        flag, number = f"{id_.lower()}-{number}", number + 1
    return flag
