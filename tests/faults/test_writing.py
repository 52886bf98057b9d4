"""A write counts when it is read back: nothing twice, nothing lost, no person's value overwritten."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from pmo_sync.errors import AccessError
from pmo_sync.model.change import AddLabel, Outcome, Result, SetField, Target, TargetKind, Value
from tests.faults.conftest import Contact
from tests.faults.faulty_redmine import (
    KEY,
    Act,
    Asked,
    FaultyRedmine,
    Normal,
    Reply,
    hanging,
    lost,
    page,
    status,
    then,
)

FLAGS, RAG = "PMO compliance", "RAG"


def target(number: int, kind: TargetKind = TargetKind.ITEM) -> Target:
    return Target("plant", kind, str(number), f"#{number}")


def set_field(number: int, name: str, before: Value, after: Value) -> SetField:
    return SetField(target(number), name, before, after, ("HYG-01",))


def results(outcomes: list[Outcome]) -> list[Result]:
    return [outcome.result for outcome in outcomes]


def ours(redmine: FaultyRedmine) -> list[dict[str, Any]]:
    return [asked.body for asked in redmine.applied if asked.body is not None]


def test_one_narrow_put_per_target_and_a_look_before_and_after(redmine: FaultyRedmine, contact: Contact) -> None:
    connector = contact()
    changes = [set_field(1, FLAGS, None, ("stale", "no-owner")), set_field(1, RAG, None, "Red")]
    assert results(connector.write(changes)) == [Result.WRITTEN, Result.WRITTEN]
    body = {"issue": {"custom_fields": [{"id": 1, "value": ["no-owner", "stale"]}, {"id": 2, "value": "Red"}]}}
    assert ours(redmine) == [body]
    assert connector.writes == 1


def test_what_stands_already_is_not_sent(redmine: FaultyRedmine, contact: Contact) -> None:
    connector = contact()
    redmine.issues[1]["custom_fields"][0]["value"] = ["stale", "no-owner"]
    redmine.issues[1]["custom_fields"][1]["value"] = "41.50"
    changes = [set_field(1, FLAGS, None, ("no-owner", "stale")), set_field(1, RAG, None, "41.5")]
    assert results(connector.write(changes)) == [Result.UNCHANGED, Result.UNCHANGED]
    assert redmine.writes() == []
    assert connector.writes == 0


def test_emptying_a_field(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.issues[1]["custom_fields"][0]["value"] = ["stale"]
    redmine.issues[1]["custom_fields"][1]["value"] = "Red"
    changes = [set_field(1, FLAGS, ("stale",), None), set_field(1, RAG, "Red", None)]
    assert results(contact().write(changes)) == [Result.WRITTEN, Result.WRITTEN]
    assert redmine.value(1, FLAGS) == []
    assert redmine.value(1, RAG) == ""


def test_a_value_that_moved_is_stale_and_kept(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.issues[1]["custom_fields"][1]["value"] = "Blue"
    (outcome,) = contact().write([set_field(1, RAG, "Green", "Red")])
    assert outcome.result is Result.STALE
    assert '"Blue"' in outcome.detail
    assert redmine.writes() == []


@pytest.mark.parametrize("act", [lost, then(504), then(500), then(502)])
def test_a_write_whose_answer_is_lost_is_looked_for_and_not_sent_again(
    redmine: FaultyRedmine, contact: Contact, act: Act
) -> None:
    redmine.misbehave("/issues/", act, method="PUT", times=1)
    assert results(contact().write([set_field(1, RAG, None, "Red")])) == [Result.WRITTEN]
    assert len(redmine.writes()) == 1


def test_a_client_that_sends_again_blindly_writes_twice(redmine: FaultyRedmine) -> None:
    """The control: the same fault, met without looking."""
    redmine.misbehave("/issues/", then(504), method="PUT", times=1)
    body = {"issue": {"custom_fields": [{"id": 2, "value": "Red"}]}}
    for _ in range(2):
        answer = requests.put(f"{redmine.url}/issues/1.json", json=body, headers={"X-Redmine-API-Key": KEY}, timeout=5)
        if answer.ok:
            break
    assert len(redmine.applied) == 2


@pytest.mark.parametrize("act", [status(500), status(503), status(429), hanging])
def test_a_write_that_did_not_happen_is_sent_again(redmine: FaultyRedmine, contact: Contact, act: Act) -> None:
    redmine.misbehave("/issues/", act, method="PUT", times=2)
    assert results(contact().write([set_field(1, RAG, None, "Red")])) == [Result.WRITTEN]
    assert redmine.value(1, RAG) == "Red"


def test_a_person_who_is_quicker_wins(redmine: FaultyRedmine, contact: Contact) -> None:
    def person(_asked: Asked, _normal: Normal) -> Reply:
        redmine.issues[1]["custom_fields"][1]["value"] = "Amber"
        return Reply(500)

    redmine.misbehave("/issues/", person, method="PUT", times=1)
    (outcome,) = contact().write([set_field(1, RAG, None, "Red")])
    assert outcome.result is Result.STALE
    assert redmine.value(1, RAG) == "Amber"
    assert len(redmine.writes()) == 1


@pytest.mark.parametrize("act", [page(), status(302, Location="http://login.example.net/"), status(200), status(204)])
def test_a_yes_without_an_effect_is_a_failure(redmine: FaultyRedmine, contact: Contact, act: Act) -> None:
    redmine.misbehave("/issues/", act, method="PUT")
    (outcome,) = contact().write([set_field(1, RAG, None, "Red")])
    assert outcome.result is not Result.WRITTEN
    assert outcome.detail
    assert KEY not in outcome.detail


def test_a_server_that_never_takes_it_fails_and_says_so(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.misbehave("/issues/", status(500), method="PUT")
    (outcome,) = contact().write([set_field(1, RAG, None, "Red")])
    assert outcome.result is Result.FAILED
    assert "not applied" in outcome.detail
    assert len(redmine.writes()) == 4


def test_a_value_that_a_list_lacks_is_named_and_the_rest_is_written(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.lists[1] = ["stale"]
    changes = [set_field(1, FLAGS, None, ("no-owner",)), set_field(1, RAG, None, "Red")]
    first, second = contact().write(changes)
    assert (first.result, second.result) == (Result.FAILED, Result.WRITTEN)
    assert '"no-owner"' in first.detail
    assert 'custom field "PMO compliance"' in first.detail
    assert not first.permission


def test_without_the_permission_it_is_refused_with_what_to_grant(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.read_only.add(1)
    (outcome,) = contact().write([set_field(1, RAG, None, "Red")])
    assert outcome.result is Result.REFUSED
    assert outcome.permission
    assert "Edit issues" in outcome.detail
    project = SetField(target(1, TargetKind.PROJECT), "PMO score", None, "41", ("roll-up",))
    (outcome,) = contact().write([project])
    assert outcome.permission
    assert "Edit project" in outcome.detail
    assert "project a" in outcome.detail


def test_a_key_that_is_taken_away_before_the_write_is_told(redmine: FaultyRedmine, contact: Contact) -> None:
    connector = contact()
    redmine.misbehave("/users/current.json", status(401))
    with pytest.raises(AccessError) as caught:
        connector.write([set_field(1, RAG, None, "Red")])
    assert caught.value.stranger
    assert redmine.writes() == []


def test_a_key_that_is_taken_away_after_the_write_hides_nothing_that_stands(
    redmine: FaultyRedmine, contact: Contact
) -> None:
    def keeps_one(_asked: Asked, normal: Normal) -> Reply:
        reply = normal()
        redmine.issues[1]["custom_fields"][1]["value"] = None
        return reply

    connector = contact()
    redmine.misbehave("/users/current.json", status(500), times=4)
    redmine.misbehave("/users/current.json", status(401))
    redmine.misbehave("/issues/", keeps_one, method="PUT")
    first, second = connector.write([set_field(1, FLAGS, None, ("stale",)), set_field(1, RAG, None, "Red")])
    assert (first.result, first.stranger) == (Result.WRITTEN, False)
    assert (second.result, second.stranger) == (Result.FAILED, True)


def test_a_closed_project_is_not_written_to(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.projects[0]["status"] = 5
    project = SetField(target(1, TargetKind.PROJECT), "PMO score", None, "41", ("roll-up",))
    outcomes = contact().write([set_field(1, RAG, None, "Red")]) + contact().write([project])
    assert results(outcomes) == [Result.REFUSED, Result.REFUSED]
    assert not any(outcome.permission for outcome in outcomes)
    assert redmine.writes() == []


def test_a_project_takes_its_summary(redmine: FaultyRedmine, contact: Contact) -> None:
    project = SetField(target(1, TargetKind.PROJECT), "PMO score", None, "41", ("roll-up",))
    assert results(contact().write([project])) == [Result.WRITTEN]
    assert ours(redmine) == [{"project": {"custom_fields": [{"id": 9, "value": "41"}]}}]


def test_what_is_gone_is_stale_and_what_cannot_be_is_refused(redmine: FaultyRedmine, contact: Contact) -> None:
    assert results(contact().write([set_field(999, RAG, None, "Red")])) == [Result.STALE]
    outcomes = contact().write([set_field(1, "Nothing", None, "x"), AddLabel(target(1), "pmo-x", ())])
    assert results(outcomes) == [Result.REFUSED, Result.REFUSED]
    assert redmine.writes() == []


def test_every_seventh_write_that_fails_stops_no_other(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.misbehave("/issues/7.json", status(422), method="PUT")
    redmine.misbehave("/issues/14.json", status(403), method="PUT")
    connector = contact()
    outcomes = [one for number in range(1, 16) for one in connector.write([set_field(number, RAG, None, "Red")])]
    assert [outcome.result for outcome in outcomes if outcome.result is not Result.WRITTEN] == [
        Result.FAILED,
        Result.REFUSED,
    ]
    assert len(redmine.applied) == 13


def test_an_answer_about_another_one_is_no_answer(redmine: FaultyRedmine, contact: Contact) -> None:
    def another(asked: Asked, _normal: Normal) -> Reply:
        return redmine._normal(Asked("GET", "/issues/2.json", {}, None, asked.with_key))

    redmine.issues[2]["custom_fields"][1]["value"] = "Red"
    redmine.misbehave("/issues/1.json", another)
    (outcome,) = contact().write([set_field(1, RAG, None, "Red")])
    assert outcome.result is Result.FAILED
    assert "another" in outcome.detail
    assert redmine.writes() == []
