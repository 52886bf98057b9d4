"""Errors a person can act on: one class for each thing that the caller handles differently.

Every message is a sentence that says what happened and where; `advice` says what to do.
No class here ever holds a secret; whoever raises one has taken secrets out first.
"""

from __future__ import annotations

from typing import ClassVar


class PmoError(Exception):
    """Something a person can mend. Shown as one sentence, never as a traceback.

    Attributes:
        exit_code: what the process ends with: 2 usage, 3 incomplete, 4 access, 5 refused.
        code: a stable word for scripts, shown as `error[code]`.
        message: what happened, and where.
        advice: what to do about it; None where the message says it.
    """

    exit_code: ClassVar[int] = 2
    code: str = "error"

    def __init__(self, message: str, *, advice: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        if code is not None:
            self.code = code


class UsageError(PmoError):
    """A command, an option or a setting cannot be used as it is. Exit 2; nothing was read or written."""

    exit_code = 2
    code = "usage"


class IncompleteError(PmoError):
    """A source could not be read whole, so nothing may be concluded from it. Exit 3."""

    exit_code = 3
    code = "incomplete"


class AccessError(PmoError):
    """A tracker refuses who we are or what we want. Exit 4; the message says what to grant.

    `stranger`: it does not know us at all, or not as whom we should be; else it lacks a right for one thing.
    """

    exit_code = 4
    code = "access"

    def __init__(
        self, message: str, *, advice: str | None = None, code: str | None = None, stranger: bool = False
    ) -> None:
        super().__init__(message, advice=advice, code=code)
        self.stranger = stranger


class RefusedError(PmoError):
    """We refuse by ourselves: a stale plan, a guard, a lock. Exit 5; nothing was written."""

    exit_code = 5
    code = "refused"


class StateError(PmoError):
    """The ledger or a snapshot on disk cannot be used. Exit 2; the file is left or kept aside, never overwritten."""

    exit_code = 2
    code = "state"
