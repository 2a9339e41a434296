"""How a built-in function is declared: its parameters with their types, its result, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from engine.rules.feel_types import KINDS, FeelType
from engine.rules.item_types import BASIC_TYPES, ItemType
from engine.rules.values import Work

NO_VALUE: Final = object()


@dataclass(frozen=True)
class Parameter:
    """A parameter: its name, its type (kind None: any value, null too), whether it may be left out, and be null instead."""

    name: str
    type: ItemType
    optional: bool
    nullable: bool = False


@dataclass(frozen=True)
class Builtin:
    """One form of a built-in function.

    many: "list": the one parameter takes a list or any number of single values, "row": always the row of arguments;
    result None: depends on the arguments.
    run: takes the work and the arguments, already of their types; an argument that is left out is None.
    """

    name: str
    parameters: tuple[Parameter, ...]
    result: FeelType | None
    run: Callable[..., Any]
    many: str

    def arrange(self, given: Sequence[Any], names: Sequence[str]) -> list[Any] | None:
        """The arguments in the order of the parameters (NO_VALUE where left out); None when they do not fit."""
        if self.many:
            if not given or (names and tuple(names) != (self.parameters[0].name,)):
                return None
            return [given[0] if len(given) == 1 and (names or self.many == "list") else tuple(given)]
        if names:
            by_name = dict(zip(names, given, strict=True))
            if not by_name.keys() <= {parameter.name for parameter in self.parameters}:
                return None
            arranged = [by_name.get(parameter.name, NO_VALUE) for parameter in self.parameters]
        else:
            arranged = [*given, *[NO_VALUE] * (len(self.parameters) - len(given))]
        if len(arranged) > len(self.parameters):
            return None
        left_out = zip(arranged, self.parameters, strict=True)
        return None if any(value is NO_VALUE and not parameter.optional for value, parameter in left_out) else arranged

    def fits(self, arranged: Sequence[Any]) -> bool:
        """Whether the arguments are of the parameters' kinds as they stand."""
        pairs = zip(arranged, self.parameters, strict=True)
        return all(
            value is NO_VALUE or parameter.type.kind in (None, KINDS.get(value.__class__)) for value, parameter in pairs
        )

    def apply(self, work: Work, arranged: Sequence[Any]) -> Any:
        """The result; null for an argument of the wrong type, and for null where a value is needed."""
        arguments: list[Any] = []
        for value, parameter in zip(arranged, self.parameters, strict=True):
            if value is NO_VALUE or (value is None and parameter.nullable):
                arguments.append(None)
                continue
            if value is None and parameter.type.kind is not None:
                return None
            try:
                arguments.append(parameter.type.bring(value))
            except ValueError:
                work.note(f"函数“{self.name}”的参数“{parameter.name}”类型不符")
                return None
        result = self.run(work, *arguments)
        return Decimal(result) if result.__class__ is int else result


def builtin(signature: str, result: FeelType | None, run: Callable[..., Any]) -> Builtin:
    """Declare a function: `name(first: type, second?: type)`; ? may be left out, ?? be null too; `name(list*: type)` takes many, `**` a row."""
    name, _, inside = signature.rstrip(")").partition("(")
    parameters = tuple(_parameter(part) for part in inside.split(", ")) if inside else ()
    return Builtin(name, parameters, result, run, "row" if "**" in inside else "list" if "*" in inside else "")


def _parameter(text: str) -> Parameter:
    name, _, kind = text.partition(": ")
    if name.endswith("*"):
        return Parameter(name.rstrip("*"), ItemType(FeelType.LIST, element=BASIC_TYPES[kind]), optional=False)
    return Parameter(name.rstrip("?"), BASIC_TYPES[kind], name.endswith("?"), name.endswith("??"))
