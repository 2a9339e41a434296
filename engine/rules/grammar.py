"""The grammar of FEEL: reads tokens with the names in scope and compiles on the way; nothing of the text is ever executed.

    expression  = operand of rank 0
    or, and     rank 0, 1          comparison, between, in      rank 2, not in a row
    + -         rank 3             * /                          rank 4
    **          rank 5             unary = "-" unary | postfix ["instance" "of" type]
    postfix     = primary { "." name | "[" filter "]" | "(" arguments ")" }
    primary     = literal | name | call | "(" expression ")" | range | list | context | if | for | some | every | function
    tests       = "-" | "not" "(" test { "," test } ")" | test { "," test }
    test        = ("<" | "<=" | ">" | ">=" | "=" | "!=") operand of rank 3 | expression

A name may hold spaces and signs, so it can only be recognised by the names that are in scope: the longest wins.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from engine.rules import typing_rules as rules
from engine.rules.arithmetic import chain, negative
from engine.rules.comparing import all_of, any_of, equal, ordered, within
from engine.rules.feel_types import FeelType, Part, fault
from engine.rules.names import Binding, Names
from engine.rules.tokens import Token
from engine.rules.unary_tests import ANYTHING, UnaryTest, comparison, either, equality, membership, negation

DEEPEST: Final = 40
MOST_TOKENS: Final = 1000
SUBJECT: Final = "?"
_RANKS: Final = {
    "or": 0, "and": 1, "=": 2, "!=": 2, "<": 2, "<=": 2, ">": 2, ">=": 2, "between": 2, "in": 2, "+": 3, "-": 3, "*": 4, "/": 4,
    "**": 5,
}
_ORDER_SIGNS: Final = frozenset({"<", "<=", ">", ">=", "=", "!="})
_BOOLEAN: Final = FeelType.BOOLEAN


@dataclass
class Parser:
    """One text on its way: tokens, the place reached, the names in scope, and what was noticed.

    read: names of the outermost layers that were read; repeats: something in it may repeat or grow, so that it needs
    an allowance of work; asked: `?` was read; endpoint: the upper end of a range is being read, which a [ may close;
    items: elements of the lists being filtered, inner: names bound inside the innermost filter.
    """

    tokens: list[Token]
    names: Names
    primary: Callable[[Parser], Part]
    place: int = 0
    depth: int = 0
    repeats: bool = False
    asked: bool = False
    endpoint: bool = False
    read: frozenset[str] = frozenset()
    items: tuple[Binding, ...] = ()
    inner: tuple[Binding, ...] = ()

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.place]

    @property
    def strict(self) -> bool:
        """Whether wrong types and unknown names are faults of the text."""
        return self.names.strict

    def at(self, *texts: str) -> bool:
        """Whether one of these words or signs comes next."""
        return self.token.text in texts and self.token.kind in ("word", "sign")

    def take(self, *texts: str) -> Token | None:
        """Go past one of these words or signs, if it comes next."""
        if not self.at(*texts):
            return None
        self.place += 1
        return self.tokens[self.place - 1]

    def expect(self, *texts: str) -> Token:
        """Go past one of these; PackageFault feel.syntax when something else comes."""
        return self.take(*texts) or self.refuse()

    def refuse(self) -> Any:
        """Refuse the next token where it stands."""
        token = self.token
        if token.kind == "end":
            raise fault("syntax", token.start, "表达式不完整")
        raise fault("syntax", token.start, f"此处不应当出现“{token.text[:20]}”")

    def expression(self, *, endpoint: bool = False) -> Part:
        """Any expression; endpoint: as the upper end of a range."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise fault("bounds", self.token.start, f"表达式嵌套超过{DEEPEST}层")
        before, self.endpoint = self.endpoint, endpoint
        part = self.operand(0)
        self.endpoint = before
        self.depth -= 1
        return part

    def operand(self, least: int) -> Part:
        """An expression of operators of at least this rank."""
        left = self._unary()
        while (rank := self._rank()) >= least:
            if rank == 2:
                left = self._comparison(left)
                if self._rank() == 2:
                    self.refuse()
                continue
            rest: list[tuple[Token, Part]] = []
            while self._rank() == rank:
                sign = self.token
                self.place += 1
                rest.append((sign, self.operand(rank + 1)))
            left = self._row(rank, left, rest)
        return left

    def _rank(self) -> int:
        return _RANKS.get(self.token.text, -1) if self.token.kind in ("word", "sign") else -1

    def _row(self, rank: int, left: Part, rest: Sequence[tuple[Token, Part]]) -> Part:
        if rank < 2:
            parts = [left, *(part for _, part in rest)]
            if self.strict:
                rules.require(parts, _BOOLEAN, rest[0][0].start)
            return Part(_BOOLEAN, (any_of if rank == 0 else all_of)(parts), all(part.constant for part in parts))
        kind = left.type
        for sign, part in rest:
            kind = rules.result_of(sign, kind, part.type, strict=self.strict)
        constant = left.constant and all(part.constant for _, part in rest)
        return rules.folded(Part(kind, chain(left, [(sign.text, part) for sign, part in rest]), constant))

    def _comparison(self, left: Part) -> Part:
        sign = self.token
        self.place += 1
        if sign.text == "in":
            return self._membership(left, sign)
        if sign.text == "between":
            low = self.operand(3)
            self.expect("and")
            high = self.operand(3)
            if self.strict:
                rules.require_ordered((left, low, high), sign.start)
            return Part(_BOOLEAN, within(left, low, high))
        right = self.operand(3)
        if sign.text in ("=", "!="):
            if self.strict:
                rules.require_alike(left.type, right.type, sign.start)
            return Part(_BOOLEAN, equal(left, right, negated=sign.text == "!="), left.constant and right.constant)
        if self.strict:
            rules.require_ordered((left, right), sign.start)
        return Part(_BOOLEAN, ordered(sign.text, left, right), left.constant and right.constant)

    def _membership(self, value: Part, sign: Token) -> Part:
        if self.at("(") and not self._opens_range():
            self.place += 1
            test = self._several(value.type)
            self.expect(")")
            return Part(_BOOLEAN, membership(value, test))
        if self.at("<", "<=", ">", ">=", "=", "!="):
            return Part(_BOOLEAN, membership(value, self.test(value.type)))
        return Part(_BOOLEAN, membership(value, self._checked(equality(self.operand(3)), value.type, sign)))

    def _opens_range(self) -> bool:
        """Whether the bracket that comes next opens a range such as (1..5] rather than a row of tests."""
        depth = 0
        for token in self.tokens[self.place :]:
            if token.kind == "sign":
                depth += (token.text in "([{") - (token.text in ")]}")
                if depth < 1 or (depth == 1 and token.text == ","):
                    return False
                if depth == 1 and token.text == "..":
                    return True
        return False

    def tests(self, kind: FeelType | None) -> UnaryTest:
        """The content of an input cell for values of a type: `-`, or tests of which one must hold, or not(…) of those."""
        if self.at("-") and self.tokens[self.place + 1].kind == "end":
            self.place += 1
            return ANYTHING
        start = self.place
        if self.take("not") and self.take("("):
            inside = self._several(kind)
            if self.take(")") and self.token.kind == "end":
                return negation(inside)
        self.place = start
        return self._several(kind)

    def _several(self, kind: FeelType | None) -> UnaryTest:
        tests = [self.test(kind)]
        while self.take(","):
            tests.append(self.test(kind))
        return either(tests)

    def test(self, kind: FeelType | None) -> UnaryTest:
        """One positive unary test of values of a type."""
        if self.token.kind == "sign" and self.token.text in _ORDER_SIGNS:
            sign = self.token
            self.place += 1
            return self._checked(comparison(sign.text, self.operand(3)), kind, sign)
        before, self.asked = self.asked, False
        sign = self.token
        part = self.expression()
        test = equality(part, asks=self.asked and part.type in (_BOOLEAN, None))
        self.asked = before or self.asked
        return self._checked(test, kind, sign)

    def _checked(self, test: UnaryTest, kind: FeelType | None, sign: Token) -> UnaryTest:
        if self.strict and kind is not FeelType.LIST:
            rules.require_alike(kind, test.type, sign.start)
        return test

    def _unary(self) -> Part:
        if sign := self.take("-"):
            self.depth += 1
            if self.depth > DEEPEST:
                raise fault("bounds", sign.start, f"表达式嵌套超过{DEEPEST}层")
            inner = self._unary()
            self.depth -= 1
            if self.strict:
                rules.require_signed(inner, sign.start)
            return rules.folded(Part(inner.type, negative(inner), inner.constant))
        return self.primary(self)

    @contextmanager
    def inside(self, bindings: Sequence[Binding], *, item: bool = False) -> Iterator[None]:
        """Bring more names into scope; item: the one name is the element of a list that is being filtered."""
        before = self.names, self.items, self.inner
        self.names = self.names.with_layer(bindings)
        self.items, self.inner = ((*bindings, *self.items), ()) if item else (self.items, (*self.inner, *bindings))
        yield
        self.names, self.items, self.inner = before

    def name_until(self, *ends: str) -> str:
        """A name being declared, of words, numbers and signs, up to one of these words or signs."""
        words: list[Token] = []
        while not self.at(*ends):
            if self.token.kind in ("end", "string") or self.token.text in "()[]{},:<>=@" or (not words and not self.token.is_name()):
                self.refuse()
            words.append(self.token)
            self.place += 1
        return written(words) if words else self.refuse()


def written(words: Sequence[Token]) -> str:
    """A name as it stands in the text, with one blank for any number of them."""
    name = words[0].text
    for before, word in itertools.pairwise(words):
        name += (" " if before.start + len(before.text) < word.start else "") + word.text
    return name
