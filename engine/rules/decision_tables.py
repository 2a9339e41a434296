"""Decision tables: which rows a set of facts hits, and what the hit policy makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from engine.errors import PackageFault
from engine.rules.arithmetic import combine
from engine.rules.comparing import same
from engine.rules.feel_types import ORDERED, Part, Run
from engine.rules.item_types import ItemType
from engine.rules.unary_tests import UnaryTest
from engine.rules.values import Scope, Work

SINGLE: Final = frozenset({"UNIQUE", "FIRST", "PRIORITY", "ANY"})
POLICIES: Final = SINGLE | {"COLLECT", "RULE ORDER", "OUTPUT ORDER"}
AGGREGATIONS: Final = frozenset({"SUM", "MIN", "MAX", "COUNT"})


@dataclass(frozen=True)
class InputColumn:
    """An input: its label, expression and type (with its allowed values); slot: where `?` finds the value, if a cell asks;
    reads: the names that its expression reads."""

    label: str
    run: Run
    type: ItemType
    slot: object
    reads: frozenset[str]


@dataclass(frozen=True)
class OutputColumn:
    """An output: its name (empty for an only one), type, values from the highest priority down, and default."""

    name: str
    type: ItemType
    order: tuple[Any, ...]
    default: Part | None


@dataclass(frozen=True)
class Rule:
    """A row: the tests of its input cells by column (`-` left out), its output cells, and all its tests for checking."""

    tests: tuple[tuple[int, Callable[[Any, Any], bool | None]], ...]
    outputs: tuple[Part, ...]
    cells: tuple[UnaryTest, ...]


@dataclass(frozen=True)
class TableHit:
    """What a table found: the inputs by label and the rows hit, counted from 1."""

    title: str
    inputs: Mapping[str, Any]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class DecisionTable:
    """A decision table ready to run. strict: a broken hit policy is a PackageFault, otherwise null with a note."""

    title: str
    policy: str
    aggregation: str
    inputs: tuple[InputColumn, ...]
    outputs: tuple[OutputColumn, ...]
    rules: tuple[Rule, ...]
    strict: bool

    def run(self, scope: Any) -> Any:
        """The result over a scope. Raises PackageFault dmn.overlap, dmn.conflict or dmn.input_value when strict."""
        work: Work = scope.work
        given = []
        for column in self.inputs:
            value = column.run(scope)
            if value is not None and column.type.allowed and not column.type.allowed(value):
                return self._refuse(work, "dmn.input_value", f"输入“{column.label}”的值不在允许范围内")
            if column.slot is not None:
                scope[column.slot] = value
            given.append(value)
        hits = self._hits(given, scope)
        work.spend(1 + len(self.rules))
        if work.hits is not None:
            inputs = {column.label: value for column, value in zip(self.inputs, given, strict=True)}
            work.hits.append(TableHit(self.title, inputs, tuple(row + 1 for row in hits)))
        return self._result(hits, scope, work) if hits else self._default(scope)

    def _hits(self, given: Sequence[Any], scope: Scope) -> list[int]:
        hits = []
        for row, rule in enumerate(self.rules):
            for column, test in rule.tests:
                if test(given[column], scope) is not True:
                    break
            else:
                hits.append(row)
                if self.policy == "FIRST":
                    break
        return hits

    def _result(self, hits: Sequence[int], scope: Scope, work: Work) -> Any:
        if self.policy == "UNIQUE" and len(hits) > 1:
            return self._refuse(work, "dmn.overlap", f"第{'、'.join(str(row + 1) for row in hits)}行同时命中，而命中策略要求唯一")
        if self.policy in ("PRIORITY", "OUTPUT ORDER"):
            ranked = sorted(((row, self._outputs(row, scope)) for row in hits), key=lambda each: self._rank(each[1]))
            results = [self._shape(outputs) for _, outputs in ranked]
            return results[0] if self.policy == "PRIORITY" else work.make(tuple(results))
        if self.policy in ("UNIQUE", "FIRST"):
            return self._shape(self._outputs(hits[0], scope))
        results = [self._shape(self._outputs(row, scope)) for row in hits]
        if self.policy == "ANY":
            for row, result in zip(hits[1:], results[1:], strict=True):
                if not (result is None and results[0] is None) and same(results[0], result, work) is not True:
                    problem = f"第{hits[0] + 1}行与第{row + 1}行同时命中，但结果不同"
                    return self._refuse(work, "dmn.conflict", problem)
            return results[0]
        return self._aggregated(results, work) if self.aggregation else work.make(tuple(results))

    def _outputs(self, row: int, scope: Scope) -> list[Any]:
        return [
            _brought(column.type, part.run(scope), scope.work)
            for column, part in zip(self.outputs, self.rules[row].outputs, strict=True)
        ]

    def _shape(self, outputs: Sequence[Any]) -> Any:
        if len(self.outputs) == 1:
            return outputs[0]
        return {column.name: value for column, value in zip(self.outputs, outputs, strict=True)}

    def _rank(self, outputs: Sequence[Any]) -> tuple[int, ...]:
        return tuple(
            column.order.index(value) if value in column.order else len(column.order)
            for column, value in zip(self.outputs, outputs, strict=True) if column.order
        )

    def _aggregated(self, results: Sequence[Any], work: Work) -> Any:
        if self.aggregation == "COUNT":
            return Decimal(len(results))
        kinds = {result.__class__ for result in results}
        if len(kinds) != 1 or not kinds <= ORDERED:
            work.note("命中各行的输出不能汇总")
            return None
        if self.aggregation == "SUM":
            total = results[0]
            for each in results[1:]:
                total = combine("+", total, each)
            return total
        return min(results) if self.aggregation == "MIN" else max(results)

    def _default(self, scope: Scope) -> Any:
        if any(column.default for column in self.outputs):
            return self._shape([column.default.run(scope) if column.default else None for column in self.outputs])
        if self.policy == "COLLECT" and self.aggregation == "COUNT":
            return Decimal(0)
        scope.work.note(f"{self.title}没有一行命中")
        return None

    def _refuse(self, work: Work, code: str, problem: str) -> None:
        message = f"{self.title}：{problem}"
        if self.strict:
            raise PackageFault(code, message)
        work.note(message)


def _brought(kind: ItemType, value: Any, work: Work) -> Any:
    try:
        return kind.bring(value)
    except ValueError:
        work.note("输出的值不是规定的类型，或者不在允许值之中")
        return None
