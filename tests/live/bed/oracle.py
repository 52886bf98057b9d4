"""What stands in Redmine's own tables, read past every interface. Nothing of the tool is imported here."""

from __future__ import annotations

from typing import Final, TypeAlias

from tests.live.bed.redmine import Bed

State: TypeAlias = dict[tuple[str, str, str], tuple[str, ...]]
"""(issue or project, its id or identifier, field) → sorted values; empty values are left out."""

OUR_FIELDS: Final = ("PMO compliance", "PMO health", "PMO progress")
_ROBOTS: Final = "(SELECT id FROM users WHERE login LIKE 'pmo-%')"
_VALUES: Final = """
    SELECT lower(v.customized_type), coalesce(p.identifier, v.customized_id), f.name, v.value
    FROM custom_values v JOIN custom_fields f ON f.id = v.custom_field_id
    LEFT JOIN projects p ON v.customized_type = 'Project' AND p.id = v.customized_id
    WHERE coalesce(v.value, '') <> '' AND v.customized_type IN ('Issue', 'Project')
    ORDER BY 1, 2, 3, 4
"""
_DETAILS: Final = f"""
    SELECT d.* FROM journal_details d JOIN journals j ON j.id = d.journal_id
    WHERE j.user_id NOT IN {_ROBOTS} ORDER BY d.id
"""  # noqa: S608
_DONE_BY_ROBOTS: Final = f"""
    SELECT j.id, j.journalized_id, coalesce(d.property, 'nothing'), coalesce(f.name, d.prop_key, ''), d.old_value,
           d.value
    FROM journals j LEFT JOIN journal_details d ON d.journal_id = j.id
    LEFT JOIN custom_fields f ON d.property = 'cf' AND f.id = d.prop_key
    WHERE j.user_id IN {_ROBOTS} AND (d.id IS NOT NULL OR coalesce(j.notes, '') = '')
    UNION ALL SELECT id, journalized_id, 'note', notes, NULL, NULL FROM journals
    WHERE user_id IN {_ROBOTS} AND coalesce(notes, '') <> '' ORDER BY 1, 3, 4, 5, 6
"""  # noqa: S608
# Moved by any save, also by one that changes a field of ours only.
_MOVING: Final = {"updated_on", "lock_version"}


def values(bed: Bed) -> State:
    """Every value of every custom field of issues and projects."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for kind, subject, field, value in bed.query(_VALUES):
        found.setdefault((str(kind), str(subject), str(field)), []).append(str(value))
    return {place: tuple(sorted(listed)) for place, listed in found.items()}


def ours(bed: Bed) -> State:
    """The values of the fields that belong to the tool."""
    return {place: value for place, value in values(bed).items() if place[2] in OUR_FIELDS}


def theirs(bed: Bed) -> dict[str, object]:
    """All that people own: attributes, values of other fields, what they wrote, how things hang together."""
    return {
        "values": {place: value for place, value in values(bed).items() if place[2] not in OUR_FIELDS},
        "issues": _rows(bed, "issues"),
        "projects": _rows(bed, "projects"),
        "journals": bed.query(f"SELECT * FROM journals WHERE user_id NOT IN {_ROBOTS} ORDER BY id"),  # noqa: S608
        "details": bed.query(_DETAILS),
        "relations": bed.query("SELECT * FROM issue_relations ORDER BY id"),
        "members": bed.query("SELECT * FROM members ORDER BY id"),
        "times": bed.query("SELECT * FROM time_entries ORDER BY id"),
        "wiki": bed.query("SELECT * FROM wiki_contents ORDER BY id"),
    }


def journals(bed: Bed) -> list[tuple[str, str, str, str | None, str | None]]:
    """What robots did according to Redmine's history: issue, kind of property, its name, old and new value."""
    return [
        (str(issue), str(kind), str(name), _text(old), _text(new))
        for _, issue, kind, name, old, new in bed.query(_DONE_BY_ROBOTS)
    ]


def journal_count(bed: Bed) -> int:
    """How many entries the histories of all issues have."""
    ((count,),) = bed.query("SELECT count(*) FROM journals")
    return int(str(count))


def issue(bed: Bed, subject: str) -> str:
    """The id of the issue with this title."""
    ((found,),) = bed.query("SELECT id FROM issues WHERE subject = ?", subject)
    return str(found)


def field(bed: Bed, name: str) -> int:
    """The id of the custom field with this name."""
    ((found,),) = bed.query("SELECT id FROM custom_fields WHERE name = ?", name)
    return int(str(found))


def _rows(bed: Bed, table: str) -> list[tuple[object, ...]]:
    names = [str(row[1]) for row in bed.query(f"PRAGMA table_info({table})")]
    kept = ", ".join(name for name in names if name not in _MOVING)
    return bed.query(f"SELECT {kept} FROM {table} ORDER BY id")  # noqa: S608


def _text(value: object) -> str | None:
    return None if value is None else str(value)
