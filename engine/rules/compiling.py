"""Turn a FEEL syntax tree into typed closures."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any

from lark import Token, Tree

from engine.rules.feel import Evaluate, FeelType, fault, read_date, shortened

BOOLEAN, STRING, NUMBER, LIST, ANY = FeelType.BOOLEAN, FeelType.STRING, FeelType.NUMBER, FeelType.LIST, FeelType.ANY
ORDERED = frozenset({NUMBER, STRING, FeelType.DATE, FeelType.MOMENT})
MAXIMUM_STRING = 10_000
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}
TREE_TYPES = {"yes": (BOOLEAN, True), "no": (BOOLEAN, False), "nothing": (ANY, None)}


@dataclass(frozen=True)
class Part:
    """A compiled part: its static type and how to evaluate it."""

    type: FeelType
    evaluate: Evaluate


def compile_tree(tree: Tree[Token], text: str, facts: Mapping[str, FeelType]) -> Part:
    """Compile a whole tree; PackageFault names unknown facts and wrong types."""
    return _Compiler(text, facts).part(tree)


class _Compiler:
    def __init__(self, text: str, facts: Mapping[str, FeelType]) -> None:
        self.text = text
        self.facts = facts

    def part(self, node: Any) -> Part:
        if node.data in TREE_TYPES:
            kind, value = TREE_TYPES[node.data]
            return Part(kind, lambda _: value)
        return getattr(self, f"_{node.data}")(list(node.children))  # type: ignore[no-any-return]

    def _number(self, children: Sequence[Any]) -> Part:
        value = Decimal(str(children[0]))
        return Part(NUMBER, lambda _: value)

    def _text(self, children: Sequence[Any]) -> Part:
        value = str(children[0])[1:-1]
        return Part(STRING, lambda _: value)

    def _day(self, children: Sequence[Any]) -> Part:
        value = read_date(str(children[0])[1:-1])
        return Part(FeelType.DATE, lambda _: value)

    def _fact(self, children: Sequence[Any]) -> Part:
        name = str(children[0])
        if name not in self.facts:
            raise fault("feel.unknown_name", f"表达式“{shortened(self.text)}”用到了没有声明的名称“{name}”")
        return Part(self.facts[name], operator.itemgetter(name) if self.facts[name] is not NUMBER else _as_number(name))

    def _choice(self, children: Sequence[Any]) -> Part:
        test, then, other = map(self.part, children)
        self._expect(test, BOOLEAN, "if 之后")
        kind = self._common(then, other, "then 和 else")
        return Part(kind, lambda facts: then.evaluate(facts) if test.evaluate(facts) is True else other.evaluate(facts))

    def _either(self, children: Sequence[Any]) -> Part:
        left, right = self._booleans(children, "or")

        def evaluate(facts: Mapping[str, Any]) -> bool | None:
            first = left(facts)
            if first is True:
                return True
            second = right(facts)
            return True if second is True else (False if first is False and second is False else None)

        return Part(BOOLEAN, evaluate)

    def _both(self, children: Sequence[Any]) -> Part:
        left, right = self._booleans(children, "and")

        def evaluate(facts: Mapping[str, Any]) -> bool | None:
            first = left(facts)
            if first is False:
                return False
            second = right(facts)
            return False if second is False else (True if first is True and second is True else None)

        return Part(BOOLEAN, evaluate)

    def _compare(self, children: Sequence[Any]) -> Part:
        left, sign, right = self.part(children[0]), str(children[1]), self.part(children[2])
        kind = self._common(left, right, f"“{sign}”两边")
        compare, first, second = COMPARE[sign], left.evaluate, right.evaluate
        if sign in ("=", "!="):
            return Part(BOOLEAN, lambda facts: compare(first(facts), second(facts)))
        if kind not in ORDERED and kind is not ANY:
            raise fault("feel.type", f"表达式“{shortened(self.text)}”中“{sign}”两边不能比较大小")
        return Part(BOOLEAN, lambda facts: _ordered(compare, first(facts), second(facts)))

    def _between(self, children: Sequence[Any]) -> Part:
        value, low, high = map(self.part, children)
        self._common(value, low, "between")
        self._common(value, high, "between")
        return Part(BOOLEAN, lambda facts: _within(value.evaluate(facts), low.evaluate(facts), high.evaluate(facts)))

    def _member(self, children: Sequence[Any]) -> Part:
        value, test = self.part(children[0]), children[1]
        parts = [child for child in test.children if not (isinstance(child, Token) and child.type in {"OPEN", "CLOSE"})]
        if test.data == "range":
            low, high = map(self.part, parts)
            self._common(value, low, "in")
            self._common(value, high, "in")
            return Part(BOOLEAN, lambda facts: _within(value.evaluate(facts), low.evaluate(facts), high.evaluate(facts)))
        options = [self._fact([part]) if isinstance(part, Token) else self.part(part) for part in parts]
        for option in options:
            if option.type is not LIST:
                self._common(value, option, "in")
        return Part(BOOLEAN, lambda facts: _one_of(value.evaluate(facts), [option.evaluate(facts) for option in options]))

    def _add(self, children: Sequence[Any]) -> Part:
        left, sign, right = self.part(children[0]), str(children[1]), self.part(children[2])
        kind = self._common(left, right, f"“{sign}”两边")
        if kind is STRING and sign == "+":
            return Part(STRING, lambda facts: _joined(left.evaluate(facts), right.evaluate(facts)))
        self._expect(left, NUMBER, f"“{sign}”左边")
        return self._arithmetic(operator.add if sign == "+" else operator.sub, left, right)

    def _multiply(self, children: Sequence[Any]) -> Part:
        left, sign, right = self.part(children[0]), str(children[1]), self.part(children[2])
        self._expect(left, NUMBER, f"“{sign}”左边")
        self._expect(right, NUMBER, f"“{sign}”右边")
        return self._arithmetic(operator.mul if sign == "*" else operator.truediv, left, right)

    def _negate(self, children: Sequence[Any]) -> Part:
        value = self.part(children[0])
        self._expect(value, NUMBER, "负号之后")
        return Part(NUMBER, lambda facts: None if (number := value.evaluate(facts)) is None else -number)

    def _listing(self, children: Sequence[Any]) -> Part:
        parts = [self.part(child) for child in children if isinstance(child, Tree)]
        return Part(LIST, lambda facts: [part.evaluate(facts) for part in parts])

    def _empty_list(self, _children: Sequence[Any]) -> Part:
        return Part(LIST, lambda _: [])

    def _call(self, children: Sequence[Any]) -> Part:
        name, arguments = str(children[0]), [self.part(child) for child in children[1:]]
        kinds, result, run = FUNCTIONS[name]
        if len(arguments) != len(kinds):
            raise fault("feel.arguments", f"函数 {name} 需要 {len(kinds)} 个参数，实有 {len(arguments)} 个")
        for argument, kind in zip(arguments, kinds, strict=True):
            self._expect(argument, kind, f"函数 {name} 的参数")
        return Part(result, lambda facts: run(*(argument.evaluate(facts) for argument in arguments)))

    def _arithmetic(self, operate: Callable[[Any, Any], Any], left: Part, right: Part) -> Part:
        def evaluate(facts: Mapping[str, Any]) -> Decimal | None:
            first, second = left.evaluate(facts), right.evaluate(facts)
            if first is None or second is None:
                return None
            try:
                return operate(first, second)  # type: ignore[no-any-return]
            except (DecimalException, ZeroDivisionError):
                return None  # FEEL: an impossible calculation is null

        return Part(NUMBER, evaluate)

    def _booleans(self, children: Sequence[Any], word: str) -> tuple[Evaluate, Evaluate]:
        left, right = map(self.part, children)
        self._expect(left, BOOLEAN, f"“{word}”左边")
        self._expect(right, BOOLEAN, f"“{word}”右边")
        return left.evaluate, right.evaluate

    def _common(self, left: Part, right: Part, place: str) -> FeelType:
        if ANY in (left.type, right.type):
            return right.type if left.type is ANY else left.type
        if left.type is not right.type:
            raise fault("feel.type", f"表达式“{shortened(self.text)}”{place}的类型不同：{left.type} 与 {right.type}")
        return left.type

    def _expect(self, part: Part, kind: FeelType, place: str) -> None:
        if kind is not ANY and part.type not in (kind, ANY):
            raise fault("feel.type", f"表达式“{shortened(self.text)}”{place}应当是 {kind}，实为 {part.type}")


def _as_number(name: str) -> Evaluate:
    def read(facts: Mapping[str, Any]) -> Decimal | None:
        value = facts[name]
        return value if value is None or isinstance(value, Decimal) else Decimal(str(value))

    return read


def _ordered(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool | None:
    return None if left is None or right is None else compare(left, right)


def _within(value: Any, low: Any, high: Any) -> bool | None:
    return None if value is None or low is None or high is None else bool(low <= value <= high)


def _one_of(value: Any, options: Sequence[Any]) -> bool:
    return any(value in option if isinstance(option, list) else value == option for option in options)


def _joined(left: Any, right: Any) -> str | None:
    if left is None or right is None:
        return None
    text = f"{left}{right}"
    return text if len(text) <= MAXIMUM_STRING else None


def _unless_null(run: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: None if None in values else run(*values)


def _over(run: Callable[[list[Any]], Any]) -> Callable[[Any], Any]:
    """A function over a list of numbers; anything else in the list makes null."""

    def evaluate(values: Any) -> Any:
        good = isinstance(values, list) and values and all(isinstance(value, Decimal) for value in values)
        return run(values) if good else None

    return evaluate


FUNCTIONS: Mapping[str, tuple[tuple[FeelType, ...], FeelType, Callable[..., Any]]] = {
    "not": ((BOOLEAN,), BOOLEAN, _unless_null(operator.not_)),
    "contains": ((STRING, STRING), BOOLEAN, _unless_null(lambda text, part: part in text)),
    "starts with": ((STRING, STRING), BOOLEAN, _unless_null(str.startswith)),
    "ends with": ((STRING, STRING), BOOLEAN, _unless_null(str.endswith)),
    "count": ((LIST,), NUMBER, _unless_null(lambda values: Decimal(len(values)))),
    "sum": ((LIST,), NUMBER, _over(sum)),
    "min": ((LIST,), NUMBER, _over(min)),
    "max": ((LIST,), NUMBER, _over(max)),
    "list contains": ((LIST, ANY), BOOLEAN, lambda values, value: None if values is None else value in values),
}
