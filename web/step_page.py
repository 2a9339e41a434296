"""办理：the page of one step, with all that the officer needs beside its form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from flask import render_template, request
from sqlalchemy.orm import Session

from engine.cases.document_records import documents_of
from engine.cases.evidence import COLLECTED, evidence_of
from engine.cases.limits import running
from engine.cases.submissions import Submission
from engine.errors import Fault
from engine.registers.agencies import find_officer, officers_of
from engine.registers.items import standards_of
from engine.workflow import instances, unfinished
from engine.workflow.tasks import WorkItem, find_item, taken_for
from engine.workflow.unfinished import UnfinishedForm
from forms.definition import Choice, Form
from forms.rendering import initial, view
from processes.hinting import discretion_hint
from processes.previewing import PreviewedDocument, makes_documents
from processes.rounds import again, changed_since, everything_done, handed_up, last_answers
from processes.unfinished_work import Window, shown_first
from processes.viewing import officer_in_session
from web.current import new_key, officer_id, the_host
from web.help_desk import topic_of
from web.making_desk import changed_drafts
from web.routing_desk import other_acts


def step_page(
    item_id: int, raw: dict[str, object] | None = None, faults: Iterable[Fault] = (), message: str = "", *,
    previewed: list[PreviewedDocument] | None = None, newer: UnfinishedForm | None = None, kept: int | None = None,
) -> str:
    """The step's page.

    raw: the answers to show; without them what was kept (kept: id of the row asked for), else what is known. previewed: the
    documents that the step would make; newer: what another window or person kept meanwhile, about which the officer is asked.
    """
    host, now = the_host(), the_host().clock.now()
    with host.database.reading() as session:
        item = find_item(session, item_id)
        officer = officer_in_session(session, officer_id())
        principal = taken_for(session, item, officer, now)
        bundle = host.bundle(session, item.case.release_digest)
        procedure = bundle.procedures[item.procedure]
        node = bundle.blueprints[item.case.procedure].node(item.procedure, item.step)
        form = bundle.forms[node.form]
        names = {person.id: person.name for person in officers_of(session, item.agency_code)}
        people = [Choice(key, f"{name}（{key}）") for key, name in names.items()]
        rows, done = unfinished.kept_for(session, item_id), everything_done(session, item.case_id)
        window, shown = window_of(now), None
        if raw is None:
            shown = shown_first(rows, officer.id) if kept is None else unfinished.find_kept(session, item, kept)
            raw = _opening(session, item, form, done) if shown is None else shown.values
            window = replace(window, goes_on_from=shown.mark if shown is not None and shown.officer_id == officer.id else "")
        return render_template(
            "my_tasks/step.html", help_topic=topic_of(item.role), item=item, node=node, message=message,
            view=view(form, raw, faults, {"officer": people}),
            limits=[row for row in running(session, item.case_id) if row.limit_id in node.limits],
            standards=standards_of(session, item.case.item_code), acts=other_acts(host, session, item, officer, now),
            absent=find_officer(session, principal).name if principal else "",
            revision=instances.find(session, item.case_id).revision, key=new_key(), now=now,
            drafts=changed_drafts(session, documents_of(session, item.case_id)),
            hint=discretion_hint(host, session, item.case, form, raw), again=again(session, item, done),
            changes=changed_since(session, bundle, item, done, names), before=handed_up(session, bundle, item, done, names), previewed=previewed,
            may_preview=makes_documents(procedure, node), window=window, newer=newer, shown=shown, me=officer.id,
            others=[row for row in rows if row.window != window.name and row is not shown],
        )


def window_of(now: datetime) -> Window:
    """The window from which the request comes, as its form tells; a new one when it tells nothing usable."""
    name = request.form.get("window", "")
    try:
        opened_at = datetime.fromisoformat(request.form.get("opened_at", ""))
    except ValueError:
        opened_at = now
    if not unfinished.WINDOW.fullmatch(name) or opened_at.tzinfo is None:
        return Window(new_key(), now)
    return Window(name, opened_at, request.form.get("goes_on_from", "")[:40], request.form.get("seen", "")[:40])


def posted_revision() -> int | None:
    """The case's revision that the form was made for; None when it says none."""
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _opening(session: Session, item: WorkItem, form: Form, done: list[Submission]) -> dict[str, object]:
    """What a form opens with: its defaults, what the system knows, and what was answered when the step was done before."""
    return {**initial(form), **_known(session, item), **last_answers(item, form, done)}


def _known(session: Session, item: WorkItem) -> dict[str, object]:
    """What the system knows already, so that the officer need not type it again."""
    case = item.case
    known: dict[str, object] = {"violated_clause": case.item.violated, "penalty_clause": case.item.penalty}
    known["reconsideration_first"] = case.item.reconsideration_first
    if item.step == "investigation_report" and (standards := standards_of(session, case.item_code)):
        known["discretion_standard"] = standards[0].code
    if case.co_officer_id:
        known["co_officer"] = case.co_officer_id
    if item.step == "evidence_review":
        waiting = [row for row in evidence_of(session, case.id) if row.status == COLLECTED]
        known["reviews"] = [{"evidence_number": row.number} for row in waiting]
    return known
