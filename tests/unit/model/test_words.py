"""Durations, shares, suggestions and the vocabulary."""

from collections.abc import Iterable

import polars as pl
import pytest

from pmo_sync.model import frames
from pmo_sync.model.duration import Duration, Unit, parse_duration
from pmo_sync.model.figure_names import ITEM_FIGURES, NODE_FIGURES
from pmo_sync.model.habits import HABITS
from pmo_sync.model.options import parse_share
from pmo_sync.model.portfolio import path_text
from pmo_sync.model.problem import suggestion
from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.model.words import Kind, Phase, Severity, words
from pmo_sync.rules.names import COMBINERS
from pmo_sync.rules.tests import SEEING, WORDS


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("10 working days", Duration(10, Unit.WORKING_DAYS)),
        ("1 working day", Duration(1, Unit.WORKING_DAYS)),
        ("3 weeks", Duration(3, Unit.WEEKS)),
        ("12 hours", Duration(12, Unit.HOURS)),
        ("10 workdays", None),
        ("ten days", None),
        ("", None),
    ],
)
def test_durations_in_words(text: str, duration: Duration | None) -> None:
    assert parse_duration(text) == duration
    if duration is not None:
        assert parse_duration(str(duration)) == duration


def test_shares() -> None:
    assert parse_share("5%") == pytest.approx(0.05)
    assert parse_share("2.5 %") == pytest.approx(0.025)
    assert parse_share("5") is None


def test_suggestions_name_the_nearest_words() -> None:
    assert suggestion("severitty", ["severity", "level"]) == "did you mean `severity`?"
    assert suggestion("zzz", ["severity"]) is None


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("assignee", VOCABULARY, "`owner`"),
        ("dueDate", VOCABULARY, "`due`"),
        (">=", ["gte", "lte"], "`gte`"),
        (">=", ["on_or_after"], "`on_or_after`"),
        ("open", ["todo", "doing", "done"], "`todo` or `doing`"),
        ("priorty", VOCABULARY, "`priority`"),
    ],
)
def test_words_of_other_tools_are_known_for_what_they_mean(word: str, known: Iterable[str], said: str) -> None:
    assert suggestion(word, known) == f"did you mean {said}?"


def test_every_column_that_is_suggested_for_a_word_of_jql_exists() -> None:
    columns = {*VOCABULARY, *NODE_FIGURES, "children", "links", "parent"}
    tests_and_words = {*WORDS, *SEEING, *COMBINERS, *words(Kind), *words(Phase), *words(Severity), "n/a", "kinds"}
    assert {name for named in HABITS.values() for name in named} <= columns | tests_and_words


def test_a_path_can_be_read_back() -> None:
    assert path_text(["Bank", "A/B", "C"]) == r"Bank/A\/B/C"


def test_every_column_has_a_polars_type() -> None:
    assert all(isinstance(column.dtype, pl.DataType) for column in VOCABULARY.values())
    assert all(isinstance(figure.dtype, pl.DataType) for figure in [*NODE_FIGURES.values(), *ITEM_FIGURES.values()])


def test_a_frame_is_checked_at_the_door() -> None:
    with pytest.raises(frames.SchemaError, match="places: node is missing"):
        frames.check(frames.empty(frames.PLACES).drop("node"), frames.PLACES, "places")
