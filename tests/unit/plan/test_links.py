from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pmo_sync.model.change import AddLabel, HeldReason, PutLink, RemoveLabel, WebLink
from pmo_sync.model.mark import encode_link
from pmo_sync.model.options import ModeEntry
from pmo_sync.model.past import Approval
from pmo_sync.model.words import Level, Mode
from pmo_sync.plan.build import make_plan
from pmo_sync.plan.inputs import FlagSource
from pmo_sync.plan.links import LONGEST, summary
from pmo_sync.plan.options import GuardOptions, WriteOptions
from tests.unit.plan.world import STANDARDS, TODAY, Item, World, approvals, item

LINK = WriteOptions(link=True)
BOTH = WriteOptions(link=True, labels=True)
SEARCH = "https://example.net/issues/?jql=labels%20%3D%20"
NAME_1 = "pmo-sync:pmo:plant:1"
OWNER_1 = WebLink("PMO standards: 2 of 3 met", "no owner", f"{SEARCH}pmo-no-owner", resolved=False)


def linked(failing: list[tuple[str, str, str]], passing: list[tuple[str, str]] = [], **more: Any) -> World:  # noqa: B006
    return World(options=more.pop("options", LINK), failing=failing, passing=passing, **more)


def links(world: World) -> dict[str, WebLink]:
    changes = make_plan(world.inputs()).plan.changes
    return {change.target.id: change.link for change in changes if isinstance(change, PutLink)}


def stands(world: World, **what: WebLink | None) -> World:
    """Says of item `_1` and so on that this link was last written there."""
    for id_, link in what.items():
        name = f"pmo-sync:pmo:plant:{id_[1:]}"
        world.written["item", id_[1:], "link", name] = None if link is None else encode_link(link)
    return world


# --- what it says ---------------------------------------------------------------------------------------------------


def test_the_link_counts_what_is_met_and_names_what_is_open() -> None:
    world = linked([("1", "HYG-02", "major"), ("1", "HYG-01", "major"), ("1", "RSK-01", "critical")], [("1", "HYG-08")])
    assert make_plan(world.inputs()).plan.changes == (
        PutLink(
            item("1"),
            NAME_1,
            WebLink(
                "PMO standards: 1 of 4 met",
                "no response; no owner; no date",
                f"{SEARCH}pmo-no-response",
                resolved=False,
            ),
            ("HYG-01", "HYG-02", "RSK-01"),
        ),
    )


def test_without_a_flagged_failure_there_is_no_link() -> None:
    world = linked([("1", "HYG-01", "minor")], [("1", "HYG-02"), ("2", "HYG-01")])
    assert links(world) == {}


def test_what_is_open_is_named_below_flag_from_too() -> None:
    world = linked([("1", "HYG-01", "minor"), ("1", "HYG-02", "major")])
    assert links(world)["1"].summary == "no date; no owner"


@pytest.mark.parametrize("finding", [{"waiver": 0}, {"baselined": True}], ids=["waived", "baselined"])
def test_a_waived_or_accepted_failure_is_met_and_not_named(finding: dict[str, Any]) -> None:
    world = linked([("1", "HYG-01", "major")], [("1", "HYG-02")], finding=finding)
    stands(world, _1=OWNER_1)
    assert links(world) == {
        "1": WebLink("PMO standards: 2 of 2 met", "", f"{SEARCH}pmo-action", resolved=True),
    }


@pytest.mark.parametrize(
    "finding", [{"verdict": 3}, {"mode": "supportive"}, {"ripe": False}, {"offender": True}], ids=str
)
def test_what_is_no_open_failure_of_the_item_is_in_neither_number(finding: dict[str, Any]) -> None:
    world = linked([("1", "HYG-01", "major")], [("1", "HYG-02")], finding=finding)
    assert links(world) == {}
    assert links(stands(world, _1=OWNER_1))["1"].title == "PMO standards: 1 of 1 met"


def test_when_all_is_met_the_link_is_resolved_and_stays() -> None:
    world = linked([], [("1", "HYG-01"), ("1", "HYG-02")])
    met = WebLink("PMO standards: 2 of 2 met", "", f"{SEARCH}pmo-action", resolved=True)
    assert links(stands(world, _1=OWNER_1)) == {"1": met}
    assert links(stands(world, _1=met)) == {}


def test_a_link_of_which_nobody_knows_what_it_says_is_written_again() -> None:
    world = linked([], [("1", "HYG-01")])
    assert links(stands(world, _1=None))["1"].resolved


def test_what_was_last_written_is_not_written_again() -> None:
    world = linked([("1", "HYG-01", "major")], [("1", "HYG-02"), ("1", "HYG-08")])
    assert links(world) == {"1": OWNER_1}
    assert links(stands(world, _1=OWNER_1)) == {}
    world.passing.append(("1", "RSK-01"))
    assert links(world)["1"].title == "PMO standards: 3 of 4 met"


