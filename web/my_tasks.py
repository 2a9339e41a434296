"""办理：the first page with what waits for the officer, and completing a step with its form."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from engine.cases.document_records import documents_of
from engine.cases.evidence import COLLECTED, evidence_of
from engine.cases.limits import running
from engine.errors import Invalid, Unlawful
from engine.registers.absences import acting_for
from engine.registers.agencies import find_officer, officers_of
from engine.registers.items import standards_of
from engine.workflow import instances
from engine.workflow.lists import TO_DO
from engine.workflow.tasks import WorkItem, find_item, note_opened, takeable, taken_for
from forms.definition import Choice
from forms.rendering import initial, parse_posted, row_command, view, with_row_command
from processes.hinting import discretion_hint
from processes.running import complete_step, let_time_pass
from processes.viewing import officer_in_session
from web.current import new_key, officer_id, request_key, the_host
from web.help_desk import topic_of
from web.making_desk import changed_drafts
from web.routing_desk import other_acts
from web.task_lists import show_list

desk = Blueprint("my_tasks", __name__)


@desk.get("/tasks")
@login_required
def tasks() -> ResponseReturnValue:
    """待办: what waits for the officer, the most urgent first."""
    return show_list(TO_DO)


@desk.get("/tasks/<int:item_id>")
@login_required
def step(item_id: int) -> ResponseReturnValue:
    """The form of a step."""
    host, now = the_host(), the_host().clock.now()
    with host.database.reading() as session:
        item = find_item(session, item_id)
        taken_for(session, item, officer_in_session(session, officer_id()), now)
    let_time_pass(host, item.case_id)
    if item.first_opened_at is None:
        with host.database.writing() as session:
            note_opened(find_item(session, item_id), officer_in_session(session, officer_id()), now)
    return _page(item_id, None, ())


@desk.post("/tasks/<int:item_id>")
@login_required
def complete(item_id: int) -> ResponseReturnValue:
    """Complete a step, or add and remove rows of its form without JavaScript."""
    host = the_host()
    with host.database.reading() as session:
        item = find_item(session, item_id)
        bundle = host.bundle(session, item.case.release_digest)
        form = bundle.forms[bundle.blueprints[item.case.procedure].node(item.procedure, item.step).form]
    command = row_command(request.form)
    if command is not None:
        with host.database.reading() as session:
            taken_for(session, find_item(session, item_id), officer_in_session(session, officer_id()), host.clock.now())
        return _page(item_id, with_row_command(form, request.form, command), ())
    raw = parse_posted(form, request.form)
    try:
        done = complete_step(host, item_id, officer_id(), raw, revision=_revision(), key=request_key())
    except Invalid as refusal:
        return _page(item_id, raw, refusal.faults, refusal.message), 400
    except Unlawful as refusal:  # the form stays: what was written is not lost
        return _page(item_id, raw, (), f"{refusal.message}（{refusal.article}）"), 422
    flash(f"“{item.name}”已经办结", "success")
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        following = next(iter(takeable(session, done.opened, officer, acting_for(session, officer, host.clock.now()))), None)
    if following:
        return redirect(url_for("my_tasks.step", item_id=following))
    return redirect(url_for("case_desk.case", case_id=done.case_id))


def _page(item_id: int, raw: dict[str, object] | None, faults: Any, message: str = "") -> str:
    host = the_host()
    with host.database.reading() as session:
        item = find_item(session, item_id)
        bundle = host.bundle(session, item.case.release_digest)
        node = bundle.blueprints[item.case.procedure].node(item.procedure, item.step)
        form = bundle.forms[node.form]
        people = [Choice(person.id, f"{person.name}（{person.id}）") for person in officers_of(session, item.agency_code)]
        values = raw if raw is not None else {**initial(form), **_known(session, item)}
        limits = [row for row in running(session, item.case_id) if row.limit_id in node.limits]
        return render_template(
            "my_tasks/step.html", help_topic=topic_of(item.role), item=item, node=node, limits=limits, message=message,
            view=view(form, values, faults, {"officer": people}), standards=standards_of(session, item.case.item_code),
            acts=other_acts(host, session, item, officer_in_session(session, officer_id()), host.clock.now()),
            absent=_absent(session, item, host.clock.now()), revision=instances.find(session, item.case_id).revision, key=new_key(),
            now=host.clock.now(), drafts=changed_drafts(session, documents_of(session, item.case_id)),
            hint=discretion_hint(host, session, item.case, form, values),
        )


def _absent(session: Any, item: WorkItem, now: Any) -> str:
    """For whom the signed-in officer takes a step as a deputy; empty when it is his own."""
    person = taken_for(session, item, officer_in_session(session, officer_id()), now)
    return find_officer(session, person).name if person else ""


def _known(session: Any, item: WorkItem) -> dict[str, object]:
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


def _revision() -> int | None:
    text = request.form.get("revision", "")
    return int(text) if text.isdigit() else None
