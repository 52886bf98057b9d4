"""What an HTTP answer means: usable, worth another try, denied, or an error in one family. Nothing is sent here.

No message made here holds a header, a query or a body, so no secret can travel in one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import msgspec

from pmo_sync.connectors.policy import Holds
from pmo_sync.errors import AccessError, IncompleteError

JSON: Final = "application/json"
UNKNOWN_TO_US: Final = 401
NOT_ALLOWED: Final = 403
NOT_FOUND: Final = 404
GONE: Final = 410
INVALID_REQUEST: Final = 400
INVALID: Final = 422
TOO_MANY: Final = 429
_WORTH_A_TRY: Final = frozenset({TOO_MANY, 500, 502, 503, 504})
_TAKEN: Final = frozenset({200, 201, 204})


class RequestError(IncompleteError):
    """A request has no usable answer. `status` is that of the last answer, None without one.

    `errors` is what the tracker says is wrong, `fields` what it says of single fields, by their id; texts of others.
    """

    code = "no-answer"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        errors: tuple[str, ...] = (),
        fields: Mapping[str, str] | None = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(message, advice=advice)
        self.status = status
        self.errors = errors
        self.fields = fields or {}


class DeniedError(AccessError):
    """401 or 403: who we are is not known, or may not do this."""

    def __init__(self, message: str, *, status: int, advice: str | None = None) -> None:
        super().__init__(message, advice=advice, stranger=status == UNKNOWN_TO_US)
        self.status = status


class TryAgainError(Exception):
    """A try failed in a way that another may mend.

    Attributes:
        cause: what is raised when no other try is left.
        wait: seconds that the tracker asks us to wait at least.
        refused: the tracker surely did nothing.
        holds: what has to wait.
    """

    def __init__(
        self, cause: RequestError, *, wait: float = 0, refused: bool = False, holds: Holds = Holds.ALL
    ) -> None:
        super().__init__(cause.message)
        self.cause = cause
        self.wait = wait
        self.refused = refused
        self.holds = holds


class _Errors(msgspec.Struct, rename="camel"):
    """The shapes of refusals: Redmine's list, Jira's lists and single texts, and Jira's errors by field."""

    errors: list[str] | dict[str, str] | None = None
    error_messages: list[str] | None = None
    error_message: str | None = None
    message: str | None = None


