"""The bracketed and worded forms of FEEL: ranges, lists, contexts, if, for, some, every, functions, types, arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from engine.rules import typing_rules as rules
from engine.rules.feel_types import FeelType, Part, Run, Values, agree, fault
from engine.rules.grammar import Parser
from engine.rules.item_types import ANY, ItemType
from engine.rules.iterating import choice, contextual, defined, looped, quantified, ranged
from engine.rules.names import Binding, slot_binding
from engine.rules.type_names import type_name
from engine.rules.values import Range, work_of

_SIGNS: Final = ("<", "<=", ">", ">=", "=", "!=")


def bracketed(parser: Parser) -> Part:
    """( expression ), a range that is open below, or a range of one end such as (< 5)."""
    opening = parser.expect("(")
    if sign := parser.take(*_SIGNS):
        limit = parser.operand(3)
        parser.expect(")")
        return _one_ended(sign.text, limit)
    inner = parser.expression()
    if parser.at(".."):
        return _range(parser, opening.text, inner)
    parser.expect(")")
    return inner


def listed(parser: Parser) -> Part:
    """[ element, … ], or a range."""
    opening = parser.expect("[", "]")
    if opening.text == "[" and parser.take("]"):
        return rules.constant(())
    first = parser.expression()
    if parser.at(".."):
        return _range(parser, opening.text, first)
    if opening.text == "]":
        parser.refuse()
    parts = [first]
    while parser.take(","):
        parts.append(parser.expression())
    parser.expect("]")
    runs = tuple(part.run for part in parts)
    whole = Part(FeelType.LIST, lambda values: work_of(values).make(tuple([run(values) for run in runs])))
    if all(part.constant for part in parts):
        return rules.folded(Part(whole.type, whole.run, constant=True))
    parser.repeats = True
    return whole


def _range(parser: Parser, opening: str, low: Part) -> Part:
    sign = parser.expect("..")
    high = parser.expression(endpoint=True)
    closing = parser.expect("]", ")", "[").text
    if parser.strict:
        rules.require_ordered((low, high), sign.start)
    low_closed, high_closed = opening == "[", closing == "]"
    one, other = low.run, high.run

    def run(values: Values) -> Range | None:
        least, most = one(values), other(values)
        if least is None or most is None or least.__class__ is not most.__class__:
            return None
        return Range(least, most, low_closed, high_closed)

    return rules.folded(Part(FeelType.RANGE, run, low.constant and high.constant))


def _one_ended(sign: str, limit: Part) -> Part:
    inner = limit.run

    def run(values: Values) -> Range | None:
        edge = inner(values)
        if edge is None or sign == "!=":
            return None
        low, high = (edge if sign in (">", ">=", "=") else None), (edge if sign in ("<", "<=", "=") else None)
        return Range(low, high, sign in (">=", "="), sign in ("<=", "="))

    return rules.folded(Part(FeelType.RANGE, run, limit.constant))


def context(parser: Parser) -> Part:
    """{ name: expression, … }: each entry sees those before it."""
    parser.expect("{")
    entries: list[tuple[str, object, Part]] = []
    layers: list[Binding] = []
    with parser.inside([]):
        while not parser.at("}"):
            if parser.token.kind == "string":
                name, parser.place = parser.token.text, parser.place + 1
            else:
                name = parser.name_until(":")
            start = parser.expect(":").start
            if name in {entry[0] for entry in entries}:
                if parser.strict:
                    raise fault("syntax", start, f"“{name[:20]}”出现了两次")
                entries.append((name, None, rules.constant(None)))
            slot, _ = slot_binding(name, None)
            with parser.inside(layers):
                part = parser.expression()
            slot, binding = slot_binding(name, part.type)
            layers.append(binding)
            entries.append((name, slot, part))
            parser.names.components.add(name, name)
            if not parser.take(","):
                break
    parser.expect("}")
    parser.repeats = True
    return Part(FeelType.CONTEXT, contextual(entries))


def _if(parser: Parser) -> Part:
    sign = parser.expect("if")
    test = parser.expression()
    parser.expect("then")
    then = parser.expression()
    parser.expect("else")
    otherwise = parser.expression()
    if parser.strict:
        rules.require([test], FeelType.BOOLEAN, sign.start)
        if not agree(then.type, otherwise.type):
            raise fault("type", sign.start, "then 与 else 的结果类型应当相同")
    kind = then.type if then.type is otherwise.type else then.type or otherwise.type if parser.strict else None
    return Part(kind, choice(test, then, otherwise))


def _variables(parser: Parser, ends: Sequence[str]) -> list[tuple[object, Run]]:
    """The row `name in list, …` before one of the ending words; leaves the names in scope of the caller's `inside`."""
    rows: list[tuple[object, Run]] = []
    while True:
        name = parser.name_until("in")
        parser.expect("in")
        source = parser.expression()
        run = source.run
        if parser.take(".."):
            run = ranged(source, parser.expression())
        slot, binding = slot_binding(name, None)
        parser.names = parser.names.with_layer([binding])
        parser.inner = (*parser.inner, binding)
        rows.append((slot, run))
        if not parser.take(","):
            break
    parser.expect(*ends)
    return rows


