"""From the tree of a condition to a tree of clauses over Polars expressions, in Kleene's three values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import polars as pl

from pmo_sync.model.duration import Duration
from pmo_sync.model.source import Source
from pmo_sync.rules.clock import Clock
from pmo_sync.rules.columns import ENDS
from pmo_sync.rules.condition import (
    AllOf,
    AnyOf,
    Bounds,
    Condition,
    Frame,
    Moves,
    Not,
    Quantifier,
    Related,
    Test,
    Words,
    referred,
)
from pmo_sync.rules.phrases import phrase, relation_phrase
from pmo_sync.rules.tests import SEEING, WORDS, Sides, bounds
from pmo_sync.rules.view import TRUE, UNKNOWN, View


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """One condition, ready to run. The parts are what it is made of; a test has none.

    Attributes:
        text: as people read it.
        source: where it stands.
        expr: true, false or null for each row of the frame it was compiled for.
        needs: columns of that frame, staged ones included.
        parts: the clauses it is made of.
        column: of a test its column, of a relation its name; None of a combination.
        counters: prefix of the three counters of a relation; None otherwise.
        of_history: true of a test of how often its column moved.
    """

    text: str
    source: Source
    expr: pl.Expr
    parts: tuple[Clause, ...] = ()
    column: str | None = None
    counters: str | None = None
    of_history: bool = False

    @property
    def needs(self) -> frozenset[str]:
        """Columns of the frame that the expression reads."""
        return frozenset(self.expr.meta.root_names())


class Counting(Protocol):
    """Who counts relatives: gives each relation and condition its place among the staged columns."""

    @property
    def item_view(self) -> View:
        """The view of items, for the ends of links."""

    def counter(self, frame: Frame, relation: str, inner: Condition) -> str:
        """Name under which `.n`, `.t` and `.u` are staged."""

    def moves(self, frame: Frame, column: str, within: Duration | None) -> str | None:
        """Name under which the number of changes of a column is staged; None where no history of it is known."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles conditions of one run.

    `absent`: levels that the structure declares absent; whether such a level stands above is taken as `assumed`.
    """

    clock: Clock
    counting: Counting
    absent: frozenset[str] = frozenset()
    assumed: bool = False

    def clause(self, condition: Condition, view: View, subject: View | None = None) -> Clause:
        """The clause of a condition on the rows of `view`; `subject` is whose columns stand on the right of tests."""
        up = subject or view
        match condition:
            case Test():
                return self._test(condition, view, up)
            case AllOf() | AnyOf():
                return self._join(condition, view, up)
            case Not():
                part = self.clause(condition.part, view, up)
                return Clause("not", condition.source, ~part.expr, (part,))
            case Related():
                return self._related(condition, view, up)

    def _join(self, condition: AllOf | AnyOf, view: View, up: View) -> Clause:
        """Flat, however many parts there are: a chain of `&` is as deep as it is long, and deep trees are slow."""
        parts = tuple(self.clause(part, view, up) for part in condition.parts)
        if not parts:
            return Clause("whatever", condition.source, TRUE)
        exprs = [part.expr for part in parts]
        if isinstance(condition, AllOf):
            return Clause("all of", condition.source, pl.all_horizontal(exprs), parts)
        return Clause("any of", condition.source, pl.any_horizontal(exprs), parts)

    def _test(self, test: Test, view: View, up: View) -> Clause:
        text = phrase(test, self.clock)
        expr, of_history = self._test_expr(test, view, up), isinstance(test.operand, Moves)
        return Clause(text, test.source, expr, column=test.column.name, of_history=of_history)

    def _test_expr(self, test: Test, view: View, up: View) -> pl.Expr:
        if test.word in SEEING:
            present = view.present(test.column)
            return present if test.word == "present" else ~present
        if isinstance(test.operand, Moves):
            return self._changed(test, test.operand, view)
        reference = referred(test.operand)
        if not view.has(test.column.name) or (reference is not None and not up.has(reference.name)):
            return UNKNOWN
        sides = Sides(test.column, view.read(test.column), test.operand, self.clock, up.read)
        return WORDS[test.word].build(sides)

    def _changed(self, test: Test, moves: Moves, view: View) -> pl.Expr:
        """Whether a column moved often enough: null where its history is not known."""
        number = self.counting.moves(view.frame, test.column.name, moves.within)
        if number is None:
            return UNKNOWN
        return WORDS[test.word].build(Sides(test.column, view.raw(number), moves, self.clock, view.read))

    # --- relations ------------------------------------------------------------------------------------------------
    def _related(self, related: Related, view: View, up: View) -> Clause:
        text = relation_phrase(related, self.clock)
        if view.frame is Frame.LINK:
            return self._end(related, up, text)
        if mentions_absent(related, self.absent):
            return Clause(text, related.source, pl.lit(self.assumed), column=related.relation)
        counters = view.prefix + self.counting.counter(view.frame, related.relation, related.inner)
        return Clause(text, related.source, quantified(related, counters), column=related.relation, counters=counters)

    def _end(self, related: Related, up: View, text: str) -> Clause:
        """An end of a link: known when the end is seen, else null."""
        prefix = ENDS[related.relation]
        inner = self.clause(related.inner, self.counting.item_view.under(prefix), up)
        seen = pl.when(pl.col(f"{prefix}item").is_not_null()).then(inner.expr)
        return Clause(text, related.source, seen, (inner,), column=related.relation)


def kleene(sure: pl.Expr, maybe: pl.Expr) -> pl.Expr:
    """True where sure; else unknown where it may be; else false. Both are null where nothing can be observed."""
    return sure | pl.when(maybe).then(UNKNOWN).when(maybe.is_null()).then(UNKNOWN).otherwise(pl.lit(False))


def quantified(related: Related, counters: str) -> pl.Expr:
    """A quantifier from the counters: how many relatives (n), of how many true (t), of how many unknown (u)."""
    n, t, u = (pl.col(f"{counters}.{name}") for name in ("n", "t", "u"))
    match related.quantifier:
        case Quantifier.ANY | Quantifier.IS:
            return kleene(t > 0, u > 0)
        case Quantifier.NONE:
            return ~kleene(t > 0, u > 0)
        case Quantifier.ALL:
            return pl.when(n > 0).then(~kleene(t + u < n, u > 0))
        case Quantifier.AT_LEAST:
            return kleene(t >= related.least, t + u >= related.least)
        case Quantifier.COUNT:
            return bounds(n, related.bounds)
        case Quantifier.SHARE:
            tests = (Bounds((each,)) for each in related.bounds.tests)
            return pl.when(n > 0).then(pl.all_horizontal([_share_holds(t / n, (t + u) / n, each) for each in tests]))


def _share_holds(low: pl.Expr, high: pl.Expr, test: Bounds) -> pl.Expr:
    """One test of a share that lies between low and high: the same at both ends, so everywhere, or unknown."""
    at_low, at_high = bounds(low, test), bounds(high, test)
    ((word, limit),) = test.tests
    if word in {"is", "is_not"}:  # may turn twice in between
        return pl.when((low == high) | (low > limit) | (high < limit)).then(at_low)
    return pl.when(at_low == at_high).then(at_low)


def mentions_absent(condition: Condition, absent: frozenset[str]) -> bool:
    """True for `ancestors: {any: {level: programme}}` where the structure declares that level absent."""
    if not absent or not isinstance(condition, Related) or condition.relation not in {"ancestors", "parent"}:
        return False
    inner = condition.inner
    if not isinstance(inner, Test) or inner.column.name != "level" or inner.word not in {"is", "in"}:
        return False
    values = inner.operand.values if isinstance(inner.operand, Words) else (inner.operand,)
    return all(getattr(value, "literal", None) in absent for value in values)


def rests_on_absent(condition: Condition, absent: frozenset[str]) -> bool:
    """True when some part of the condition asks for a level that the structure declares absent."""
    match condition:
        case AllOf() | AnyOf():
            return any(rests_on_absent(part, absent) for part in condition.parts)
        case Not():
            return rests_on_absent(condition.part, absent)
        case Related():
            return mentions_absent(condition, absent)
        case Test():
            return False
