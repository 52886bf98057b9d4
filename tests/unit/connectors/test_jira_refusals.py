"""What Jira's refusals mean for each change of a request: the named ones are blamed, and no other."""

from __future__ import annotations

import pytest

from pmo_sync.connectors.answers import RequestError
from pmo_sync.connectors.jira.places import Place
from pmo_sync.connectors.jira.refusals import IssueChange, Words, blamed, final, said, shown
from pmo_sync.connectors.jira.values import Form
from pmo_sync.connectors.jira.wire import EditField, EditMeta, Named
from pmo_sync.model.change import Result
from tests.unit.connectors.jira_bank import HEALTH, SCORE, add, put, remove

WORDS = Words("pmo-bot", "bank", "BNK-1", "BNK")
PLACES = {HEALTH: Place(HEALTH, "customfield_1", Form.OPTION), SCORE: Place(SCORE, "customfield_2", Form.NUMBER)}
META = EditMeta(
    {
        "labels": EditField("Labels"),
        "customfield_1": EditField(HEALTH, allowed_values=[Named(value="Green")]),
        "customfield_2": EditField(SCORE),
    }
)
OFF = "Field 'labels' cannot be set. It is not on the appropriate screen, or unknown."


def refusal(*texts: str, **fields: str) -> RequestError:
    return RequestError("Jira answered 400", status=400, errors=(*texts, *fields.values()), fields=fields)


def test_only_the_fields_that_are_named_are_blamed() -> None:
    changes: list[IssueChange] = [add("pmo-a"), put(HEALTH, None, "Red"), put(SCORE, None, "3")]
    (one,) = blamed(refusal(customfield_2="must be a number"), changes, PLACES, META, WORDS)
    assert one.change == changes[2]
    assert one.result is Result.FAILED
    assert one.detail == f'Jira refuses "3" for "{SCORE}": must be a number'
    (one,) = blamed(refusal(customfield_1="nicht gut"), changes, PLACES, META, WORDS)
    assert 'has no option "Red"' in one.detail
    assert blamed(refusal("something is wrong"), changes, PLACES, META, WORDS) == []


@pytest.mark.parametrize(
    "error",
    [
        refusal("The label 'pmo-b' can't contain spaces."),
        refusal(labels="The label 'pmo-b' contains spaces which is invalid."),
    ],
)
def test_of_labels_the_one_that_is_quoted(error: RequestError) -> None:
    changes: list[IssueChange] = [add("pmo-a"), remove("pmo-b"), put(SCORE, None, "3")]
    (one,) = blamed(error, changes, PLACES, META, WORDS)
    assert one.change == changes[1]
    assert one.result is Result.FAILED


def test_labels_that_are_not_on_the_screen_are_all_refused() -> None:
    changes: list[IssueChange] = [add("pmo-a"), remove("pmo-b"), put(SCORE, None, "3")]
    found = blamed(refusal(labels=OFF), changes, PLACES, META, WORDS)
    assert [one.change for one in found] == changes[:2]
    assert {one.result for one in found} == {Result.REFUSED}
    assert '"Labels" is not on the edit screen of BNK-1' in found[0].detail
    assert "trackers.bank.write.labels" in found[0].detail


def test_a_field_that_is_not_on_the_screen_is_known_in_every_language() -> None:
    without = EditMeta({"labels": EditField("Labels")})
    (one,) = blamed(refusal(customfield_2="Feld nicht vorhanden"), [put(SCORE, None, "3")], PLACES, without, WORDS)
    assert one.result is Result.REFUSED
    assert "trackers.bank.write" in one.detail


@pytest.mark.parametrize(
    ("status", "result", "permission"),
    [(404, Result.REFUSED, True), (409, Result.STALE, False), (413, Result.FAILED, False)],
)
def test_refusals_of_the_whole_request(status: int, result: Result, permission: bool) -> None:
    found = final(RequestError("no", status=status), [add("pmo-a"), add("pmo-b")], WORDS)
    assert found is not None
    assert [(one.result, one.permission) for one in found] == [(result, permission)] * 2
    assert all(one.detail for one in found)


@pytest.mark.parametrize("status", [None, 500, 502, 503, 504, 200, 302])
def test_what_may_have_been_carried_out_is_no_refusal(status: int | None) -> None:
    assert final(RequestError("no", status=status), [add("pmo-a")], WORDS) is None


def test_words() -> None:
    assert shown(None) == "empty"
    assert shown(("a", "b")) == '"a, b"'
    assert said(refusal("one", "two")) == "one; two"
    assert said(RequestError("nothing")) == "nothing"
