"""Done before: why a step waits again, what its form said last time, and what others have changed since.

A step is done again when it was sent back (退回) or taken back (撤回), or when somebody after it did not agree (阿坝州行政权力依法规范
公开运行实施办法（试行） 第三十条第四项: whoever does not agree gives the reason).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.submissions import Submission
from engine.cases.superseding import everything, superseded
from engine.journal import JournalEntry
from engine.law.safeguards import NEGATIVE_OPINIONS
from engine.registers.agencies import Officer
from engine.workflow.tasks import WorkItem, items_of_case
from forms.definition import Choice, Form
from forms.rendering import FieldView, FormView, view
from forms.validation import to_plain
from processes.bundles import Bundle

ACTS = {"step.returned": "退回", "step.withdrawn": "撤回"}
REASONS = ("opinion", "advice", "reason")


@dataclass(frozen=True)
class Again:
    """Why a step waits again: the act in words, who, when, at which step, and the reason that was given."""

    act: str
    by: str
    at: datetime
    step: str
    reason: str


@dataclass(frozen=True)
class Difference:
    """One answer that differs: the question, what was answered before and what now."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class ChangedStep:
    """What changed in a step that was done again since a colleague last looked; without differences: done again without change."""

    name: str
    by: str
    at: datetime
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class HandedUp:
    """What a step before this one said: what whoever reviews or approves has before him."""

    name: str
    by: str
    at: datetime
    answers: FormView


def everything_done(session: Session, case_id: int) -> list[Submission]:
    """All completions of a case's steps in order, those taken back too."""
    query = select(Submission).where(Submission.case_id == case_id).order_by(Submission.id)
    return list(session.scalars(query, execution_options=everything()))


def again(session: Session, item: WorkItem, done: Sequence[Submission]) -> Again | None:
    """Why this step waits again; None when it waits for the first time."""
    here = [row for row in done if (row.procedure, row.step) == (item.procedure, item.step) and row.at <= item.opened_at]
    if not here:
        return None
    sent = select(JournalEntry).where(JournalEntry.chain == item.case_id, JournalEntry.act.in_(ACTS), JournalEntry.at == item.opened_at)
    for entry in session.scalars(sent.order_by(JournalEntry.sequence.desc())):
        facts = entry.read_facts()
        if item.step in (facts.get("to"), facts.get("step")):
            return Again(ACTS[entry.act], _name(session, entry.actor_id), entry.at, str(facts.get("from_name", facts.get("name", ""))),
                         str(facts.get("reason", "")))
    refused = next((row for row in reversed(done) if row.at == item.opened_at and _result(row) in NEGATIVE_OPINIONS), None)
    if refused is None or refused.id <= here[-1].id:
        return None
    names = {(each.procedure, each.step): each.name for each in items_of_case(session, item.case_id)}
    reason = next((str(refused.values[key]) for key in REASONS if refused.values.get(key)), "")
    return Again("不同意", _name(session, refused.actor_id), refused.at, names.get((refused.procedure, refused.step), ""), reason)


def last_answers(item: WorkItem, form: Form, done: Sequence[Submission]) -> dict[str, object]:
    """What the form of a step said when it was done last; confirmations are left out, they are given anew each time."""
    before = [row for row in done if (row.procedure, row.step) == (item.procedure, item.step) and row.at <= item.opened_at]
    if not before:
        return {}
    plain = to_plain(before[-1].values)
    return {field.key: plain[field.key] for field in form.fields if not field.must and plain.get(field.key) is not None}


def changed_since(
    session: Session, bundle: Bundle, item: WorkItem, done: Sequence[Submission], people: Mapping[str, str]
) -> list[ChangedStep]:
    """What others have done again since this step last waited, each with its differences from the time before.

    people: names by officer id. Empty when the step waits for the first time.
    """
    items = items_of_case(session, item.case_id)
    ended = [row.closed_at for row in items if row.id < item.id and (row.procedure, row.step) == (item.procedure, item.step) and row.closed_at]
    if not ended:
        return []
    since, names = max(ended), {(row.procedure, row.step): row.name for row in items}
    newest: dict[tuple[str, str], Submission] = {}
    before: dict[tuple[str, str], Submission] = {}
    for row in done:
        (newest if row.at >= since else before)[row.procedure, row.step] = row
    changed = []
    for place, row in newest.items():
        if place not in before or place == (item.procedure, item.step):
            continue
        form = _form(bundle, *place)
        differences = compared(form, before[place].values, row.values, people) if form else ()
        changed.append(ChangedStep(names.get(place, row.step), people.get(row.actor_id, row.actor_id), row.at, differences))
    return changed


def handed_up(
    session: Session, bundle: Bundle, item: WorkItem, done: Sequence[Submission], people: Mapping[str, str], most: int = 2
) -> list[HandedUp]:
    """The completions that still stand and came last before this step, newest first: what it is about."""
    gone, names = superseded(session, item.case_id, Submission.__tablename__), {
        (row.procedure, row.step): row.name for row in items_of_case(session, item.case_id)
    }
    found: dict[tuple[str, str], HandedUp] = {}
    for row in reversed(done):
        place = (row.procedure, row.step)
        form = _form(bundle, *place)
        if row.id in gone or row.at > item.opened_at or place in found or place == (item.procedure, item.step) or form is None:
            continue
        officers = {"officer": [Choice(key, name) for key, name in people.items()]}
        answers = view(form, to_plain(row.values), (), officers)
        found[place] = HandedUp(names.get(place, row.step), people.get(row.actor_id, row.actor_id), row.at, answers)
        if len(found) == most:
            break
    return list(found.values())


def compared(form: Form, before: Mapping[str, Any], after: Mapping[str, Any], people: Mapping[str, str]) -> tuple[Difference, ...]:
    """The answers in which two completions of a form differ, in the order of the form, as people read them."""
    officers = {"officer": [Choice(key, name) for key, name in people.items()]}
    told = [view(form, to_plain(values), (), officers).fields for values in (before, after)]
    return tuple(
        Difference(old.label, _told(old), _told(new)) for old, new in zip(*told, strict=True) if _told(old) != _told(new)
    )


def _told(field: FieldView) -> str:
    if field.widget != "group":
        return field.text
    return "\n".join("；".join(f"{cell.label}：{cell.text}" for cell in row.fields if cell.text) for row in field.rows)


def _form(bundle: Bundle, procedure: str, step: str) -> Form | None:
    node = bundle.procedures[procedure].nodes.get(step) if procedure in bundle.procedures else None
    return bundle.forms.get(node.form) if node else None


def _result(row: Submission) -> str:
    return str(row.values.get("decision") or row.values.get("conclusion") or "")


def _name(session: Session, officer_id: str) -> str:
    officer = session.get(Officer, officer_id)
    return officer.name if officer else officer_id
