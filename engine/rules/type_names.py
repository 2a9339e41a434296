"""Types as FEEL writes them: after `instance of` and on the parameters of functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.rules.feel_types import FeelType, Part, Values, fault
from engine.rules.grammar import DEEPEST, Parser
from engine.rules.item_types import BASIC_TYPES, ItemType
from engine.rules.tokens import Token

_NULL: Final = ItemType()


def instance_of(parser: Parser, part: Part) -> Part:
    """… instance of a type; null is of no type but Null."""
    wanted, inner = type_name(parser), part.run
    null = wanted is _NULL

    def run(values: Values) -> bool:
        value = inner(values)
        return null if value is None else not null and wanted.admits(value)

    return Part(FeelType.BOOLEAN, run, part.constant)


def type_name(parser: Parser) -> ItemType:
    """A type: a basic one, a named one, list<…>, range<…>, context<name: …> or function<…> -> …."""
    start, word = parser.token.start, parser.token.text
    parameterised = parser.tokens[parser.place].kind == "word" and parser.tokens[parser.place + 1].text == "<"
    if word == "function" or (parameterised and word in ("list", "range", "context")):
        parser.depth += 1
        if parser.depth > DEEPEST:
            raise fault("bounds", start, f"类型嵌套超过{DEEPEST}层")
        parser.place += 1
        found = _parameterised(parser, word)
        parser.depth -= 1
        return found
    words: list[Token] = []
    while parser.token.kind == "word" and (not words or _longer(parser, words)):
        words.append(parser.token)
        parser.place += 1
    return _named_type(parser, " ".join(token.text for token in words), start) if words else parser.refuse()


def _parameterised(parser: Parser, word: str) -> ItemType:
    if word == "function":
        _function_type(parser)
        return ItemType(FeelType.FUNCTION)
    parser.expect("<")
    if word == "context":
        return ItemType(FeelType.CONTEXT, components=_component_types(parser))
    inner = type_name(parser)
    parser.expect(">")
    return ItemType(FeelType(word), element=inner)


def _longer(parser: Parser, words: Sequence[Token]) -> bool:
    """Whether some type's name goes on with the next word."""
    text = " ".join(token.text for token in (*words, parser.token))
    return any(name == text or name.startswith(f"{text} ") for name in (*BASIC_TYPES, *parser.names.types))


def _named_type(parser: Parser, name: str, start: int) -> ItemType:
    if name == "Null":
        return _NULL
    found = parser.names.types.get(name) or BASIC_TYPES.get(name)
    if found is None:
        raise fault("unknown_type", start, f"没有名为“{name[:20]}”的类型")
    return found


def _component_types(parser: Parser) -> dict[str, ItemType]:
    components = {}
    while not parser.at(">"):
        name = parser.name_until(":")
        parser.expect(":")
        components[name] = type_name(parser)
        if not parser.take(","):
            break
    parser.expect(">")
    return components


def _function_type(parser: Parser) -> None:
    if parser.take("<"):
        while not parser.at(">"):
            type_name(parser)
            if not parser.take(","):
                break
        parser.expect(">")
        parser.expect("->")
        type_name(parser)
