"""What a refused request is answered with: Jira's own statuses and bodies. Handlers raise `Refusal`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

NO_ISSUE = "Issue does not exist or you do not have permission to see it."
NO_EDIT = "You do not have permission to edit issues in this project."
ARCHIVED = "You can't edit this issue because its project is archived."
OFF_SCREEN = "Field '{0}' cannot be set. It is not on the appropriate screen, or unknown."
NOT_SIGNED_IN = "Client must be authenticated to access this resource."


class Refusal(Exception):  # noqa: N818 - it is an answer
    """The answer to a request that is not carried out; nothing has changed."""

    def __init__(
        self,
        status: int,
        messages: Sequence[str] = (),
        errors: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.headers = dict(headers or {})
        self.body = body if body is not None else {"errorMessages": list(messages), "errors": dict(errors or {})}


def no_issue() -> Refusal:
    """It is not there, or not for the caller's eyes."""
    return Refusal(404, [NO_ISSUE])


def invalid(*messages: str, **errors: str) -> Refusal:
    """The request cannot be understood, or not be done."""
    return Refusal(400, messages, errors)
