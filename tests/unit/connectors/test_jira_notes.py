"""The note a Jira keeps for us: what goes in comes out, and what is malformed, copied or too long is not believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pmo_sync.connectors.jira import notes
from pmo_sync.connectors.jira.notes import Note
from pmo_sync.model.change import AddLabel, Change, PutLink, RemoveLabel, SetField, Target, TargetKind, WebLink

TARGET = Target("bank", TargetKind.ITEM, "10001", "BNK-1")
LINK = WebLink("PMO standards: 6 of 8 met", "overdue", "https://pmo.example/s#HYG-01", resolved=False)
NOTE = Note("10001", ("pmo-action", "pmo-stale"), {"Flags": ("a", "b"), "PMO health": "Amber", "PMO score": None}, LINK)


def wire(**other: Any) -> dict[str, Any]:
    return {"v": 1, "id": "10001", "labels": [], "fields": {}, "link": None} | other


def test_what_goes_in_comes_out() -> None:
    written = notes.write(NOTE)
    assert written == {
        "v": 1,
        "id": "10001",
        "labels": ["pmo-action", "pmo-stale"],
        "fields": {"Flags": ["a", "b"], "PMO health": "Amber", "PMO score": None},
        "link": {
            "title": LINK.title,
            "summary": LINK.summary,
            "url": LINK.url,
            "resolved": False,
        },
    }
    assert notes.read(json.loads(json.dumps(written)), "10001") == NOTE
    assert notes.key_of("acme") == "pmo-sync.acme"


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        [],
        {},
        wire(v=2),
        wire(v="1"),
        wire(id="10002"),
        wire(id=10001),
        wire(labels="pmo-x"),
        wire(labels=[1]),
        wire(fields={"a": 1}),
        wire(fields={"a": {"b": "c"}}),
        wire(link={"title": "x"}),
        wire(link="x"),
    ],
)
def test_what_is_malformed_or_another_ones_is_not_believed(value: object) -> None:
    assert notes.read(value, "10001") is None


def test_the_note_after_a_write() -> None:
    changes: list[Change] = [
        AddLabel(TARGET, "pmo-no-owner", ()),
        AddLabel(TARGET, "pmo-action", ()),
        RemoveLabel(TARGET, "pmo-stale", ()),
        RemoveLabel(TARGET, "pmo-never", ()),
        SetField(TARGET, "PMO health", "Amber", "Red", ()),
        SetField(TARGET, "Flags", ("a", "b"), None, ()),
        PutLink(TARGET, "pmo-sync:acme:bank:10001", LINK, ()),
    ]
    first = notes.after(None, "10001", changes)
    assert first.labels == ("pmo-action", "pmo-no-owner")
    assert first.link == LINK
    second = notes.after(NOTE, "10001", changes)
    assert second.fields == {"Flags": None, "PMO health": "Red", "PMO score": None}
    assert notes.after(NOTE, "10001", []) == NOTE
    assert NOTE.fields["PMO health"] == "Amber"


def test_a_note_beyond_what_a_property_holds_is_not_written() -> None:
    labels = tuple(f"pmo-{number:060}" for number in range(600))
    assert notes.write(Note("10001", labels)) is None
    room = notes.MOST - len(json.dumps(wire(), separators=(",", ":"))) - 2
    assert notes.write(Note("10001", ("x" * room,))) is not None
    assert notes.write(Note("10001", ("x" * (room + 1),))) is None
