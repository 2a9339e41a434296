"""Builds DMN models of one decision table for tests."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from engine.rules.decisions import Decisions, read_decisions

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def definitions(inside: str) -> bytes:
    """A model with this content."""
    return f'<definitions xmlns="{NAMESPACE}" name="m" id="m" namespace="urn:m">{inside}</definitions>'.encode()


def input_data(name: str, kind: str) -> str:
    """An input of a basic or defined type."""
    return f"<inputData id={quoteattr('in_' + name)} name={quoteattr(name)}><variable name={quoteattr(name)} typeRef={quoteattr(kind)}/></inputData>"


def literal(name: str, text: str, *requires: str, kind: str = "") -> str:
    """A decision by a literal expression; requires: names of input data."""
    needs = "".join(f'<informationRequirement><requiredInput href={quoteattr("#in_" + each)}/></informationRequirement>' for each in requires)
    typed = f" typeRef={quoteattr(kind)}" if kind else ""
    return (
        f"<decision id={quoteattr('d_' + name)} name={quoteattr(name)}><variable name={quoteattr(name)}{typed}/>{needs}"
        f"<literalExpression><text>{escape(text)}</text></literalExpression></decision>"
    )


def table(
    inputs: Sequence[tuple[str, str]], outputs: Sequence[str], rows: Sequence[Sequence[str]], *, policy: str = "UNIQUE",
    aggregation: str = "", allowed: Sequence[str] = (), values: Sequence[str] = (), default: str = "", kind: str = "string",
) -> bytes:
    """A model whose decision 结果 is one table. inputs: name and type; rows: input cells, then output cells."""
    needs = "".join(
        f"<informationRequirement><requiredInput href={quoteattr('#in_' + name)}/></informationRequirement>" for name, _ in inputs
    )
    columns = "".join(
        f"<input label={quoteattr(name)}><inputExpression typeRef={quoteattr(type_)}><text>{escape(name.partition('（')[0])}</text>"
        f"</inputExpression>{_tests('inputValues', allowed, place)}</input>"
        for place, (name, type_) in enumerate(inputs)
    )
    results = "".join(
        f"<output name={quoteattr(name)} typeRef={quoteattr(kind)}>{_tests('outputValues', values, place)}"
        + (f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else "")
        + "</output>"
        for place, name in enumerate(outputs)
    )
    rules = "".join(
        "<rule>" + "".join(
            f"<{tag}><text>{escape(cell)}</text></{tag}>"
            for place, cell in enumerate(row) for tag in ["inputEntry" if place < len(inputs) else "outputEntry"]
        ) + "</rule>"
        for row in rows
    )
    aggregate = f" aggregation={quoteattr(aggregation)}" if aggregation else ""
    data = "".join(_input_of(name, type_) for name, type_ in inputs)
    return definitions(
        f'<decision id="d" name="结果"><variable name="结果"/>{needs}'
        f"<decisionTable hitPolicy={quoteattr(policy)}{aggregate}>{columns}{results}{rules}</decisionTable></decision>{data}"
    )


def decide(data: bytes, **facts: object) -> object:
    """The result of the model's decision 结果."""
    return read(data).decide("结果", facts)


def read(data: bytes) -> Decisions:
    """The model as a department's file."""
    return read_decisions(data, "decisions/样例.dmn")


def _input_of(name: str, kind: str) -> str:
    plain = name.partition("（")[0]
    return input_data(plain, kind).replace(quoteattr("in_" + plain), quoteattr("in_" + name))


def _tests(tag: str, texts: Sequence[str], place: int) -> str:
    return f"<{tag}><text>{escape(texts[place])}</text></{tag}>" if place < len(texts) and texts[place] else ""
