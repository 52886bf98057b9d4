"""The query language as text: words, clauses, order. What they mean to issues is in `matching.py`.

Every mistake is a refusal 400 with Jira's own sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pmo_sync.sandbox.errors import invalid

MOST_ORDERS = 7
DEEPEST = 100
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<sign>!=|!~|>=|<=|[=<>~(),])|(?P<word>[^\s"'=<>~(),!]+))"""
)
_OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
_OPPOSITE = {"=": "!=", "<": ">=", ">": "<=", "~": "!~", "in": "not in", "is": "is not"}
OPPOSITE = _OPPOSITE | {right: left for left, right in _OPPOSITE.items()}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a query; `quoted` words are never keywords; `at` counts characters from 1."""

    text: str
    at: int
    quoted: bool = False

    def means(self, *words: str) -> bool:
        """Whether it is one of these keywords or signs."""
        return not self.quoted and self.text.lower() in words


@dataclass(frozen=True, slots=True)
class Operand:
    """A value, or with `call` a function such as `now()`."""

    text: str
    quoted: bool = False
    call: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison: operator in lower case; `is` has no operands."""

    field: str
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Node, ...]


Node = Clause | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Query:
    """A restriction, None where there is none, and (field, descending) to sort by."""

    where: Node | None
    order: tuple[tuple[str, bool], ...]


def parse(text: str) -> Query:
    """The query. Raises a refusal where it is none."""
    parser = _Parser(_tokens(text))
    where = None if parser.peek().means("order", "") else parser.either(0)
    order = parser.order()
    if not parser.peek().means(""):
        raise parser.unexpected("either 'OR' or 'AND'")
    return Query(where, order)


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            place = len(text) - len(text[at:].lstrip()) + 1
            reserved = f"The character '{text[place - 1]}' is a reserved JQL character"
            advice = "You must enclose it in a string or use the escape."
            raise invalid(f"Error in the JQL Query: {reserved}. {advice} (line 1, character {place})")
        word = match[0].strip()
        quoted = match["text"] is not None
        tokens.append(Token(_unquoted(match["text"]) if quoted else word, match.end() - len(word) + 1, quoted))
        at = match.end()
    return [*tokens, Token("", end + 1)]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def negated(node: Node) -> Node:
    """What holds where the node does not; like Jira, a comparison stays one and never matches an empty value."""
    match node:
        case Clause(field, operator, operands):
            return Clause(field, OPPOSITE[operator], operands)
        case AllOf(parts):
            return AnyOf(tuple(negated(part) for part in parts))
        case AnyOf(parts):
            return AllOf(tuple(negated(part) for part in parts))


@dataclass(slots=True)
class _Parser:
    tokens: list[Token]
    at: int = 0

    def peek(self) -> Token:
        return self.tokens[self.at]

    def next(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def unexpected(self, expected: str) -> Exception:
        token = self.peek()
        got = f"got '{token.text}'" if token.text else "got the end of the query"
        return invalid(f"Error in the JQL Query: Expecting {expected} but {got}. (line 1, character {token.at})")

    def either(self, depth: int) -> Node:
        parts = [self.both(depth)]
        while self.peek().means("or", "||"):
            self.next()
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def both(self, depth: int) -> Node:
        parts = [self.term(depth)]
        while self.peek().means("and", "&&"):
            self.next()
            parts.append(self.term(depth))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def term(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise invalid("Error in the JQL Query: The query is nested too deeply.")
        if self.peek().means("not"):
            self.next()
            return negated(self.term(depth + 1))
        if self.peek().means("("):
            self.next()
            inside = self.either(depth + 1)
            if not self.peek().means(")"):
                raise self.unexpected("')'")
            self.next()
            return inside
        return self.clause()

    def clause(self) -> Clause:
        name = self.peek()
        if name.means("", "and", "or", "in", "is", "order", ",", "=", "!=", "<", ">", "<=", ">=", "~", "!~", ")"):
            raise self.unexpected("a field name")
        self.next()
        operator = self.operator()
        if operator in ("in", "not in"):
            return Clause(name.text, operator, self.operands())
        if operator in ("is", "is not"):
            if not self.peek().means("empty", "null"):
                raise self.unexpected("'EMPTY' or 'NULL'")
            self.next()
            return Clause(name.text, operator, ())
        if self.peek().means("empty", "null") and operator in ("=", "!="):
            self.next()
            return Clause(name.text, "is" if operator == "=" else "is not", ())
        return Clause(name.text, operator, (self.operand(),))

    def operator(self) -> str:
        token = self.peek()
        if token.means("=", "!=", "<", ">", "<=", ">=", "~", "!~", "in"):
            return self.next().text.lower()
        if token.means("is"):
            self.next()
            if self.peek().means("not"):
                self.next()
                return "is not"
            return "is"
        if token.means("not") and self.tokens[min(self.at + 1, len(self.tokens) - 1)].means("in"):
            self.next()
            self.next()
            return "not in"
        got = f"got '{token.text}'" if token.text else "got the end of the query"
        raise invalid(f"Error in the JQL Query: Expecting operator but {got}. "
                      f"The valid operators are {_OPERATORS}. (line 1, character {token.at})")  # fmt: skip

    def operands(self) -> tuple[Operand, ...]:
        if not self.peek().means("("):
            raise self.unexpected("'('")
        found: list[Operand] = []
        while not found or self.peek().means(","):
            self.next()
            found.append(self.operand())
        if not self.peek().means(")"):
            raise self.unexpected("')'")
        self.next()
        return tuple(found)

    def operand(self) -> Operand:
        token = self.peek()
        if not token.quoted and token.text in ("", "(", ")", ",", "=", "!=", "<", ">", "<=", ">=", "~", "!~"):
            raise self.unexpected("a value, list or function")
        self.next()
        if not token.quoted and self.peek().means("("):
            self.next()
            if not self.peek().means(")"):
                raise self.unexpected("')'")
            self.next()
            return Operand(token.text, call=True)
        return Operand(token.text, quoted=token.quoted)

    def order(self) -> tuple[tuple[str, bool], ...]:
        if not self.peek().means("order"):
            return ()
        self.next()
        if not self.peek().means("by"):
            raise self.unexpected("'BY'")
        found: list[tuple[str, bool]] = []
        while not found or self.peek().means(","):
            self.next()
            if self.peek().means("", ",", "asc", "desc"):
                raise self.unexpected("a field name")
            name = self.next().text
            descending = self.peek().means("desc")
            if self.peek().means("asc", "desc"):
                self.next()
            found.append((name, descending))
        if len(found) > MOST_ORDERS:
            raise invalid(f"The ORDER BY clause can contain at most {MOST_ORDERS} fields.")
        return tuple(found)
