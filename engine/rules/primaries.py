"""The innermost parts of FEEL: literals, names, calls, paths and filters."""

from __future__ import annotations

from typing import Any, Final

from engine.rules import typing_rules as rules
from engine.rules.arithmetic import DECIMAL
from engine.rules.feel_types import TYPE_NAMES, FeelType, Part, fault
from engine.rules.forms import FORMS, arguments, bracketed, context, listed
from engine.rules.functions import FUNCTION_NAMES, QUICK, as_value, call
from engine.rules.grammar import DEEPEST, MOST_TOKENS, SUBJECT, Parser
from engine.rules.legal_times import in_legal_time, legal
from engine.rules.names import Binding, Names, slot_binding
from engine.rules.paths import PROPERTIES, filtered, properties, property_of
from engine.rules.temporal import parse_literal
from engine.rules.tokens import tokenise
from engine.rules.type_names import instance_of
from engine.rules.values import Function, work_of

MOST_DIGITS: Final = 40
_CONSTANTS: Final[dict[str, tuple[object, FeelType | None]]] = {
    "true": (True, FeelType.BOOLEAN), "false": (False, FeelType.BOOLEAN), "null": (None, None),
}
_NO_BEGINNING: Final = frozenset({")", "]", ",", "}", "=", "!=", "<", "<=", ">", ">=", "+", "*", "/", "**", "."})
_WITH_ENTRIES: Final = frozenset({FeelType.CONTEXT, FeelType.LIST, None})
_TEMPORAL: Final = frozenset({"date", "time", "date and time", "duration", "years and months duration"})


def parser_of(text: str, names: Names) -> Parser:
    """A parser at the beginning of a text. Raises PackageFault feel.syntax or feel.bounds."""
    tokens = tokenise(text)
    if len(tokens) > MOST_TOKENS:
        raise fault("bounds", tokens[MOST_TOKENS].start, f"表达式多于{MOST_TOKENS}个部分")
    return Parser(tokens, names, _postfix)


def _postfix(parser: Parser) -> Part:
    """A primary with everything that hangs on it."""
    part = _primary(parser)
    steps = 0
    while True:
        start = parser.token.start
        if parser.take("."):
            part = _path(parser, part)
        elif parser.at("[") and not (parser.endpoint and _ends_range(parser)):
            parser.place += 1
            part = _filter(parser, part)
        elif parser.at("(") and part.type in (FeelType.FUNCTION, None) and not part.constant:
            part = _invocation(parser, part)
        else:
            break
        steps += 1
        if steps + parser.depth > DEEPEST:
            raise fault("bounds", start, f"表达式嵌套超过{DEEPEST}层")
    if parser.at("instance") and parser.tokens[parser.place + 1].text == "of":
        parser.place += 2
        return instance_of(parser, part)
    return part


def _ends_range(parser: Parser) -> bool:
    """Whether the [ that comes next closes a range, because no filter can begin behind it."""
    following = parser.tokens[parser.place + 1]
    words = {"and", "or", "then", "else", "return", "satisfies", "in"}
    return following.kind == "end" or (following.kind in ("sign", "word") and following.text in {*words, *_NO_BEGINNING})


def _primary(parser: Parser) -> Part:
    token = parser.token
    if token.kind == "number":
        parser.place += 1
        return _number(token.text, token.start)
    if token.kind == "string":
        parser.place += 1
        return rules.constant(token.text)
    if token.kind == "sign":
        if token.text == "@" and parser.tokens[parser.place + 1].kind == "string":
            parser.place += 2
            return _literal(parser, parser.tokens[parser.place - 1].text, token.start)
        for sign, form in (("(", bracketed), ("[", listed), ("]", listed), ("{", context)):
            if token.text == sign:
                return form(parser)
        parser.refuse()
    if token.text in _CONSTANTS and token.kind == "word":
        parser.place += 1
        return rules.constant(*_CONSTANTS[token.text])
    if token.text in FORMS and token.kind == "word":
        return FORMS[token.text](parser)
    if token.text == "not" and parser.tokens[parser.place + 1].text == "(":
        return _call(parser, "not", 1)
    if not token.is_name():
        parser.refuse()
    return _name(parser)


def _number(text: str, start: int) -> Part:
    if len(text) > MOST_DIGITS:
        raise fault("bounds", start, f"数字超过{MOST_DIGITS}位")
    try:
        return rules.constant(DECIMAL.create_decimal(text))
    except ArithmeticError:
        raise fault("bounds", start, "数字超出允许的范围") from None


def _literal(parser: Parser, text: str, start: int) -> Part:
    value = parse_literal(text)
    if value is None and parser.strict:
        raise fault("date", start, f"“{text[:20]}”不是日期、时刻或者时长")
    return rules.constant(legal(value) if parser.strict else value)