def test_a_link_is_named_by_owner_tracker_and_immutable_id() -> None:
    world = linked([("1", "HYG-01", "major")], more={"owner_id": "bank"})
    stands(world, _1=OWNER_1)
    change = make_plan(world.inputs()).plan.changes[0]
    assert isinstance(change, PutLink)
    assert change.name == "pmo-sync:bank:plant:1"


def test_no_title_and_no_key_of_an_item_stands_in_a_link() -> None:
    world = linked([(str(number), "HYG-01", "critical") for number in (1, 2, 3)])
    for link in links(world).values():
        text = encode_link(link)
        assert "T-" not in text
        assert "title" not in text.replace('"title":', "")


# --- how long -------------------------------------------------------------------------------------------------------


def test_names_that_do_not_fit_are_a_number() -> None:
    names = [f"no {letter * 40}" for letter in "abcdefgh"]
    text = summary(names)
    assert text == "; ".join(names[:5]) + "; and 3 more"
    assert len(text) <= LONGEST
    assert summary(names[:5]) == "; ".join(names[:5])
    assert summary(["x" * 300, "y"]) == "2 open"
    assert summary([]) == ""


# --- where it leads -------------------------------------------------------------------------------------------------


def test_it_leads_to_the_page_of_the_worst_standard_where_there_is_one() -> None:
    world = linked([("1", "HYG-01", "major"), ("1", "RSK-01", "critical")])
    world.more["standards_page"] = "https://wiki.example.net/standards"
    assert links(world)["1"].url == "https://wiki.example.net/standards#RSK-01"
    world.failing = []
    assert links(stands(world, _1=OWNER_1))["1"].url == "https://wiki.example.net/standards"


@pytest.mark.parametrize(
    ("prefix", "query"),
    [("pmo-", "labels = pmo-no-owner"), ("pmo:", 'labels = "pmo:no-owner"'), ("a\\&", 'labels = "a\\\\&no-owner"')],
)
def test_the_search_is_one_that_the_tracker_reads(prefix: str, query: str) -> None:
    world = linked([("1", "HYG-01", "major")], more={"label_prefix": prefix})
    address = urlsplit(links(world)["1"].url)
    assert (address.netloc, address.path, parse_qs(address.query)) == ("example.net", "/issues/", {"jql": [query]})


# --- what waits for a yes -------------------------------------------------------------------------------------------


def test_an_unapproved_standard_is_in_no_number_and_named_nowhere() -> None:
    world = linked([("1", "HYG-01", "major"), ("1", "HYG-02", "critical"), ("2", "HYG-02", "major")])
    world.passing = [("1", "RSK-01"), ("3", "RSK-01")]
    world.past["approvals"] = approvals(STANDARDS[0])
    plan = make_plan(world.inputs()).plan
    assert {id_: (link.title, link.summary) for id_, link in links(world).items()} == {
        "1": ("PMO standards: 0 of 1 met", "no owner")
    }
    assert [(one.target.id, one.channel, one.reason, one.because) for one in plan.held] == [
        ("1", "link", HeldReason.PREVIEW, ("HYG-02",)),
        ("2", "link", HeldReason.PREVIEW, ("HYG-02",)),
    ]
    assert plan.previewed == {"HYG-02": "sha256:2"}


def test_labels_tell_what_is_held_where_there_are_labels() -> None:
    world = linked([("1", "HYG-01", "major")], options=BOTH)
    world.past["approvals"] = ()
    plan = make_plan(world.inputs()).plan
    assert plan.changes == ()
    assert [one.channel for one in plan.held] == ["label"]


def test_labels_and_link_go_together_the_link_last() -> None:
    world = linked([("1", "HYG-01", "major")], options=BOTH)
    changes = make_plan(world.inputs()).plan.changes
    assert [type(change) for change in changes] == [AddLabel, AddLabel, PutLink]


def test_an_edited_standard_moves_no_number_until_somebody_says_yes() -> None:
    """Three of three were judged; HYG-08 has another content now, which nobody approved."""
    world = linked([("1", "HYG-01", "major")], [("1", "HYG-02"), ("1", "HYG-08")])
    stands(world, _1=OWNER_1)
    world.past["approvals"] = (*approvals(*STANDARDS[:2]), Approval("HYG-08", "sha256:old", "head of PMO", TODAY))
    assert links(world) == {}
    world.failing.append(("1", "HYG-02", "major"))
    world.passing.remove(("1", "HYG-02"))
    assert links(world)["1"].summary == "no owner; no date"


def test_a_name_of_an_edited_standard_stays_while_it_waits() -> None:
    world = linked([("1", "HYG-01", "major"), ("1", "HYG-08", "major")], [("1", "HYG-02")])
    quiet = replace(OWNER_1, title="PMO standards: 1 of 3 met", summary="no owner; quiet")
    stands(world, _1=quiet)
    world.past["approvals"] = (*approvals(*STANDARDS[:2]), Approval("HYG-08", "sha256:old", "head of PMO", TODAY))
    assert links(world) == {}
    world.past["approvals"] = approvals(*STANDARDS)
    assert links(world) == {}, "what is approved says the same"


