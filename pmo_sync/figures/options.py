"""Options of `rollup:` in pmo.yaml, and of the other keys that figures read."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import Field, Tag, model_validator

from pmo_sync.model.duration import Duration, DurationText, Unit
from pmo_sync.model.options import BY_SHAPE, NONE, Number, Options, Scope, Share, Text, Whole
from pmo_sync.model.words import Level


class ProgressBasis(StrEnum):
    """What a leaf weighs in progress."""

    COUNT = "count"
    ESTIMATE = "estimate"
    DURATION = "duration"
    COST = "cost"
    CUSTOM = "custom"


class ProgressOptions(Options):
    """`rollup.progress`: the weight, what replaces it where no leaf has it, and what a missing weight does."""

    basis: ProgressBasis = ProgressBasis.ESTIMATE
    fallback: ProgressBasis = ProgressBasis.COUNT
    field: Text | None = None
    missing: Literal["exclude", "impute"] = "exclude"

    @model_validator(mode="after")
    def _custom_has_a_field(self) -> ProgressOptions:
        if ProgressBasis.CUSTOM in {self.basis, self.fallback} and self.field is None:
            raise ValueError("the basis `custom` weighs by a column; name it under `field`")
        return self


class RagPolicy(StrEnum):
    """How the colours of children become one."""

    WORST_OF = "worst_of"
    WEIGHTED = "weighted"
    SHARE = "share"
    TOLERANT_WORST = "tolerant_worst"


class Threshold(Options):
    """Both limits of one dimension; its direction is the dimension's own."""

    amber: Share
    red: Share


DIMENSIONS: Final = {
    "cpi": Threshold(amber=0.95, red=0.90),
    "spi": Threshold(amber=0.95, red=0.90),
    "overdue_share": Threshold(amber=0.05, red=0.15),
    "milestone_slip": Threshold(amber=10, red=20),
    "overrun_share": Threshold(amber=0.05, red=0.10),
    "appetite_used": Threshold(amber=1.0, red=1.1),
    "benefit_realisation": Threshold(amber=0.8, red=0.5),
}
"""House thresholds. `cpi`, `spi` and `benefit_realisation` count downwards."""


class DimensionOptions(Options):
    """`rollup.rag.dimensions`: one that is left out is off."""

    cpi: Threshold | None = None
    spi: Threshold | None = None
    overdue_share: Threshold | None = None
    milestone_slip: Threshold | None = None
    overrun_share: Threshold | None = None
    appetite_used: Threshold | None = None
    benefit_realisation: Threshold | None = None


class PolicyByLevel(Options):
    """One policy for each level that rolls up."""

    portfolio: RagPolicy = RagPolicy.WORST_OF
    programme: RagPolicy = RagPolicy.WORST_OF
    project: RagPolicy = RagPolicy.WORST_OF


class RagOptions(Options):
    """`rollup.rag`."""

    policy: Annotated[Annotated[RagPolicy, Tag("<text>")] | Annotated[PolicyByLevel, Tag("<mapping>")], BY_SHAPE] = (
        RagPolicy.WORST_OF
    )
    unknown_above: Share = 0.30
    key_label: Text = "key"
    red_share: Share = 0.20
    dimensions: DimensionOptions = DimensionOptions(**DIMENSIONS)

    def policy_of(self, level: Level) -> RagPolicy:
        """The policy by which the children of a node of this level become one colour."""
        if isinstance(self.policy, RagPolicy):
            return self.policy
        return RagPolicy(getattr(self.policy, level.value))


class RollupOptions(Options):
    """`rollup`. Earned value, simulation, discounting and scores come with a later version."""

    progress: ProgressOptions = ProgressOptions()
    ev_rule: Annotated[
        Annotated[Literal["0/100", "50/50"], Tag("<text>")] | Annotated[dict[str, Share], Tag("<mapping>")], BY_SHAPE
    ] = "0/100"
    estimate_at_completion: Literal["bac_over_cpi", "ac_plus_rest", "cpi_spi", "bottom_up"] = "bac_over_cpi"
    period: Literal["month", "week"] = "month"
    rag: RagOptions = RagOptions()
    min_coverage: Share = 0.70
    horizon: DurationText = Duration(90, Unit.DAYS)
    split_rate: Number = Field(default=1.0, gt=0)
    discount_rate: Annotated[Share | None, NONE] = Field(default=None, gt=-1)
    base_year: Annotated[Whole | None, NONE] = Field(default=None, ge=1900, le=2200)
    health: dict[str, Number] | None = None
    value_score: dict[str, Number] = {}


class RiskAppetite(Options):
    """One entry of `risk_appetite`: how much exposure, and how many high risks, the scope may carry."""

    scope: Scope = Scope()
    money: Number | None = Field(default=None, ge=0)
    high: Whole | None = Field(default=None, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _scope_beside(cls, value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever the file holds
        """The words of the scope may stand beside `money` or under `scope`."""
        if not isinstance(value, dict):
            return value
        beside = {name: word for name, word in value.items() if name in Scope.model_fields}
        under = value.get("scope") or {}
        if not beside or not isinstance(under, dict):
            return value
        rest = {name: word for name, word in value.items() if name not in beside}
        return rest | {"scope": under | beside}

    @model_validator(mode="after")
    def _says_something(self) -> RiskAppetite:
        if self.money is None and self.high is None:
            raise ValueError("an appetite without a number says nothing; give `money`, `high` or both")
        return self
