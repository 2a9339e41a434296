"""Conditions over facts as finitely many cases: which values they tell apart, and which cases lead where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise, product

from engine.rules.conditions import Condition, FeelType, compile_condition
from engine.verifier.nets import Box, Fact

MOST_CASES = 4096
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[0-9]+(?:\.[0-9]+)?|[A-Za-z_\u3400-\u9fff][A-Za-z0-9_\u3400-\u9fff]*|<=|>=|!=|\.\.|\S')
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_WORDS = frozenset({"and", "or", "not", "in", "true", "false", "(", ")", ",", *_COMPARISONS})


@dataclass(frozen=True)
class Vocabulary:
    """The facts that some conditions speak of, and the conditions compiled.

    A condition that is more than comparisons with constants is a fact of its own, named by its text: it may be true or false,
    and may change whenever one of the facts in it does (`shadows`: name of a fact → such conditions).
    """

    facts: tuple[Fact, ...]
    conditions: Mapping[str, Condition]
    shadows: Mapping[str, tuple[str, ...]]

    def index(self, name: str) -> int | None:
        """The number of a fact; None when no condition speaks of it."""
        return next((number for number, fact in enumerate(self.facts) if fact.name == name), None)

    def names(self, text: str) -> tuple[int, ...]:
        """The facts that decide a condition."""
        if (own := self.index(text)) is not None and text not in self._plain:
            return (own,)
        return tuple(sorted(number for name in self.conditions[text].names if (number := self.index(name)) is not None))

    @cached_property
    def _plain(self) -> frozenset[str]:
        return frozenset(name for condition in self.conditions.values() for name in condition.names)

    def holds(self, text: str, values: Mapping[str, object]) -> bool:
        """Whether a condition holds in a case."""
        own = self.index(text)
        if own is not None and text not in self._plain:
            return values[text] is True
        return self.conditions[text].evaluate(values)

    def cases(self, texts: Iterable[str]) -> tuple[tuple[int, ...], Iterator[dict[str, object]]]:
        """The facts that decide some conditions, and every case of their values."""
        numbers = tuple(sorted({number for text in texts for number in self.names(text)}))
        domains = [self.facts[number].values for number in numbers]
        names = [self.facts[number].name for number in numbers]
        return numbers, (dict(zip(names, values, strict=True)) for values in product(*domains))


def vocabulary(texts: Iterable[str], types: Mapping[str, FeelType]) -> Vocabulary:
    """The vocabulary of some condition texts over declared facts; PackageFault for a text that is no condition."""
    conditions = {text: compile_condition(text, types) for text in sorted(set(texts))}
    values: dict[str, list[object]] = {}
    shadows: dict[str, list[str]] = {}
    opaque = []
    for text, condition in conditions.items():
        if _is_simple(text, condition, types):
            for name in condition.names:
                values.setdefault(name, [])
            for name, constant in _constants(text, condition):
                if constant not in values[name]:
                    values[name].append(constant)
        else:
            opaque.append(text)
            for name in condition.names:
                shadows.setdefault(name, []).append(text)
    facts = [Fact(name, _domain(types[name], found)) for name, found in sorted(values.items())]
    facts += [Fact(text, (False, True)) for text in opaque]
    return Vocabulary(tuple(facts), conditions, {name: tuple(found) for name, found in shadows.items()})


def branches(words: Vocabulary, texts: Sequence[str], *, default: int | None) -> list[tuple[Box, ...]]:
    """For each condition in order the cases in which it is the first to hold; the default (its number) takes the rest.

    An empty text is no condition: it never holds by itself. Too many cases: everything is possible everywhere.
    """
    numbers, cases = words.cases(text for text in texts if text)
    if _count(words, numbers) > MOST_CASES:
        return [((),) for _ in texts]
    found: list[list[tuple[int, ...]]] = [[] for _ in texts]
    for case in cases:
        taken = next((i for i, text in enumerate(texts) if text and words.holds(text, case)), default)
        if taken is not None:
            found[taken].append(_bits(words, numbers, case))
    return [boxes(numbers, each) for each in found]


def variants(words: Vocabulary, labelled: Mapping[str, str]) -> tuple[tuple[tuple[Box, ...], frozenset[str]], ...]:
    """Labels that apply under conditions (label → text): every set of labels with the cases in which just it applies."""
    if not labelled:
        return ((((),), frozenset()),)
    numbers, cases = words.cases(labelled.values())
    if _count(words, numbers) > MOST_CASES:
        return ((((),), frozenset()),)
    found: dict[frozenset[str], list[tuple[int, ...]]] = {}
    for case in cases:
        applying = frozenset(label for label, text in labelled.items() if words.holds(text, case))
        found.setdefault(applying, []).append(_bits(words, numbers, case))
    return tuple((boxes(numbers, each), labels) for labels, each in found.items())


def boxes(numbers: Sequence[int], cases: Sequence[tuple[int, ...]]) -> tuple[Box, ...]:
    """Cases (one bit for each fact) put together into as few disjoint boxes as a sweep over the facts finds."""
    current = list(dict.fromkeys(cases))
    for position in range(len(numbers)):
        merged: dict[tuple[int, ...], int] = {}
        for case in current:
            rest = (*case[:position], *case[position + 1:])
            merged[rest] = merged.get(rest, 0) | case[position]
        current = [(*rest[:position], mask, *rest[position:]) for rest, mask in merged.items()]
    return tuple(tuple(zip(numbers, case, strict=True)) for case in current)


def _bits(words: Vocabulary, numbers: Sequence[int], case: Mapping[str, object]) -> tuple[int, ...]:
    return tuple(words.facts[number].mask(case[words.facts[number].name]) for number in numbers)


def _count(words: Vocabulary, numbers: Sequence[int]) -> int:
    total = 1
    for number in numbers:
        total *= len(words.facts[number].values)
    return total


def _is_simple(text: str, condition: Condition, types: Mapping[str, FeelType]) -> bool:
    """Whether a condition is made of truth values and comparisons of one fact with constants, so that cases decide it."""
    if any(types[name] not in (FeelType.BOOLEAN, FeelType.STRING, FeelType.NUMBER) for name in condition.names):
        return False
    words = _TOKEN.findall(text)
    for position, word in enumerate(words):
        if word in _WORDS or word in condition.names or word[0] == '"' or word[0].isdigit():
            if word in _COMPARISONS:
                sides = (words[position - 1], words[position + 1])
                if sum(side in condition.names for side in sides) != 1 or any(side in "()" for side in sides):
                    return False
                name = next(side for side in sides if side in condition.names)
                if word not in ("=", "!=") and types[name] is not FeelType.NUMBER:
                    return False
            if word == "in" and (words[position - 1] not in condition.names or words[position + 1] != "("):
                return False
            continue
        return False
    return ".." not in words


def _constants(text: str, condition: Condition) -> Iterator[tuple[str, object]]:
    """Every constant with every fact of the condition: some too many, which does no harm."""
    for token in _TOKEN.findall(text):
        for name in condition.names:
            if token[0] == '"':
                yield name, token[1:-1].replace('\\"', '"').replace("\\\\", "\\")
            elif token[0].isdigit():
                yield name, Decimal(token)


def _domain(kind: FeelType, constants: Sequence[object]) -> tuple[object, ...]:
    """The values that stand for all: constants and, last, one that equals none of them; numbers also between and beyond."""
    if kind is FeelType.BOOLEAN:
        return (False, True)
    if kind is FeelType.STRING:
        known = sorted(value for value in constants if isinstance(value, str))
        return (*known, "〈其他〉" if "" in known else "")
    points = sorted({value for value in constants if isinstance(value, Decimal)})
    between = [(one + other) / 2 for one, other in pairwise(points)]
    edges = [points[0] - 1, points[-1] + 1] if points else [Decimal(0)]
    return tuple(sorted({*points, *between, *edges}))
