"""The schemas of every frame that crosses a function's border, and the check at a room's door.

A schema names the columns a frame must have, in any order; ITEMS, NODES and PROJECTS also carry one typed column
for each vocabulary word in use. `item` and `node` are dense UInt32 row numbers of one run: never stored, never shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NewType

import polars as pl

from pmo_sync.model.vocabulary import VOCABULARY
from pmo_sync.model.words import LinkType, Mode, Severity, words

Schema = Mapping[str, pl.DataType]

U32: Final = pl.UInt32()
TEXT: Final = pl.String()
LEVEL: Final = VOCABULARY["level"].dtype
SEVERITY: Final = pl.Enum(words(Severity))
MODE: Final = pl.Enum(words(Mode))
VERDICT: Final = pl.UInt8()

# --- what a connector delivers, what a snapshot keeps -------------------------------------------------------------
PULLED: Final[Schema] = {
    "id": TEXT,  # immutable in its tracker, never null, unique in the frame
    "key": TEXT,  # the label people use
    "title": TEXT,
    "project_id": TEXT,  # the tracker's project, by immutable id; null in a file without one
    "parent_id": TEXT,  # id of the parent item in the same tracker; null = none, or not seen
    "parent_known": pl.Boolean(),  # has a parent, seen or not
    "scope": U32,  # row of the tracker's SCOPES
}
SCOPES: Final[Schema] = {
    "scope": U32,  # dense, per snapshot
    "project_id": TEXT,
    "issue_type": TEXT,
    "complete": pl.Boolean(),  # false: some of its items may not have been read
    "hidden": pl.List(pl.String()),  # columns of the snapshot that cannot be seen for these items
}
PROJECTS: Final[Schema] = {
    "id": TEXT,
    "key": TEXT,  # the identifier people use
    "name": TEXT,
    "parent_id": TEXT,  # of the tracker's own project tree
    "closed": pl.Boolean(),  # readable, never written to
    "complete": pl.Boolean(),  # false: some of its items may not have been read
    "hidden": pl.List(pl.String()),
}
RAW_LINKS: Final[Schema] = {
    "source_id": TEXT,  # the predecessor, by id; null = an end that cannot be seen
    "target_id": TEXT,
    "type": pl.Enum(words(LinkType)),
    "lag_working_days": pl.Int64(),
}
RAW_CHANGES: Final[Schema] = {
    "id": TEXT,
    "column": TEXT,  # a column whose history was asked for; `created` and `updated` as below
    "at": VOCABULARY["created"].dtype,
    "by": TEXT,  # account id; null = not told
    "before": TEXT,
    "after": TEXT,  # of a status or phase null = it cannot be told what it was; of others null = empty
    "ours": pl.Boolean(),  # by our own account
}
"""The history of the items whose history was read whole: each of them has one row `created` (by null: no person made
it), a row `updated` for the last edit of each account, and a row for every change of each column that
`Manifest.histories` names."""

RAW_SPRINTS: Final[Schema] = {
    "id": TEXT,  # immutable id of the sprint
    "project_id": TEXT,  # a tracker project with items in it; one row for each of them
    "name": TEXT,
    "state": VOCABULARY["sprint_state"].dtype,  # null = a word that is none of the three
    "start": pl.Date(),
    "goal": TEXT,  # null = none
    "goal_seen": pl.Boolean(),  # false: the tracker does not tell goals
}

MARKS: Final[Schema] = {
    "tracker": TEXT,
    "target_kind": TEXT,  # item or project
    "target_id": TEXT,  # immutable id
    "channel": TEXT,  # label, field or link
    "name": TEXT,  # of a field as pmo.yaml names it; of a label the label itself; of a link its global id
    "value": TEXT,  # JSON in the tracker's normal form; null = seen and empty
}
"""One schema for observed, wanted and last written. A label that is there has a row, with the value `true`."""

ACCOUNTS: Final[Schema] = {
    "account": TEXT,  # immutable id, as the person columns of the snapshot hold it
    "word": TEXT,  # an entry of `people` in pmo.yaml that means this account: its id, login or name
}

# --- the portfolio ------------------------------------------------------------------------------------------------
ITEMS: Final[Schema] = {
    "item": U32,  # = row position, by (tracker, id)
    "tracker": TEXT,
    "id": TEXT,
    "key": TEXT,
    "title": TEXT,
    "kind": VOCABULARY["kind"].dtype,
    "phase": VOCABULARY["phase"].dtype,
    "on_hold": pl.Boolean(),  # never null
    "level": LEVEL,  # always item
    "parent": U32,  # row of the parent item; null = none or not seen
    "parent_known": pl.Boolean(),
    "node": U32,  # the nearest node
    "scope": U32,  # row of the portfolio's SCOPES, over all trackers
    "complete": pl.Boolean(),  # its scope was read whole
    "portfolio": TEXT,
    "programme": TEXT,
    "project": TEXT,  # names of the nodes it hangs under; null where the level is missing
}
NODES: Final[Schema] = {
    "node": U32,  # = row position, by path
    "parent": U32,
    "level": LEVEL,
    "name": TEXT,
    "path": pl.List(pl.String()),  # names from the portfolio down
    "phase": VOCABULARY["phase"].dtype,
    "on_hold": pl.Boolean(),
    "item": U32,  # its home item; null = none
    "scope": U32,  # row of the node visibility
    "complete": pl.Boolean(),  # everything below it was read whole
    "portfolio": TEXT,
    "programme": TEXT,
    "project": TEXT,
}
PLACES: Final[Schema] = {"item": U32, "node": U32, "share": pl.Float64()}
"""Every (item, node above it) pair once, the nearest node and the portfolio among them."""
LINKS: Final[Schema] = {
    "source": U32,  # the predecessor; null = an end that cannot be seen
    "target": U32,
    "type": pl.Enum(words(LinkType)),
    "lag_working_days": pl.Int64(),
    "crosses_project": pl.Boolean(),
    "crosses_tracker": pl.Boolean(),
}
CHANGES: Final[Schema] = {
    "item": U32,
    "column": TEXT,
    "at": VOCABULARY["created"].dtype,
    "by": TEXT,
    "before": TEXT,
    "after": TEXT,
    "ours": pl.Boolean(),
}
SPRINTS: Final[Schema] = {
    "sprint": U32,  # = row position, by node, tracker and id
    "node": U32,  # the project
    "tracker": TEXT,
    "id": TEXT,
    "name": TEXT,
    "sprint_state": VOCABULARY["sprint_state"].dtype,
    "sprint_start": VOCABULARY["sprint_start"].dtype,
    "sprint_goal": TEXT,
    "scope": U32,  # 1 where the goal cannot be seen, else 0
}
PERSON_WEEKS: Final[Schema] = {
    "week": U32,  # = row position, by node, person and monday
    "node": U32,  # where it is reported
    "person": TEXT,
    "monday": pl.Date(),
    "available_hours": VOCABULARY["available_hours"].dtype,
    "absences": VOCABULARY["absences"].dtype,
}
"""One row for each person and ISO week of a table of persons; without one there is none."""
NODE_PROJECTS: Final[Schema] = {"node": U32, "tracker": TEXT, "project_id": TEXT, "key": TEXT, "closed": pl.Boolean()}
"""Which tracker projects a node is: where its summary goes when it has no home item."""

# --- results ------------------------------------------------------------------------------------------------------
FIGURES: Final[Schema] = {"node": U32}
"""Wide: beside `node` four columns for each built figure: `<name>`, `<name>__used`, `<name>__missing` (UInt32) and
`<name>__basis` (String, never null)."""
ITEM_FIGURES: Final[Schema] = {"item": U32}
"""Wide: beside `item` one column for each built item figure."""
JUDGED: Final[Schema] = {
    "standard": TEXT,
    "node": U32,  # the nearest node of the subjects counted; of a node standard the node itself
    "severity": SEVERITY,  # effective, after overrides and escalation
    "passed": U32,
    "failed": U32,
    "not_applicable": U32,
    "unknown": U32,
    "waived": U32,  # how many of `failed` are waived
    "baselined": U32,  # how many of `failed` are accepted by the baseline, and not waived
}
FINDINGS: Final[Schema] = {
    "standard": TEXT,
    "level": LEVEL,
    "item": U32,  # null for a node; of a link its successor, where that cannot be seen its predecessor
    "node": U32,  # of an item its nearest node
    "subject": U32,  # row of the link, sprint or person and week that was judged; null = the item or node itself
    "verdict": VERDICT,  # fail or unknown
    "severity": SEVERITY,
    "mode": MODE,
    "waiver": U32,  # position in Past.waivers; null = not waived
    "baselined": pl.Boolean(),  # accepted by the baseline, and not waived
    "since": pl.Date(),  # first day it failed; null where not known
    "ripe": pl.Boolean(),  # has failed for as long as `for` asks, and there is something to mark
    "offender": pl.Boolean(),  # no failure of its own: a member that a failed share standard flags
}
LINK_FIGURES: Final[Schema] = {"slack_working_days": pl.Float64()}
"""One row for each row of LINKS, in its order."""
VERDICTS: Final[Schema] = {"item": U32}
"""Wide: beside `item` one UInt8 column (`verdict_column`) for each standard of items or links: the value of its verdict
(of links the worst), null where it does not judge."""
FAILING_SINCE: Final[Schema] = {
    "standard": TEXT,
    "tracker": TEXT,  # "" for a node
    "id": TEXT,  # immutable id; of a node its path as text
    "since": pl.Date(),
}

Items = NewType("Items", pl.DataFrame)
Nodes = NewType("Nodes", pl.DataFrame)
Places = NewType("Places", pl.DataFrame)
Links = NewType("Links", pl.DataFrame)
Changes = NewType("Changes", pl.DataFrame)
Marks = NewType("Marks", pl.DataFrame)
Judged = NewType("Judged", pl.DataFrame)
Findings = NewType("Findings", pl.DataFrame)


class SchemaError(AssertionError):
    """A frame does not have the columns it promises: a bug of ours, never of a user."""


def check(frame: pl.DataFrame, schema: Schema, name: str) -> pl.DataFrame:
    """The frame itself, once it has every column of the schema with its type; else SchemaError naming them."""
    have = frame.schema
    wrong = [
        f"{column} is {have.get(column, 'missing')}, not {dtype}"
        for column, dtype in schema.items()
        if have.get(column) != dtype
    ]
    if wrong:
        raise SchemaError(f"{name}: " + "; ".join(wrong))
    return frame


def verdict_column(standard: str) -> str:
    """The column of a standard in VERDICTS."""
    return f"verdict of {standard}"


def empty(schema: Schema) -> pl.DataFrame:
    """A frame of this schema without rows."""
    return pl.DataFrame(schema=dict(schema))
