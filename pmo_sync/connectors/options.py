"""Options of `trackers:` in pmo.yaml, one class per kind. No client is imported here."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from pmo_sync.model.options import Options
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.model.words import Kind
from pmo_sync.plan.options import WriteOptions


class CustomField(Options):
    """A column of the PMO's own: used in standards as `fields.<name>`."""

    field: str
    type: Literal[
        ColumnType.TEXT,
        ColumnType.PERSON,
        ColumnType.INTEGER,
        ColumnType.FLOAT,
        ColumnType.HOURS,
        ColumnType.SHARE,
        ColumnType.MONEY,
        ColumnType.BOOLEAN,
        ColumnType.DATE,
        ColumnType.TIME,
        ColumnType.TEXTS,
    ] = ColumnType.TEXT


class PhaseWords(Options):
    """Statuses that win over what the tracker says of itself. `hold` sets `on_hold` and is doing unless listed."""

    todo: tuple[str, ...] = ()
    doing: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()


class Limits(Options):
    """How hard a tracker is used."""

    connections: int | None = Field(default=None, ge=1, le=64)
    requests_per_second: float = Field(default=20, gt=0)
    writes_per_run: int = Field(default=2000, ge=0)
    writes_per_project: int | None = Field(default=None, ge=0)
    writes_per_hour: int | None = Field(default=None, ge=0)


WordMap = dict[str, str | int | float | bool]
"""The tracker's words → ours; the key `from`, where there, names the column whose words are read."""


class TrackerOptions(Options):
    """What every kind of tracker has.

    `fields`: a vocabulary column → the field's name or id, or an own name → CustomField.
    """

    fields: dict[str, str | CustomField] = {}
    kinds: dict[Kind, tuple[str, ...]] = {}
    dropped: tuple[str, ...] = ()
    phases: PhaseWords = PhaseWords()
    values: dict[str, WordMap] = {}
    write: WriteOptions = WriteOptions()
    limits: Limits = Limits()


class ServerOptions(TrackerOptions):
    """What every tracker behind an address has. Secrets are texts such as `${NAME}`, resolved at contact."""

    url: str
    token: str | None = None
    token_file: str | None = None
    ca_bundle: str | None = None
    proxy: str = "env"
    insecure_http: bool = False


class RedmineScope(Options):
    """Projects by identifier or id; `subprojects` takes what is below them too. None means all that is visible."""

    projects: tuple[str, ...] | None = None
    subprojects: bool = True


class RedmineOptions(ServerOptions):
    """A Redmine from 5.0. `user` is the login the key must belong to; None accepts any."""

    kind: Literal["redmine"]
    user: str | None = None
    scope: RedmineScope = RedmineScope()


class JiraOptions(ServerOptions):
    """What both Jiras have. `scope` is JQL; None means all that is visible."""

    user: str | None = None
    scope: str | None = None
    api_url: str | None = None


class JiraCloudOptions(JiraOptions):
    """Jira Cloud."""

    kind: Literal["jira-cloud"]


class JiraDataCenterOptions(JiraOptions):
    """Jira Data Center."""

    kind: Literal["jira-dc"]


class ExportOptions(TrackerOptions):
    """A file in place of a server: items.jsonl. `path` is relative to the project folder."""

    kind: Literal["export"]
    path: str


Tracker = Annotated[
    RedmineOptions | JiraCloudOptions | JiraDataCenterOptions | ExportOptions,
    Field(discriminator="kind"),
]
DEFAULT_CONNECTIONS: Final = {"redmine": 2, "jira-cloud": 8, "jira-dc": 8, "export": 1}
