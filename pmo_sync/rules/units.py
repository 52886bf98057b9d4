"""One standard on one frame: its verdict and severity as expressions, from the clauses that `explain` shows too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from pmo_sync.model.options import Scope
from pmo_sync.model.words import DEPENDENCIES, Verdict
from pmo_sync.rules.compile import Clause, Compiler, rests_on_absent
from pmo_sync.rules.condition import AllOf, Condition, Frame, columns_named
from pmo_sync.rules.shares import Offence, offences
from pmo_sync.rules.standard import Standard
from pmo_sync.rules.subjects import Subjects
from pmo_sync.rules.view import TRUE, View

RANK = pl.Int8()


@dataclass(frozen=True, slots=True)
class Unit:
    """One effective standard on one frame, for the rows where it holds.

    Attributes:
        standard: with the values that hold for these rows.
        whole: the standard it is a variant of, or itself: whose id, cases and fingerprint count.
        number: names its columns.
        mask: the rows it judges: right level, not another variant.
        applies, unless, require: the clauses. `require` of a share standard is None.
        share: of a share standard the compiled conditions on its members.
        rests: true where the requirement hangs on a level that the structure declares absent; None: never.
    """

    standard: Standard
    whole: Standard
    frame: Frame
    number: int
    mask: pl.Expr
    applies: Clause
    unless: Clause | None
    require: Clause | None
    escalations: tuple[tuple[int, Clause], ...]
    share: tuple[Offence, ...]
    rests: pl.Expr | None

    @property
    def exempt(self) -> pl.Expr:
        """True where the standard does not apply: its kinds or conditions are false, or the exception is true."""
        exempt = ~self.applies.expr
        return exempt if self.unless is None else exempt | self.unless.expr

    def verdict(self, coverage: pl.Expr | None) -> pl.Expr:
        """Pass 0, fail 1, n/a 2, unknown 3; null where it does not judge. `coverage`: too little is known."""
        if self.require is None:
            raise TypeError("a share standard is judged from its counters")
        code = {one: pl.lit(one.value, dtype=pl.UInt8) for one in Verdict}
        applies, holds = self.applies.expr, self.require.expr
        exempt = self.exempt if self.rests is None else self.exempt | self.rests
        passes = applies & holds
        if coverage is not None:
            passes &= ~coverage
        found = (
            pl.when(exempt)
            .then(code[Verdict.NOT_APPLICABLE])
            .when(applies & ~holds)
            .then(code[Verdict.FAIL])
            .when(passes)
            .then(code[Verdict.PASS])
            .otherwise(code[Verdict.UNKNOWN])
        )
        return pl.when(self.mask).then(found)

    def severity(self) -> pl.Expr:
        """Rank of the severity of a failure: the base, or the highest escalation that is true."""
        ranks = [pl.lit(self.standard.severity.rank, dtype=RANK)]
        ranks += [
            pl.when(clause.expr).then(pl.lit(rank, dtype=RANK)).otherwise(pl.lit(0, dtype=RANK))
            for rank, clause in self.escalations
        ]
        return pl.max_horizontal(ranks) if len(ranks) > 1 else ranks[0]


def units(standards: Sequence[Standard], subjects: Subjects, compiler: Compiler) -> list[Unit]:
    """Every enabled standard and variant on every frame it judges."""
    found: list[Unit] = []
    for standard in standards:
        taken: list[tuple[Scope, ...]] = []
        effective = [(variant.scopes, variant.standard) for variant in standard.variants]
        for scopes, one in (*effective, ((), standard)):
            for frame in one.frames:
                if one.enabled:
                    mask = _mask(one, frame, scopes, taken, subjects)
                    found.append(_unit(one, standard, frame, len(found), mask, subjects, compiler))
            taken.append(scopes)
    return found


def _mask(
    standard: Standard, frame: Frame, scopes: tuple[Scope, ...], taken: list[tuple[Scope, ...]], subjects: Subjects
) -> pl.Expr:
    mask = TRUE
    if frame is Frame.NODE:
        mask = pl.col("level").is_in([str(level) for level in standard.node_levels])
    elif frame is Frame.LINK:
        mask = pl.col("type").is_in([word.value for word in DEPENDENCIES])
    for scope in scopes:
        mask &= _scope(subjects, frame, scope)
    if taken:
        others = [pl.all_horizontal([_scope(subjects, frame, one) for one in each]) for each in taken if each]
        mask = mask & ~pl.any_horizontal(others) if others else mask
    return mask


def _scope(subjects: Subjects, frame: Frame, scope: Scope) -> pl.Expr:
    name = f"@{scope.model_dump_json(exclude_none=True)}"
    if name not in subjects.frames[frame].columns:
        subjects.stage(frame, [subjects.mask(frame, scope).alias(name)])
    return pl.col(name)


def _unit(
    standard: Standard,
    whole: Standard,
    frame: Frame,
    number: int,
    mask: pl.Expr,
    subjects: Subjects,
    compiler: Compiler,
) -> Unit:
    view = subjects.views[frame]

    def clause(condition: Condition) -> Clause:
        return compiler.clause(condition, view)

    applies = clause(standard.applies_to)
    if standard.kinds and frame is Frame.ITEM:
        narrowed = pl.col("kind").is_in([str(kind) for kind in standard.kinds])
        applies = replace(applies, expr=narrowed & applies.expr)
    return Unit(
        standard=standard,
        whole=whole,
        frame=frame,
        number=number,
        mask=mask,
        applies=applies,
        unless=None if standard.unless is None else clause(standard.unless),
        require=None if standard.require is None else clause(standard.require),
        escalations=tuple((one.to.rank, clause(one.when)) for one in standard.escalations),
        share=() if standard.share is None else offences(standard.share, subjects, compiler),
        rests=_rests(standard, view, compiler),
    )


def _rests(standard: Standard, view: View, compiler: Compiler) -> pl.Expr | None:
    """Whether it matters if a level that is declared absent stood above: then the standard does not apply."""
    require = standard.require
    if require is None or not rests_on_absent(require, compiler.absent):
        return None
    without, with_ = (replace(compiler, assumed=assumed).clause(require, view).expr for assumed in (False, True))
    return without.ne_missing(with_)


def coverage(unit: Unit, subjects: Subjects, least: float) -> pl.Expr | None:
    """True where a figure that the requirement reads has too little coverage; None: it reads no figure of a node."""
    condition = unit.standard.require or AllOf((), unit.standard.place)
    names = [name for name in columns_named(condition) if name in subjects.figures.built]
    if unit.frame is not Frame.NODE or not names:
        return None
    low = []
    for name in names:
        used, missing = pl.col(f"{name}__used").fill_null(0), pl.col(f"{name}__missing").fill_null(0)
        low.append((used + missing > 0) & (used < least * (used + missing)))
    return pl.any_horizontal(low)


def reads_figures(unit: Unit, subjects: Subjects) -> bool:
    """True for a standard of nodes that names a figure made from what is below them."""
    if unit.frame is not Frame.NODE:
        return False
    named = {name for condition in unit.standard.conditions for name in columns_named(condition)}
    return not named.isdisjoint(subjects.figures.built)
