"""Options of `structure:` in pmo.yaml."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from pmo_sync.model.options import Options
from pmo_sync.model.words import Level


class By(StrEnum):
    """What a placing rule looks at."""

    PROJECT = "project"
    PROJECT_CATEGORY = "project_category"
    ISSUE = "issue"
    FIELD = "field"
    LABEL = "label"


class ByProject(Options):
    """The tracker's own project; `depth` takes the ancestor at that depth of its project tree, 1 being a root."""

    tracker: str
    by: Literal[By.PROJECT]
    depth: int | None = Field(default=None, ge=1)


class ByProjectCategory(Options):
    """The category of the tracker's project."""

    tracker: str
    by: Literal[By.PROJECT_CATEGORY]


class ByIssue(Options):
    """The nearest ancestor item (or the item itself) of this tracker type; that item is the node's home."""

    tracker: str
    by: Literal[By.ISSUE]
    type: str


class ByField(Options):
    """The value of a text column: a vocabulary column, or `fields.x` of the tracker."""

    tracker: str
    by: Literal[By.FIELD]
    field: str


class ByLabel(Options):
    """The label with this prefix, without it; of several the first in alphabetical order."""

    tracker: str
    by: Literal[By.LABEL]
    prefix: str


PlaceRule = Annotated[
    ByProject | ByProjectCategory | ByIssue | ByField | ByLabel,
    Field(discriminator="by"),
]


class PortfolioOptions(Options):
    """The name of the portfolio; None means the folder's name."""

    name: str | None = None


class Merge(Options):
    """Nodes of one level that are one: all `names` become `as`."""

    level: Literal[Level.PROGRAMME, Level.PROJECT]
    names: tuple[str, ...]
    as_: str = Field(alias="as")


class PlaceOverride(Options):
    """Places one item (key or id) or one project (name, after merge) elsewhere. The first entry that matches wins."""

    item: str | None = None
    project: str | None = None
    tracker: str | None = None
    portfolio: str | None = None
    programme: str | None = None


class HomeByName(Options):
    """The item, by key or id, that is the named node."""

    level: Literal[Level.PORTFOLIO, Level.PROGRAMME, Level.PROJECT]
    name: str
    tracker: str
    item: str


class HomeByRule(Options):
    """The one item of this tracker type in each node of the level is its home."""

    level: Literal[Level.PORTFOLIO, Level.PROGRAMME, Level.PROJECT]
    tracker: str
    issue_type: str


def _home_tag(value: object) -> str:
    names = value if isinstance(value, dict) else vars(value) if hasattr(value, "__dict__") else {}
    return "rule" if "issue_type" in names else "name"


Home = Annotated[
    Annotated[HomeByName, Tag("name")] | Annotated[HomeByRule, Tag("rule")],
    Discriminator(_home_tag),
]


class StructureOptions(Options):
    """How items become a tree. `none` for a level declares it absent; None means that nothing was said."""

    portfolio: PortfolioOptions = PortfolioOptions()
    programme: Literal["none"] | tuple[PlaceRule, ...] = ()
    project: Literal["none"] | tuple[PlaceRule, ...] = ()
    merge: tuple[Merge, ...] = ()
    overrides: tuple[PlaceOverride, ...] = ()
    homes: tuple[Home, ...] = ()
