"""Both flavours are read whole from the sandbox, whatever happens on the way; or the run says that they were not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import polars as pl
import pytest
import requests

from pmo_sync.connectors import jira_cloud, jira_dc
from pmo_sync.connectors.base import Needs
from pmo_sync.connectors.jira.asking import one_issue
from pmo_sync.connectors.options import JiraCloudOptions, JiraDataCenterOptions
from pmo_sync.errors import AccessError, IncompleteError, UsageError
from pmo_sync.model.change import Target, TargetKind
from pmo_sync.model.snapshot import Snapshot
from pmo_sync.sandbox import Flavour, Sandbox
from pmo_sync.sandbox.knobs import Fault, Incoming
from tests.surroundings import Clock, surroundings
from tests.unit.connectors.jira_answers import Told, transport_to
from tests.unit.connectors.jira_sites import EVERYTHING, connector, pull, site

COUNT = 1_000
BOTH = pytest.mark.parametrize("flavour", list(Flavour))


def ids(snapshot: Snapshot) -> set[str]:
    return set(snapshot.items.get_column("id"))


def stored(tracker: Sandbox) -> set[str]:
    return {str(number) for number in tracker.store.issues}


def on_search(act: Callable[[int], None]) -> Callable[[Incoming], None]:
    """Calls `act` with the number of each search request, from 1, before it is handled."""
    count = 0

    def before(incoming: Incoming) -> None:
        nonlocal count
        if "/search" in incoming.path and "/project" not in incoming.path:
            count += 1
            act(count)

    return before


@BOTH
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Los_Angeles"])
def test_a_thousand_issues_are_read_whole_in_any_zone(flavour: Flavour, zone: str) -> None:
    with site(flavour, COUNT, zone=zone) as tracker:
        snapshot = pull(tracker)
        assert ids(snapshot) == stored(tracker)
        assert len(tracker.writes) == 0
    assert snapshot.manifest.complete
    assert snapshot.items.get_column("parent_id").null_count() == COUNT // 10
    first = snapshot.items.row(0, named=True)
    assert str(first["created"]) == "2026-01-05 08:00:00+00:00"
    assert "url" not in first, "the manifest tells how an address is made"
    assert snapshot.manifest.address == f"{tracker.url}/browse/{{key}}"


@BOTH
@pytest.mark.parametrize("cap", [7, 50, 333])
def test_read_whole_whatever_the_page_holds(flavour: Flavour, cap: int) -> None:
    with site(flavour, 400) as tracker:
        tracker.knobs.page_cap = cap
        snapshot = pull(tracker)
        assert ids(snapshot) == stored(tracker)
    assert snapshot.manifest.complete


@BOTH
def test_read_whole_through_chaos(flavour: Flavour) -> None:
    with site(flavour, COUNT) as tracker:
        tracker.knobs.chaos("429=0.05,503=0.05,drop=0.03,seed=7")
        tracker.knobs.page_cap = 100
        snapshot = pull(tracker)
        assert ids(snapshot) == stored(tracker)
        assert any(entry.status in {429, 503} for entry in tracker.log)
    assert snapshot.manifest.complete


@BOTH
@pytest.mark.parametrize("kind", ["short", "empty", "repeat", "html"])
def test_a_spoilt_page_is_noticed(flavour: Flavour, kind: str) -> None:
    with site(flavour, COUNT) as tracker:
        tracker.knobs.page_cap = 100
        tracker.knobs.faults.append(Fault(kind, times=1, skip=2, path="/search"))
        snapshot = pull(tracker)
        whole = ids(snapshot) == stored(tracker)
    assert whole or not snapshot.manifest.complete
    assert whole or kind == "repeat"


@BOTH
def test_read_whole_while_the_index_lags(flavour: Flavour) -> None:
    with site(flavour, COUNT) as tracker:
        tracker.knobs.index_lag = 30
        hand = tracker.person("ann")
        for number in range(1, 40, 10):
            hand.label(f"BANK-{number}" if (number // 10) % 2 == 0 else f"CORE-{number}", add="late")
        snapshot = pull(tracker)
        assert ids(snapshot) == stored(tracker)
    assert snapshot.manifest.complete


@BOTH
def test_what_changes_between_two_pages_is_neither_lost_nor_kept(flavour: Flavour) -> None:
    with site(flavour, COUNT) as tracker:
        tracker.knobs.page_cap = 100
        hand = tracker.person("ann")

        def act(number: int) -> None:
            if number == 4:  # one read already goes, so that later ones move to where reading has been
                hand.delete("BANK-2")
                hand.create(project="CORE", type="Task", summary="New", status="To Do")
                hand.label("CORE-992", add="touched")

        tracker.knobs.before = on_search(act)
        snapshot = pull(tracker)
        assert ids(snapshot) == stored(tracker)
    assert snapshot.manifest.complete


@BOTH
def test_a_token_that_is_revoked_on_the_way_is_no_empty_list(flavour: Flavour) -> None:
    with site(flavour, 300) as tracker, connector(tracker) as one:
        tracker.knobs.page_cap = 100

        def act(number: int) -> None:
            if number == 2:
                tracker.knobs.revoke(tracker.writer.token)

        tracker.knobs.before = on_search(act)
        with pytest.raises(AccessError, match="does not accept the token"):
            one.pull(EVERYTHING, lambda _: None)


@BOTH
def test_a_token_that_is_revoked_before_the_first_page_gives_no_snapshot(flavour: Flavour) -> None:
    with site(flavour, 30) as tracker, connector(tracker) as one:
        tracker.knobs.revoke(tracker.writer.token)
        with pytest.raises(AccessError):
            one.pull(EVERYTHING, lambda _: None)


@BOTH
def test_a_wrong_token_is_an_access_error_with_advice(flavour: Flavour) -> None:
    with site(flavour, 1) as tracker:
        tracker.knobs.revoke(tracker.writer.token)
        with pytest.raises(AccessError, match="does not accept the token") as caught, connector(tracker):
            pass
    assert caught.value.exit_code == 4
    assert "token" in (caught.value.advice or "")


@BOTH
def test_a_scope_says_which_issues(flavour: Flavour) -> None:
    with site(flavour, 100) as tracker:
        snapshot = pull(tracker, scope="project = BANK")
    assert set(snapshot.items.get_column("key").str.slice(0, 4)) == {"BANK"}
    assert snapshot.projects.get_column("key").to_list() == ["BANK"]
    assert snapshot.items.height == 50


@BOTH
@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("project = BANK ORDER BY created", "in which order"),
        ("colour = red", "refuses the JQL"),
        ("project =", "refuses the JQL"),
    ],
)
def test_a_scope_that_cannot_be_used_is_said(flavour: Flavour, scope: str, said: str) -> None:
    with site(flavour, 1) as tracker, pytest.raises(UsageError, match=said):
        pull(tracker, scope=scope)


def test_order_by_inside_quotes_is_a_word() -> None:
    with site(Flavour.CLOUD, 10) as tracker:
        assert pull(tracker, scope='summary ~ "order by"').items.is_empty()


@BOTH
def test_an_unknown_field_is_said_with_near_names(flavour: Flavour) -> None:
    with site(flavour, 1) as tracker, pytest.raises(UsageError, match='did you mean "RAG"') as caught:
        pull(tracker, fields={"reported_rag": "RAGG"})
    assert caught.value.code == "unknown-field"


@BOTH
def test_the_note_of_the_tracker_is_read_along_or_when_asked_for(flavour: Flavour) -> None:
    note = {"v": 1, "id": "10001", "labels": ["pmo-overdue"], "fields": {"RAG": "Amber"}, "link": None}
    with site(flavour, 20) as tracker:
        target = next(iter(sorted(stored(tracker))))
        assert target == "10001"
        put_property(tracker, "10001", note)
        put_property(tracker, "10002", {**note})  # a copy: it says the id of another issue
        options: dict[str, Any] = {"write": {"labels": True, "fields": {"health": "RAG"}}}
        plain = pull(tracker, **options)
        asked = pull(tracker, Needs(EVERYTHING.columns, remember=True), **options)
    rows = {(row["target_id"], row["channel"], row["name"]): row["value"] for row in asked.remembered.to_dicts()}
    assert rows == {("10001", "label", "pmo-overdue"): "true", ("10001", "field", "RAG"): '"Amber"'}
    assert plain.remembered.is_empty() == (flavour is Flavour.DATA_CENTER)


def test_a_label_of_people_costs_no_request_for_a_note() -> None:
    """On a Data Center each note is a request: only what begins as our labels do, or is our summary, may be ours."""
    note = {"v": 1, "labels": [], "fields": {}, "link": None}
    with site(Flavour.DATA_CENTER, 20) as tracker:
        hand = tracker.person("ann")
        hand.label("BANK-2", add="customer")
        hand.label("BANK-3", add="act-now")
        for number in ("10001", "10002", "10003"):
            put_property(tracker, number, {**note, "id": number, "labels": ["x"]})
        before = len(tracker.log)
        wanted = Needs(EVERYTHING.columns, remember=True, label_prefix="pmo-")
        found = pull(tracker, wanted, write={"labels": True, "summary_flag": "act-now"})
        asked = [one.path for one in tracker.log[before:] if "properties" in one.path]
    assert set(found.remembered["target_id"]) == {"10001", "10003"}
    assert len(asked) == 5, "four issues have pmo-overdue, one has the summary flag"


def put_property(tracker: Sandbox, number: str, value: dict[str, Any]) -> None:
    visitor = tracker.writer
    cloud = tracker.flavour is Flavour.CLOUD
    headers = {"Content-Type": "application/json"} | ({} if cloud else {"Authorization": f"Bearer {visitor.token}"})
    answer = requests.put(
        f"{tracker.url}/rest/api/2/issue/{number}/properties/pmo-sync.pmo",
        data=msgspec.json.encode(value),
        headers=headers,
        auth=(visitor.login, visitor.token) if cloud else None,
        timeout=10,
    )
    assert answer.status_code == 201


@BOTH
def test_people_are_found_by_what_pmo_yaml_calls_them(flavour: Flavour) -> None:
    with site(flavour, 20) as tracker:
        snapshot = pull(tracker, Needs(EVERYTHING.columns, people=frozenset({"Ann", "nobody"})))
    owner = snapshot.items.get_column("owner").drop_nulls().unique().to_list()
    assert snapshot.accounts.rows() == [(owner[0], "Ann")]


def test_a_cloud_that_is_called_a_data_center_is_told_apart() -> None:
    with site(Flavour.CLOUD, 1) as tracker:
        options = JiraDataCenterOptions.model_validate({"kind": "jira-dc", "url": tracker.url})
        with pytest.raises((UsageError, AccessError)) as caught:
            jira_dc.connect("j", options, surroundings(Clock(), tracker.writer.token))
    assert "jira-cloud" in (caught.value.advice or "")


def test_a_data_center_that_is_called_a_cloud_is_told_apart() -> None:
    with site(Flavour.DATA_CENTER, 1) as tracker:
        options = JiraCloudOptions.model_validate({"kind": "jira-cloud", "url": tracker.url})
        with pytest.raises((UsageError, AccessError)) as caught:
            jira_cloud.connect("j", options, surroundings(Clock(), tracker.writer.token, "ann@example.net"))
    assert "jira-dc" in (caught.value.advice or "")


def test_cloud_needs_the_account_of_its_token() -> None:
    options = JiraCloudOptions.model_validate({"kind": "jira-cloud", "url": "https://jira.example.net"})
    with pytest.raises(UsageError, match=r"trackers\.j\.user is missing"):
        jira_cloud.connect("j", options, surroundings(Clock(), "x"))


def test_the_token_of_somebody_else_is_refused() -> None:
    with site(Flavour.DATA_CENTER, 1) as tracker:
        options = JiraDataCenterOptions.model_validate({"kind": "jira-dc", "url": tracker.url})
        with pytest.raises(AccessError, match="not of ann"):
            jira_dc.connect("j", options, surroundings(Clock(), tracker.writer.token, "ann"))


def test_requests_go_to_the_gateway_and_people_to_the_site() -> None:
    with site(Flavour.CLOUD, 3) as tracker:
        gateway = tracker.url
        tracker_url = "https://site.example.net"
        with connector(tracker, url=tracker_url, api_url=gateway) as one:
            snapshot = one.pull(EVERYTHING, lambda _: None)
    assert snapshot.manifest.url == tracker_url
    assert snapshot.manifest.address == f"{tracker_url}/browse/{{key}}"


@BOTH
def test_to_a_stranger_no_issue_is_gone(flavour: Flavour) -> None:
    target = Target("j", TargetKind.ITEM, "10001", "BANK-1")
    with site(flavour, 5) as tracker, connector(tracker) as one:
        assert one.look([target])[0].exists
        tracker.knobs.revoke(tracker.writer.token)
        with pytest.raises(AccessError):
            one.look([target])


@BOTH
def test_who_is_asked_for_a_captcha_is_told_so_and_no_issue_is_gone(flavour: Flavour) -> None:
    told = Told(b"", 403, {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE"})
    transport, _ = transport_to(lambda _: told)
    api = "/rest/api/3" if flavour is Flavour.CLOUD else "/rest/api/2"
    with pytest.raises(AccessError, match="CAPTCHA"):
        one_issue(transport, api, "1", ("summary",), ())


@BOTH
def test_a_field_that_a_project_does_not_have_is_hidden_there(flavour: Flavour) -> None:
    with site(flavour, 40) as tracker:
        snapshot = pull(tracker, Needs(EVERYTHING.columns | {"fields.rag"}), fields={"rag": {"field": "RAG"}})
    hidden = snapshot.scopes.select(pl.col("project_id"), pl.col("hidden").list.contains("fields.rag"))
    assert set(hidden.rows()) == {("10000", False), ("10001", True)}
    shown = snapshot.items.filter(pl.col("project_id") == "10000").get_column("fields.rag")
    assert shown.unique().to_list() == ["Amber"]


def test_silence_is_asked_for_only_where_something_is_written() -> None:
    with site(Flavour.CLOUD, 20) as tracker:
        pull(tracker)
        before = [entry.path for entry in tracker.log]
        pull(tracker, write={"labels": True})
        after = [entry.path for entry in tracker.log][len(before) :]
    assert not any("permissions" in path for path in before)
    assert sum("permissions/check" in path for path in after) == 1


def test_an_unreachable_jira_is_incomplete() -> None:
    with site(Flavour.CLOUD, 1) as tracker, connector(tracker) as one:
        tracker.knobs.faults.append(Fault("503"))
        with pytest.raises(IncompleteError):
            one.pull(EVERYTHING, lambda _: None)
