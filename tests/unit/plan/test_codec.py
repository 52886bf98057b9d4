from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest

from pmo_sync.errors import UsageError
from pmo_sync.model.change import (
    AddLabel,
    Guard,
    Held,
    HeldReason,
    Plan,
    Precondition,
    PutLink,
    RemoveLabel,
    SetField,
    WebLink,
)
from pmo_sync.plan.codec import decode, digest, encode
from tests.unit.plan.world import NOW, TODAY, item, project

LINK = WebLink("PMO standards: 6 of 8 met", "no owner", "https://example.net/#HYG-01", resolved=False)


def full() -> Plan:
    plan = Plan(
        digest="",
        made_at=NOW,
        status_date=TODAY,
        snapshots={"plant": "s1"},
        changes=(
            RemoveLabel(item("1"), "pmo-quiet", ()),
            AddLabel(item("1"), "pmo-no-owner", ("HYG-01",)),
            SetField(item("2"), "PMO compliance", ("a", "b"), None, ("HYG-01", "HYG-08")),
            PutLink(item("2"), "pmo-sync:pmo:plant:2", LINK, ("HYG-01",)),
            SetField(project("p1"), "PMO health", None, "Grün", ("roll-up",)),
        ),
        held=(
            Held(item("3"), "label", "pmo-quiet", None, "true", HeldReason.PREVIEW, ("HYG-08",)),
            Held(item("3"), "label", "pmo-no-owner", "true", None, HeldReason.EDITED),
            Held(item("3"), "link", "pmo-sync:pmo:plant:3", None, None, HeldReason.PREVIEW, ("HYG-08",)),
            Held(project("p2"), "field", "PMO health", "Green", "Amber", HeldReason.EDITED, ("roll-up",)),
            Held(item("4"), "field", "PMO compliance", ("x",), None, HeldReason.NOT_OURS),
        ),
        preconditions=(
            Precondition(item("1"), "2026-11-20T09:30:00Z"),
            Precondition(item("2"), None),
            Precondition(project("p1"), None),
        ),
        guards=(Guard("FirstRun", "nothing was written before", ("HYG-01: 1",)),),
        expected_requests=9,
        expected_mails=2,
        silent=("bank",),
    )
    return replace(plan, digest=digest(plan))


def test_a_plan_survives_its_file() -> None:
    assert decode(encode(full())) == full()


def test_the_file_has_the_keys_of_the_contract() -> None:
    document = json.loads(encode(full()))
    assert list(document) == [
        *("schema_version", "digest", "made_at", "status_date", "snapshots", "changes", "held"),
        *("preconditions", "guards", "expected", "previewed"),
    ]
    assert document["schema_version"] == 1
    assert document["changes"][1] == {
        "tracker": "plant",
        "id": "1",
        "key": "T-1",
        "op": "add_label",
        "label": "pmo-no-owner",
        "because": ["HYG-01"],
    }
    assert document["changes"][3] == {
        "tracker": "plant",
        "id": "2",
        "key": "T-2",
        "op": "put_link",
        "name": "pmo-sync:pmo:plant:2",
        "link": {
            "title": "PMO standards: 6 of 8 met",
            "summary": "no owner",
            "url": "https://example.net/#HYG-01",
            "resolved": False,
        },
        "because": ["HYG-01"],
    }
    assert document["changes"][4] == {
        "tracker": "plant",
        "target": "project",
        "id": "p1",
        "key": "P1",
        "op": "set_field",
        "field": "PMO health",
        "before": None,
        "after": "Grün",
        "because": ["roll-up"],
    }
    assert document["held"][0] == {
        "tracker": "plant",
        "id": "3",
        "key": "T-3",
        "label": "pmo-quiet",
        "wanted": "true",
        "reason": "preview",
        "because": ["HYG-08"],
    }
    assert document["held"][2]["link"] == "pmo-sync:pmo:plant:3"
    assert document["preconditions"][0] == {"tracker": "plant", "id": "1", "updated": "2026-11-20T09:30:00Z"}
    assert document["expected"] == {"requests": 9, "mails": 2, "suppressed": ["bank"]}
    assert json.loads(encode(replace(full(), silent=())))["expected"] == {"requests": 9, "mails": 2}


def test_the_digest_leaves_out_when_and_how_dear() -> None:
    plan = full()
    same = replace(plan, made_at=NOW.replace(hour=9), expected_requests=1, expected_mails=0, snapshots={})
    assert digest(same) == plan.digest
    assert digest(replace(plan, held=plan.held[:1])) != plan.digest
    assert digest(replace(plan, guards=())) != plan.digest
    assert digest(replace(plan, preconditions=())) != plan.digest
    assert digest(replace(plan, changes=plan.changes[1:])) != plan.digest


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"pmo-no-owner", b"pmo-no-onwer"), (b"09:30:00Z", b"09:31:00Z"), (b"FirstRun", b"SecondRun")],
)
def test_a_changed_file_is_refused(before: bytes, after: bytes) -> None:
    with pytest.raises(UsageError, match="changed after the plan was made"):
        decode(encode(full()).replace(before, after), name="plan.json")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"schema_version": 1}',
        b'{"schema_version": "1"}',
        b"key: value",
        b"\x00" * 100,
        b"[" * 100_000,
    ],
)
def test_what_is_no_plan_is_one_sentence(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"plan\.json is not a plan of pmo-sync") as caught:
        decode(data, name="plan.json")
    assert caught.value.advice


def test_a_newer_format_and_an_unknown_change_are_refused() -> None:
    with pytest.raises(UsageError, match="version 2 of its format"):
        decode(b'{"schema_version": 2, "what": "ever"}')
    document = msgspec.json.decode(encode(full()))
    document["changes"][0]["op"] = "put_wiki"
    with pytest.raises(UsageError, match="put_wiki"):
        decode(msgspec.json.encode(document))
