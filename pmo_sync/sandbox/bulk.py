"""Bulk edit (Cloud): one request for many issues, done at once, told of as a task that is asked after."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.changes import put
from pmo_sync.sandbox.edit import Edit
from pmo_sync.sandbox.errors import Refusal, invalid
from pmo_sync.sandbox.records import Issue
from pmo_sync.sandbox.store import Batch, milliseconds
from pmo_sync.sandbox.users import signed_in
from pmo_sync.sandbox.view import Shown

MOST_ISSUES, MOST_FIELDS = 1000, 200
_VERBS = {"ADD": "add", "REMOVE": "remove"}
Operations = dict[str, list[dict[str, object]]]


@dataclass(slots=True)
class Task:
    """A submitted edit and how it ended; `polls`: how often it still says RUNNING."""

    account: str
    created: datetime
    total: int
    polls: int
    done: list[int] = field(default_factory=list)
    failed: dict[str, list[str]] = field(default_factory=dict)
    unseen: int = 0


@dataclass(slots=True)
class Tasks:
    """The tasks of a running sandbox."""

    _tasks: dict[str, Task] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, task: Task) -> str:
        """The id it can be asked after with."""
        with self._lock:
            id_ = str(10_641 + len(self._tasks))
            self._tasks[id_] = task
            return id_

    def get(self, id_: str) -> Task | None:
        """The task of that id."""
        with self._lock:
            return self._tasks.get(id_)


def submit(call: Call, tasks: Tasks) -> Answer:
    """POST bulk/issues/fields: labels, numbers, days, options and single lines."""
    account = signed_in(call)
    body = call.members()
    ids, actions = _texts(body, "selectedIssueIdsOrKeys"), _texts(body, "selectedActions")
    known = {"selectedIssueIdsOrKeys", "selectedActions", "editedFieldsInput", "sendBulkNotification"}
    edited = body.get("editedFieldsInput")
    if set(body) - known or not isinstance(edited, dict):
        raise invalid(f"The request body takes {', '.join(sorted(known))}.")
    if not 0 < len(ids) <= MOST_ISSUES or not 0 < len(actions) <= MOST_FIELDS:
        raise invalid(f"From 1 to {MOST_ISSUES} issues and from 1 to {MOST_FIELDS} fields can be edited at once.")
    if not call.rights.may_globally("BULK_CHANGE"):
        raise Refusal(403, ["You do not have the permission to make bulk changes."])
    operations = _operations(edited)
    if set(operations) != set(actions):
        raise invalid("selectedActions and editedFieldsInput must name the same fields.")
    mails = body.get("sendBulkNotification") is not False
    task = Task(account.id, call.store.now(), len(set(ids)), call.knobs.bulk_polls)
    with call.store.writing() as batch:
        for id_ in dict.fromkeys(ids):
            _one(call, task, id_, operations, batch=batch, mails=mails)
    return Answer(201, {"taskId": tasks.keep(task)})


def _one(call: Call, task: Task, id_: str, operations: Operations, *, batch: Batch, mails: bool) -> None:
    try:
        issue = call.rights.seen(call.store.issue(id_))
    except Refusal:
        task.unseen += 1
        return
    if issue.id in batch.issues:  # named by id and by key
        return
    try:
        call.rights.editable(issue, call.store.flavour)
        edit = Edit(call.view(), issue)
        edit.read({"update": operations})
    except Refusal as refusal:
        task.failed[str(issue.id)] = _reasons(refusal)
        return
    _store(call, issue, edit, batch, mails=mails)
    task.done.append(issue.id)


def _store(call: Call, issue: Issue, edit: Edit, batch: Batch, *, mails: bool) -> None:
    if call.account is not None:
        put(batch, issue, edit.result(call.account), mails=mails)


def _reasons(refusal: Refusal) -> list[str]:
    body = refusal.body if isinstance(refusal.body, dict) else {}
    return [*body.get("errorMessages", []), *body.get("errors", {}).values()]


def _operations(edited: Mapping[str, object]) -> Operations:
    """The same as verbs of a single edit."""
    found: Operations = {}
    for kind, entries in edited.items():
        if kind not in _READ or not isinstance(entries, list):
            raise invalid(f"The member '{kind}' of editedFieldsInput is not supported here.")
        for one in entries:
            if not isinstance(one, dict) or not isinstance(one.get("fieldId"), str) or one["fieldId"] in found:
                raise invalid(f"Each entry of '{kind}' needs its own 'fieldId'.")
            found[one["fieldId"]] = _READ[kind](one)
    return found


def _labels(one: dict[str, object]) -> list[dict[str, object]]:
    option, labels = one.get("bulkEditMultiSelectFieldOption"), one.get("labels")
    if not isinstance(labels, list) or not all(isinstance(label, dict) for label in labels):
        raise invalid("labels must be an array of objects with the member 'name'.")
    names = [label.get("name") for label in labels]
    if option in _VERBS:
        return [{_VERBS[str(option)]: name} for name in names]
    if option in ("REPLACE", "REMOVE_ALL"):
        return [{"set": names if option == "REPLACE" else []}]
    raise invalid(f"'{option}' is not valid for bulkEditMultiSelectFieldOption.")


def _option(one: dict[str, object]) -> list[dict[str, object]]:
    option = one.get("option")
    if not isinstance(option, dict):
        raise invalid("option must be an object with the member 'optionId'.")
    id_ = option.get("optionId")
    return [{"set": None if id_ in (None, -1) else {"id": str(id_)}}]


def _date(one: dict[str, object]) -> list[dict[str, object]]:
    date = one.get("date")
    if not isinstance(date, dict):
        raise invalid("date must be an object with the member 'formattedDate'.")
    return [{"set": date.get("formattedDate") or None}]


def _text(one: dict[str, object]) -> list[dict[str, object]]:
    return [{"set": one.get("text") or None}]


_READ = {
    "labelsFields": _labels,
    "clearableNumberFields": lambda one: [{"set": one.get("value")}],
    "singleSelectFields": _option,
    "datePickerFields": _date,
    "singleLineTextFields": _text,
}


def _texts(body: dict[str, object], name: str) -> list[str]:
    value = body.get(name)
    if not isinstance(value, list) or any(not isinstance(one, str) for one in value):
        raise invalid(f"'{name}' must be an array of texts.")
    return value


def progress(call: Call, tasks: Tasks) -> Answer:
    """GET bulk/queue/{id}: RUNNING so often as the knob says, then COMPLETE, with every issue accounted for."""
    account = signed_in(call)
    task = tasks.get(call.parts["task"])
    if task is None or task.account != account.id:
        raise Refusal(404, ["The task was not found."])
    running = task.polls > 0
    task.polls -= 1
    view = call.view()
    shown: Shown = {
        "taskId": call.parts["task"],
        "status": "RUNNING" if running else "COMPLETE",
        "progressPercent": 50 if running else 100,
        "totalIssueCount": task.total,
        "created": view.moment(milliseconds(task.created)),
        "updated": view.moment(milliseconds(call.store.now())),
        "submittedBy": {"accountId": account.id},
    }
    if running:
        return Answer(body=shown)
    ended: Shown = {"processedAccessibleIssues": task.done, "failedAccessibleIssues": task.failed}
    return Answer(body=shown | ended | {"invalidOrInaccessibleIssueCount": task.unseen})
