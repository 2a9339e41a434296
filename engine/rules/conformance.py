"""Runs test files in the format of the DMN Technology Compatibility Kit against our own engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, Final

from lxml import etree

from engine.errors import ZhifaError
from engine.rules.decisions import Decisions, read_leniently
from engine.rules.temporal import parse_date, parse_duration, parse_moment, parse_time
from engine.untrusted_xml import parse_xml

_TOLERANCE: Final = Decimal("1E-8")
_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_READERS: Final[dict[str, Any]] = {
    "string": str, "decimal": Decimal, "double": Decimal, "float": Decimal, "integer": Decimal, "int": Decimal, "long": Decimal,
    "boolean": lambda text: text in ("true", "1"), "date": parse_date, "time": parse_time, "dateTime": parse_moment,
    "duration": parse_duration, "dayTimeDuration": parse_duration, "yearMonthDuration": parse_duration,
}


@dataclass(frozen=True)
class CaseOutcome:
    """One result that a test case asks for: passed, and if not, why not."""

    model: str
    case: str
    decision: str
    passed: bool
    problem: str


def model_name(tests: bytes, where: str) -> str:
    """The file name of the model that a test file is about; empty when it names none. PackageFault xml.*."""
    named = (each.text or "" for each in parse_xml(tests, where) if _kind(each) == "modelName")
    return PurePosixPath(next(named, "").strip()).name


def run_tests(tests: bytes, where: str, model: bytes | None, at: datetime) -> Iterator[CaseOutcome]:
    """The outcomes of one test file. A case whose model is missing or cannot be read has failed. at: what now() tells."""
    name, problem, decisions = model_name(tests, where), "没有模型文件", None
    if model is not None:
        try:
            decisions = read_leniently(model, name, at)
        except ZhifaError as error:
            problem = error.message
    for case in (each for each in parse_xml(tests, where) if _kind(each) == "testCase"):
        for wanted in (each for each in case if _kind(each) == "resultNode"):
            decision = " ".join(wanted.get("name", "").split())
            found = problem if decisions is None else _problem(decisions, case, wanted, decision)
            yield CaseOutcome(name, case.get("id", ""), decision, not found, found)


def _problem(decisions: Decisions, case: Any, wanted: Any, name: str) -> str:
    facts = {each.get("name", ""): _value(each) for each in case if _kind(each) == "inputNode"}
    expected = next((_value(each) for each in wanted if _kind(each) == "expected"), None)
    try:
        if case.get("invocableName") and case.get("type") in ("bkm", "decisionService"):
            result = decisions.invoke(case.get("invocableName"), facts)
            if case.get("type") == "decisionService" and isinstance(result, Mapping) and name in result:
                result = result[name]
        else:
            result = decisions.decide(name, facts)
    except ZhifaError as error:
        result = None
        if expected is not None:
            return f"应当是 {expected}，却出错：{error.message}"
    return "" if alike(result, expected) else f"应当是 {_shown(expected)}，实为 {_shown(result)}"


def alike(result: Any, expected: Any) -> bool:
    """Whether a result is the expected one; numbers may differ by 1E-8, because the kit writes them shortened."""
    if isinstance(expected, Decimal) and isinstance(result, Decimal):
        return abs(result - expected) <= _TOLERANCE
    if isinstance(expected, list) and isinstance(result, list):
        return len(expected) == len(result) and all(alike(*pair) for pair in zip(result, expected, strict=True))
    if isinstance(expected, dict) and isinstance(result, dict):
        return expected.keys() == result.keys() and all(alike(result[key], expected[key]) for key in expected)
    return result.__class__ is expected.__class__ and bool(result == expected)


def _shown(value: Any) -> str:
    text = f"{value!r}" if not isinstance(value, Decimal) else str(value)
    return text[:200]


def _kind(element: Any) -> str:
    return etree.QName(element).localname


def _value(element: Any) -> Any:
    """The value that value, list or component elements write."""
    components = {}
    for child in element:
        kind = _kind(child)
        if kind == "list":
            return None if child.get(f"{_XSI}nil") == "true" else [_value(item) for item in child if _kind(item) == "item"]
        if kind == "value":
            return _plain_value(child)
        if kind == "component":
            components[child.get("name", "")] = _value(child)
    return components or None


def _plain_value(element: Any) -> Any:
    if element.get(f"{_XSI}nil") == "true":
        return None
    text = element.text or ""
    kind = (element.get(f"{_XSI}type") or "string").rpartition(":")[2]
    return _READERS.get(kind, str)(text if kind == "string" else text.strip())