def _for(parser: Parser) -> Part:
    parser.expect("for")
    parser.repeats = True
    with parser.inside([]):
        rows = _variables(parser, ("return",))
        partial, binding = slot_binding("partial", FeelType.LIST)
        with parser.inside([binding]):
            result = parser.expression()
    return Part(FeelType.LIST, looped(rows, result.run, partial if binding.name in parser.read else None))


def _quantified(parser: Parser) -> Part:
    word = parser.expect("some", "every")
    parser.repeats = True
    with parser.inside([]):
        rows = _variables(parser, ("satisfies",))
        test = parser.expression()
    if parser.strict:
        rules.require([test], FeelType.BOOLEAN, word.start)
    return Part(FeelType.BOOLEAN, quantified(rows, test.run, wanted=word.text == "some"))


def _function(parser: Parser) -> Part:
    """function(name: type, …) expression; never external: code of others is not run."""
    parser.expect("function")
    parser.expect("(")
    names: list[tuple[str, ItemType]] = []
    while not parser.at(")"):
        name = parser.name_until(":", ",", ")")
        names.append((name, type_name(parser) if parser.take(":") else ANY))
        if not parser.take(","):
            break
    parser.expect(")")
    if parser.at("external"):
        raise fault("external", parser.token.start, "不得调用外部程序（external）")
    slots = [slot_binding(name, kind.kind) for name, kind in names]
    parser.repeats = True
    with parser.inside([binding for _, binding in slots]):
        body = parser.expression()
    parameters = [(name, kind, slot) for (name, kind), (slot, _) in zip(names, slots, strict=True)]
    return Part(FeelType.FUNCTION, defined(parameters, body.run))


def arguments(parser: Parser) -> tuple[tuple[str, ...], list[Part]]:
    """( argument, … ) or ( name: argument, … ): the names, empty without, and the arguments."""
    parser.expect("(")
    names: list[str] = []
    parts: list[Part] = []
    while not parser.at(")"):
        if name := _argument_name(parser):
            names.append(name)
        if bool(names) != bool(name) or len(set(names)) != len(names):
            parser.refuse()
        parts.append(parser.expression())
        if not parser.take(","):
            break
    parser.expect(")")
    return tuple(names), parts


def _argument_name(parser: Parser) -> str:
    place = parser.place
    while parser.tokens[place].kind == "word" or parser.tokens[place].text in ("-", "'", "+", "/"):
        place += 1
    if place == parser.place or parser.tokens[place].text != ":" or parser.tokens[place].kind != "sign":
        return ""
    name = parser.name_until(":")
    parser.expect(":")
    return name


FORMS: Final[dict[str, Callable[[Parser], Part]]] = {
    "if": _if, "for": _for, "some": _quantified, "every": _quantified, "function": _function,
}
