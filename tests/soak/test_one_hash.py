"""The same items in any order and locale, with any hash seed: the same findings, plan and digest."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.demo_as_file import write_demo_as_file
from tests.faults.plant import TODAY
from tests.faults.process import begin, ended
from tests.soak.conftest import Say

pytestmark = pytest.mark.soak

SHUFFLES: Final = 20
LOCALES: Final = ("C", "tr_TR.UTF-8", "de_DE.UTF-8")
COMMANDS: Final = (
    ("check", "--format", "json", "--items", "--all"),
    ("check", "--format", "csv", "--all"),
    ("plan", "--format", "json"),
)


def test_one_hash(tmp_path: Path, figure: Say, locale_path: Path | None) -> None:
    hashes: set[tuple[str, ...]] = set()
    digests: set[str] = set()
    for number in range(SHUFFLES):
        folder = tmp_path / str(number)
        write_demo_as_file(folder, today=TODAY)
        items = folder / "items.jsonl"
        lines = items.read_text(encoding="utf-8").splitlines()
        random.Random(number).shuffle(lines)  # noqa: S311 - an order, not a secret
        items.write_text("\n".join(lines) + "\n", encoding="utf-8")
        for locale in LOCALES:
            environment = {"LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": str(number)}
            if locale_path is not None:
                environment["LOCPATH"] = str(locale_path)
            outputs = [_output(folder, environment, *command) for command in COMMANDS]
            hashes.add(tuple(hashlib.sha256(_content(one)).hexdigest() for one in outputs))
            digests.add(json.loads(outputs[-1])["digest"])
    assert len(hashes) == 1
    assert len(digests) == 1
    runs = SHUFFLES * len(LOCALES)
    known = "compiled for the test" if locale_path else "as named; the machine has no locale sources"
    figure("same bytes", f"{SHUFFLES} shuffles, {len(LOCALES)} locales ({known}), {len(COMMANDS)} outputs: one hash")
    figure("  plan digest", f"{len(digests)} in {runs} plans")


def _output(folder: Path, environment: Mapping[str, str], *words: str) -> bytes:
    found = ended(begin(*words, "-C", str(folder), "--status-date", TODAY.isoformat(), environment=environment))
    assert found.code in {0, 1}, str(found)
    return found.out


def _content(output: bytes) -> bytes:
    """The output without what names the pull and the moment: ids and times, nothing else."""
    if not output.startswith(b"{"):
        return output
    document: dict[str, Any] = json.loads(output)
    for name in ("made_at", "snapshots"):
        document.pop(name, None)
    for tracker in document.get("trackers", []):
        del tracker["snapshot"], tracker["pulled_at"]
    return json.dumps(document).encode()
