"""Laws of the strict loader: it never fails but in its own words, and says where everything stands."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hypothesis import example, given
from hypothesis import strategies as st

from pmo_sync.model.problem import Problem
from pmo_sync.model.source import Entries, Fields, Leaf, Node, plain
from pmo_sync.settings.options import Settings
from pmo_sync.settings.validate import validate
from pmo_sync.settings.yaml import lines_of, parse, read

SPECIAL = ["\ufeff", "\x85", "\u2028", "\u2029", "\ufffe", "\uffff"]
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=SPECIAL), max_size=20)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(-1e15, 1e15, allow_nan=False).map(lambda number: round(number, 6)),
    TEXTS,
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(bool), inner, max_size=4),
    max_leaves=20,
)
PIECES = [*"ab:-?,[]{}&*!|>'\"%@#\n\t \\0~.é", "\r\n", "---", "<<", "*a", "&a", "\x00", "version: 1\n"]
YAMLISH = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case Leaf():
            yield node
        case Entries():
            for item in node.items:
                yield from leaves(item)
        case Fields():
            for key, value in node:
                yield key
                yield from leaves(value)


def inside(problem: Problem, text: str) -> bool:
    lines = lines_of(text)
    source = problem.source
    return (
        source is not None and 1 <= source.line <= len(lines) and 1 <= source.column <= len(lines[source.line - 1]) + 1
    )


@given(TREES)
def test_json_reads_as_what_it_says(tree: object) -> None:
    """But for null alone: a file with nothing in it is an empty mapping."""
    assert plain(parse(json.dumps(tree, ensure_ascii=False), "f")) == ({} if tree is None else tree)


@given(TREES)
def test_every_leaf_is_where_it_says(tree: object) -> None:
    text = json.dumps(tree, ensure_ascii=False, indent=1)
    lines = lines_of(text)
    for leaf in leaves(parse(text, "f")):
        shown = lines[leaf.source.line - 1][leaf.source.column - 1 :][: leaf.width]
        assert json.loads(shown) == leaf.value


@given(st.one_of(YAMLISH, st.text(max_size=60)))
@example("a: &a [*a]")
@example("? ? ?")
@example("a:\r\n - b\r - c")
@example("'\n")
@example("%")
@example("a: |2\n x")
@example("---")
@example("a: 1\n? ")
def test_any_text_is_read_or_refused_in_our_own_words_at_a_place_in_it(text: str) -> None:
    tree, problems = read(text, "f")
    assert tree is not None or problems
    assert all(inside(problem, text) for problem in problems)
    if tree is not None and not problems:
        assert plain(parse(text, "f")) == plain(tree)


@given(st.one_of(YAMLISH, TREES.map(lambda tree: json.dumps(tree, ensure_ascii=False))))
def test_whatever_is_read_is_validated_or_refused_in_our_own_words(text: str) -> None:
    tree, _ = read(text, "pmo.yaml")
    if tree is None:
        return
    settings, problems = validate(Settings, tree, "pmo.yaml")
    assert (settings is None) == bool(problems)
    assert all(inside(problem, text) for problem in problems)


KEYS = st.sampled_from(sorted(Settings.model_fields))


@given(st.dictionaries(KEYS, TREES, max_size=5))
def test_any_value_under_a_known_key_is_taken_or_refused_at_its_place(said: dict[str, object]) -> None:
    text = json.dumps({"version": 1, **said}, ensure_ascii=False, indent=1)
    settings, problems = validate(Settings, parse(text, "pmo.yaml"), "pmo.yaml")
    assert (settings is None) == bool(problems)
    assert all(inside(problem, text) for problem in problems)
