"""Compiles DMN's boxed expressions: literal, table, context, invocation, list, relation, function, conditional, iterations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from engine.rules.decision_tables import DecisionTable
from engine.rules.dmn_source import Source
from engine.rules.dmn_types import ItemTypes
from engine.rules.feel_types import FeelType, Part, Run, Values
from engine.rules.item_types import ItemType
from engine.rules.iterating import choice, contextual, defined, looped, quantified
from engine.rules.names import Binding, Names, slot_binding
from engine.rules.paths import filtered
from engine.rules.reading_tables import read_table
from engine.rules.typing_rules import constant
from engine.rules.values import Function, work_of

DEEPEST_BOX: Final = 20


@dataclass
class Boxes:
    """The compiler of one file's boxed expressions; tables: those met so far with their titles, for checking."""

    source: Source
    types: ItemTypes
    tables: list[tuple[Any, DecisionTable]] = field(default_factory=list)

    def compile(self, element: Any, names: Names, title: str, kind: ItemType, depth: int = 0) -> Part:
        """The typed closure of a boxed expression; null, with a fault kept, when it cannot be compiled."""
        name = self.source.kind(element)
        form: Callable[..., Part] | None = getattr(self, _FORMS[name]) if name in _FORMS else None
        if form is None or depth > DEEPEST_BOX:
            self.source.fault("dmn.expression", element, f"{title}含有不支持的表达式“{name}”，或者嵌套过深")
            return constant(None)
        kind = self.types.named(element.get("typeRef"), element) if element.get("typeRef") else kind
        return form(element, names, title, kind, depth + 1)

    def inside(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        """The one boxed expression that an element holds; null when there is none."""
        inner = None if element is None else next((child for child in element if self.source.kind(child) in _FORMS), None)
        return constant(None) if inner is None else self.compile(inner, names, title, kind, depth)

    def _literal(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        return self.source.compiled(element, title, self.source.text(element, "text"), names, kind.kind)

    def _table(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        table = read_table(self.source, self.types, element, names, title, kind)
        if table is None:
            return constant(None)
        self.tables.append((element, table))
        return Part(kind.kind, table.run)

    def _context(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        entries: list[tuple[str, object, Part]] = []
        for entry in self.source.all(element, "contextEntry"):
            variable = self.source.first(entry, "variable")
            if variable is None:
                result = self.inside(entry, names, title, kind, depth)
                return Part(result.type, _last(contextual(entries), result.run))
            name = variable.get("name", "")
            wanted = self.types.named(variable.get("typeRef"), variable)
            part = self.inside(entry, names, f"{title}的“{name}”", wanted, depth)
            slot, binding = slot_binding(name, wanted.kind or part.type)
            names = self.layered(element, names, [binding])
            names.components.add(name, name)
            entries.append((name, slot, Part(part.type, brought(part.run, wanted, name))))
        return Part(FeelType.CONTEXT, contextual(entries))

    def _invocation(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        target = self.inside(element, names, title, ItemType(), depth)
        given = []
        for binding in self.source.all(element, "binding"):
            parameter = self.source.first(binding, "parameter")
            name = "" if parameter is None else parameter.get("name", "")
            given.append((name, self.inside(binding, names, f"{title}的参数“{name}”", ItemType(), depth).run))
        run = target.run

        def invoke(values: Values) -> Any:
            function = run(values)
            if not isinstance(function, Function):
                return None
            by_name = {name: each(values) for name, each in given}
            if not by_name.keys() <= set(function.parameters):
                return None
            return function.call(work_of(values), [by_name.get(name) for name in function.parameters])

        return Part(kind.kind, invoke)

    def _listed(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        inner = kind.element or ItemType()
        runs = [self.compile(child, names, title, inner, depth).run for child in element if self.source.kind(child) in _FORMS]
        return Part(FeelType.LIST, lambda values: work_of(values).make(tuple([run(values) for run in runs])))

    def _relation(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        columns = [column.get("name", "") for column in self.source.all(element, "column")]
        for column in columns:
            names.components.add(column, column)
        rows = [
            [self.compile(child, names, title, ItemType(), depth).run for child in row if self.source.kind(child) in _FORMS]
            for row in self.source.all(element, "row")
        ]
        if any(len(row) != len(columns) for row in rows):
            self.source.fault("dmn.relation", element, f"{title}的行与列数目不符")
            return constant(None)
        return Part(FeelType.LIST, lambda values: work_of(values).make(
            tuple([{name: run(values) for name, run in zip(columns, row, strict=True)} for row in rows])
        ))

    def function(self, element: Any, names: Names, title: str) -> Part:
        """A function definition, such as the logic that business knowledge encapsulates."""
        return self._definition(element, names, title, ItemType(), 0)

    def _definition(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        if element.get("kind", "FEEL") != "FEEL":
            self.source.fault("dmn.external", element, f"{title}是外部函数（{element.get('kind')}）：不得调用外部程序")
            return constant(None)
        parameters, bindings = [], []
        for parameter in self.source.all(element, "formalParameter"):
            wanted = self.types.named(parameter.get("typeRef"), parameter)
            slot, binding = slot_binding(parameter.get("name", ""), wanted.kind)
            parameters.append((binding.name, wanted, slot))
            bindings.append(binding)
        body = self.inside(element, self.layered(element, names, bindings), title, ItemType(), depth)
        return Part(FeelType.FUNCTION, defined(parameters, body.run))

    def _conditional(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        test, then, otherwise = (
            self.inside(self.source.first(element, name), names, title, kind if name != "if" else ItemType(), depth)
            for name in ("if", "then", "else")
        )
        return Part(then.type if then.type is otherwise.type else None, choice(test, then, otherwise))

    def _filter(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        slot, item = slot_binding("item", None)
        whole = self.inside(self.source.first(element, "in"), names, title, ItemType(), depth)
        match = self.source.first(element, "match")
        condition = self.inside(match, self.layered(element, names, [item]), title, ItemType(), depth)
        return Part(None, filtered(whole, condition, slot))

    def _loop(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        rows, inner = self._iterator(element, names, title, depth)
        slot, results = slot_binding("partial", FeelType.LIST)
        body = self.source.first(element, "return")
        return Part(FeelType.LIST, looped(rows, self.inside(body, self.layered(element, inner, [results]), title, ItemType(), depth).run, slot))

    def _quantified(self, element: Any, names: Names, title: str, kind: ItemType, depth: int) -> Part:
        rows, inner = self._iterator(element, names, title, depth)
        body = self.inside(self.source.first(element, "satisfies"), inner, title, ItemType(), depth)
        return Part(FeelType.BOOLEAN, quantified(rows, body.run, wanted=self.source.kind(element) == "some"))

    def _iterator(self, element: Any, names: Names, title: str, depth: int) -> tuple[list[tuple[object, Run]], Names]:
        source = self.inside(self.source.first(element, "in"), names, title, ItemType(), depth)
        slot, binding = slot_binding(element.get("iteratorVariable", ""), None)
        return [(slot, source.run)], self.layered(element, names, [binding])

    def layered(self, element: Any, names: Names, bindings: Sequence[Binding]) -> Names:
        """More names in scope; a name that no name may be is a fault of the element."""
        for binding in bindings:
            inner = self.source.attempt(element, f"名称“{binding.name[:60]}”", partial(names.with_layer, [binding]))
            names = inner or names
        return names


_FORMS: Final = {
    "literalExpression": "_literal", "decisionTable": "_table", "context": "_context", "invocation": "_invocation",
    "list": "_listed", "relation": "_relation", "functionDefinition": "_definition", "conditional": "_conditional",
    "filter": "_filter", "for": "_loop", "some": "_quantified", "every": "_quantified",
}


def brought(run: Run, kind: ItemType, name: str) -> Run:
    """The closure whose value is brought into a type; null with a note when it is of another."""
    if kind == ItemType():
        return run

    def inside(values: Values) -> Any:
        value = run(values)
        try:
            return kind.bring(value)
        except ValueError:
            work_of(values).note(f"“{name}”的值不是规定的类型，或者不在允许值之中")
            return None

    return inside


def _last(entries: Run, result: Run) -> Run:
    def run(values: Values) -> Any:
        entries(values)
        return result(values)

    return run
