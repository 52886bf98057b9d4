from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pmo_sync.model.change import (
    AddLabel,
    Change,
    Guard,
    Held,
    HeldReason,
    Outcome,
    Plan,
    PutLink,
    RemoveLabel,
    Result,
    SetField,
    Target,
    TargetKind,
    WebLink,
)
from pmo_sync.report import outcomes, plan_text
from pmo_sync.report.style import Style

PAY12 = Target("bank", TargetKind.ITEM, "10012", "PAY-12")
PAY1 = Target("bank", TargetKind.ITEM, "10001", "PAY-1")
DAT7 = Target("bank", TargetKind.ITEM, "10007", "DAT-7")


def make(
    changes: Sequence[Change] = (), held: Sequence[Held] = (), guards: Sequence[Guard] = (), mails: int = 0
) -> Plan:
    return Plan(
        digest="sha256:4be1",
        made_at=datetime(2026, 11, 21, 6, 12, tzinfo=UTC),
        status_date=date(2026, 11, 21),
        snapshots={"bank": "s1"},
        changes=tuple(changes),
        held=tuple(held),
        preconditions=(),
        guards=tuple(guards),
        expected_requests=41,
        expected_mails=mails,
    )


CHANGES = (
    SetField(PAY1, "PMO health", "Green", "Amber", ("roll-up",)),
    AddLabel(PAY12, "pmo-action", ("BNK-01",)),
    AddLabel(PAY12, "pmo-no-due-date", ("BNK-01",)),
    RemoveLabel(PAY12, "pmo-stale", ()),
    SetField(PAY12, "PMO compliance", ("no-owner",), ("action", "no-owner"), ("HYG-01",)),
)
HELD = (
    Held(DAT7, "field", "PMO health", "Green", "Amber", HeldReason.EDITED),
    Held(PAY12, "label", "pmo-quiet", None, "true", HeldReason.PREVIEW, ("HYG-08",)),
    Held(PAY1, "label", "pmo-quiet", None, "true", HeldReason.PREVIEW, ("HYG-08",)),
)


def test_the_whole_plan() -> None:
    assert plan_text.plan(make(CHANGES, HELD, mails=4), Style(), everything=False, saved="plan.json") == (
        "  ~ PAY-1       PMO health          Green → Amber  (roll-up)\n"
        "  ~ PAY-12      labels              + pmo-action  + pmo-no-due-date  - pmo-stale  (BNK-01)\n"
        "                PMO compliance      + action  (HYG-01)\n"
        "  ! DAT-7       PMO health          held: has Green, we want Amber; "
        "a person changed it after we wrote it; it stays as it is\n"
        "  ! held        2 marks: new or changed standards wait for a yes, such as: "
        "pmo-sync rules approve HYG-08 --by WHO\n"
        "                HYG-08 2\n"
        "\n"
        "Plan: 2 targets · 2 labels added, 1 removed · 2 fields · 3 held\n"
        "Only flags that are ours and the fields listed in pmo.yaml are ever written.\n"
        "Requests: about 41 · e-mails the tracker may send: at most 4\n"
        "Saved plan.json; apply it with: pmo-sync apply plan.json\n"
    )


def test_a_web_link_is_shown_by_its_title_and_counted() -> None:
    met = WebLink("PMO standards: 6 of 8 met", "no target date", "https://example.net", resolved=False)
    links = [PutLink(one, f"pmo-sync:pmo:bank:{one.id}", met, ("BNK-01",)) for one in (PAY1, PAY12)]
    text = plan_text.plan(make([CHANGES[1], *links]), Style(), everything=False).splitlines()
    assert text[0] == "  ~ PAY-12      labels              + pmo-action  (BNK-01)"
    assert text[1:3] == [
        '  ~ PAY-1       web link            + "PMO standards: 6 of 8 met"  (BNK-01)',
        '  ~ PAY-12      web link            + "PMO standards: 6 of 8 met"  (BNK-01)',
    ]
    assert "Plan: 2 targets · 1 label added, 0 removed · 2 links" in text
    assert "Only flags and links that are ours and the fields listed in pmo.yaml are ever written." in text
    assert plan_text.record(links[0]) == (
        *("bank", "PAY-1", "put link", "pmo-sync:pmo:bank:10001", None, "PMO standards: 6 of 8 met", "BNK-01"),
    )
    assert plan_text.change_line(links[0])["link"] == {
        "title": "PMO standards: 6 of 8 met",
        "summary": "no target date",
        "url": "https://example.net",
        "resolved": False,
    }
    said = outcomes.text([Outcome(links[0], Result.FAILED, "503")], Style(), run=None)
    assert "✗ bank PAY-1  web link  failed: 503" in said


