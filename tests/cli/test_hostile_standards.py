"""Hostile standards: refused with a sentence, quickly and in little memory, and never executed.

They run in a process of their own; processor time and memory are measured there, beside those of a harmless folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

LIMIT_SECONDS = 1.0
LIMIT_MB = 200
STANDARD = "standards:\n  - id: X-1\n    title: T\n    level: item\n    severity: minor\n    flag: x\n"
TAIL = "    cases:\n      - pass: {due: today}\n      - fail: {due: null}\n"
GOOD = STANDARD + "    require: {due: present}\n" + TAIL


def _rule(require: str) -> str:
    return STANDARD + f"    require: {require}\n"


def _message(text: str) -> str:
    return STANDARD + "    require: {due: present}\n" + f"    message: {text}\n"


def _laughs() -> str:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(lines) + "\n"


BOMBS: dict[str, bytes] = {
    "billion laughs": _laughs().encode(),
    "many aliases": ("a: &a [1]\nb: [" + ", ".join(["*a"] * 5000) + "]\n").encode(),
    "an alias of itself": b"a: &a [*a]\n",
    "brackets": b"standards: " + b"[" * 10_000,
    "braces": b"standards: " + b"{a: " * 10_000,
    "deep indentation": b"".join(b" " * n + b"- \n" for n in range(1500)),
    "10 MB": b"standards:\n" + b"# filler, nothing else\n" * 450_000,
    "one key of 1 MB": b"standards:\n  - {" + b"k" * 1_000_000 + b": 1}\n",
    "duplicate keys": b"standards: []\nstandards: []\n",
    "many duplicate keys": b"standards:\n - {" + b"id: a, " * 50_000 + b"id: b}\n",
    "python/object": b"standards: !!python/object/apply:os.system ['touch hacked']\n",
    "python/name": b"standards: [!!python/name:os.system {}]\n",
    "merge key": b"a: &a {x: 1}\nb: {<<: *a}\n",
    "a tag of one's own": b"standards: !secret x\n",
    "NUL": GOOD.encode() + b"# \x00\n",
    "not UTF-8": GOOD.encode() + b"# \xff\xfe\n",
    "UTF-16": GOOD.encode("utf-16"),
    "a huge number": _rule("{points: {gt: " + "9" * 100_000 + "}}").encode(),
    "a huge exponent": _rule("{points: {gt: 1e999999999}}").encode(),
    "a huge duration": _rule("{due: {within: " + "9" * 5000 + " days}}").encode(),
    "a thousand years": _rule("{due: {within: 999999 months}}").encode(),
    "two documents": GOOD.encode() + b"---\nstandards: []\n",
    "an escaped control character": _message('"\\e[31mred"').encode(),
    "look-around": _rule("{title: {matches: '(?=a)b'}}").encode(),
    "a back reference": _rule("{title: {matches: '(a)\\1'}}").encode(),
    "a pattern of 1 MB": _rule("{title: {matches: '" + "(a|b)*" * 170_000 + "'}}").encode(),
    "a pattern that grows": _rule("{title: {matches: '((((a{1,100}){1,100}){1,100}){1,100}){1,100}'}}").encode(),
    "attributes in a message": _message('"{__class__}"').encode(),
    "a position in a message": _message('"{0}"').encode(),
    "a conversion in a message": _message('"{title!r}"').encode(),
    "a format in a message": _message('"{title:>99999999}"').encode(),
    "an index in a message": _message('"{title[0]}"').encode(),
    "an attribute of a column": _message('"{title.__class__.__mro__}"').encode(),
    "braces in braces": _message('"{{key}}{"').encode(),
    "nested braces": _message('"{title{key}}"').encode(),
    "a flag with a space": GOOD.replace("flag: x", 'flag: "a b"').encode(),
    "a flag with a new line": GOOD.replace("flag: x", 'flag: "a\\nb"').encode(),
    "conditions without end": _rule("{not: " * 60 + "{due: present}" + "}" * 60).encode(),
    "thousands of wrong columns": _rule("{" + ", ".join(f"duee{n}: present" for n in range(30_000)) + "}").encode(),
    "thousands of wrong standards": b"standards:\n" + b"  - {id: a, titel: b}\n" * 15_000,
    "thousands of the same": b"standards:\n" + b"  - {id: a, title: b, level: item, severity: info}\n" * 9_000,
}


CHILD = """
import contextlib, io, json, resource, sys, time
from pmo_sync.__main__ import main
found = []
for line in sys.stdin:
    words = json.loads(line)
    out, err = io.StringIO(), io.StringIO()
    before = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found.append([code, out.getvalue()[:200000], err.getvalue()[:200000], time.process_time() - before, peak])
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Ended:
    """How one command ended: processor time of its own, and the largest memory of the process until then."""

    code: int
    out: str
    err: str
    seconds: float
    megabytes: float


def _run(commands: list[list[str]], folder: Path) -> list[Ended]:
    """One process runs them all, one after the other; nothing that a command does may outlast it."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input="".join(json.dumps(words) + "\n" for words in commands),
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        timeout=200,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "POLARS_MAX_THREADS": "1"},
    )
    return [Ended(*one) for one in json.loads(done.stdout)]


def _folder(path: Path, content: bytes) -> str:
    path.mkdir()
    (path / "pmo.yaml").write_text("version: 1\nstandards: {packs: [], files: [hostile.yaml]}\n")
    (path / "hostile.yaml").write_bytes(content)
    return str(path)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """How `rules validate` ended with each; `harmless` came first and took all that is imported."""
    root = tmp_path_factory.mktemp("hostile")
    texts = {"harmless": GOOD.encode(), **BOMBS}
    folders = [_folder(root / str(number), text) for number, text in enumerate(texts.values())]
    found = _run([["rules", "validate", "-C", folder] for folder in folders], root)
    assert not list(root.rglob("hacked"))
    return dict(zip(texts, found, strict=True))


@pytest.mark.parametrize("name", BOMBS)
def test_refused_with_a_sentence_and_never_executed(ended: dict[str, Ended], name: str) -> None:
    one, harmless = ended[name], ended["harmless"]
    assert harmless.code == 0, harmless.err
    assert one.code == 2, one.out + one.err
    assert one.err.startswith("error[")
    assert "Traceback" not in one.err
    assert "error[unexpected]" not in one.err
    assert "\x1b" not in one.err
    assert len(one.err) < 100_000
    assert one.seconds < LIMIT_SECONDS
    assert one.megabytes - harmless.megabytes < LIMIT_MB


MESSAGES = ('"%s %(key)s {key}"', '"•{key}"', '"<script>{key}</script>"', '"`rm -rf /` $(id) {key}"')
PATTERNS = ("(a+)+$", "^(a|a)*$", "(x+x+)+y", "(.*)*$")


def test_what_is_only_text_stays_text_and_patterns_run_in_no_time(tmp_path: Path) -> None:
    long = f"    cases:\n      - unknown: {{title: null}}\n      - fail: {{title: '{'a' * 50_000}!'}}\n"
    texts = [_message(message) + TAIL for message in MESSAGES]
    texts += [_rule(f"{{title: {{matches: '{pattern}'}}}}") + long for pattern in PATTERNS]
    folders = [_folder(tmp_path / str(number), text.encode()) for number, text in enumerate(texts)]
    found = _run([["rules", "test", "-C", folder] for folder in folders], tmp_path)
    assert [one.code for one in found[: len(MESSAGES)]] == [0] * len(MESSAGES)
    assert all(one.code in {0, 1} and one.err == "" for one in found[len(MESSAGES) :])
    assert max(one.seconds for one in found[1:]) < LIMIT_SECONDS
