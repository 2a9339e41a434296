"""The closed list of functions that an expression may call, and how a call is compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from engine.rules import (
    context_functions,
    list_functions,
    number_functions,
    range_functions,
    text_functions,
    time_functions,
)
from engine.rules.arithmetic import UNDEFINED
from engine.rules.comparing import belongs
from engine.rules.declaring import NO_VALUE, Builtin
from engine.rules.feel_types import KINDS, ORDERED, TYPE_NAMES, FeelType, Part, Run, Values, agree, fault
from engine.rules.names import NameTree
from engine.rules.values import Function, Work, work_of

_TABLES: Final = (context_functions, list_functions, number_functions, range_functions, text_functions, time_functions)
FUNCTIONS: Final[dict[str, tuple[Builtin, ...]]] = {
    name: tuple(each for table in _TABLES for each in table.FUNCTIONS if each.name == name)
    for name in sorted({each.name for table in _TABLES for each in table.FUNCTIONS})
}
FUNCTION_NAMES: Final = NameTree((name, name) for name in FUNCTIONS)
_ORDERED_TYPES: Final = frozenset(KINDS[kind] for kind in ORDERED)
_ELEMENTS: Final[dict[str, frozenset[FeelType]]] = {
    **dict.fromkeys(("product", "median", "stddev", "mode"), frozenset({FeelType.NUMBER})),
    **dict.fromkeys(("sum", "mean"), frozenset({FeelType.NUMBER, FeelType.YEARS_MONTHS, FeelType.DAYS_TIME})),
    **dict.fromkeys(("min", "max"), _ORDERED_TYPES),
    **dict.fromkeys(("all", "any"), frozenset({FeelType.BOOLEAN})),
}


def call(name: str, arguments: Sequence[Part], names: Sequence[str], position: int, *, strict: bool) -> Part:
    """The call of a known function. strict: arguments of the wrong number or types are a PackageFault, otherwise null."""
    forms = FUNCTIONS[name]
    arranged = [(form, order) for form in forms if (order := form.arrange(arguments, names)) is not None]
    if strict:
        _check(name, forms, arranged, arguments, position)
    result = _result(name, arguments, forms)
    if len(arranged) == 1 and name in QUICK and not names:
        return Part(result, QUICK[name](*(part.run for part in arguments)))
    return Part(result, _caller(arranged, arguments))


def _negation(inner: Run) -> Run:
    return lambda values: False if (value := inner(values)) is True else True if value is False else None


def _of_texts(test: Callable[[str, str], bool]) -> Callable[[Run, Run], Run]:
    def build(one: Run, other: Run) -> Run:
        def run(values: Values) -> bool | None:
            first, second = _single(one(values)), _single(other(values))
            return test(first, second) if first.__class__ is str and second.__class__ is str else None

        return run

    return build


def _count(inner: Run) -> Run:
    def run(values: Values) -> Decimal | None:
        whole = inner(values)
        return Decimal(len(whole) if whole.__class__ is tuple else 1) if whole is not None else None

    return run


def _contains(inner: Run, sought: Run) -> Run:
    def run(values: Values) -> bool | None:
        whole = inner(values)
        if whole is None:
            return None
        return belongs(sought(values), whole if whole.__class__ is tuple else (whole,), values)

    return run


def _single(value: Any) -> Any:
    return value[0] if value.__class__ is tuple and len(value) == 1 else value


# the functions that conditions use most, without allowance: their cost is bounded by that of their arguments
QUICK: Final[dict[str, Callable[..., Run]]] = {
    "not": _negation, "contains": _of_texts(lambda text, match: match in text), "starts with": _of_texts(str.startswith),
    "ends with": _of_texts(str.endswith), "count": _count, "list contains": _contains,
}


def as_value(name: str) -> Function:
    """A known function as a value, such as an argument of another function."""
    forms = FUNCTIONS[name]

    def run(work: Work, given: Sequence[Any]) -> Any:
        work.spend()
        arranged = [(form, order) for form in forms if (order := form.arrange(given, ())) is not None]
        fitting = next((each for each in arranged if each[0].many or each[0].fits(each[1])), arranged[0] if arranged else None)
        try:
            return None if fitting is None else fitting[0].apply(work, fitting[1])
        except UNDEFINED:
            return None

    return Function(tuple(parameter.name for parameter in forms[0].parameters), run)


def _caller(arranged: Sequence[tuple[Builtin, list[Any]]], arguments: Sequence[Part]) -> Run:
    """Evaluates each argument once; the first form whose parameters fit the values answers."""
    if not arranged:
        return lambda _: None
    runs = tuple(part.run for part in arguments)
    forms = tuple((form, _picker(order, arguments)) for form, order in arranged)

    def run(values: Values) -> Any:
        given = tuple([each(values) for each in runs])
        for form, pick in forms[:-1]:
            chosen = pick(given)
            if form.fits(chosen):
                return _apply(form, chosen, values)
        form, pick = forms[-1]
        return _apply(form, pick(given), values)

    return run


def _picker(order: Sequence[Any], arguments: Sequence[Part]) -> Callable[[tuple[Any, ...]], list[Any]]:
    """Brings evaluated arguments into the order of a form's parameters."""
    if len(order) == 1 and isinstance(order[0], tuple):
        return lambda given: [given]
    places = [None if part is NO_VALUE else next(i for i, each in enumerate(arguments) if each is part) for part in order]
    return lambda given: [NO_VALUE if place is None else given[place] for place in places]