_ERRORS: Final = msgspec.json.Decoder(_Errors)
_MOST_ERRORS: Final = 50
_LONGEST_ERROR: Final = 500
_DENIED_REASON: Final = "X-Authentication-Denied-Reason"
_LOGIN_REASON: Final = "X-Seraph-LoginReason"
_RESULT_WINDOW: Final = b"earch limit exceeded"
_FIRST: Final = 65_536
_LONGEST_COUNT: Final = 9
_CHARSET: Final = re.compile(r""";\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii"})
_REASONS: Final = {"jira-burst-based": Holds.ENDPOINT, "jira-per-issue-on-write": Holds.ISSUE}
"""What `RateLimit-Reason` holds; any other, such as a quota, holds everything."""
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, and of what to whom (`GET /issues.json`, the host)."""

    host: str
    what: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def date(self) -> datetime | None:
        """The server's clock."""
        return _http_date(self.headers.get("Date"))

    @property
    def kind(self) -> str:
        """Its content type without parameters, in lower case; empty without one."""
        return self.headers.get("Content-Type", "").split(";")[0].strip().lower()

    @property
    def near_limit(self) -> bool:
        """Whether the tracker tells that little is left of what it allows."""
        return self.headers.get("X-RateLimit-NearLimit", "").strip().lower() == "true"

    @property
    def limit(self) -> str | None:
        """How much the tracker says it allows, as short as it should be; None where it does not say."""
        told = _count(self.headers.get("X-RateLimit-Limit"))
        return None if told is None else str(told)

    @property
    def in_utf8(self) -> bool:
        """False where it says that it is in another encoding; JSON is in no other."""
        named = _CHARSET.search(self.headers.get("Content-Type", ""))
        return named is None or named.group(1).lower() in _UTF8


def judge(answer: Answer, *, reading: bool, now: datetime) -> None:
    """Returns when the answer is what was asked for: JSON for a read, a plain yes for a write.

    Raises TryAgainError, DeniedError or RequestError otherwise.
    """
    status, said = answer.status, f"{answer.host} answered {answer.status} to {answer.what}"
    if (denied := _denied(answer, said)) is not None:
        raise denied
    if status >= 500 and _RESULT_WINDOW in answer.content[:_FIRST]:  # noqa: PLR2004 - Jira's own fault
        raise RequestError(f"{answer.host} finds more for {answer.what} than its search can give", status=status)
    if status in _WORTH_A_TRY:
        cause = RequestError(said, status=status)
        if status != TOO_MANY:
            raise TryAgainError(cause, wait=_retry_after(answer, now))
        holds = _REASONS.get(answer.headers.get("RateLimit-Reason", "").strip().lower(), Holds.ALL)
        raise TryAgainError(cause, wait=_until_allowed(answer, now), refused=True, holds=holds)
    if 300 <= status < 400:  # noqa: PLR2004 - redirects
        raise RequestError(_redirected(answer), status=status)
    if status == GONE:
        said = f"{answer.host} no longer offers {answer.what} (410); is it a version that we do not know?"
    if status >= 400:  # noqa: PLR2004 - the other refusals
        errors, fields = _errors(answer.content)
        raise RequestError(said, status=status, errors=errors, fields=fields)
    if reading and (status != 200 or answer.kind != JSON or not answer.in_utf8):  # noqa: PLR2004
        raise TryAgainError(RequestError(_no_json(answer), status=status))
    if not reading and (status not in _TAKEN or answer.kind == "text/html"):
        raise RequestError(f"{answer.host} answered {answer.what} with a page, which proves nothing", status=status)


def unreadable(answer: Answer, why: str = "cannot be read") -> TryAgainError:
    """The answer is JSON by its name, and of no use."""
    return TryAgainError(RequestError(f"the answer of {answer.host} to {answer.what} {why}"))


def _no_json(answer: Answer) -> str:
    if answer.kind == JSON and not answer.in_utf8:
        return f"{answer.host} answered {answer.what} in another encoding than UTF-8"
    return (
        f"{answer.host} answered {answer.what} with {answer.kind or 'no content type'} where JSON was expected: "
        "is the url right, or does a login page stand before it?"
    )


def _redirected(answer: Answer) -> str:
    try:
        where = urlsplit(answer.headers.get("Location", "")).hostname or "another page"
    except ValueError:
        where = "another page"
    return (
        f"{answer.host} sends {answer.what} on to {where}, which is not followed, as our key would go there too; "
        "put the address that answers itself into url"
    )


def _retry_after(answer: Answer, now: datetime) -> float:
    """The wait asked for, given in seconds or as a date; 0 where none can be read."""
    asked = answer.headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    until = _http_date(asked)
    return max(0.0, (until - (answer.date or now)).total_seconds()) if until else 0.0


def _until_allowed(answer: Answer, now: datetime) -> float:
    """The wait after too many requests: what is asked for, else when the limit ends or the next one is allowed."""
    asked = _retry_after(answer, now)
    if asked > 0:
        return asked
    with suppress(ValueError):
        until = datetime.fromisoformat(answer.headers.get("X-RateLimit-Reset", "").strip())
        zoned = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0.0, (zoned - (answer.date or now)).total_seconds())
    interval, more = (_count(answer.headers.get(f"X-RateLimit-{name}")) for name in ("Interval-Seconds", "FillRate"))
    return interval / more if interval and more else 0.0


def _count(text: str | None) -> int | None:
    found = (text or "").strip()
    return int(found) if found.isascii() and found.isdigit() and len(found) <= _LONGEST_COUNT else None


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _denied(answer: Answer, said: str) -> DeniedError | None:
    """Who was turned away and why; None where we were let in. Jira also tells it beside a 200 that shows strangers
    nothing, or a 404.
    """
    told = {one.strip().upper() for one in answer.headers.get(_LOGIN_REASON, "").split(",")}
    if "OK" in told or answer.status in _WORTH_A_TRY:
        told = set()
    if "AUTHENTICATION_DENIED" in told or "captcha" in answer.headers.get(_DENIED_REASON, "").lower():
        return DeniedError(
            f"{answer.host} lets the account in only after a CAPTCHA, since logins have failed",
            status=NOT_ALLOWED,
            advice="log in once in a browser with this account, then check the token",
        )
    if "AUTHENTICATED_FAILED" in told:
        return DeniedError(f"{answer.host} did not accept our login for {answer.what}", status=UNKNOWN_TO_US)
    if "AUTHORISATION_FAILED" in told:
        return DeniedError(
            f"{answer.host} knows the account and does not let it in",
            status=NOT_ALLOWED,
            advice="ask an administrator to give the account access to this Jira (Application access)",
        )
    return DeniedError(said, status=answer.status) if answer.status in (UNKNOWN_TO_US, NOT_ALLOWED) else None


def _errors(content: bytes) -> tuple[tuple[str, ...], dict[str, str]]:
    """What is wrong, as texts and by field; nothing where the answer has none of the known shapes."""
    try:
        found = _ERRORS.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return (), {}
    fields = found.errors if isinstance(found.errors, dict) else {}
    texts = [*(found.error_messages or ()), found.error_message, found.message]
    texts += found.errors if isinstance(found.errors, list) else fields.values()
    shown = [_shown(text) for text in texts if text]
    return tuple(shown[:_MOST_ERRORS]), {name: _shown(text) for name, text in list(fields.items())[:_MOST_ERRORS]}


def _shown(text: str) -> str:
    """A text of others on one line, of a length that people read."""
    return _UNPRINTABLE.sub(" ", text[:_LONGEST_ERROR]).strip()