@pytest.mark.parametrize(
    ("mails", "silent", "said"),
    [
        (0, (), "none"),
        (4, (), "at most 4"),
        (0, ("bank",), "none on bank (suppressed)"),
        (4, ("bank", "plant"), "at most 4 · none on bank, plant (suppressed)"),
    ],
)
def test_suppressed_mails_are_named_by_tracker(mails: int, silent: tuple[str, ...], said: str) -> None:
    text = plan_text.plan(replace(make(mails=mails), silent=silent), Style(), everything=False)
    assert f"e-mails the tracker may send: {said}\n" in text


def test_no_changes() -> None:
    text = plan_text.plan(make(), Style(), everything=False)
    assert text.startswith("Plan: no changes\n")
    assert "apply it with" not in text


def test_a_guard_tells_what_was_seen_and_the_command_that_allows_exactly_this_plan() -> None:
    guard = Guard("TooMuchChange", "this plan flags 148 of 243 items; the last good run 31", ("due is empty on 121",))
    text = plan_text.plan(make(CHANGES, guards=[guard]), Style(), everything=False, saved="p.json")
    assert "refused[too-much-change]: this plan flags 148 of 243 items" in text
    assert "due is empty on 121" in text
    assert "pmo-sync apply p.json --allow sha256:4be1\n" in text
    elsewhere = plan_text.plan(make(CHANGES, guards=[guard]), Style(), everything=False, again=" -C 'my pmo'")
    assert "then: pmo-sync apply plan.json --allow sha256:4be1 -C 'my pmo'\n" in elsewhere


def test_many_targets_are_capped() -> None:
    changes = [AddLabel(Target("b", TargetKind.ITEM, str(n), f"K-{n}"), "pmo-x", ("A",)) for n in range(70)]
    text = plan_text.plan(make(changes), Style(), everything=False)
    assert text.count("~") == plan_text.LIMIT
    assert "… 20 more targets: --all, or --format json" in text
    assert plan_text.plan(make(changes), Style(), everything=True).count("~") == 70


@pytest.mark.parametrize("reason", list(HeldReason))
def test_every_reason_for_holding_has_a_way_out(reason: HeldReason) -> None:
    text = plan_text.plan(make(held=[Held(PAY1, "field", "f", "a", "b", reason, ("X-1",))]), Style(), everything=False)
    assert text.splitlines()[0].startswith("  ! ")
    assert "{" not in text


def test_hostile_values_stay_on_their_line() -> None:
    target = Target("b", TargetKind.ITEM, "1", "K\x1b[2J\n1")
    change = SetField(target, "f\x9b", "a\nb\u202e", "c" * 500, ())
    text = plan_text.plan(make([change]), Style(), everything=False)
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)
    assert len(text.splitlines()[0]) < 200


def test_outcomes_add_up_and_name_what_was_not_written() -> None:
    results = [
        Outcome(CHANGES[0], Result.WRITTEN),
        Outcome(CHANGES[1], Result.FAILED, "403: grant edit_issues", permission=True),
        Outcome(CHANGES[4], Result.STALE, "status In Progress → Done"),
    ]
    text = outcomes.text(results, Style(), run="2026-11-21-0612-7f3a")
    assert "✗ bank PAY-12  pmo-action  failed: 403: grant edit_issues" in text
    assert text.endswith("3 changes: written 1, unchanged 0, stale 1, refused 0, failed 1 · run 2026-11-21-0612-7f3a\n")
    assert sum(outcomes.totals(results).values()) == len(results)


@pytest.mark.parametrize(
    ("observed", "wanted", "said"),
    [
        (None, "true", "held: a person took it off; it stays off"),
        ("true", None, "held: a person put it there; it stays"),
    ],
)
def test_a_label_that_is_a_persons_has_no_values(observed: str | None, wanted: str | None, said: str) -> None:
    held = Held(PAY1, "label", "pmo-no-owner", observed, wanted, HeldReason.EDITED, ("HYG-01",))
    text = plan_text.plan(make(held=[held]), Style(), everything=False)
    assert text.startswith(f"  ! PAY-1       pmo-no-owner        {said}\n")