def _apply(form: Builtin, given: list[Any], values: Values) -> Any:
    work = work_of(values)
    work.spend()
    try:
        return form.apply(work, given)
    except UNDEFINED:
        return None


def _result(name: str, arguments: Sequence[Part], forms: Sequence[Builtin]) -> FeelType | None:
    if forms[0].result is None and forms[0].many and arguments:
        kinds = {argument.type for argument in arguments}
        if FeelType.LIST not in kinds and None not in kinds and len(kinds) == 1:
            return arguments[0].type
        return FeelType.NUMBER if name == "sum" and kinds <= {FeelType.LIST, FeelType.NUMBER} else None
    return forms[0].result if len({form.result for form in forms}) == 1 else None


def _check(
    name: str, forms: Sequence[Builtin], arranged: Sequence[tuple[Builtin, list[Any]]], arguments: Sequence[Part], position: int
) -> None:
    if not arranged:
        wanted = "或者".join(sorted({str(len(form.parameters)) for form in forms})) if not forms[0].many else "至少1"
        raise fault("type", position, f"函数“{name}”应当有{wanted}个参数，实有{len(arguments)}个，或者参数名有误")
    if forms[0].many == "list":
        _check_elements(name, arguments, position)
        return
    problems = [problem for form, order in arranged if (problem := _mismatch(form, order))]
    if len(problems) == len(arranged) and not forms[0].many:
        raise fault("type", position, f"函数“{name}”的{problems[0]}")


def _mismatch(form: Builtin, order: Sequence[Any]) -> str:
    for number, (parameter, part) in enumerate(zip(form.parameters, order, strict=True), start=1):
        if isinstance(part, Part) and not agree(parameter.type.kind, part.type):
            return f"第{number}个参数应当是{TYPE_NAMES[parameter.type.kind]}，实为{TYPE_NAMES[part.type]}"
    return ""


def _check_elements(name: str, arguments: Sequence[Part], position: int) -> None:
    """One list, or several values of one type that the function takes."""
    kinds = {argument.type for argument in arguments} - {None}
    if len(arguments) == 1 and kinds <= {FeelType.LIST}:
        return
    if len(kinds) > 1 or not kinds <= _ELEMENTS[name]:
        wanted = "、".join(sorted(TYPE_NAMES[kind] for kind in _ELEMENTS[name]))
        raise fault("type", position, f"函数“{name}”的参数应当是一个列表，或者同一类型的若干值（{wanted}）")
