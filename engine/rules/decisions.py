"""Decisions of a DMN model: read once, checked, then decided over facts as often as needed, with the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.errors import Fault, Invalid
from engine.rules.decision_tables import TableHit
from engine.rules.feel_types import TYPE_NAMES, FeelType, fact_reader, fault, plain_value
from engine.rules.requirements import Element, Model, read_model
from engine.rules.table_checks import check_tables
from engine.rules.values import Function, Scope, Work


@dataclass(frozen=True)
class DecisionTrace:
    """Why a decision came out as it did.

    rows: rows of its own table that were hit, counted from 1 (empty without a table); inputs: the facts and required
    decisions that it drew on, by name; outputs: the result; required: the traces of required decisions; problems:
    sentences about what became null on the way.
    """

    decision: str
    rows: tuple[int, ...]
    inputs: Mapping[str, object]
    outputs: object
    required: tuple[DecisionTrace, ...]
    problems: tuple[str, ...]


class Decisions:
    """The decisions of one model. Pure: the same facts give the same result, whoever asks and whenever."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._decisions = model.named("decision")
        self._functions = model.named("decisionService", "businessKnowledgeModel")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all decisions, in the order of the file."""
        return tuple(self._decisions)

    def inputs(self, name: str) -> dict[str, FeelType | None]:
        """The input data that a decision needs, its required decisions' included: name → type (None: any).

        Raises Invalid dmn.unknown_decision.
        """
        order = self._model.order(self._decision(name))
        return {element.name: element.type.kind for element in order if element.sort == "inputData"}

    def decide(self, name: str, facts: Mapping[str, object]) -> object:
        """The result of a decision: one value, a dict of outputs, or a list of those, as the hit policy says.

        Facts left out are null. Raises Invalid dmn.unknown_decision or dmn.input (a fact that is not of its type),
        PackageFault dmn.overlap, dmn.conflict, dmn.input_value (the table does not fit the facts) or feel.bounds.
        """
        decision = self._decision(name)
        return plain(self._evaluate(decision, facts, Work())[decision.slot])

    def invoke(self, name: str, arguments: Mapping[str, object]) -> object:
        """The result of a decision service or of business knowledge, called with arguments by name.

        Raises Invalid dmn.unknown_decision; PackageFault as decide.
        """
        found = self._functions.get(name)
        if found is None:
            raise Invalid("dmn.unknown_decision", f"模型中没有名为“{name}”的决策服务或者业务知识", decision=name)
        work = Work()
        function = self._evaluate(found, {}, work)[found.slot]
        if not isinstance(function, Function):
            return None
        return plain(function.call(work, [plain_value(arguments.get(each)) for each in function.parameters]))

    def explain(self, name: str, facts: Mapping[str, object]) -> DecisionTrace:
        """As decide, with the rows hit, the facts used and the required decisions' own traces."""
        work = Work()
        work.hits = []
        decision = self._decision(name)
        scope = self._evaluate(decision, facts, work)
        return self._trace(decision, scope, work.hits, tuple(work.problems))

    def check(self) -> list[Fault]:
        """Gaps, overlaps and unreachable rows of every table, each with a witness; what could not be analysed is said."""
        return check_tables(self._model)

    def _decision(self, name: str) -> Element:
        found = self._decisions.get(name)
        if found is None:
            raise Invalid("dmn.unknown_decision", f"模型中没有名为“{name}”的决策", decision=name)
        return found

    def _evaluate(self, wanted: Element, facts: Mapping[str, object], work: Work) -> Scope:
        scope = Scope({}, work)
        try:
            for element in self._model.order(wanted):
                if element.sort == "inputData":
                    scope[element.slot] = self._fact(element, facts.get(element.name), work)
                else:
                    before = None if work.hits is None else len(work.hits)
                    scope[element.slot] = element.run(scope)
                    if before is not None and work.hits is not None:
                        scope[element.slot, "hits"] = work.hits[before:]
        except RecursionError:
            raise fault("bounds", 0, "表达式嵌套过深") from None
        return scope

    def _fact(self, element: Element, value: object, work: Work) -> object:
        try:
            return element.type.bring(_fact_value(element.type.kind, value, strict=self._model.strict))
        except (TypeError, ValueError, ArithmeticError, Invalid):
            message = f"输入“{element.name}”的值不是{TYPE_NAMES[element.type.kind]}，或者不在允许值之中"
            if self._model.strict:
                raise Invalid("dmn.input", message, input=element.name) from None
            work.note(message)
            return None

    def _trace(self, element: Element, scope: Scope, hits: list[TableHit], problems: tuple[str, ...]) -> DecisionTrace:
        needed = [self._model.elements[each] for each in element.requires]
        drawn = {each.name: plain(scope[each.slot]) for each in needed if each.sort in ("inputData", "decision") and each.slot in scope}
        own = [hit for hit in scope.get((element.slot, "hits"), ()) if hit.title == element.title]
        required = tuple(self._trace(each, scope, hits, ()) for each in needed if each.sort == "decision" and each.slot in scope)
        rows = own[0].rows if len(own) == 1 else ()
        return DecisionTrace(element.name, rows, drawn, plain(scope[element.slot]), required, problems)


def read_decisions(data: bytes, where: str) -> Decisions:
    """Read a department's DMN file; where: its name for messages.

    Raises PackageFault xml.*, dmn.* or feel.* listing every fault with the element it is in.
    """
    return Decisions(read_model(data, where, strict=True))


def read_leniently(data: bytes, where: str, at: datetime) -> Decisions:
    """Read a DMN file as the standard has it: what is faulty becomes null when it is evaluated. For conformance tests.

    at: the instant that now() and today() tell.
    """
    return Decisions(read_model(data, where, strict=False, at=at))


def plain(value: Any) -> Any:
    """A result as ordinary Python: lists as list, contexts as dict."""
    if value.__class__ is tuple:
        return [plain(each) for each in value]
    return {key: plain(each) for key, each in value.items()} if value.__class__ is dict else value


def _fact_value(kind: FeelType | None, value: object, *, strict: bool) -> object:
    """A Python value as a FEEL value; texts are read as dates and numbers where the model wants those.

    strict: moments must have a zone and are brought into the legal one.
    """
    if value is None or kind is None or isinstance(value, list | tuple) or (isinstance(value, date) and not strict):
        return plain_value(value)
    return fact_reader("", kind)({"": value})
