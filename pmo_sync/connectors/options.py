"""Options of `trackers:` in pmo.yaml, one class per kind. No client is imported here."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, Tag, WithJsonSchema, field_validator, model_validator

from pmo_sync.model.options import BY_SHAPE, NONE, Flag, Number, Options, Text, Whole, ZoneText, tagged_by
from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.model.words import Kind
from pmo_sync.plan.options import WriteOptions

_REFERENCE: Final = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}", re.ASCII)


def _reference(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever the file holds
    """Refuses anything but one `${NAME}`, without ever repeating what stands there."""
    if not isinstance(value, str) or not _REFERENCE.fullmatch(value):
        raise ValueError(
            "a secret may not stand in this file; write `${NAME}` and set NAME in the environment, "
            "or name a file under `token_file`"
        )
    return value


SecretReference = Annotated[
    str,
    BeforeValidator(_reference),
    WithJsonSchema({"type": "string", "pattern": r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"}),
]
"""`${NAME}`: the name of a secret, never the secret."""


def _user(value: str) -> str:
    if ":" in value:
        raise ValueError("a password may not stand in this file; give the login alone, and the secret under `token`")
    if "${" in value and not _REFERENCE.fullmatch(value):
        raise ValueError("`user` is a login or exactly one `${NAME}`; put the whole login into the variable")
    return value


UserText = Annotated[Text, AfterValidator(_user)]
"""A login, or `${NAME}`."""


def _url(value: str) -> str:
    if "${" in value:
        raise ValueError("an address is written out; `${NAME}` stands for secrets only, in `user`, `token` and `proxy`")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("this is no address; write one such as `https://tracker.example.net`") from None
    if "@" in parts.netloc:
        raise ValueError("a secret may not stand in an address; take out what is before the @")
    if parts.scheme not in {"http", "https"} or not host or re.search(r"\s", value):
        raise ValueError("this is no address; write one such as `https://tracker.example.net`")
    if parts.query or parts.fragment:
        raise ValueError("an address of a tracker has no `?` and no `#`; give the address of its first page")
    return value


Url = Annotated[Text, AfterValidator(_url)]
"""The address of a tracker: http or https, without credentials, query and fragment."""


def _proxy(value: str) -> str:
    return value if value in {"env", "none"} or _REFERENCE.fullmatch(value) else _url(value)


ProxyText = Annotated[Text, AfterValidator(_proxy)]
"""`env` (as the environment says), `none`, an address, or `${NAME}` for an address with credentials."""


class CustomField(Options):
    """A column of the PMO's own: used in standards as `fields.<name>`."""

    field: Text
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

    todo: tuple[Text, ...] = ()
    doing: tuple[Text, ...] = ()
    done: tuple[Text, ...] = ()
    hold: tuple[Text, ...] = ()


class Limits(Options):
    """How hard a tracker is used."""

    connections: Annotated[Whole | None, NONE] = Field(default=None, ge=1, le=64)
    requests_per_second: Number = Field(default=20.0, gt=0)
    writes_per_run: Whole = Field(default=2000, ge=0)
    writes_per_project: Annotated[Whole | None, NONE] = Field(default=None, ge=0)
    writes_per_hour: Annotated[Whole | None, NONE] = Field(default=None, ge=0)


FieldText = Annotated[Annotated[Text, Tag("<text>")] | Annotated[CustomField, Tag("<mapping>")], BY_SHAPE]
"""A field of the tracker by name or id, or an own column with its type."""


def _scalar(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever the file holds
    if not isinstance(value, str | int | float):
        raise ValueError("a word of the tracker stands for one word, number, true or false; give a single value")  # noqa: TRY004
    return value


Word = Annotated[str | int | float | bool, BeforeValidator(_scalar)]
WordMap = dict[str, Word]
"""The tracker's words → ours; the key `from`, where there, names the column whose words are read."""


class TrackerOptions(Options):
    """What every kind of tracker has.

    `fields`: a vocabulary column → the field's name or id, or an own name → CustomField.
    """

    fields: dict[str, FieldText] = {}
    kinds: dict[Kind, tuple[Text, ...]] = {}
    dropped: tuple[Text, ...] = ()
    phases: PhaseWords = PhaseWords()
    values: dict[str, WordMap] = {}
    write: WriteOptions = WriteOptions()
    limits: Limits = Limits()


class ServerOptions(TrackerOptions):
    """What every tracker behind an address has. Secrets are texts such as `${NAME}`, resolved at contact."""

    url: Url
    token: SecretReference | None = None
    token_file: Text | None = None
    ca_bundle: Text | None = None
    proxy: ProxyText = "env"
    insecure_http: Flag = False

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if self.token and self.token_file:
            raise ValueError("both `token` and `token_file` are given; keep one of them")
        return self


class RedmineScope(Options):
    """Projects by identifier or id; `subprojects` takes what is below them too. None means all that is visible."""

    projects: tuple[Text, ...] | None = Field(default=None, min_length=1)
    subprojects: Flag = True


class RedmineOptions(ServerOptions):
    """A Redmine from 5.0. `user` is the login the key must belong to; None accepts any."""

    kind: Literal["redmine"]
    user: UserText | None = None
    scope: RedmineScope = RedmineScope()

    @field_validator("write")
    @classmethod
    def _no_jira_channels(cls, write: WriteOptions) -> WriteOptions:
        if write.labels:
            raise ValueError("Redmine has no labels; name a field that takes the flags under `flags` instead")
        return _without_links(write, "Redmine")


class JiraOptions(ServerOptions):
    """What both Jiras have. `scope` is JQL; None means all that is visible."""

    user: UserText | None = None
    scope: Text | None = None
    api_url: Url | None = None


class JiraCloudOptions(JiraOptions):
    """Jira Cloud."""

    kind: Literal["jira-cloud"]


class JiraDataCenterOptions(JiraOptions):
    """Jira Data Center."""

    kind: Literal["jira-dc"]


class ExportOptions(TrackerOptions):
    """A file in place of a server: items.jsonl, a CSV export of Jira or Redmine, or a saved search of Jira.

    `path` is relative to the project folder. `time_zone` is the one in which a CSV export shows times: without it, and
    where pmo.yaml has none either, its times are unknown. `dates` tells 01/02 from 02/01 where the file does not.
    """

    kind: Literal["export"]
    path: Text
    time_zone: ZoneText | None = None
    dates: Literal["day-first", "month-first"] | None = None

    @field_validator("write")
    @classmethod
    def _no_links(cls, write: WriteOptions) -> WriteOptions:
        return _without_links(write, "a file")


def _without_links(write: WriteOptions, where: str) -> WriteOptions:
    if write.link:
        raise ValueError(f"{where} has no web links of an item; take `link` out")
    return write


Tracker = Annotated[
    Annotated[RedmineOptions, Tag("<redmine>")]
    | Annotated[JiraCloudOptions, Tag("<jira-cloud>")]
    | Annotated[JiraDataCenterOptions, Tag("<jira-dc>")]
    | Annotated[ExportOptions, Tag("<export>")],
    tagged_by("kind"),
]
