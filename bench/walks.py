"""Random runs of a package's procedures in the engine, and what the law says of a run: an oracle that knows no verifier."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.workflow.instances import Blueprint, OpenNode, Running, begin
from engine.workflow.parsing import Node

LONGEST = 160
USUAL = {
    "filing_result": "FILE", "review_result": "AGREE", "decision_result": "AGREE", "report_result": "AGREE",
    "publicity_result": "AGREE", "closing_result": "AGREE", "emergency_ok": True, "paid": True, "window_closed": True,
    "property_pending": False, "renotice": False,
}
CODES = {
    "next_act": ("finish", "finish", "site_inspection", "interview", "collect_documents", "order_correction"),
    "filing_result": ("FILE", "NOT_FILE", "RETURN"), "review_result": ("AGREE", "RETURN"), "decision_result": ("AGREE", "RETURN"),
    "report_result": ("AGREE", "RETURN"), "publicity_result": ("AGREE", "RETURN"), "closing_result": ("AGREE", "RETURN"),
}


@dataclass(frozen=True)
class Event:
    """One step that was taken: the node, the documents that it made, and the facts just before."""

    node: Node
    documents: frozenset[str]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """A run: its events, whether the whole procedure came to its end, and whether nothing was open before that."""

    events: tuple[Event, ...]
    ended: bool
    stuck: bool


def walk(
    plan: Blueprint, initial: Mapping[str, Any], effects: Mapping[str, Mapping[str, Any]], chance: random.Random,
    told: Callable[[Node, dict[str, Any], dict[str, Any]], None] | None = None,
) -> Run:
    """One random run: any open step may be next, and facts get any value that the step's operation may write.

    told: is handed each node with the facts before and after.
    """
    return _go_on(begin(0, "", plan, initial), plan, effects, chance, told)


def _go_on(
    running: Running, plan: Blueprint, effects: Mapping[str, Mapping[str, Any]], chance: random.Random,
    told: Callable[[Node, dict[str, Any], dict[str, Any]], None] | None = None,
) -> Run:
    events: list[Event] = []
    daring = chance.random()
    while len(events) < LONGEST and not running.completed:
        waiting = [*running.open_steps(), *running.open_operations()]
        limits = running.waiting_limits()
        if limits and chance.random() < 0.3:
            waiting = limits
        if not waiting:
            return Run(tuple(events), ended=False, stuck=True)
        found = chance.choice(waiting)
        events.append(_event(running, plan, found))
        before = dict(running.facts)
        running.facts.update(_outcome(found.node, running, effects, chance, daring))
        if told:
            told(found.node, before, running.facts)
        if found.node.kind == "boundaryEvent":
            running.limit_reached(found)
        else:
            running.complete(found.task_id)
    return Run(tuple(events), ended=running.completed, stuck=False)


def _event(running: Running, plan: Blueprint, found: OpenNode) -> Event:
    made = frozenset(
        document.kind for document in found.node.documents
        if not document.when or plan.conditions[document.when].evaluate(running.facts)
    )
    return Event(found.node, made, dict(running.facts))


def _outcome(
    node: Node, running: Running, effects: Mapping[str, Mapping[str, Any]], chance: random.Random, daring: float
) -> dict[str, Any]:
    outcome: dict[str, Any] = {}
    for name, values in effects.get(node.operation, {}).items():
        if name not in running.facts or (values == "maybe" and chance.random() < 0.5):
            continue
        choices = values if isinstance(values, list) else CODES.get(name, (True, False))
        usual = USUAL.get(name)
        outcome[name] = usual if usual in choices and chance.random() > 0.3 * daring + 0.05 else chance.choice(list(choices))
    serving = [document.kind for document in node.documents if document.serve]
    return {**outcome, "serving": serving[0]} if serving and "serving" in running.facts else outcome


Ask = Callable[[Event], bool]


def ran(*operations: str, tag: str = "") -> Ask:
    """Whether an event ran one of these operations (and carries a tag)."""
    return lambda event: event.node.operation in operations and (not tag or tag in event.node.tags)


def made(*kinds: str) -> Ask:
    """Whether an event made one of these documents."""
    return lambda event: bool(event.documents & set(kinds))


def expired(limit: str) -> Ask:
    """Whether an event is the running out of a time limit."""
    return lambda event: event.node.kind == "boundaryEvent" and limit in event.node.limits


def either(*asks: Ask) -> Ask:
    """Any of several."""
    return lambda event: any(ask(event) for ask in asks)


def missing(run: Run, after: Ask | None, through: Ask, then: Ask, when: Callable[[Mapping[str, Any]], bool] | None = None) -> bool:
    """Whether `then` happened although `through` did not, since the last `after` (None: since the beginning)."""
    for position, event in enumerate(run.events):
        if not then(event) or (when and not when(event.facts)):
            continue
        earlier = run.events[:position]
        since = max((i for i, each in enumerate(earlier) if after(each)), default=None) if after else -1
        if since is not None and not any(through(each) for each in (*earlier[since + 1:], event)):
            return True
    return False


def unfinished(run: Run, after: Ask, then: Ask) -> bool:
    """Whether the run ended with `after` not followed by `then`."""
    if not run.ended:
        return False
    last = max((i for i, each in enumerate(run.events) if after(each)), default=None)
    return last is not None and not any(then(each) for each in run.events[last + 1:])


def wrongly(run: Run, then: Ask, lawful: Callable[[Mapping[str, Any]], bool]) -> bool:
    """Whether `then` happened in a case whose facts forbid it."""
    return any(then(event) and not lawful(event.facts) for event in run.events)


REPORT, REVIEW = ran("cases.report"), ran("cases.record_review")
LEGAL = ran("cases.record_review", tag="LEGAL_REVIEW")
NOTICE, DECIDE = ran("cases.give_notice"), ran("cases.decide")
APPROVE, DISCUSS, HEARING = ran("cases.approve_decision"), ran("cases.discuss"), ran("cases.record_hearing")
EVIDENCE, FILE = ran("cases.collect_evidence"), ran("cases.approve_filing", "cases.approve_combined")
CLOSE, PUBLISH = ran("cases.approve_closing"), ran("oversight.publish")
FINAL = either(DISCUSS, APPROVE, DECIDE)
SERVICE = ran("cases.record_service")
WINDOW = either(ran("cases.register_defence"), expired("TL_DEFENCE_WINDOW"))


def served(kind: str) -> Ask:
    """Whether an event served a document of this kind."""
    return lambda event: SERVICE(event) and event.facts.get("serving") == kind


def breaks_the_law(run: Run) -> list[str]:
    """What the law has against a run: a second reading of the statutes, written down without the verifier's table."""
    asked: dict[str, bool] = {
        "立案先于调查和决定": missing(run, None, FILE, either(EVIDENCE, REPORT, NOTICE, DECIDE)),
        "批准立案": wrongly(run, DECIDE, lambda facts: facts["filing_result"] == "FILE"),
        "审查证据": missing(run, EVIDENCE, ran("cases.review_evidence"), either(REPORT, DECIDE)),
        "两名执法人员": missing(run, None, ran("cases.assign_officers", "cases.open_combined"), EVIDENCE),
        "终结报告": missing(run, None, REPORT, either(NOTICE, DECIDE)),
        "审核": missing(run, REPORT, REVIEW, FINAL),
        "审核同意": wrongly(run, DECIDE, lambda facts: facts["review_result"] == "AGREE"),
        "法制审核": missing(run, REPORT, LEGAL, FINAL, lambda facts: facts["legal_review_required"]),
        "听证后法制审核": missing(run, HEARING, LEGAL, FINAL),
        "告知": missing(run, REPORT, NOTICE, DECIDE),
        "送达告知书": missing(run, NOTICE, served("DOC-37"), either(ran("cases.register_defence"), expired("TL_DEFENCE_WINDOW"), DECIDE)),
        "申辩期": missing(run, NOTICE, WINDOW, FINAL),
        "申辩期满": missing(run, NOTICE, expired("TL_DEFENCE_WINDOW"), DECIDE, lambda facts: not facts["window_closed"]),
        "听取申辩": wrongly(run, DECIDE, lambda facts: not facts["new_statement"]),
        "听证": missing(run, NOTICE, HEARING, FINAL, lambda facts: facts["hearing_right"] and facts["hearing_requested"]),
        "集体讨论": missing(run, NOTICE, DISCUSS, either(APPROVE, DECIDE), lambda facts: facts["major"]),
        "负责人决定": missing(run, WINDOW, APPROVE, DECIDE),
        "负责人同意": wrongly(run, DECIDE, lambda facts: facts["decision_result"] != "RETURN"),
        "重新告知": wrongly(run, DECIDE, lambda facts: not facts["renotice"]),
        "责令退款": wrongly(run, DECIDE, lambda facts: not facts["overcharged"]),
        "核准用印": missing(run, DECIDE, ran("cases.approve_seal"), served("DOC-45")),
        "送达决定": unfinished(run, DECIDE, served("DOC-45")),
        "先送达": missing(run, DECIDE, served("DOC-45"), either(PUBLISH, CLOSE, ran("cases.record_payment", "cases.dispose_property"))),
        "公示审批": unfinished(run, DECIDE, ran("cases.approve_publicity")),
        "先批后公示": missing(run, DECIDE, ran("cases.approve_publicity"), PUBLISH),
        "批准公示": wrongly(run, PUBLISH, lambda facts: facts["publish"] and facts["publicity_result"] != "RETURN"),
        "结案": unfinished(run, DECIDE, CLOSE), "归档": unfinished(run, CLOSE, ran("cases.prepare_archive")),
        "缴清再结案": wrongly(run, CLOSE, lambda facts: facts["paid"] and not facts["property_pending"]),
        "应急校验": missing(run, None, ran("cases.check_emergency"), ran("cases.approve_combined")),
        "应急覆盖": wrongly(run, ran("cases.approve_combined"), lambda facts: facts["emergency_ok"]),
        "决定后不退回": _back(run), "走得下去": run.stuck,
    }
    papers: dict[str, bool] = {
        "立案审批表": missing(run, FILE, made("DOC-07", "PEN-04"), either(EVIDENCE, REPORT), lambda facts: facts["filing_result"] == "FILE"),
        "取证文书": missing(run, EVIDENCE, made("DOC-09", "DOC-11", "DOC-12", "DOC-14"), either(ran("cases.review_evidence"), REPORT)),
        "终结报告书": missing(run, REPORT, made("DOC-35", "PEN-04"), either(REVIEW, NOTICE)),
        "审核意见": missing(run, REVIEW, made("DOC-36", "PEN-04"), either(NOTICE, DECIDE)),
        "告知书": missing(run, NOTICE, made("DOC-37"), either(SERVICE, WINDOW)),
        "申辩笔录": missing(run, ran("cases.hear_defence"), made("DOC-38"), either(APPROVE, DECIDE)),
        "讨论记录": missing(run, DISCUSS, made("DOC-42"), either(APPROVE, DECIDE)),
        "决定审批表": missing(run, APPROVE, made("DOC-43", "PEN-04"), DECIDE),
        "决定书": missing(run, DECIDE, made("DOC-45"), either(ran("cases.approve_seal"), SERVICE, PUBLISH, CLOSE)),
        "送达回证": unfinished(run, SERVICE, made("DOC-50")),
        "公示审批表": missing(run, ran("cases.approve_publicity"), made("PEN-06"), either(PUBLISH, CLOSE)),
        "结案审批表": missing(run, CLOSE, made("DOC-53"), ran("cases.prepare_archive"), lambda facts: facts["closing_result"] != "RETURN"),
        "卷内目录": missing(run, ran("cases.prepare_archive"), made("DOC-55"), ran("documents.archive")),
    }
    return [name for name, broken in {**asked, **papers}.items() if broken]