def test_too_many_new_links_of_one_standard_are_held_as_labels_are() -> None:
    world = linked([(str(number), "HYG-01", "major") for number in (1, 2, 3)])
    world.more["guards"] = GuardOptions(max_new_per_standard=2)
    plan = make_plan(world.inputs()).plan
    assert plan.changes == ()
    assert {one.reason for one in plan.held} == {HeldReason.TOO_MANY_NEW}
    world.passing = [("1", "HYG-02"), ("1", "HYG-08")]
    stands(world, _1=OWNER_1)
    assert set(links(world)) == {"2", "3"}, "what an open link may name is not new"


def test_a_standard_that_is_switched_off_leaves_the_link() -> None:
    world = linked([("1", "HYG-02", "major")], [("1", "HYG-01")])
    world.more["flags"] = (replace(STANDARDS[0], enabled=False), STANDARDS[1])
    assert links(world)["1"].title == "PMO standards: 0 of 1 met"


# --- where nothing moves --------------------------------------------------------------------------------------------


def test_supportive_parts_keep_theirs() -> None:
    world = linked([("1", "HYG-01", "major")], [("1", "HYG-02")], finding={"mode": "supportive"})
    world.more["mode"] = Mode.SUPPORTIVE
    assert links(stands(world, _1=replace(OWNER_1, summary="no date"))) == {}


def test_a_standard_that_does_not_act_there_is_in_no_number() -> None:
    world = linked([("1", "HYG-01", "major")], [("1", "HYG-02"), ("1", "HYG-08"), ("1", "RSK-01")])
    world.more["flags"] = (*STANDARDS[:3], replace(STANDARDS[3], mode=Mode.SUPPORTIVE))
    world.more["modes"] = (ModeEntry(standard="HYG-08", mode=Mode.SUPPORTIVE),)
    assert links(world)["1"].title == "PMO standards: 1 of 2 met"


def test_closed_projects_and_what_was_not_read_whole_keep_theirs() -> None:
    failing = [(str(number), "HYG-01", "major") for number in (1, 2, 3)]
    world = linked(failing, items=[Item("1", project="p1"), Item("2", complete=False, project="p2"), Item("3", "p2")])
    world.closed = {"p1"}
    plan = make_plan(world.inputs()).plan
    assert [change.target.id for change in plan.changes] == ["3"]
    assert {(one.channel, one.name, one.reason, one.target.key) for one in plan.held} == {
        ("link", "*", HeldReason.CLOSED, "1 item"),
        ("link", "*", HeldReason.INCOMPLETE, "1 item"),
    }


def test_a_standard_that_looks_at_relatives_waits_for_a_whole_reading() -> None:
    items = [Item("1"), Item("2", complete=False)]
    world = linked([("1", "HYG-01", "major")], [("1", "HYG-02")], items=items)
    world.more["flags"] = (STANDARDS[0], replace(STANDARDS[1], related=True))
    plan = make_plan(world.inputs()).plan
    assert plan.changes == ()
    assert [(one.channel, one.reason) for one in plan.held] == [("link", HeldReason.INCOMPLETE)]
    world.more["flags"] = (STANDARDS[0], STANDARDS[1], FlagSource("X-1", "x", "f", shared=frozenset({Level.PROJECT})))
    assert set(links(world)) == {"1"}


def test_a_tracker_that_asks_for_none_gets_none() -> None:
    world = linked([("1", "HYG-01", "major")], options=WriteOptions(labels=True))
    assert links(stands(world, _1=None)) == {}


# --- what it costs --------------------------------------------------------------------------------------------------


def test_a_link_costs_requests_and_no_mail() -> None:
    world = linked([("1", "HYG-01", "major"), ("2", "HYG-01", "major")], options=BOTH)
    world.labels = [("2", "pmo-no-owner"), ("2", "pmo-action")]
    world.more["mails_per_item"] = {"plant": 1}
    plan = make_plan(world.inputs()).plan
    assert {change.target.id for change in plan.changes} == {"1", "2"}
    assert (plan.expected_mails, plan.expected_requests) == (1, 12)


def test_labels_that_go_do_not_take_the_link_away() -> None:
    world = linked([], [("1", "HYG-01")], options=BOTH, labels=[("1", "pmo-no-owner")])
    world.written["item", "1", "label", "pmo-no-owner"] = "true"
    stands(world, _1=OWNER_1)
    changes = make_plan(world.inputs()).plan.changes
    assert [type(change) for change in changes] == [RemoveLabel, PutLink]
    assert isinstance(changes[1], PutLink)
    assert changes[1].link.resolved
