from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pmo_sync.connectors.answers import DeniedError, RequestError
from pmo_sync.connectors.jira import session
from pmo_sync.connectors.transport import Policy, Transport
from pmo_sync.errors import AccessError
from tests.unit.connectors.jira_answers import NOW, Asked, Line, Told, transport_to

ANY = msgspec.json.Decoder(dict[str, Any])


def refusal(told: Told, **more: Any) -> RequestError:
    transport, _ = transport_to(lambda _: told, **more)
    with pytest.raises(RequestError) as caught:
        transport.read("/x", ANY)
    return caught.value


@pytest.mark.parametrize(
    ("body", "errors", "fields"),
    [
        ({"errors": ["Subject cannot be blank"]}, ("Subject cannot be blank",), {}),
        ({"errorMessages": ["no"], "errors": {}}, ("no",), {}),
        ({"errorMessages": [], "errors": {"labels": "blank"}, "status": 400}, ("blank",), {"labels": "blank"}),
        ({"message": "gone", "status-code": 404}, ("gone",), {}),
        ({"errorMessage": "odd"}, ("odd",), {}),
        (b"<html>no</html>", (), {}),
        (b"", (), {}),
        ({"errors": {"a": 1}}, (), {}),
    ],
)
def test_every_shape_of_a_refusal_is_understood(body: Any, errors: tuple[str, ...], fields: dict[str, str]) -> None:
    error = refusal(Told(body, 400))
    assert error.errors == errors
    assert error.fields == fields


def test_what_a_tracker_says_holds_no_secret_and_no_control_characters() -> None:
    error = refusal(Told({"errorMessages": ["bad token s3cret\x1b[31m" + "x" * 900]}, 400), secrets=("s3cret",))
    assert "s3cret" not in error.errors[0]
    assert error.errors[0].startswith("bad token *** [31m")
    assert len(error.errors[0]) <= 500


def test_what_is_no_longer_offered_is_said() -> None:
    error = refusal(Told({}, 410))
    assert error.status == 410
    assert "no longer offers GET /x (410)" in error.message


def test_a_captcha_has_its_own_sentence() -> None:
    headers = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://x/login.jsp"}
    transport, _ = transport_to(lambda _: Told(b"", 403, headers))
    with pytest.raises(DeniedError, match="after a CAPTCHA") as caught:
        transport.read("/x", ANY)
    assert "in a browser" in (caught.value.advice or "")


@pytest.mark.parametrize("status", [200, 401, 403, 404])
@pytest.mark.parametrize(
    ("reason", "means", "says", "advice"),
    [
        ("AUTHENTICATED_FAILED", 401, "did not accept our login", ""),
        ("OUT, AUTHENTICATED_FAILED", 401, "did not accept our login", ""),
        ("AUTHENTICATION_DENIED", 403, "only after a CAPTCHA", "in a browser"),
        ("AUTHORISATION_FAILED", 403, "does not let it in", "Application access"),
    ],
)
def test_what_jira_says_of_our_login_counts_whatever_the_status(
    status: int, reason: str, means: int, says: str, advice: str
) -> None:
    headers = {"X-Seraph-LoginReason": reason, "Content-Type": "application/json"}
    transport, line = transport_to(lambda _: Told({"issues": []}, status, headers))
    with pytest.raises(DeniedError, match=says) as caught:
        transport.read("/x", ANY)
    assert caught.value.status == means
    assert advice in (caught.value.advice or "")
    assert len(line.asked) == 1


@pytest.mark.parametrize("reason", ["OK", "OUT, OK", "", "something-new"])
def test_a_login_that_was_taken_is_no_refusal(reason: str) -> None:
    headers = {"X-Seraph-LoginReason": reason, "Content-Type": "application/json"}
    transport, _ = transport_to(lambda _: Told({"a": 1}, 200, headers))
    assert transport.read("/x", ANY) == {"a": 1}


def test_a_server_that_fails_is_asked_again_whatever_it_says_of_our_login() -> None:
    answers = [Told({}, 503, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}), Told({"a": 1})]
    transport, _ = transport_to(lambda _: answers.pop(0))
    assert transport.read("/x", ANY) == {"a": 1}


@pytest.mark.parametrize("user", ["ann@example.net", None])
def test_the_clients_session_carries_our_authentication_and_none_of_its_own_ways(user: str | None) -> None:
    found = session.session("https://jira.example.net", user=user, token="t0ken")
    line = Line(lambda _: Told({"message": "busy"}, 503))
    found.mount("https://", line)
    response = found.request("GET", "https://jira.example.net/rest/api/2/myself")
    assert response.status_code == 503  # it neither raises nor tries again
    asked: list[Asked] = line.asked
    assert len(asked) == 1
    expected = "Bearer t0ken" if user is None else "Basic YW5uQGV4YW1wbGUubmV0OnQwa2Vu"
    assert asked[0].headers["Authorization"] == expected
    found.close()


@pytest.mark.parametrize(
    ("user", "token"), [(None, "t0p\nsecret"), (None, "t0p\u2026secret"), ("ann@x.org", "t0p\u2026secret")]
)
def test_a_token_that_no_header_takes_is_said_and_not_shown(user: str | None, token: str) -> None:
    found = session.session("http://127.0.0.1:9", user=user, token=token)
    transport = Transport(
        found, "http://127.0.0.1:9", policy=Policy(), now=lambda: NOW, sleep=lambda _: None, secrets=(token,)
    )
    with pytest.raises(AccessError, match="no header takes") as caught:
        transport.read("/x", ANY)
    assert "t0p" not in caught.value.message + str(caught.value.advice)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    transport.close()


def test_an_answer_without_a_bottom_is_unreadable() -> None:
    transport, _ = transport_to(lambda _: Told(b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}"))
    with pytest.raises(RequestError, match="cannot be read"):
        transport.read("/x", ANY)


def test_a_refusal_without_a_bottom_is_a_refusal() -> None:
    transport, _ = transport_to(lambda _: Told(b'{"x":' + b"[" * 5_000, 400))
    with pytest.raises(RequestError, match="answered 400"):
        transport.read("/x", ANY)