def _back(run: Run) -> bool:
    before = either(FILE, EVIDENCE, REPORT, REVIEW, NOTICE, ran("cases.register_defence"), APPROVE)
    first = next((i for i, each in enumerate(run.events) if DECIDE(each)), None)
    return first is not None and any(before(each) for each in run.events[first + 1:])


def operations(runs: Iterable[Run]) -> Sequence[str]:
    """The operations that some runs reached, for showing how far they came."""
    return sorted({event.node.operation for run in runs for event in run.events if event.node.operation})


def follow(plan: Blueprint, initial: Mapping[str, Any], path: Sequence[Any]) -> Run | None:
    """The run that a verifier's path stands for, taken in the engine; None when the engine does not go that way."""
    running, events = begin(0, "", plan, initial), list[Event]()
    if not _along(running, plan, path, events):
        return None
    open_ = [*running.open_steps(), *running.open_operations()]
    return Run(tuple(events), ended=running.completed, stuck=not open_ and not running.completed)


def endless(
    plan: Blueprint, initial: Mapping[str, Any], path: Sequence[Any], effects: Mapping[str, Mapping[str, Any]], chance: random.Random
) -> bool:
    """Whether no random run that goes on behind a path ever comes to an end."""
    for _ in range(12):
        running = begin(0, "", plan, initial)
        if not _along(running, plan, path, []) or _go_on(running, plan, effects, chance).ended:
            return False
    return True


def _along(running: Running, plan: Blueprint, path: Sequence[Any], events: list[Event]) -> bool:
    for step in path:
        if step.kind not in ("userTask", "serviceTask", "boundaryEvent"):
            continue
        waiting = [*running.open_steps(), *running.open_operations(), *running.waiting_limits()]
        found = next((each for each in waiting if (each.node.procedure, each.node.id) == (step.procedure, step.id)), None)
        if found is None:
            return False
        events.append(_event(running, plan, found))
        running.facts.update(step.facts)
        if found.node.kind == "boundaryEvent":
            running.limit_reached(found)
        else:
            running.complete(found.task_id)
    return True
