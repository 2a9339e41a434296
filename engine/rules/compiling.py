"""Turns the syntax tree of a FEEL expression into typed closures; nothing of the text is ever executed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from lark import Token, Tree

from engine.rules.feel_types import MOST_DIGITS, TYPE_NAMES, FeelType, Part, agree, fact_reader, fault
from engine.rules.functions import call
from engine.rules.operators import (
    all_of,
    any_of,
    arithmetic,
    choice,
    equal,
    joined,
    member,
    member_of_list,
    negative,
    ordered,
    within,
)

_ORDERED = (FeelType.NUMBER, FeelType.DATE, FeelType.MOMENT, FeelType.STRING, None)
_ESCAPES = {"\\\"": '"', "\\\\": "\\", "\\n": "\n", "\\t": "\t"}


class TreeCompiler:
    """Compiles one syntax tree over declared facts; names are the facts that it met."""

    def __init__(self, facts: Mapping[str, FeelType]) -> None:
        self._facts = facts
        self.names: set[str] = set()

    def compile(self, tree: Any) -> Part:
        """The typed closure of a tree; PackageFault names the place of what is wrong."""
        part: Part = getattr(self, f"_{tree.data}")(tree, tree.children)
        return part

    def _conditional(self, tree: Any, children: Sequence[Any]) -> Part:
        test, then, otherwise = self._all(children)
        self._require(children[0], test, FeelType.BOOLEAN)
        if not agree(then.type, otherwise.type):
            raise fault("type", _at(tree), "then 与 else 的结果类型应当相同")
        return Part(then.type or otherwise.type, choice(test, then, otherwise))

    def _any_of(self, _: Any, children: Sequence[Any]) -> Part:
        return Part(FeelType.BOOLEAN, any_of(self._booleans(children)))

    def _all_of(self, _: Any, children: Sequence[Any]) -> Part:
        return Part(FeelType.BOOLEAN, all_of(self._booleans(children)))

    def _compare(self, tree: Any, children: Sequence[Any]) -> Part:
        left, sign, right = self.compile(children[0]), str(children[1]), self.compile(children[2])
        self._require_alike(tree, left, right)
        if sign in ("=", "!="):
            if left.constant and not right.constant:
                left, right = right, left
            return Part(FeelType.BOOLEAN, equal(left, right, negated=sign == "!="))
        self._require_ordered(tree, left, right)
        return Part(FeelType.BOOLEAN, ordered(sign, left, right))

    def _between(self, tree: Any, children: Sequence[Any]) -> Part:
        value, low, high = self._all(children)
        self._require_ordered(tree, value, low, high)
        return Part(FeelType.BOOLEAN, within(value, low, high))

    def _in_range(self, tree: Any, children: Sequence[Any]) -> Part:
        value, opening, low, high, closing = children
        parts = self._all((value, low, high))
        self._require_ordered(tree, *parts)
        return Part(FeelType.BOOLEAN, within(*parts, low_closed=opening == "[", high_closed=closing == "]"))

    def _in_list(self, tree: Any, children: Sequence[Any]) -> Part:
        value, *elements = self._all(children)
        if len(elements) == 1 and elements[0].type is FeelType.LIST and value.type is not FeelType.LIST:
            return Part(FeelType.BOOLEAN, member_of_list(value, elements[0]))
        for element in elements:
            self._require_alike(tree, value, element)
        return Part(FeelType.BOOLEAN, member(value, elements))

    def _in_named(self, _: Any, children: Sequence[Any]) -> Part:
        value, whole = self.compile(children[0]), self._name(children[1], children[1:])
        self._require(children[1], whole, FeelType.LIST)
        return Part(FeelType.BOOLEAN, member_of_list(value, whole))

    def _add(self, tree: Any, children: Sequence[Any]) -> Part:
        parts, signs = self._all(children[::2]), children[1::2]
        kind = next((part.type for part in parts if part.type is not None), None)
        for part in parts:
            self._require_alike(tree, Part(kind, part.run), part)
        if kind is FeelType.STRING and set(signs) == {"+"}:
            return Part(kind, joined(parts))
        if kind not in (FeelType.NUMBER, None):
            raise fault("type", signs[0].start_pos, f"“{signs[0]}”不能用于{TYPE_NAMES[kind]}")
        return Part(FeelType.NUMBER, arithmetic(parts[0], [*zip(map(str, signs), parts[1:], strict=True)]))

    def _multiply(self, _: Any, children: Sequence[Any]) -> Part:
        parts, signs = self._all(children[::2]), children[1::2]
        for child, part in zip(children[::2], parts, strict=True):
            self._require(child, part, FeelType.NUMBER)
        return Part(FeelType.NUMBER, arithmetic(parts[0], [*zip(map(str, signs), parts[1:], strict=True)]))

    def _negative(self, _: Any, children: Sequence[Any]) -> Part:
        inner = self.compile(children[0])
        self._require(children[0], inner, FeelType.NUMBER)
        return Part(FeelType.NUMBER, negative(inner), inner.constant)

    def _number(self, tree: Any, children: Sequence[Any]) -> Part:
        if len(children[0]) > MOST_DIGITS:
            raise fault("bounds", _at(tree), f"数字超过{MOST_DIGITS}位")
        return _constant(FeelType.NUMBER, Decimal(str(children[0])))

    def _string(self, _: Any, children: Sequence[Any]) -> Part:
        return _constant(FeelType.STRING, _unquoted(children[0]))

    def _true(self, *_: Any) -> Part:
        return _constant(FeelType.BOOLEAN, value=True)

    def _false(self, *_: Any) -> Part:
        return _constant(FeelType.BOOLEAN, value=False)

    def _null(self, *_: Any) -> Part:
        return _constant(None, None)

    def _name(self, tree: Any, children: Sequence[Any]) -> Part:
        name = str(children[0])
        if name not in self._facts:
            raise fault("unknown_name", _at(tree), f"没有声明名为“{name}”的事实")
        self.names.add(name)
        return Part(self._facts[name], fact_reader(name, self._facts[name]))

    def _list_of(self, _: Any, children: Sequence[Any]) -> Part:
        parts = self._all(children)
        for child, part in zip(children, parts, strict=True):
            if part.type is FeelType.LIST:
                raise fault("type", _at(child), "列表中不能再含列表")
        runs = tuple(part.run for part in parts)
        return Part(FeelType.LIST, lambda values: tuple(run(values) for run in runs))

    def _call(self, tree: Any, children: Sequence[Any]) -> Part:
        name, arguments = " ".join(str(children[0]).split()), children[1:]
        if name == "date":
            return self._date(tree, arguments)
        return call(name, self._all(arguments), _at(tree))

    def _date(self, tree: Any, arguments: Sequence[Any]) -> Part:
        if len(arguments) != 1 or arguments[0].data != "string":
            raise fault("date", _at(tree), "日期应当写作 date(\"2026-03-05\")")
        text = _unquoted(arguments[0].children[0])
        try:
            return _constant(FeelType.DATE, date.fromisoformat(text if len(text) == 10 else ""))
        except ValueError:
            raise fault("date", _at(tree), f"“{text[:20]}”不是日期") from None

    def _all(self, trees: Sequence[Any]) -> list[Part]:
        return [self.compile(tree) for tree in trees]

    def _booleans(self, trees: Sequence[Any]) -> list[Part]:
        parts = self._all(trees)
        for tree, part in zip(trees, parts, strict=True):
            self._require(tree, part, FeelType.BOOLEAN)
        return parts

    def _require(self, tree: Any, part: Part, wanted: FeelType) -> None:
        if not agree(part.type, wanted):
            raise fault("type", _at(tree), f"这里应当是{TYPE_NAMES[wanted]}，实为{TYPE_NAMES[part.type]}")

    def _require_alike(self, tree: Any, left: Part, right: Part) -> None:
        if not agree(left.type, right.type):
            raise fault("type", _at(tree), f"{TYPE_NAMES[left.type]}不能与{TYPE_NAMES[right.type]}比较或者合并")

    def _require_ordered(self, tree: Any, *parts: Part) -> None:
        for part in parts:
            self._require_alike(tree, parts[0], part)
            if part.type not in _ORDERED:
                raise fault("type", _at(tree), f"{TYPE_NAMES[part.type]}不能比较大小")


def _constant(kind: FeelType | None, value: object) -> Part:
    return Part(kind, lambda _: value, constant=True)


def _unquoted(token: Token) -> str:
    text, inner, place = str(token)[1:-1], "", 0
    while place < len(text):
        pair = text[place : place + 2]
        inner += _ESCAPES.get(pair, text[place])
        place += 2 if pair in _ESCAPES else 1
    return inner


def _at(tree: Tree[Token] | Token) -> int:
    if isinstance(tree, Token):
        return tree.start_pos or 0
    return getattr(tree.meta, "start_pos", 0)
