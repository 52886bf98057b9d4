from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pmo_sync.model.problem import ConfigurationError, Problem
from pmo_sync.model.source import Entries, Fields, Leaf, Source, plain
from pmo_sync.settings import yaml
from pmo_sync.settings.yaml import parse


def refused(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "f.yaml")
    return caught.value.problems


def test_only_true_false_null_and_plain_numbers_are_special() -> None:
    text = (
        "a: NO\nb: on\nc: 012\nd: 1:30\ne: 1.10\nf: -3\ng: 1e5\nh: 2026-01-01\ni:\nj: 'true'\nk: True\nl: ~\n"
        "m: 0x1F\nn: 1_000\no: .5\np: +5\nq: null\nr: false\ns: .inf\nt: 30%\nu: 0\nv: yes\n"
    )
    assert plain(parse(text, "f.yaml")) == {
        "a": "NO", "b": "on", "c": "012", "d": "1:30", "e": 1.1, "f": -3, "g": 100000.0, "h": "2026-01-01", "i": None,
        "j": "true", "k": "True", "l": "~", "m": "0x1F", "n": "1_000", "o": ".5", "p": "+5", "q": None, "r": False,
        "s": ".inf", "t": "30%", "u": 0, "v": "yes",
    }  # fmt: skip


def test_numbers_of_too_many_digits_stay_text() -> None:
    digits = "9" * 5000
    assert plain(parse(f"a: {digits}\nb: 1e999\nc: 123456789012345678", "f")) == {
        "a": digits,
        "b": "1e999",
        "c": 123456789012345678,
    }


def test_keys_are_text_whatever_they_would_be_as_values() -> None:
    assert plain(parse("1: a\ntrue: b\nnull: c\n1.5: d\non: e\nn/a: f\n", "f")) == {
        "1": "a", "true": "b", "null": "c", "1.5": "d", "on": "e", "n/a": "f",
    }  # fmt: skip


def test_every_node_knows_its_place() -> None:
    tree = parse("top:\n  - {key: 'two words'}\n  - é: [1, last]\n", "f.yaml")
    assert isinstance(tree, Fields)
    key = tree.key("top")
    assert key == Leaf("top", Source("f.yaml", 1, 1), 3)
    top = tree.get("top")
    assert isinstance(top, Entries)
    assert top.source == Source("f.yaml", 2, 3)
    first, second = top.items
    assert isinstance(first, Fields)
    assert first.source == Source("f.yaml", 2, 5)
    assert first.get("key") == Leaf("two words", Source("f.yaml", 2, 11), 11)
    assert isinstance(second, Fields)
    inner = second.get("é")
    assert isinstance(inner, Entries)
    assert inner.items[1] == Leaf("last", Source("f.yaml", 3, 12), 4)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "--- null", "\ufeff"])
def test_an_empty_file_is_an_empty_mapping(text: str) -> None:
    assert parse(text, "f.yaml") == Fields((), Source("f.yaml", 1, 1))


def test_all_duplicate_keys_are_told_with_the_line_of_the_first() -> None:
    first, second = refused("a: 1\nb: {c: 1, c: 2}\na: 2\n")
    assert (first.code, first.source, first.width) == ("duplicate-key", Source("f.yaml", 2, 11), 1)
    assert (second.code, second.source) == ("duplicate-key", Source("f.yaml", 3, 1))
    assert second.hint == "the first one is in line 1; keep one of them"


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: !x 1\n", "tag", 1, 4),
        ("a: !!python/object/apply:os.system [ls]\n", "tag", 1, 4),
        ("a: !!str 1\n", "tag", 1, 4),
        ("a: 1\n---\nb: 2\n", "documents", 2, 1),
        ("? [x]\n: 1\n", "key", 1, 3),
        ("? {x: y}\n: 1\n", "key", 1, 3),
        ("'': 1\n", "key", 1, 1),
        ("a: &x [*x]\n", "aliases", 1, 8),
        ("a: *nowhere\n", "aliases", 1, 4),
        ("a: &x b\n*x : 1\n", "key", 2, 1),
        ("[" * 60 + "]" * 60, "too-deep", 1, 51),
        ("- " * 60 + "x", "too-deep", 1, 101),
        ("a: \x07\n", "control-character", 1, 4),
        ("ok: 1\na: x\u2028y\n", "control-character", 2, 5),
        ('a: "\\0"\n', "control-character", 1, 4),
        ("a:\n\tb: 1\n", "yaml", 2, 1),
        ("a: 1\n  b: 2\n", "yaml", 2, 4),
        ("a: [1,\n", "yaml", 2, 1),
        ('a: "never closed\n', "yaml", 2, 1),
        ("a: b: c\n", "yaml", 1, 5),
        ("a: @x\n", "yaml", 1, 4),
        ("%YAML 9.9\n---\na: 1\n", "yaml", 1, 1),
    ],
)
def test_what_is_refused_is_refused_at_its_place(text: str, code: str, line: int, column: int) -> None:
    problem = refused(text)[0]
    assert (problem.code, problem.source) == (code, Source("f.yaml", line, column))


