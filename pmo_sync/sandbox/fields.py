"""Which fields there are: those of the system and how every kind presents itself in `/field` and `editmeta`."""

from __future__ import annotations

from dataclasses import dataclass

from pmo_sync.sandbox.records import Field, Flavour

_CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
_AGILE = "com.pyxis.greenhopper.jira:"


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of field is described: JSON type, type of its elements, key of a custom field, verbs of an edit."""

    type: str
    items: str | None = None
    custom: str = ""
    verbs: tuple[str, ...] = ("set",)
    searchable: str = ""  # operators that JQL takes


_TEXT, _ORDER, _LIST = "~ is", "= < > in is", "= in is"

KINDS = {
    "text": Kind("string", custom=f"{_CUSTOM}textfield", searchable=_TEXT),
    "textarea": Kind("string", custom=f"{_CUSTOM}textarea", searchable=_TEXT),
    "number": Kind("number", custom=f"{_CUSTOM}float", searchable=_ORDER),
    "story_points": Kind("number", custom=f"{_AGILE}jsw-story-points", searchable=_ORDER),
    "date": Kind("date", custom=f"{_CUSTOM}datepicker", searchable=_ORDER),
    "datetime": Kind("datetime", custom=f"{_CUSTOM}datetime", searchable=_ORDER),
    "select": Kind("option", custom=f"{_CUSTOM}select", searchable=_LIST),
    "multiselect": Kind("array", "option", f"{_CUSTOM}multiselect", ("add", "set", "remove"), _LIST),
    "user": Kind("user", custom=f"{_CUSTOM}userpicker", searchable=_LIST),
    "labels": Kind("array", "string", f"{_CUSTOM}labels", ("add", "set", "remove"), _LIST),
    "sprint": Kind("array", "json", f"{_AGILE}gh-sprint", (), _LIST),
    "epic_link": Kind("any", custom=f"{_AGILE}gh-epic-link", searchable=_LIST),
    "epic_name": Kind("string", custom=f"{_AGILE}gh-epic-label", searchable=_TEXT),
    "parent_link": Kind("any", custom="com.atlassian.jpo:jpo-custom-field-parent", searchable=_LIST),
    "issue": Kind("issuelink", searchable="= < > in is"),
    "project": Kind("project", verbs=(), searchable=_LIST),
    "issuetype": Kind("issuetype", verbs=(), searchable=_LIST),
    "status": Kind("status", verbs=(), searchable=_LIST),
    "resolution": Kind("resolution", verbs=(), searchable=_LIST),
    "priority": Kind("priority", searchable=_ORDER),
    "components": Kind("array", "component", verbs=("add", "set", "remove"), searchable=_LIST),
    "versions": Kind("array", "version", verbs=("add", "set", "remove"), searchable=_LIST),
    "moment": Kind("datetime", verbs=(), searchable=_ORDER),
    "seconds": Kind("number", verbs=(), searchable=_ORDER),
    "timetracking": Kind("timetracking", verbs=("set", "edit")),
    "issuelinks": Kind("array", "issuelinks", verbs=()),
    "subtasks": Kind("array", "issuelinks", verbs=()),
}

_SYSTEM = (
    ("summary", "Summary", "text"),
    ("issuetype", "Issue Type", "issuetype"),
    ("project", "Project", "project"),
    ("status", "Status", "status"),
    ("resolution", "Resolution", "resolution"),
    ("resolutiondate", "Resolved", "moment"),
    ("priority", "Priority", "priority"),
    ("assignee", "Assignee", "user"),
    ("reporter", "Reporter", "user"),
    ("creator", "Creator", "user"),
    ("created", "Created", "moment"),
    ("updated", "Updated", "moment"),
    ("duedate", "Due date", "date"),
    ("labels", "Labels", "labels"),
    ("components", "Components", "components"),
    ("fixVersions", "Fix versions", "versions"),
    ("description", "Description", "textarea"),
    ("timetracking", "Time tracking", "timetracking"),
    ("timeoriginalestimate", "Original estimate", "seconds"),
    ("timeestimate", "Remaining Estimate", "seconds"),
    ("timespent", "Time Spent", "seconds"),
    ("issuelinks", "Linked Issues", "issuelinks"),
    ("subtasks", "Sub-tasks", "subtasks"),
    ("parent", "Parent", "issue"),
)
SYSTEM = {id_: Field(id_, name, kind) for id_, name, kind in _SYSTEM}

CLAUSES = {
    "issuetype": ("issuetype", "type"),
    "created": ("created", "createdDate"),
    "updated": ("updated", "updatedDate"),
    "duedate": ("due", "duedate"),
    "components": ("component",),
    "fixVersions": ("fixVersion",),
    "resolutiondate": ("resolutiondate", "resolved"),
    "timeoriginalestimate": ("originalEstimate", "timeoriginalestimate"),
    "timeestimate": ("remainingEstimate", "timeestimate"),
}
NOT_SEARCHABLE = ("timetracking", "issuelinks", "subtasks")
NEVER_SET = {"creator"}
"""Kinds let them be set, Jira does not."""


def schema(field: Field, flavour: Flavour) -> dict[str, object]:
    """The description of a field's type."""
    kind = KINDS[field.kind]
    described: dict[str, object] = {"type": kind.type}
    if kind.items:
        legacy = field.kind == "sprint" and flavour is Flavour.DATA_CENTER
        described["items"] = "string" if legacy else kind.items
    if field.custom:
        described["custom"] = custom_type(field, flavour)
        described["customId"] = int(field.id.removeprefix("customfield_"))
    else:
        described["system"] = field.id
    return described


def custom_type(field: Field, flavour: Flavour) -> str:
    """The key of a custom field's type. Story points are an ordinary number field on Data Center."""
    if field.kind == "story_points" and flavour is Flavour.DATA_CENTER:
        return KINDS["number"].custom
    return KINDS[field.kind].custom


def clause_names(field: Field) -> tuple[str, ...]:
    """How JQL names a field."""
    if field.custom:
        return (f"cf[{field.id.removeprefix('customfield_')}]", field.name)
    return () if field.id in NOT_SEARCHABLE else CLAUSES.get(field.id, (field.id,))


def described(field: Field, flavour: Flavour) -> dict[str, object]:
    """One element of `GET /field`."""
    shown: dict[str, object] = {
        "id": field.id,
        "name": field.name,
        "custom": field.custom,
        "orderable": bool(verbs(field)),
        "navigable": field.kind != "timetracking",
        "searchable": field.id not in NOT_SEARCHABLE,
        "clauseNames": list(clause_names(field)),
        "schema": schema(field, flavour),
    }
    return {**shown, "key": field.id} if flavour is Flavour.CLOUD else shown


def verbs(field: Field) -> tuple[str, ...]:
    """What an edit may do with a field; empty: it is never edited."""
    return () if field.id in NEVER_SET else KINDS[field.kind].verbs
