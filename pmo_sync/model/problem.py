"""What is wrong with a configuration, all of it at once, each with its place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pmo_sync.errors import UsageError
from pmo_sync.model.habits import meant
from pmo_sync.model.source import Source


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `code` is a stable word (`unknown-key`), `hint` what to write instead, `width` how many
    characters the caret underlines.
    """

    code: str
    message: str
    source: Source | None = None
    hint: str | None = None
    width: int = 1


@dataclass(frozen=True)
class Texts:
    """The lines of the files that were read, so that an error can show the offending one. File name → lines."""

    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class ConfigurationError(UsageError):
    """One or more mistakes in the project folder. Exit 2; nothing was read from a tracker and nothing written."""

    code = "configuration"

    def __init__(self, problems: Iterable[Problem], texts: Texts | None = None) -> None:
        self.problems = tuple(sorted(problems, key=_order))
        self.texts = texts or Texts()
        super().__init__("; ".join(f"{p.source}: {p.message}" if p.source else p.message for p in self.problems))


def _order(problem: Problem) -> tuple[str, int, int, str]:
    source = problem.source or Source("", 0, 0)
    return (source.file, source.line, source.column, problem.message)


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """`did you mean …?` for the nearest known words, at most three; None when nothing is near."""
    names = near(word, known)
    return "did you mean " + " or ".join(f"`{name}`" for name in names) + "?" if names else None


def near(word: str, known: Iterable[str]) -> list[str]:
    """The known words that a misspelt one, or one of another tool, may mean, nearest first, at most three.

    Upper and lower case are one. A word of another tool (`model.habits`) is not taken for a misspelt one.
    """
    by_lower = {name.lower(): name for name in sorted(known)}
    if named := meant(word, frozenset(by_lower.values())):
        return named
    return [by_lower[name] for name in difflib.get_close_matches(word.lower()[:200], by_lower, n=3, cutoff=0.6)]
