"""Files that are large, or never end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pmo_sync.connectors.export import lines
from pmo_sync.errors import UsageError
from pmo_sync.model.problem import ConfigurationError
from tests.unit.connectors.exports import opened, pull


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_IN_ALL", 5_000_000)
    connector = opened(tmp_path / "items.jsonl", '{"id": "1"}\n' * 500_000)
    with pytest.raises(ConfigurationError, match="the file has 6 MB, more than 5"):
        pull(connector)


def test_a_file_of_too_many_lines_is_refused_at_the_first_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MOST_LINES", 2)
    assert pull(opened(tmp_path / "two.jsonl", '{"id": "1"}\n{"id": "2"}\n')).items.height == 2
    with pytest.raises(ConfigurationError, match=r"three.jsonl:3:1.* more than 2 lines"):
        pull(opened(tmp_path / "three.jsonl", '{"id": "1"}\n\n\n'))


@pytest.mark.parametrize("name", ["items.jsonl", "items.csv", "items.json"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    connector = opened(tmp_path / name, "")
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(UsageError, match=f"{name} cannot be read: it is not a file"):
        pull(connector)


def test_texts_that_lines_have_in_common_are_kept_once(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text("".join(f'{{"id": "{n}", "status": "In progress", "own": "the same"}}\n' for n in range(3)))
    read = lines.read(path, path.name)
    assert [one.values["id"] for one in read] == ["0", "1", "2"]
    assert len({id(one.values["status"]) for one in read}) == 1
    assert len({id(one.values["own"]) for one in read}) == 1


def test_no_more_texts_are_held_for_sharing_than_is_worth_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_MOST_SHARED", 2)
    path = tmp_path / "items.jsonl"
    path.write_text("".join(f'{{"id": "{n}", "status": "{word}"}}\n' for n, word in enumerate("abcab")))
    assert [one.values["status"] for one in lines.read(path, path.name)] == list("abcab")


def test_lists_of_texts_are_told_apart(tmp_path: Path) -> None:
    rows = ['{"id": "1", "labels": ["a", "b"]}', '{"id": "2", "labels": []}', '{"id": "3", "labels": null}']
    found = pull(opened(tmp_path / "items.jsonl", "\n".join([*rows, '{"id": "4", "labels": ["a", "b"]}'])))
    assert found.items["labels"].to_list()[:2] == [["a", "b"], []]
    assert found.items["labels"].to_list()[3] == ["a", "b"]
