"""Item definitions of a DMN file as types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.rules.dmn_source import Source
from engine.rules.feel import compile_tests
from engine.rules.feel_types import FeelType
from engine.rules.item_types import ANY, BASIC_TYPES, DEEPEST_TYPE, ItemType
from engine.rules.names import Names
from engine.rules.unary_tests import UnaryTest
from engine.rules.values import Scope, Work


class ItemTypes:
    """The types of one file, by the names that typeRef uses."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._elements: dict[str, Any] = {element.get("name", ""): element for element in source.all(source.root, "itemDefinition")}
        self._made: dict[str, ItemType] = {}
        self.components: list[str] = []
        for name in self._elements:
            self.named(name, source.root)

    def all(self) -> Mapping[str, ItemType]:
        """Every type of the file by name."""
        return dict(self._made)

    def named(self, name: str | None, element: Any, depth: int = 0) -> ItemType:
        """The type that an element refers to; any type without a name. An unknown one is a fault of the file."""
        if not name:
            return ANY
        if name in self._made:
            return self._made[name]
        if name in self._elements:
            if depth > DEEPEST_TYPE:
                self._source.fault("dmn.type_cycle", element, f"类型“{name}”引用了自身，或者嵌套过深")
                return ANY
            self._made[name] = self._defined(self._elements[name], depth + 1)
            return self._made[name]
        _, _, local = name.rpartition(":")
        if name in BASIC_TYPES or local in BASIC_TYPES:
            return BASIC_TYPES.get(name) or BASIC_TYPES[local]
        if local != name and local in self._elements:
            return self.named(local, element, depth)
        self._source.fault("dmn.type_unknown", element, f"类型“{name[:60]}”没有定义")
        return ANY

    def _defined(self, element: Any, depth: int) -> ItemType:
        source = self._source
        components = list(source.all(element, "itemComponent"))
        if source.first(element, "functionItem") is not None:
            made = ItemType(FeelType.FUNCTION)
        elif components:
            self.components += [each.get("name", "") for each in components]
            made = ItemType(FeelType.CONTEXT, components={each.get("name", ""): self._defined(each, depth + 1) for each in components})
        else:
            made = self.named(source.text(element, "typeRef") or element.get("typeRef"), element, depth)
        if (allowed := source.first(element, "allowedValues")) is not None:
            made = restricted(source, made, allowed, f"类型“{element.get('name', '')}”的允许值")
        if element.get("isCollection") == "true":
            made = ItemType(FeelType.LIST, element=made)
        if (constraint := source.first(element, "typeConstraint")) is not None:
            made = restricted(source, made, constraint, f"类型“{element.get('name', '')}”的约束", whole=True)
        return made


def restricted(source: Source, kind: ItemType, element: Any, title: str, *, whole: bool = False) -> ItemType:
    """A type narrowed by the unary tests of allowedValues, inputValues or outputValues; a list by element, or as a whole."""
    text = source.text(element, "text")
    if not text:
        return kind
    inner = kind.element if kind.kind is FeelType.LIST and kind.element and not whole else kind
    test = source.attempt(element, title, lambda: compile_tests(text, Names(strict=source.strict), inner.kind))
    if test is None:
        return kind
    narrowed = replace(inner, allowed=_both(inner, test), region=test.region)
    return ItemType(FeelType.LIST, element=narrowed) if inner is not kind else narrowed


def _both(kind: ItemType, test: UnaryTest) -> Any:
    before, run = kind.allowed, test.run

    def allowed(value: Any) -> bool:
        return (before is None or before(value)) and run(value, Scope({}, Work())) is True

    return allowed
