"""The functions that a FEEL expression may call: a closed list, each typed and bounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, Overflow
from typing import Any, Final

from engine.errors import PackageFault
from engine.rules.feel_types import MOST_DIGITS, TYPE_NAMES, FeelType, Part, Run, Values, agree, fault
from engine.rules.operators import member_of_list

_BOOLEAN, _STRING, _NUMBER, _LIST = FeelType.BOOLEAN, FeelType.STRING, FeelType.NUMBER, FeelType.LIST


@dataclass(frozen=True)
class Function:
    """A function with a fixed list of parameters; a parameter of None takes any type."""

    parameters: tuple[FeelType | None, ...]
    result: FeelType
    build: Callable[[Sequence[Part]], Run]


def call(name: str, arguments: Sequence[Part], position: int) -> Part:
    """The call of a known function with arguments of the right number and types; PackageFault otherwise."""
    if name in ("sum", "min", "max"):
        return _aggregate(name, arguments, position)
    function = FUNCTIONS.get(name)
    if function is None:
        raise fault("unknown_function", position, f"没有“{name}”这个函数")
    if len(arguments) != len(function.parameters):
        raise fault("type", position, f"函数“{name}”应当有{len(function.parameters)}个参数，实有{len(arguments)}个")
    for number, (wanted, given) in enumerate(zip(function.parameters, arguments, strict=True), start=1):
        if not agree(wanted, given.type):
            message = f"函数“{name}”的第{number}个参数应当是{TYPE_NAMES[wanted]}，实为{TYPE_NAMES[given.type]}"
            raise fault("type", position, message)
    return Part(function.result, function.build(arguments))


def _negation(arguments: Sequence[Part]) -> Run:
    inner = arguments[0].run
    return lambda values: False if (value := inner(values)) is True else True if value is False else None


def _of_strings(test: Callable[[str, str], bool]) -> Callable[[Sequence[Part]], Run]:
    def build(arguments: Sequence[Part]) -> Run:
        one, other = arguments[0].run, arguments[1].run

        def run(values: Values) -> object:
            first, second = one(values), other(values)
            return test(first, second) if isinstance(first, str) and isinstance(second, str) else None

        return run

    return build


def _count(arguments: Sequence[Part]) -> Run:
    inner = arguments[0].run
    return lambda values: Decimal(len(value)) if isinstance(value := inner(values), tuple) else None


FUNCTIONS: Final[dict[str, Function]] = {
    "not": Function((_BOOLEAN,), _BOOLEAN, _negation),
    "contains": Function((_STRING, _STRING), _BOOLEAN, _of_strings(lambda text, part: part in text)),
    "starts with": Function((_STRING, _STRING), _BOOLEAN, _of_strings(str.startswith)),
    "ends with": Function((_STRING, _STRING), _BOOLEAN, _of_strings(str.endswith)),
    "count": Function((_LIST,), _NUMBER, _count),
    "list contains": Function((_LIST, None), _BOOLEAN, lambda arguments: member_of_list(arguments[1], arguments[0])),
}


def _aggregate(name: str, arguments: Sequence[Part], position: int) -> Part:
    """sum, min or max of one list, or of several numbers (min and max also of dates or texts)."""
    if not arguments:
        raise fault("type", position, f"函数“{name}”至少应当有一个参数")
    allowed = {_NUMBER, None} if name == "sum" else {_NUMBER, FeelType.DATE, FeelType.MOMENT, _STRING, None}
    one_list = len(arguments) == 1 and arguments[0].type is _LIST
    kinds = {argument.type for argument in arguments}
    if not one_list and (not kinds <= allowed or len(kinds - {None}) > 1):
        raise fault("type", position, f"函数“{name}”的参数应当是一个列表，或者同一类型的若干{TYPE_NAMES[_NUMBER]}")
    work, runs = _WORK[name], tuple(argument.run for argument in arguments)

    def run(values: Values) -> object:
        elements: Any = runs[0](values) if one_list else tuple(each(values) for each in runs)
        if not elements or any(each.__class__ is not elements[0].__class__ for each in elements):
            return None
        return work(elements)

    result = next(iter(kinds - {None}), None)
    return Part(_NUMBER if name == "sum" else None if one_list else result, run)


def _sum(elements: Sequence[Any]) -> object:
    context = Context(prec=MOST_DIGITS, Emax=MOST_DIGITS, Emin=-MOST_DIGITS, traps=[Overflow])
    total = Decimal(0)
    for element in elements:
        if not isinstance(element, Decimal):
            return None
        try:
            total = context.add(total, element)
        except Overflow:
            raise PackageFault("feel.bounds", f"计算结果超过{MOST_DIGITS}位数字") from None
    return total


def _extreme(choose: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], object]:
    return lambda elements: choose(elements) if isinstance(elements[0], Decimal | date | str) else None


_WORK: Final[dict[str, Callable[[Sequence[Any]], object]]] = {"sum": _sum, "min": _extreme(min), "max": _extreme(max)}
