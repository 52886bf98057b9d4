"""Options of `structure:` in pmo.yaml."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from pmo_sync.model.options import BY_SHAPE, Options, Text, Whole, tagged_by
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
    depth: Whole | None = Field(default=None, ge=1)


class ByProjectCategory(Options):
    """The category of the tracker's project."""

    tracker: str
    by: Literal[By.PROJECT_CATEGORY]


class ByIssue(Options):
    """The nearest ancestor item (or the item itself) of this tracker type; that item is the node's home."""

    tracker: str
    by: Literal[By.ISSUE]
    type: Text


class ByField(Options):
    """The value of a text column: a vocabulary column, or `fields.x` of the tracker."""

    tracker: str
    by: Literal[By.FIELD]
    field: Text


class ByLabel(Options):
    """The label with this prefix, without it; of several the first in alphabetical order."""

    tracker: str
    by: Literal[By.LABEL]
    prefix: Text


PlaceRule = Annotated[
    Annotated[ByProject, Tag("<project>")]
    | Annotated[ByProjectCategory, Tag("<project_category>")]
    | Annotated[ByIssue, Tag("<issue>")]
    | Annotated[ByField, Tag("<field>")]
    | Annotated[ByLabel, Tag("<label>")],
    tagged_by("by"),
]

PlaceRules = Annotated[
    Annotated[Literal["none"], Tag("<text>")] | Annotated[tuple[PlaceRule, ...], Tag("<list>")], BY_SHAPE
]


class PortfolioOptions(Options):
    """The name of the portfolio; None means the folder's name."""

    name: Text | None = None


class Merge(Options):
    """Nodes of one level that are one: all `names` become `as`."""

    level: Literal[Level.PROGRAMME, Level.PROJECT]
    names: tuple[Text, ...] = Field(min_length=1)
    as_: Text = Field(alias="as")


class PlaceOverride(Options):
    """Places one item (key or id) or one project (name, after merge) elsewhere. The first entry that matches wins."""

    item: Text | None = None
    project: Text | None = None
    tracker: Text | None = None
    portfolio: Text | None = None
    programme: Text | None = None

    @model_validator(mode="after")
    def _says_what_and_where(self) -> PlaceOverride:
        if self.item is None and self.project is None:
            raise ValueError("an override places an item or a project; name it under `item` or `project`")
        if not (self.portfolio or self.programme or (self.item and self.project)):
            raise ValueError("nothing says where it belongs; give a `programme` or a `portfolio`")
        return self


class HomeByName(Options):
    """The item, by key or id, that is the named node."""

    level: Literal[Level.PORTFOLIO, Level.PROGRAMME, Level.PROJECT]
    name: Text
    tracker: str
    item: Text


class HomeByRule(Options):
    """The one item of this tracker type in each node of the level is its home."""

    level: Literal[Level.PORTFOLIO, Level.PROGRAMME, Level.PROJECT]
    tracker: str
    issue_type: Text


def _home_tag(value: object) -> str:
    names = value if isinstance(value, dict) else vars(value) if hasattr(value, "__dict__") else {}
    return "<rule>" if "issue_type" in names else "<name>"


Home = Annotated[
    Annotated[HomeByName, Tag("<name>")] | Annotated[HomeByRule, Tag("<rule>")],
    Discriminator(_home_tag),
]


class StructureOptions(Options):
    """How items become a tree. `none` for a level declares it absent; None means that nothing was said."""

    portfolio: PortfolioOptions = PortfolioOptions()
    programme: PlaceRules = ()
    project: PlaceRules = ()
    merge: tuple[Merge, ...] = ()
    overrides: tuple[PlaceOverride, ...] = ()
    homes: tuple[Home, ...] = ()
