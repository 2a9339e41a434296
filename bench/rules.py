"""How long a cached condition and a decision table take, against the same questions written in Python by hand."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape

from engine.rules.conditions import FeelType, compile_condition
from engine.rules.decisions import Decisions, read_decisions

CONDITION_TARGET = 1.5  # µs
TABLE_TARGET = 50.0  # µs
FACTS = {
    "result": FeelType.STRING, "fine": FeelType.NUMBER, "penalty": FeelType.BOOLEAN, "triggers": FeelType.LIST,
}
VALUES = {"result": "FILE", "fine": Decimal(2000), "penalty": True, "triggers": ["LR1", "LR3"]}
CONDITIONS: list[tuple[str, Callable[[], object]]] = [
    ('result = "FILE"', lambda: VALUES["result"] == "FILE"),
    ("penalty and not(fine > 3000)", lambda: VALUES["penalty"] and not VALUES["fine"] > 3000),  # type: ignore[operator]
    ('result = "FILE" and fine in [1..300000]', lambda: VALUES["result"] == "FILE" and 1 <= VALUES["fine"] <= 300000),  # type: ignore[operator]
    ('list contains(triggers, "LR3")', lambda: "LR3" in VALUES["triggers"]),  # type: ignore[operator]
]
_NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


@dataclass(frozen=True)
class Figure:
    """What was measured, in µs a call, beside its baseline and its target."""

    name: str
    ours: float
    baseline: float
    target: float

    def line(self) -> str:
        """The figure as a row of a Markdown table."""
        verdict = "达到" if self.ours <= self.target else "未达到"
        return f"| {self.name} | {self.ours:.2f} | {self.baseline:.2f} | {self.ours / self.baseline:.1f} | ≤ {self.target:g} | {verdict} |"


def table_of_twenty_rows() -> Decisions:
    """A UNIQUE table of 20 rows over three inputs; the facts below hit the last row, so every row is looked at."""
    rules = "".join(
        f"<rule><inputEntry><text>{escape(f'[{n * 1000}..{(n + 1) * 1000})')}</text></inputEntry>"
        f"<inputEntry><text>-</text></inputEntry><inputEntry><text>true</text></inputEntry>"
        f"<outputEntry><text>\"T{n}\"</text></outputEntry></rule>"
        for n in range(20)
    )
    kinds = {"amount": "number", "harm": "string", "stopped": "boolean"}
    needs = "".join(f'<informationRequirement><requiredInput href="#{name}"/></informationRequirement>' for name in kinds)
    columns = "".join(
        f'<input><inputExpression typeRef="{kind}"><text>{name}</text></inputExpression></input>' for name, kind in kinds.items()
    )
    data = "".join(f'<inputData id="{name}" name="{name}"><variable name="{name}" typeRef="{kind}"/></inputData>' for name, kind in kinds.items())
    text = (
        f'<definitions xmlns="{_NAMESPACE}" name="m" namespace="urn:m"><decision id="tier" name="tier"><variable name="tier"/>{needs}'
        f'<decisionTable>{columns}<output typeRef="string"/>{rules}</decisionTable></decision>{data}</definitions>'
    )
    return read_decisions(text.encode(), "bench.dmn")


def measure(rounds: int = 80_000) -> list[Figure]:
    """Every figure; rounds: calls in all, in forty timings of which the best counts, because the machine has other work too."""
    figures = []
    for text, baseline in CONDITIONS:
        condition = compile_condition(text, FACTS)
        figures.append(Figure(f"条件 `{text}`", _best(lambda c=condition: c.evaluate(VALUES), rounds), _best(baseline, rounds), CONDITION_TARGET))  # type: ignore[misc]
    decisions, facts = table_of_twenty_rows(), {"amount": Decimal(19500), "harm": "none", "stopped": True}
    assert decisions.decide("tier", facts) == "T19"
    rows = [(Decimal(n * 1000), Decimal((n + 1) * 1000), f"T{n}") for n in range(20)]

    def by_hand() -> list[str]:
        return [tier for low, high, tier in rows if low <= facts["amount"] < high and facts["stopped"] is True]  # type: ignore[operator]

    few = max(1, rounds // 20)
    figures.append(Figure("决策表，20 行 3 列，全部看过", _best(lambda: decisions.decide("tier", facts), few), _best(by_hand, few), TABLE_TARGET))
    return figures


def _best(call: Callable[[], object], rounds: int) -> float:
    each = max(1, rounds // 40)
    return min(timeit.repeat(call, number=each, repeat=40)) / each * 1e6


def main() -> int:
    """Print the figures; 1 when a target was missed."""
    figures = measure()
    print("| 测量 | 本引擎 µs | 手写 Python µs | 倍数 | 目标 µs | 结果 |\n|---|---|---|---|---|---|")
    print("\n".join(figure.line() for figure in figures))
    return int(any(figure.ours > figure.target for figure in figures))
