"""What Jira sends, as far as we read it. A field that is absent is hidden, one that is null is empty.

No address in an answer is ever read: requests go to the configured address only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta, Raw

from pmo_sync.connectors.answers import RequestError
from pmo_sync.connectors.jira import adf

Number: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")]
"""An immutable id: digits as text."""


class Named(msgspec.Struct):
    """A stub of anything with a name, or of an option, which has a value instead."""

    id: str | int | None = None
    name: str | None = None
    value: str | None = None


class Ref(msgspec.Struct):
    """The other end of a link, or a parent."""

    id: Number
    key: str = ""


class LinkKind(msgspec.Struct):
    """What a link means: its source `outward` its target, the target `inward` the source."""

    name: str = ""
    inward: str = ""
    outward: str = ""


class Link(msgspec.Struct, rename="camel"):
    """A link as one of its ends shows it: it holds the other end only."""

    id: Number
    type: LinkKind = msgspec.field(default_factory=LinkKind)
    inward_issue: Ref | None = None
    outward_issue: Ref | None = None


class RawIssue(msgspec.Struct):
    """One issue as it comes; alone with its id where nothing else was asked for."""

    id: Number
    key: str = ""
    fields: dict[str, Raw] = {}
    properties: dict[str, Raw] = {}
    changelog: Raw = Raw()


class OnlyId(msgspec.Struct):
    """One issue of which no more is asked."""

    id: Number


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue: its fields by id, as JSON values (never to be changed: equal ones are shared), of rich text the words.

    A field that was asked for and is not among them is hidden or not permitted. `links` is None where links are.
    `properties` are its entity properties by key, without those that nobody can read.
    """

    id: str
    key: str
    fields: Mapping[str, object] = field(default_factory=dict)
    links: tuple[Link, ...] | None = None
    properties: Mapping[str, object] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The id, to be sorted by."""
        return int(self.id)


@dataclass(slots=True)
class Slim:
    """Turns issues as they come into what we keep: addresses and pictures dropped, equal objects kept once."""

    _known: dict[bytes, object] = field(default_factory=dict)

    def issue(self, raw: RawIssue) -> Issue:
        """The issue without what we never read. Raises RequestError for one that has no key or no usable links."""
        links = raw.fields.pop(LINKS, None)
        if not raw.key:
            raise RequestError(f"issue {raw.id} came without its key")
        try:
            return Issue(
                raw.id,
                raw.key,
                {name: self._value(one) for name, one in raw.fields.items()},
                None if links is None else links_of(links),
                {key: value for key, one in raw.properties.items() if (value := readable(one)) is not None},
            )
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RequestError(f"issue {raw.id} cannot be read as Jira sends it") from None

    def _value(self, raw: Raw) -> object:
        text = bytes(raw)
        if not text.startswith(_SHARED):
            return msgspec.json.decode(text)
        known = self._known.get(text)
        if known is None:
            known = bare(msgspec.json.decode(text))
            if isinstance(known, str):  # a document, which is nobody else's
                return known
            if len(self._known) < _MOST_KNOWN:
                self._known[text] = known
        return known


LINKS: Final = "issuelinks"
_SHARED: Final = (b"{", b"[")
_MOST_KNOWN: Final = 20_000
_NEVER_READ: Final = frozenset({"self", "avatarUrls", "iconUrl", "fields", "description"})


def links_of(raw: Raw | bytes) -> tuple[Link, ...]:
    """The links that the field of links holds. Raises DecodeError, UnicodeDecodeError or RecursionError where it holds
    something else.
    """
    return tuple(_LINKS.decode(raw) or ())


def readable(raw: Raw) -> object:
    """The value of a property; None where it cannot be read: whoever may edit an issue may put anything there."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def bare(value: object) -> object:
    """A value without addresses and pictures, of a document its words."""
    if isinstance(value, list):
        return [bare(one) for one in value]
    if isinstance(value, dict):
        if value.get("type") == "doc":
            return adf.plain(value)
        return {name: one for name, one in value.items() if name not in _NEVER_READ}
    return value


class User(msgspec.Struct, rename="camel"):
    """Who we are. Data Center gives `key` and `name`, Cloud `accountId`; an e-mail is often left out."""

    account_id: str | None = None
    key: str | None = None
    name: str | None = None
    display_name: str = ""
    email_address: str | None = None
    time_zone: str | None = None


class ServerInfo(msgspec.Struct, rename="camel"):
    """What kind of Jira it is."""

    deployment_type: str | None = None
    version: str = ""
    server_time: str | None = None


class Schema(msgspec.Struct):
    """What kind of value a field holds; `custom` names the kind of a custom field in every language."""

    type: str = ""
    items: str | None = None
    system: str | None = None
    custom: str | None = None


class Field(msgspec.Struct):
    """One field of the catalogue."""

    id: str
    name: str
    custom: bool = False
    schema: Schema | None = None

    @property
    def kind(self) -> str:
        """What its values are: `option`, `number`, `array`, …; empty where Jira does not tell."""
        return "" if self.schema is None else self.schema.type


class EditField(msgspec.Struct, rename="camel"):
    """One field that an issue's edit screen has."""

    name: str = ""
    schema: Schema | None = None
    operations: list[str] = []
    allowed_values: list[Named] | None = None


class EditMeta(msgspec.Struct):
    """What may be edited of one issue, by field id."""

    fields: dict[str, EditField] = {}


class Project(msgspec.Struct, rename="camel"):
    """One project."""

    id: Number
    key: str
    name: str = ""
    project_category: Named | None = None
    archived: bool = False


class RemoteObject(msgspec.Struct):
    """What a web link shows."""

    url: str = ""
    title: str = ""
    summary: str | None = None
    status: RemoteStatus | None = None


class RemoteStatus(msgspec.Struct):
    """Whether a web link is struck through."""

    resolved: bool | None = None


class RemoteLink(msgspec.Struct, rename="camel"):
    """A web link of an issue."""

    id: int
    global_id: str | None = None
    object: RemoteObject | None = None


class Permission(msgspec.Struct, rename="camel"):
    """Whether we have one permission."""

    have_permission: bool = False


class Permissions(msgspec.Struct):
    """Our permissions by name."""

    permissions: dict[str, Permission] = {}


_LINKS: Final = msgspec.json.Decoder(list[Link] | None)
ONE_ISSUE: Final = msgspec.json.Decoder(RawIssue)
USER: Final = msgspec.json.Decoder(User)
SERVER_INFO: Final = msgspec.json.Decoder(ServerInfo)
FIELDS: Final = msgspec.json.Decoder(list[Field])
EDIT_META: Final = msgspec.json.Decoder(EditMeta)
REMOTE_LINK: Final = msgspec.json.Decoder(RemoteLink)
PERMISSIONS: Final = msgspec.json.Decoder(Permissions)
