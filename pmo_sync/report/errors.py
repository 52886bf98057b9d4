"""Errors for people (the line, a caret, a way out) and for machines. All mistakes of a configuration at once.

Whoever raises an error has taken secrets out of its message and of the lines it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pmo_sync.errors import PmoError
from pmo_sync.model.problem import ConfigurationError, Problem
from pmo_sync.report.escape import clean, in_place
from pmo_sync.report.json import Json, document, lines
from pmo_sync.report.numbers import plural
from pmo_sync.report.style import Style

LONGEST_LINE: Final = 160


def text(error: PmoError, style: Style) -> str:
    """The error as a person reads it, ended by a line feed: never a traceback, never a secret."""
    if isinstance(error, ConfigurationError) and error.problems:
        return _configuration(error, style)
    lines = [_head(error.code, error.message, style)]
    if error.advice:
        lines.extend(f"  {in_place(each)}" for each in error.advice.splitlines())
    return "\n".join(lines) + "\n"


def _configuration(error: ConfigurationError, style: Style) -> str:
    blocks = [_problem(problem, error.texts.lines, style) for problem in error.problems]
    total = f"{plural(len(error.problems), 'error')}, nothing was read or written."
    return "\n".join([*blocks, total]) + "\n"


def _head(code: str, message: str, style: Style) -> str:
    first, *rest = message.splitlines() or [""]
    head = f"{style.bad(f'error[{clean(code)}]')}: {clean(first)}"
    return "\n".join([head, *(f"  {in_place(each)}" for each in rest)])


def _problem(problem: Problem, lines: Mapping[str, tuple[str, ...]], style: Style) -> str:
    head = _head(problem.code, problem.message, style)
    source, hint = problem.source, None if problem.hint is None else clean(problem.hint)
    if source is None:
        return head if hint is None else f"{head}\n  = {hint}"
    gutter = " " * len(str(source.line))
    place = [head, f"{gutter} {style.dim('-->')} {clean(str(source))}"]
    known = lines.get(source.file, ())
    if not 1 <= source.line <= len(known):
        return "\n".join([*place, *([f"{gutter}  = {hint}"] if hint else [])])
    bar = style.dim("|")
    before = known[source.line - 2].rstrip() if source.line > 1 else ""
    shown, caret = _window(in_place(known[source.line - 1]), source.column, problem.width)
    place.append(f"{gutter} {bar}")
    if before.strip():
        number = str(source.line - 1).rjust(len(gutter))
        place.append(f"{number} {bar} {in_place(before)[:LONGEST_LINE]}")
    place.append(f"{source.line} {bar} {shown}")
    place.append(f"{gutter} {bar} {style.bad(caret)}{' ' + hint if hint else ''}")
    place.append(f"{gutter} {bar}")
    return "\n".join(place)


def _window(line: str, column: int, width: int) -> tuple[str, str]:
    """The part of a line that shows the place, and blanks and carets that point at it."""
    line = line.rstrip()
    start = 0 if column <= LONGEST_LINE - 40 else column - LONGEST_LINE // 2
    shown = line[start : start + LONGEST_LINE]
    if start:
        shown = "…" + shown[1:]
    at = max(0, column - 1 - start)
    room = max(1, len(shown) - at)
    return shown, " " * at + "^" * max(1, min(width, room))


def json(error: PmoError) -> str:
    """The error as one JSON document: the same facts with file, line and column."""
    return document({"errors": [*_json_problems(error)], "exit_code": error.exit_code})


def json_lines(error: PmoError) -> str:
    """The error as JSON lines, one for each mistake."""
    return lines({**problem, "exit_code": error.exit_code} for problem in _json_problems(error))


def _json_problems(error: PmoError) -> list[dict[str, Json]]:
    problems = error.problems if isinstance(error, ConfigurationError) else ()
    alone: dict[str, Json] = {"code": error.code, "message": error.message, "hint": error.advice}
    return [_json_problem(problem) for problem in problems] or [alone]


def _json_problem(problem: Problem) -> dict[str, Json]:
    source = problem.source
    return {
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "file": source.file if source else None,
        "line": source.line if source else None,
        "column": source.column if source else None,
    }
