"""Writing to both Jiras: what is read back counts, nothing of people is lost, nothing is sent that need not be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pmo_sync.connectors.base import Needs
from pmo_sync.connectors.jira import notes
from pmo_sync.connectors.jira.client import Client
from pmo_sync.connectors.jira.wire import EditMeta
from pmo_sync.connectors.transport import Repeat
from pmo_sync.errors import AccessError
from pmo_sync.model.change import AddLabel, Change, Result, SetField, TargetKind
from pmo_sync.sandbox import Flavour
from pmo_sync.sandbox.knobs import Fault, Incoming
from pmo_sync.sandbox.records import RemoteLink
from tests.unit.connectors.jira_bank import (
    DAY,
    FLAGS,
    HEALTH,
    LINE,
    LINK,
    MANY,
    NOTE,
    SCORE,
    TEXT,
    TIME,
    WHO,
    Bank,
    add,
    link,
    open_bank,
    put,
    remove,
    results,
    target,
)

WRITTEN, UNCHANGED, STALE, REFUSED, FAILED = (
    Result.WRITTEN,
    Result.UNCHANGED,
    Result.STALE,
    Result.REFUSED,
    Result.FAILED,
)


@pytest.fixture(params=list(Flavour), ids=lambda flavour: flavour.name.lower())
def bank(request: pytest.FixtureRequest) -> Iterator[Bank]:
    for one in open_bank(request.param):
        yield one
        _labels_go_by_verbs(one)


def _labels_go_by_verbs(bank: Bank) -> None:
    """Holds for every test of this file."""
    for body in bank.sent():
        if isinstance(body, dict) and "globalId" not in body:
            assert "labels" not in body.get("fields", {})
            assert all(set(verb) <= {"add", "remove"} for verb in body.get("update", {}).get("labels", []))
            assert set(body.get("update", {})) <= {"labels"}


def _object(link: RemoteLink) -> Any:
    return link.body["object"]


def when(bank: Bank, method: str, path: str, act: Any, times: int = 1) -> None:
    """`act` happens just before the next requests of this kind are handled."""
    left = [times]

    def before(incoming: Incoming) -> None:
        if incoming.method == method and path in incoming.path and left[0]:
            left[0] -= 1
            act()

    bank.tracker.knobs.before = before


EVERYTHING: list[Change] = [
    add("pmo-stale"),
    remove("pmo-mine"),
    put(HEALTH, None, "Amber"),
    put(SCORE, None, "88.50"),
    put(TEXT, None, "{code}one{code}\n\ntwo [~ann]\nthree"),
    put(LINE, None, '"}]}, {injected'),
    put(DAY, None, "2026-11-23"),
    put(TIME, None, "2026-11-23T09:30:00Z"),
    put(MANY, None, ("cost", "risk")),
    put(FLAGS, None, ("no-owner", "stale")),
]


def test_all_changes_of_an_issue_are_one_put_and_the_second_write_is_none(bank: Bank) -> None:
    connector = bank.connect()
    assert set(results(connector.write(EVERYTHING))) == {WRITTEN}
    assert len(bank.puts()) == connector.writes == 1
    (body,) = bank.sent()
    assert set(body) == {"update", "fields", "properties"}
    assert bank.labels() == {"customer", "PMO-Action", "pmo-stale"}
    assert bank.value(SCORE) == 88.5
    assert bank.value(MANY) == ["cost", "risk"]
    assert bank.value(LINE) == '"}]}, {injected'
    assert set(results(connector.write(EVERYTHING))) == {UNCHANGED}
    assert set(results(bank.connect().write(EVERYTHING))) == {UNCHANGED}
    assert len(bank.puts()) == 1


def test_texts_stay_texts(bank: Bank) -> None:
    bank.connect().write([put(TEXT, None, "{code}one{code}\n[~ann] !x!")])
    stored = bank.value(TEXT)
    if bank.cloud:
        assert isinstance(stored, dict)
        assert json.dumps(stored).count('"text"') == 4
        assert "mention" not in json.dumps(stored)
    else:
        assert stored == "\\{code\\}one\\{code\\}\n\\[~ann\\] \\!x\\!"
    (seen,) = bank.connect().look([target()])
    assert seen.fields[TEXT] == "{code}one{code}\n[~ann] !x!"


def test_a_look_shows_what_stands_in_the_order_asked(bank: Bank) -> None:
    connector = bank.connect()
    connector.write([put(SCORE, None, "5"), put(HEALTH, None, "Red")])
    gone = target("BNK-9", 99999)
    seen = connector.look([target("BNK-2"), gone, target("BNK-1"), target("OLD-1")])
    assert [one.target.key for one in seen] == ["BNK-2", "BNK-9", "BNK-1", "OLD-1"]
    assert [one.exists for one in seen] == [True, False, True, True]
    assert [one.closed for one in seen] == [False, False, False, True]
    assert seen[2].labels == ("PMO-Action", "customer", "pmo-mine")
    assert (seen[2].fields[SCORE], seen[2].fields[HEALTH], seen[2].fields[LINE]) == ("5", "Red", None)
    assert seen[0].updated == "2026-11-20T09:00:00Z"
    assert connector.look([]) == []


def test_emptying_fields(bank: Bank) -> None:
    connector = bank.connect()
    connector.write(EVERYTHING)
    back: list[SetField] = [put(one.field, one.after, None) for one in EVERYTHING if isinstance(one, SetField)]
    assert set(results(connector.write(back))) == {WRITTEN}
    (seen,) = connector.look([target()])
    assert {seen.fields[one.field] for one in back} == {None}
    assert set(results(connector.write(back))) == {UNCHANGED}


def test_labels_are_told_apart_by_case(bank: Bank) -> None:
    assert results(bank.connect().write([add("pmo-action"), remove("pmo-Mine")])) == [WRITTEN, UNCHANGED]
    assert bank.labels() == {"customer", "pmo-mine", "PMO-Action", "pmo-action"}


def test_a_label_that_a_person_adds_in_the_same_moment_stays(bank: Bank) -> None:
    when(bank, "PUT", "/issue/", lambda: bank.ann().label("BNK-1", add=["urgent", "pmo-hers"]))
    assert results(bank.connect().write([add("pmo-stale"), remove("pmo-mine")])) == [WRITTEN, WRITTEN]
    assert bank.labels() == {"customer", "PMO-Action", "pmo-stale", "urgent", "pmo-hers"}


def test_two_runs_in_the_same_moment_lose_nothing(bank: Bank) -> None:
    one, other = bank.connect(), bank.connect()
    when(bank, "PUT", "/issue/", lambda: other.write([add("pmo-late"), put(SCORE, None, "7")]))
    assert results(one.write([add("pmo-stale"), put(HEALTH, None, "Red")])) == [WRITTEN, WRITTEN]
    assert bank.labels() >= {"customer", "pmo-mine", "pmo-stale", "pmo-late"}
    assert (bank.value(SCORE), bank.value(HEALTH)) == (7, "Red")


def test_a_value_that_moved_is_stale_and_kept(bank: Bank) -> None:
    bank.ann().set("BNK-1", HEALTH, "Green")
    first, second = bank.connect().write([put(HEALTH, "Red", "Amber"), add("pmo-stale")])
    assert (first.result, second.result) == (STALE, WRITTEN)
    assert '"Green"' in first.detail
    assert bank.value(HEALTH) == "Green"
    assert bank.note()["fields"] == {}


def test_a_person_who_is_quicker_than_a_second_try_wins(bank: Bank) -> None:
    bank.tracker.knobs.faults.append(Fault("500", method="PUT", times=1))
    when(bank, "PUT", "/issue/", lambda: bank.ann().set("BNK-1", HEALTH, "Green"))
    (outcome,) = bank.connect().write([put(HEALTH, None, "Amber")])
    assert outcome.result is STALE
    assert bank.value(HEALTH) == "Green"
    assert len(bank.puts()) == 1


@pytest.mark.parametrize("kind", ["drop", "lost"])
def test_a_write_whose_answer_is_lost_is_looked_for_and_not_sent_again(bank: Bank, kind: str) -> None:
    bank.tracker.knobs.faults.append(Fault(kind, method="PUT", times=1))
    bank.tracker.knobs.faults.append(Fault(kind, method="POST", path="remotelink", times=1))
    changes: list[Change] = [add("pmo-stale"), put(HEALTH, None, "Amber"), link()]
    assert set(results(bank.connect().write(changes))) == {WRITTEN}
    assert len(bank.puts()) == 2
    assert len(bank.tracker.issue("BNK-1").remote_links) == 1
    assert len(bank.tracker.issue("BNK-1").history) == 1


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "429"])
def test_a_write_that_did_not_happen_is_sent_again(bank: Bank, kind: str) -> None:
    bank.tracker.knobs.faults.append(Fault(kind, method="PUT", times=2, retry_after="7"))
    assert results(bank.connect().write([add("pmo-stale"), put(HEALTH, None, "Amber")])) == [WRITTEN, WRITTEN]
    assert bank.value(HEALTH) == "Amber"
    if kind in ("429", "503"):
        assert all(seconds >= 7 for seconds in bank.clock.slept)
        assert len(bank.clock.slept) == 2


def test_a_server_that_never_takes_it_fails_and_says_so(bank: Bank) -> None:
    bank.tracker.knobs.faults.append(Fault("500", method="PUT"))
    bank.tracker.knobs.faults.append(Fault("500", method="POST", path="remotelink"))
    outcomes = bank.connect().write([add("pmo-stale"), link()])
    assert results(outcomes) == [FAILED, FAILED]
    assert "not applied" in outcomes[0].detail
    assert "not put" in outcomes[1].detail


def test_a_login_page_proves_nothing(bank: Bank) -> None:
    bank.tracker.knobs.faults.append(Fault("html", method="PUT", times=1))
    (outcome,) = bank.connect().write([add("pmo-stale")])
    assert outcome.result is FAILED
    assert "pmo-stale" not in bank.labels()


def test_an_unknown_token_ends_it(bank: Bank) -> None:
    """A Cloud tells a stranger that the issue does not exist: that is not taken for an answer."""
    connector = bank.connect()
    bank.tracker.knobs.revoke(bank.tracker.writer.token)
    for act in (lambda: connector.write([add("pmo-stale")]), lambda: connector.look([target()])):
        with pytest.raises(AccessError):
            act()
    assert bank.puts() == []


def test_a_token_that_dies_after_the_write_proves_nothing(bank: Bank) -> None:
    connector = bank.connect()
    when(bank, "PUT", "/issue/", lambda: bank.tracker.knobs.revoke(bank.tracker.writer.token))
    try:
        outcomes = connector.write([add("pmo-stale")])
    except AccessError:
        outcomes = []
    assert WRITTEN not in results(outcomes)


def test_what_has_no_option_is_named_and_the_rest_is_written(bank: Bank) -> None:
    changes: list[Change] = [put(HEALTH, None, "Purple"), put(SCORE, None, "3"), put(MANY, None, ("risk", "joy"))]
    health, score, many = bank.connect().write(changes)
    assert (health.result, score.result, many.result) == (FAILED, WRITTEN, FAILED)
    assert '"PMO health" has no option "Purple" in project BNK' in health.detail
    assert '"joy"' in many.detail
    assert '"risk"' not in many.detail
    assert len(bank.puts()) == 1
    assert bank.note()["fields"] == {SCORE: "3"}


def test_a_field_that_is_not_on_the_screen(bank: Bank) -> None:
    changes: list[Change] = [
        put(SCORE, None, "3", "ONB-1"),
        add("pmo-stale", "ONB-1"),
        put(HEALTH, None, "Red", "ONB-1"),
    ]
    outcomes = bank.connect().write(changes)
    assert bank.labels("ONB-1") == {"customer", "pmo-stale"}
    if bank.cloud:
        assert results(outcomes) == [WRITTEN, WRITTEN, WRITTEN]
        return
    assert results(outcomes) == [REFUSED, WRITTEN, WRITTEN]
    assert "edit screen of ONB-1" in outcomes[0].detail
    assert "project ONB" in outcomes[0].detail
    assert len(bank.puts()) == 2
    assert bank.note("ONB-1") == {
        "v": 1,
        "id": "10003",
        "labels": ["pmo-stale"],
        "fields": {HEALTH: "Red"},
        "link": None,
    }


@pytest.mark.parametrize(
    ("name", "value", "result", "why"),
    [
        (WHO, "ann", REFUSED, "cannot be written by this version"),
        ("PMO unheard of", "x", REFUSED, "does not show"),
        (SCORE, "many", FAILED, "numbers"),
        (DAY, "tomorrow", FAILED, "dates"),
        (LINE, "x" * 256, FAILED, "255"),
        (TEXT, "x" * 32_768, FAILED, "32767"),
        (HEALTH, ("Red", "Green"), FAILED, "one option"),
    ],
)
def test_what_cannot_be_written_is_said_before_it_is_sent(
    bank: Bank, name: str, value: Any, result: Result, why: str
) -> None:
    (outcome,) = bank.connect().write([put(name, None, value)])
    assert outcome.result is result
    assert f'"{name}"' in outcome.detail
    assert why in outcome.detail
    assert not outcome.permission
    assert bank.puts() == []


def test_a_field_that_the_type_does_not_have(bank: Bank) -> None:
    (outcome,) = bank.connect().write([put(LINE, None, "x", "DAT-1")])
    assert outcome.result is REFUSED
    assert f'DAT-1 does not show the field "{LINE}"' in outcome.detail


def test_a_label_that_jira_does_not_take(bank: Bank) -> None:
    bad, good, field = bank.connect().write([add("two words"), add("pmo-stale"), put(HEALTH, None, "Red")])
    assert (bad.result, good.result, field.result) == (FAILED, WRITTEN, WRITTEN)
    assert "two words" in bad.detail
    assert bank.note()["labels"] == ["pmo-stale"]
    assert len(bank.puts()) == 2


def test_without_the_permission_nothing_is_tried(bank: Bank) -> None:
    changes: list[Change] = [add("pmo-stale", "DAT-1"), put(HEALTH, None, "Red", "DAT-1"), link("DAT-1")]
    outcomes = bank.connect().write(changes)
    assert results(outcomes) == [REFUSED, REFUSED, REFUSED]
    assert all(outcome.permission for outcome in outcomes)
    for outcome, permission in zip(outcomes, ("Edit Issues", "Edit Issues", "Link Issues"), strict=True):
        assert bank.tracker.writer.login in outcome.detail
        assert permission in outcome.detail
        assert "project DAT" in outcome.detail
    assert bank.puts() == []


def test_a_reader_may_look_and_writes_nothing(bank: Bank) -> None:
    connector = bank.connect(reader=True)
    outcomes = connector.write([add("pmo-stale"), link()])
    assert results(outcomes) == [REFUSED, REFUSED]
    assert all(outcome.permission for outcome in outcomes)
    assert bank.puts() == []


def test_a_permission_that_is_taken_away_in_the_same_moment(bank: Bank) -> None:
    def take_away() -> None:
        catalogue = bank.tracker.store.catalogue
        number, project = next((id_, one) for id_, one in catalogue.projects.items() if one.key == "ONB")
        catalogue.projects[number] = replace(project, editors=())

    when(bank, "PUT", "/issue/", take_away)
    (outcome,) = bank.connect().write([add("pmo-stale", "ONB-1")])
    assert outcome.result is REFUSED
    assert outcome.permission
    assert "Edit Issues" in outcome.detail
    assert bank.labels("ONB-1") == {"customer"}


def test_an_archived_project_is_not_written_to(bank: Bank) -> None:
    outcomes = bank.connect().write([add("pmo-stale", "OLD-1"), link("OLD-1")])
    assert results(outcomes) == [REFUSED, REFUSED]
    assert not any(outcome.permission for outcome in outcomes)
    assert "archived" in outcomes[0].detail
    assert bank.puts() == []


def test_a_project_has_no_fields(bank: Bank) -> None:
    at = target("BNK", 10000, TargetKind.PROJECT)
    (outcome,) = bank.connect().write([SetField(at, HEALTH, None, "Red", ("roll-up",))])
    assert outcome.result is REFUSED
    assert "structure.homes" in outcome.detail
    assert bank.connect().look([at])[0].fields == {}


def test_what_is_gone_is_stale(bank: Bank) -> None:
    at = target("BNK-9", 99999)
    (outcome,) = bank.connect().write([AddLabel(at, "pmo-stale", ())])
    assert outcome.result is STALE
    assert "BNK-9 is gone" in outcome.detail


def test_an_issue_that_was_moved_is_written_to_by_its_id(bank: Bank) -> None:
    moved = bank.ann().move("BNK-1", "ONB")
    assert results(bank.connect().write([add("pmo-stale")])) == [WRITTEN]
    assert "pmo-stale" in bank.labels(moved)


def test_mail_is_held_back_exactly_where_we_may(bank: Bank) -> None:
    connector = bank.connect()
    assert results(connector.write([add("pmo-stale"), put(HEALTH, None, "Red")])) == [WRITTEN, WRITTEN]
    assert bank.tracker.mails == {}
    assert results(connector.write([add("pmo-stale", "ONB-1")])) == [WRITTEN]
    assert bank.tracker.mails == {"ONB-1": 1}
    assert [path.partition("?")[2] for path in bank.puts()] == ["notifyUsers=false", ""]


def test_an_issue_that_its_status_locks(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "edit_fields", lambda *_: EditMeta())
    outcomes = bank.connect().write([add("two words"), add("pmo-stale")])
    assert results(outcomes) == [REFUSED, REFUSED]
    assert "cannot be edited in its status" in outcomes[0].detail
    assert not outcomes[0].permission
    assert len(bank.puts()) == 1


# --- links --------------------------------------------------------------------------------------------------------


def test_a_link_is_put_whole_and_looked_for_first(bank: Bank) -> None:
    connector = bank.connect()
    assert results(connector.write([link()])) == [WRITTEN]
    (body, note) = bank.sent()
    assert body == {
        "globalId": "pmo-sync:acme:bank:10001",
        "application": {"type": "org.pmo-sync", "name": "PMO"},
        "relationship": "PMO standards",
        "object": {
            "url": LINK.url,
            "title": LINK.title,
            "summary": LINK.summary,
            "status": {"resolved": False},
        },
    }
    assert note["link"]["title"] == LINK.title
    assert bank.note()["link"]["resolved"] is False
    assert results(connector.write([link()])) == [UNCHANGED]
    assert len(bank.puts()) == 2
    done = replace(LINK, title="PMO standards: 8 of 8 met", summary="", resolved=True)
    assert results(connector.write([link(web=done)])) == [WRITTEN]
    assert results(connector.write([link(web=done)])) == [UNCHANGED]
    (there,) = bank.tracker.issue("BNK-1").remote_links
    assert _object(there)["status"] == {"resolved": True}


def test_another_owners_link_is_not_touched(bank: Bank) -> None:
    connector = bank.connect()
    theirs = replace(link(), name="pmo-sync:other:bank:10001", link=replace(LINK, title="Theirs"))
    connector.write([theirs])
    assert results(connector.write([link()])) == [WRITTEN]
    found = {one.global_id: _object(one)["title"] for one in bank.tracker.issue("BNK-1").remote_links}
    assert found == {"pmo-sync:other:bank:10001": "Theirs", "pmo-sync:acme:bank:10001": LINK.title}


def test_a_link_goes_before_the_one_put(bank: Bank) -> None:
    assert results(bank.connect().write([add("pmo-stale"), link()])) == [WRITTEN, WRITTEN]
    assert [one.split()[0] for one in bank.puts()] == ["POST", "PUT"]
    assert bank.note()["link"]["title"] == LINK.title
    assert bank.note()["labels"] == ["pmo-stale"]


def test_a_link_that_jira_does_not_take(bank: Bank) -> None:
    (outcome,) = bank.connect().write([link(web=replace(LINK, url="javascript:alert(1)"))])
    assert outcome.result is FAILED
    assert "url" in outcome.detail
    assert bank.note() is None


def test_linking_that_is_switched_off_is_said(bank: Bank) -> None:
    bank.tracker.knobs.faults.append(Fault("404", method="POST", path="remotelink"))
    (outcome,) = bank.connect().write([link()])
    assert outcome.result is REFUSED
    assert "ink" in outcome.detail


# --- the note -----------------------------------------------------------------------------------------------------


def test_the_note_says_what_we_wrote_and_a_pull_remembers_it(bank: Bank) -> None:
    connector = bank.connect()
    connector.write([add("pmo-stale"), put(HEALTH, None, "Red"), link()])
    connector.write([remove("pmo-stale"), add("pmo-late"), put(SCORE, None, "3")])
    assert bank.note() == {
        "v": 1,
        "id": "10001",
        "labels": ["pmo-late"],
        "fields": {HEALTH: "Red", SCORE: "3"},
        "link": {"title": LINK.title, "summary": LINK.summary, "url": LINK.url, "resolved": False},
    }
    found = bank.connect().pull(Needs(frozenset(), remember=True), lambda _: None).remembered
    rows = found.select("target_id", "channel", "name").rows()
    assert sorted(rows) == [
        ("10001", "field", HEALTH),
        ("10001", "field", SCORE),
        ("10001", "label", "pmo-late"),
        ("10001", "link", "pmo-sync:acme:bank:10001"),
    ]


@pytest.mark.parametrize("standing", ["nonsense", {"v": 1}, {"v": 1, "id": "10002", "labels": ["pmo-theirs"]}, [1]])
def test_a_note_that_is_malformed_or_a_copy_is_written_anew(bank: Bank, standing: Any) -> None:
    path = f"/rest/api/{3 if bank.cloud else 2}/issue/10001/properties/{NOTE}"
    connector = bank.connect()
    body = json.dumps(standing).encode()
    connector._client.transport.write("PUT", path, body, repeat=Repeat.WRITE)
    assert bank.note() == standing
    assert results(connector.write([add("pmo-stale")])) == [WRITTEN]
    assert bank.note()["labels"] == ["pmo-stale"]


def test_a_note_that_would_be_too_long_stops_no_write(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MOST", 40)
    first, second = bank.connect().write([add("pmo-stale"), link()])
    assert (first.result, second.result) == (WRITTEN, WRITTEN)
    assert "too long" in first.detail
    assert bank.note() is None
    assert "pmo-stale" in bank.labels()


@pytest.mark.parametrize("kind", ["drop", "lost", "429", "503"])
def test_a_note_alone_is_looked_for_before_it_is_sent_again(bank: Bank, kind: str) -> None:
    bank.tracker.knobs.faults.append(Fault(kind, method="PUT", path="properties", times=1))
    (outcome,) = bank.connect().write([link()])
    assert (outcome.result, outcome.detail) == (WRITTEN, "")
    assert bank.note()["link"]["title"] == LINK.title
    assert len(bank.puts()) == (2 if kind in ("drop", "lost") else 3)


def test_a_note_that_cannot_be_kept_is_said_and_the_link_stands(bank: Bank) -> None:
    bank.tracker.knobs.faults.append(Fault("403", method="PUT", path="properties"))
    (outcome,) = bank.connect().write([link()])
    assert outcome.result is WRITTEN
    assert "could not be kept" in outcome.detail
    assert len(bank.tracker.issue("BNK-1").remote_links) == 1


def test_a_change_that_a_rule_takes_back_at_once_is_not_noted(bank: Bank) -> None:
    """An automation of theirs undoes the field in the moment after our write."""
    seen = [0]

    def before(incoming: Incoming) -> None:
        seen[0] += incoming.method == "PUT"
        if seen[0] == 1 and incoming.method == "GET":
            seen[0] += 1
            bank.ann().set("BNK-1", HEALTH, "Green")

    bank.tracker.knobs.before = before
    health, label = bank.connect().write([put(HEALTH, None, "Red"), add("pmo-stale")])
    assert (health.result, label.result) == (FAILED, WRITTEN)
    assert "changed it back" in health.detail
    assert bank.value(HEALTH) == "Green"
    assert bank.note()["fields"] == {}
    assert bank.note()["labels"] == ["pmo-stale"]


def test_what_a_person_put_there_first_is_not_noted_as_ours(bank: Bank) -> None:
    """The ledger would take it over from the note, and the next colour overwrite what the person wrote."""
    bank.ann().set("BNK-1", HEALTH, "Red")
    bank.ann().label("BNK-1", add="pmo-late")
    outcomes = bank.connect().write([put(HEALTH, None, "Red"), add("pmo-late"), add("pmo-stale")])
    assert results(outcomes) == [UNCHANGED, UNCHANGED, WRITTEN]
    assert bank.note()["fields"] == {}
    assert bank.note()["labels"] == ["pmo-stale"]


def test_a_link_whose_note_was_never_kept_is_noted_when_it_is_found(bank: Bank) -> None:
    """A run that is killed between the link and the note leaves one without the other."""
    bank.tracker.knobs.faults.append(Fault("503", method="PUT"))
    bank.connect().write([link()])
    assert bank.note() is None
    bank.tracker.knobs.faults.clear()
    assert results(bank.connect().write([link()])) == [UNCHANGED]
    assert bank.note()["link"]["title"] == LINK.title
    before = bank.puts()
    assert results(bank.connect().write([link()])) == [UNCHANGED]
    assert bank.puts() == before


@pytest.mark.parametrize("kind", ["401", "403", "404", "500", "html"])
def test_no_token_in_what_is_said(bank: Bank, kind: str) -> None:
    bank.tracker.knobs.faults.append(Fault(kind, method="PUT"))
    said = ""
    try:
        outcomes = bank.connect().write([add("pmo-stale"), put(HEALTH, None, "Red")])
        assert WRITTEN not in results(outcomes)
        said = repr(outcomes)
    except AccessError as error:
        said = repr(error) + error.message
    assert said
    assert bank.tracker.writer.token not in said
