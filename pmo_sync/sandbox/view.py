"""How one caller sees the records: language of the API version, time zone of the profile, addresses in `self`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from pmo_sync.sandbox import adf
from pmo_sync.sandbox.fields import SYSTEM
from pmo_sync.sandbox.records import Account, Catalogue, Field, Flavour, Issue, Named, Project
from pmo_sync.sandbox.store import Store

COLOURS = {
    "new": (2, "blue-gray", "To Do"),
    "indeterminate": (4, "yellow", "In Progress"),
    "done": (3, "green", "Done"),
}
RICH = 3
Shown = dict[str, object]


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name."""
    return ZoneInfo(name)


@dataclass(slots=True)
class View:
    """What a caller of this flavour and API version sees. `base` is the address that `self` members begin with."""

    store: Store
    version: int
    zone: str
    base: str
    _kept: dict[tuple[str, int | str], Shown] = field(default_factory=dict)

    @property
    def cloud(self) -> bool:
        """Whether this is Cloud."""
        return self.store.flavour is Flavour.CLOUD

    @property
    def catalogue(self) -> Catalogue:
        """The records behind it."""
        return self.store.catalogue

    def moment(self, milliseconds: int) -> str:
        """`2026-11-21T22:36:32.000+0000`, in the profile zone."""
        local = datetime.fromtimestamp(milliseconds // 1000, UTC).astimezone(zone_of(self.zone))
        return f"{local:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}{local:%z}"

    def text(self, value: object) -> object:
        """Rich text: a document on v3, a string on v2."""
        if self.version < RICH:
            return adf.plain(value)
        return adf.document(value) if isinstance(value, str) else value

    def account(self, id_: object) -> Shown | None:
        """A person inside an issue; an id nobody has: None."""
        found = self.catalogue.accounts.get(str(id_))
        if found is None:
            return None
        key = ("account", found.id)
        if key not in self._kept:
            self._kept[key] = self.person(found)
        return self._kept[key]

    def person(self, one: Account) -> Shown:
        """A person: no e-mail on Cloud, where profiles hide it."""
        avatars = {f"{size}x{size}": f"{self.base}/avatar/{size}" for size in (16, 24, 32, 48)}
        if self.cloud:
            known: Shown = {"self": f"{self.base}/user?accountId={one.id}", "accountId": one.id}
            known |= {"accountType": "atlassian"}
        else:
            known = {"self": f"{self.base}/user?username={one.login}", "name": one.login, "key": one.id}
            known |= {"emailAddress": one.login if "@" in one.login else f"{one.login}@example.org"}
        return {
            **known,
            "avatarUrls": avatars,
            "displayName": one.name,
            "active": one.active,
            "timeZone": one.zone,
        }

    def status(self, id_: object) -> Shown:
        """A status with its category."""
        found = self.catalogue.statuses[_number(id_)]
        key = ("status", found.id)
        if key not in self._kept:
            number, colour, name = COLOURS[found.category]
            self._kept[key] = {
                "self": f"{self.base}/status/{found.id}",
                "description": "",
                "iconUrl": f"{self.base}/icons/status.png",
                "name": found.name,
                "id": str(found.id),
                "statusCategory": {
                    "self": f"{self.base}/statuscategory/{number}",
                    "id": number,
                    "key": found.category,
                    "colorName": colour,
                    "name": name,
                },
            }
        return self._kept[key]

    def type(self, id_: int) -> Shown:
        """An issue type; its level on Cloud only."""
        found = self.catalogue.types[id_]
        key = ("type", id_)
        if key not in self._kept:
            shown: Shown = {
                "self": f"{self.base}/issuetype/{id_}",
                "id": str(id_),
                "description": "",
                "iconUrl": f"{self.base}/icons/type.png",
                "name": found.name,
                "subtask": found.subtask,
            }
            self._kept[key] = {**shown, "hierarchyLevel": found.level} if self.cloud else shown
        return self._kept[key]

    def named(self, kind: str, one: Named) -> Shown:
        """A resolution, priority, component, version or category."""
        key = (kind, one.id)
        if key not in self._kept:
            shown: Shown = {"self": f"{self.base}/{kind}/{one.id}", "id": str(one.id), "name": one.name}
            if kind == "priority":
                shown["iconUrl"] = f"{self.base}/icons/priority.png"
            elif kind == "version":
                shown |= {"archived": False, "released": False}
            elif kind != "component":
                shown["description"] = ""
            self._kept[key] = shown
        return self._kept[key]

    def option(self, one: Named) -> Shown:
        """A choice of a select field."""
        if self.cloud:
            return {"self": f"{self.base}/customFieldOption/{one.id}", "value": one.name, "id": str(one.id)}
        shown: Shown = {"self": f"{self.base}/customFieldOption/{one.id}", "value": one.name, "id": str(one.id)}
        return {**shown, "disabled": False}

    def project(self, id_: int) -> Shown:
        """A project as issues show it."""
        key = ("project", id_)
        if key not in self._kept:
            self._kept[key] = self.short_project(self.catalogue.projects[id_])
        return self._kept[key]

    def short_project(self, one: Project) -> Shown:
        """Who a project is, with its category where it has one."""
        shown: Shown = {
            "self": f"{self.base}/project/{one.id}",
            "id": str(one.id),
            "key": one.key,
            "name": one.name,
            "projectTypeKey": "software",
            "avatarUrls": {f"{size}x{size}": f"{self.base}/avatar/{size}" for size in (16, 24, 32, 48)},
        }
        if self.cloud:
            shown["simplified"] = False
        if one.category is not None:
            shown["projectCategory"] = self.category(one.category)
        return shown

    def category(self, name: str) -> Shown:
        """A project category."""
        found = next(one for one in self.catalogue.categories.values() if one.name == name)
        return {
            "self": f"{self.base}/projectCategory/{found.id}",
            "id": str(found.id),
            "name": name,
            "description": "",
        }

    def relative(self, id_: object) -> Shown | None:
        """Another issue as its relatives show it; a deleted one: None."""
        other = self.store.issues.get(_number(id_))
        if other is None:
            return None
        fields: Shown = {
            "summary": other.values.get("summary", ""),
            "status": self.status(other.values["status"]),
            "issuetype": self.type(other.type),
        }
        if "priority" in other.values:
            fields["priority"] = self.named("priority", self.catalogue.priorities[_number(other.values["priority"])])
        return {
            "id": str(other.id),
            "key": other.key,
            "self": f"{self.base}/issue/{other.id}",
            "fields": fields,
        }

    def fields_of(self, issue: Issue) -> list[Field]:
        """The fields there are for an issue's project and type."""
        place = issue.place
        return [one for one in self.all_fields() if place not in one.hidden_for]

    def all_fields(self) -> list[Field]:
        """Those of the system, renamed or narrowed by the seed, then the custom ones."""
        own = self.catalogue.fields
        return [own.get(id_, one) for id_, one in SYSTEM.items()] + [one for one in own.values() if one.custom]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
