"""Reads a decision table from its DMN element: columns, cells, hit policy, output values and defaults."""

from __future__ import annotations

from typing import Any

from engine.rules.decision_tables import AGGREGATIONS, POLICIES, DecisionTable, InputColumn, OutputColumn, Rule
from engine.rules.dmn_source import Source
from engine.rules.dmn_types import ItemTypes, restricted
from engine.rules.feel import compile_tests
from engine.rules.feel_types import Part
from engine.rules.grammar import SUBJECT
from engine.rules.item_types import ItemType
from engine.rules.names import Names, slot_binding
from engine.rules.regions import Region
from engine.rules.unary_tests import ANYTHING, UnaryTest
from engine.rules.values import Range

MOST_RULES = 1000
MOST_COLUMNS = 50


def read_table(
    source: Source, types: ItemTypes, element: Any, names: Names, title: str, kind: ItemType
) -> DecisionTable | None:
    """The table, or None when its shape is faulty; faults are kept by the source. kind: of the whole result."""
    policy = element.get("hitPolicy", "UNIQUE")
    aggregation = element.get("aggregation", "")
    rules = list(source.all(element, "rule"))
    columns = list(source.all(element, "input"))
    outputs = list(source.all(element, "output"))
    if policy not in POLICIES or (aggregation and aggregation not in AGGREGATIONS):
        source.fault("dmn.hit_policy", element, f"{title}的命中策略“{policy} {aggregation}”有误")
        return None
    if not outputs or len(rules) > MOST_RULES or len(columns) + len(outputs) > MOST_COLUMNS:
        source.fault("dmn.table", element, f"{title}没有输出，或者超过{MOST_RULES}行、{MOST_COLUMNS}列")
        return None
    if aggregation and len(outputs) > 1:
        source.fault("dmn.aggregation", element, f"{title}有多个输出，不能汇总（{aggregation}）")
        return None
    read_inputs = [_input(source, types, column, names, title) for column in columns]
    read_outputs = [_output(source, types, column, names, title, kind, single=len(outputs) == 1) for column in outputs]
    read_rules = []
    for number, rule in enumerate(rules, 1):
        made = _rule(source, rule, number, read_inputs, read_outputs, names, title)
        if made is not None:
            read_rules.append(made)
    inputs = tuple(column for column, _ in read_inputs)
    return DecisionTable(title, policy, aggregation, inputs, tuple(read_outputs), tuple(read_rules), source.strict)


def _input(source: Source, types: ItemTypes, column: Any, names: Names, title: str) -> tuple[InputColumn, Names]:
    expression = source.first(column, "inputExpression")
    text = source.text(expression, "text")
    label = " ".join((column.get("label") or text).split())
    kind = types.named(None if expression is None else expression.get("typeRef"), column)
    part = source.compiled(column if expression is None else expression, f"{title}的输入“{label}”", text, names, kind.kind)
    kind = kind if kind.kind else ItemType(part.type)
    if (allowed := source.first(column, "inputValues")) is not None:
        kind = restricted(source, kind, allowed, f"{title}的输入“{label}”的允许值")
    slot, subject = slot_binding(SUBJECT, kind.kind)
    return InputColumn(label, part.run, kind, slot, source.reads(text, names)), names.with_layer([subject])


def _output(
    source: Source, types: ItemTypes, column: Any, names: Names, title: str, whole: ItemType, *, single: bool
) -> OutputColumn:
    name = column.get("name", "")
    if not name and not single:
        source.fault("dmn.output", column, f"{title}有多个输出，但有一个没有名称")
    kind = types.named(column.get("typeRef"), column)
    if not kind.kind and single:
        kind = whole.element if whole.element and not kind.kind else whole
    elif not kind.kind and (components := whole.components or (whole.element and whole.element.components)):
        kind = components.get(name, kind)
    if (allowed := source.first(column, "outputValues")) is not None:
        kind = restricted(source, kind, allowed, f"{title}的输出“{name}”的允许值")
    if name:
        names.components.add(name, name)
    default = source.first(column, "defaultOutputEntry")
    text = source.text(default, "text")
    shown = f"{title}的输出“{name or title}”的默认值"
    part = source.compiled(default, shown, text, names, kind.kind) if text else None
    return OutputColumn(name, kind, _order(kind.region), part)


def _order(region: Region | None) -> tuple[Any, ...]:
    """The values of an enumeration in the order written, which is their priority."""
    if region is None or region.negated or any(each.low is None or each.low != each.high for each in region.ranges):
        return ()
    return tuple(each.low for each in region.ranges)


def _rule(
    source: Source, rule: Any, number: int, inputs: list[tuple[InputColumn, Names]], outputs: list[OutputColumn], names: Names,
    title: str,
) -> Rule | None:
    cells = list(source.all(rule, "inputEntry"))
    results = list(source.all(rule, "outputEntry"))
    if len(cells) != len(inputs) or len(results) != len(outputs):
        source.fault("dmn.row", rule, f"{title}第{number}行的格数与列数不符")
        return None
    tests = []
    for cell, (column, inner) in zip(cells, inputs, strict=True):
        tests.append(_cell(source, cell, inner, column, f"{title}第{number}行“{column.label}”一格"))
    parts = []
    for cell, output in zip(results, outputs, strict=True):
        shown = f"{title}第{number}行输出“{output.name or title}”一格"
        part = source.compiled(cell, shown, source.text(cell, "text"), names, output.type.kind)
        if source.strict and part.constant and not _allowed(output.type, part):
            source.fault("dmn.output_value", cell, f"{shown}的值不在允许值之中")
        parts.append(part)
    placed = tuple((place, test.run) for place, test in enumerate(tests) if test is not ANYTHING)
    return Rule(placed, tuple(parts), tuple(tests))


def _allowed(kind: ItemType, part: Part) -> bool:
    value = part.run({})
    return value is None or kind.allowed is None or value.__class__ is Range or kind.allowed(value)


def _cell(source: Source, cell: Any, names: Names, column: InputColumn, title: str) -> UnaryTest:
    text = source.text(cell, "text")
    if not text or text == "-":
        return ANYTHING
    language = cell.get("expressionLanguage")
    if language:
        source.compiled(cell, title, "", names)
    found = source.attempt(cell, title, lambda: compile_tests(text, names, column.type.kind))
    return found or UnaryTest(lambda _value, _values: None)