def test_a_tab_is_called_a_tab() -> None:
    hint = refused("a:\n\tb: 1\n")[0].hint
    assert hint is not None
    assert "tab" in hint


def test_a_few_aliases_are_fine() -> None:
    assert plain(parse("a: &x {n: 1}\nb: *x\nc: [*x, *x]\n", "f")) == {
        "a": {"n": 1},
        "b": {"n": 1},
        "c": [{"n": 1}] * 2,
    }


def test_more_than_a_few_aliases_are_not() -> None:
    assert refused(f"a: &x 1\nb: [{', '.join(['*x'] * 51)}]\n")[0].code == "aliases"


def test_a_text_above_the_limit_is_not_parsed() -> None:
    assert refused("a: " + "x" * yaml.MAX_BYTES)[0].code == "too-large"


BOMBS = {
    "aliases": "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 6)),
    "depth": "[" * 1_900_000,
    "dashes": "- " * 900_000,
    "questions": "? " * 900_000,
    "braces": "{a: " * 450_000,
    "numbers": "[" + "1," * 900_000 + "1]",
    "keys": "".join(f"{n}:\n" for n in range(250_000)),
    "one long text": '"' + "a" * 1_900_000,
}

CHILD = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (200_000_000, 200_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
from pmo_sync.model.problem import ConfigurationError
from pmo_sync.settings.yaml import parse
try:
    parse(sys.stdin.read(), "f.yaml")
except ConfigurationError as error:
    print(error.problems[0].code)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory and time are those of Linux")
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_ends_in_a_normal_error_within_200_mb(bomb: str) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=BOMBS[bomb],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(yaml.__file__).parents[2],
    )
    assert (child.returncode, child.stderr) == (0, "")
    assert child.stdout.strip() in {"too-large", "too-deep", "aliases", "key", "yaml"}


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "hint"),
    [
        ("a: \u201ex\u201c\n", "pasted", 1, 4, "straight quotes"),
        ("a: {b: \u00abx\u00bb}\n", "pasted", 1, 8, "straight quotes"),
        ("a: {b: doing\u00a0}\n", "pasted", 1, 8, "ordinary space"),
        ("\u00a0\u00a0a: 1\n", "pasted", 1, 1, "ordinary space"),
        ("a:\u00a0x\nb: {c: 1}\n", "yaml", 2, 2, "line 1, column 3 is a non-breaking space"),
        ("title: Rule: late\n", "yaml", 1, 12, "colon in it needs quotes"),
        ("- title: % late\n", "yaml", 1, 10, "begins with `%` needs quotes"),
    ],
)
def test_what_was_pasted_is_told_by_its_name(text: str, code: str, line: int, column: int, hint: str) -> None:
    problem = refused(text)[0]
    assert (problem.code, problem.source) == (code, Source("f.yaml", line, column))
    assert hint in (problem.hint or "")


@pytest.mark.parametrize("text", ['"\u201ex\u201c"', "\u201ex\u201c and more", "it\u2019s", "3\u00a0weeks", "'\u00a0'"])
def test_typographic_letters_inside_of_a_text_are_fine(text: str) -> None:
    plain(parse(f"a: {text}\n", "f"))
