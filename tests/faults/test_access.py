"""Who we are is proven first, and once more at the end: a wrong key would show what is public, with status 200."""

from __future__ import annotations

import pytest
import requests

from pmo_sync.connectors.base import Needs
from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.transport import Policy
from pmo_sync.errors import AccessError, IncompleteError, UsageError
from tests.faults.conftest import FAST, Contact
from tests.faults.faulty_redmine import KEY, FaultyRedmine, hanging, page, status
from tests.surroundings import Clock

NEEDS = Needs(frozenset())


def test_a_wrong_key_is_no_access_though_lists_answer_200(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.issue(1000)
    naive = requests.get(f"{redmine.url}/issues.json", headers={"X-Redmine-API-Key": "wrong"}, timeout=5)
    assert naive.status_code == 200
    assert naive.json()["total_count"] == 1, "the control: public issues, no error"
    with pytest.raises(AccessError, match="does not accept the key") as caught:
        contact(key="wrong-and-secret")
    assert caught.value.exit_code == 4
    assert "wrong-and-secret" not in str(caught.value) + str(caught.value.advice)


def test_an_api_that_is_switched_off_is_no_access(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.rest_is_on = False
    with pytest.raises(AccessError, match="REST API is switched off") as caught:
        contact()
    assert "Enable REST" in str(caught.value.advice)


def test_the_key_of_somebody_else_is_no_access(contact: Contact) -> None:
    assert contact(user="PMO-Bot").requests == 1
    with pytest.raises(AccessError, match="pmo-bot, not of ann"):
        contact(user="ann")


def test_a_key_that_is_withdrawn_while_reading_is_no_access(redmine: FaultyRedmine, contact: Contact) -> None:
    connector = contact()
    redmine.misbehave("/users/current.json", status(401))
    with pytest.raises(AccessError, match="does not accept the key"):
        connector.pull(NEEDS, lambda _: None)


def test_no_redmine_at_the_address(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.misbehave("/users/current.json", status(404))
    with pytest.raises(UsageError, match="no Redmine at"):
        contact()


def test_a_login_page_is_no_identity(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.misbehave("/users/current.json", page())
    with pytest.raises(IncompleteError, match="login page"):
        contact()


def test_a_server_that_never_answers_ends_within_the_deadline(redmine: FaultyRedmine, contact: Contact) -> None:
    redmine.misbehave("/users/current.json", hanging)
    with pytest.raises(IncompleteError, match="did not answer in time"):
        contact()
    assert len(redmine.asked) == 4


def test_a_dead_server_costs_few_requests(redmine: FaultyRedmine, contact: Contact, clock: Clock) -> None:
    connector = contact(scope={"projects": ["a", "b", "c"]})
    before = len(redmine.asked)
    redmine.misbehave("/", status(503))
    with pytest.raises(IncompleteError):
        connector.pull(NEEDS, lambda _: None)
    assert len(redmine.asked) - before <= 20
    assert sum(clock.slept) <= 120


@pytest.mark.parametrize(
    ("asked", "least"),
    [("7", 7), ("Mon, 23 Nov 2026 09:00:40 GMT", 40), ("Monday, 23-Nov-26 09:00:40 GMT", 40)],
)
def test_retry_after_is_a_minimum(
    redmine: FaultyRedmine, contact: Contact, clock: Clock, asked: str, least: float
) -> None:
    redmine.misbehave("/users/current.json", status(429, Retry_After=asked), times=1)
    contact()
    assert least <= sum(clock.slept) <= least + 2


@pytest.mark.parametrize("asked", ["soon", "", "-5", "٣", "Mon, 99 Nov 2026 09:00:40 GMT"])
def test_a_wait_that_cannot_be_read_is_our_own(
    redmine: FaultyRedmine, contact: Contact, clock: Clock, asked: str
) -> None:
    header = asked.encode().decode("latin-1")
    redmine.misbehave("/users/current.json", status(503, Retry_After=header), times=1)
    contact()
    assert sum(clock.slept) <= 2.6


def test_a_wait_longer_than_the_run_ends_it(redmine: FaultyRedmine, contact: Contact, clock: Clock) -> None:
    connector = contact(policy=Policy(patience=300, per_second=1e9))
    redmine.misbehave("/issues.json", status(429, Retry_After="900"))
    before = len(redmine.asked)
    with pytest.raises(IncompleteError):
        connector.pull(NEEDS, lambda _: None)
    asked = [one for one in redmine.asked[before:] if one.path == "/issues.json"]
    assert len(asked) == 1, "not one request before the time"
    assert sum(clock.slept) < 10


def test_the_environment_does_not_replace_our_key(
    redmine: FaultyRedmine, contact: Contact, monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    secrets = f"{tmp_path}/netrc"
    with open(secrets, "w", encoding="utf-8") as file:  # noqa: PTH123 - a name is enough
        file.write("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", secrets)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    contact(proxy="none")
    assert redmine.asked[0].with_key


def test_plain_http_is_for_loopback_only(contact: Contact) -> None:
    with pytest.raises(UsageError, match="anybody on the way can read the key"):
        contact(url="http://redmine.example.net")


def test_an_endless_answer_is_cut_off(contact: Contact) -> None:
    with pytest.raises(IncompleteError, match="sent over 20 bytes"):
        contact(policy=Policy(most_bytes=20, per_second=1e9))


def test_requests_keep_to_the_configured_rate(contact: Contact, clock: Clock) -> None:
    contact(policy=Policy(per_second=2)).pull(NEEDS, lambda _: None)
    assert sum(clock.slept) >= 3


def test_no_secret_in_options_or_errors(contact: Contact, redmine: FaultyRedmine) -> None:
    connector = contact(policy=FAST)
    assert KEY not in repr(connector.__dict__)
    assert KEY not in repr(RedmineOptions.model_validate({"kind": "redmine", "url": redmine.url, "token": "${K}"}))