def _name(parser: Parser) -> Part:
    """A known function before a bracket, else the longest name in scope, else an entry of the list being filtered."""
    if clock := _clock(parser):
        return clock
    tokens, place = parser.tokens, parser.place
    function = FUNCTION_NAMES.match(tokens, place)
    if function and tokens[place + function[1]].text != "(":
        function = None
    found = parser.names.match(tokens, place)
    if function and (not found or function[1] > found[1] or found[0].type not in (None, FeelType.FUNCTION)):
        return _call(parser, *function)
    entry = parser.names.components.match(tokens, place)
    if parser.items and entry and (not found or entry[1] > found[1]):
        parser.place += entry[1]
        return _entry(parser, entry[0], None)
    if found:
        parser.place += found[1]
        binding = found[0]
        if binding.name == SUBJECT:
            parser.asked = True
        if parser.items and binding not in parser.inner:
            return _entry(parser, binding.name, binding)
        parser.read |= {binding.name}
        return Part(binding.type, binding.read)
    if builtin := FUNCTION_NAMES.match(tokens, place):
        parser.place += builtin[1]
        parser.repeats = True
        return rules.constant(as_value(builtin[0]))
    return _unknown(parser)


def _entry(parser: Parser, name: str, outer: Binding | None) -> Part:
    """Inside a filter: the entry of that name of the element, if it is a context that has one; else the outer name."""
    reads = [binding.read for binding in parser.items]
    if outer:
        parser.read |= {outer.name}

    def run(values: Any) -> Any:
        for read in reads:
            item = read(values)
            if item.__class__ is dict and name in item:
                return item[name]
        return outer.read(values) if outer else None

    return Part(None, run)


def _clock(parser: Parser) -> Part | None:
    """now() and today(), where an instant is declared under the name now: rules themselves have no clock."""
    texts = [token.text for token in parser.tokens[parser.place : parser.place + 3]]
    if texts[1:] != ["(", ")"] or texts[0] not in ("now", "today"):
        return None
    found = next((each for layer in parser.names.layers if (each := layer.get("now"))), None)
    if found is None or found.type is not FeelType.MOMENT:
        if parser.strict:
            raise fault("no_clock", parser.token.start, "规则不能自己读取时间：请声明名为 now 的“日期和时间”事实")
        return None
    parser.place += 3
    parser.read |= {"now"}
    if texts[0] == "now":
        return Part(FeelType.MOMENT, found.read)
    read = found.read
    return Part(FeelType.DATE, lambda values: None if (at := read(values)) is None else at.date())


def _unknown(parser: Parser) -> Part:
    token = parser.token
    called = parser.tokens[parser.place + 1].text == "("
    if parser.strict:
        if called:
            raise fault("unknown_function", token.start, f"没有“{token.text}”这个函数")
        raise fault("unknown_name", token.start, f"没有声明名为“{token.text}”的事实")
    words = []
    while parser.token.is_name():
        words.append(parser.token.text)
        parser.place += 1
    if parser.at("("):
        arguments(parser)
    if parser.items:
        return _entry(parser, " ".join(words), None)
    return Part(None, lambda _: None)


def _call(parser: Parser, name: str, length: int) -> Part:
    start = parser.token.start
    parser.place += length
    names, parts = arguments(parser)
    part = call(name, parts, names, start, strict=parser.strict)
    if parser.strict and name == "date and time":
        part = in_legal_time(part, parts)
    parser.repeats = parser.repeats or name not in QUICK
    if all(each.constant for each in parts):
        part = rules.folded(Part(part.type, part.run, constant=True))
        if parser.strict and part.constant and name in _TEMPORAL and part.run({}) is None:
            shown = parts[0].run({}) if parts else ""
            raise fault("date", start, f"“{str(shown)[:20]}”不是日期、时刻或者时长")
    return part


def _invocation(parser: Parser, function: Part) -> Part:
    parser.repeats = True
    names, parts = arguments(parser)
    target, runs = function.run, tuple(part.run for part in parts)

    def run(values: Any) -> Any:
        called = target(values)
        if called.__class__ is not Function:
            return None
        given: list[Any] = [each(values) for each in runs]
        if names:
            if set(names) != set(called.parameters):
                return None
            by_name = dict(zip(names, given, strict=True))
            given = [by_name[name] for name in called.parameters]
        return called.call(work_of(values), given) if len(given) == len(called.parameters) else None

    return Part(None, run)


def _path(parser: Parser, part: Part) -> Part:
    tokens, place = parser.tokens, parser.place
    found = parser.names.components.match(tokens, place)
    standard = PROPERTIES.match(tokens, place)
    best = max((each for each in (found, standard) if each), key=lambda each: each[1], default=None)
    if best:
        name, parser.place = best[0], place + best[1]
    else:
        if parser.token.kind != "word":
            parser.refuse()
        words: list[str] = []
        while parser.token.kind == "word" and (not words or parser.token.is_name()) and not _begins_instance(parser):
            words.append(parser.token.text)
            parser.place += 1
        name = " ".join(words)
    if parser.strict and part.type not in _WITH_ENTRIES and name not in properties(part.type):
        raise fault("unknown_property", tokens[place].start, f"{TYPE_NAMES[part.type]}没有名为“{name[:20]}”的属性")
    parser.repeats = True
    return Part(None, property_of(part, name))


def _begins_instance(parser: Parser) -> bool:
    return parser.token.text == "instance" and parser.tokens[parser.place + 1].text == "of"


def _filter(parser: Parser, part: Part) -> Part:
    parser.repeats = True
    slot, item = slot_binding("item", None)
    with parser.inside([item], item=True):
        condition = parser.expression()
    parser.expect("]")
    return Part(None, filtered(part, condition, slot))
