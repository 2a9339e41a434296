"""办理：the first page with what waits for the officer, and completing a step with its form."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from engine.errors import Conflict, Invalid, Unlawful
from engine.registers.absences import acting_for
from engine.workflow.lists import TO_DO
from engine.workflow.tasks import find_item, note_opened, takeable, taken_for
from forms.definition import Form
from forms.rendering import parse_posted, row_command, with_row_command
from processes.previewing import preview_step
from processes.running import complete_step, let_time_pass
from processes.unfinished_work import finished, give_up, keep_unfinished, newer_elsewhere
from processes.viewing import officer_in_session
from web.current import officer_id, request_key, the_host
from web.filters import moment
from web.step_page import posted_revision, step_page, window_of
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
    kept = request.args.get("kept", "")
    return step_page(item_id, kept=int(kept) if kept.isdigit() and len(kept) < 10 else None)


@desk.post("/tasks/<int:item_id>")
@login_required
def complete(item_id: int) -> ResponseReturnValue:
    """Complete a step; show what it would make; or add and remove rows of its form without JavaScript."""
    host, now = the_host(), the_host().clock.now()
    form = _form_of(item_id)
    command = row_command(request.form)
    if command is not None:
        return step_page(item_id, with_row_command(form, request.form, command))
    raw, window = parse_posted(form, request.form), window_of(now)
    try:
        if "preview" in request.form:
            made = preview_step(host, item_id, officer_id(), raw, revision=posted_revision())
            return step_page(item_id, raw, previewed=made)
        if newer := newer_elsewhere(host, item_id, window):
            keep_unfinished(host, item_id, officer_id(), window, raw)
            return step_page(item_id, raw, newer=newer), 409
        done = complete_step(host, item_id, officer_id(), raw, revision=posted_revision(), key=request_key())
    except (Invalid, Unlawful) as refusal:  # the form stays, and is kept: what was written is not lost
        keep_unfinished(host, item_id, officer_id(), window, raw)
        if isinstance(refusal, Invalid):
            return step_page(item_id, raw, refusal.faults, refusal.message), 400
        return step_page(item_id, raw, message=f"{refusal.message}（{refusal.article}）"), 422
    finished(host, item_id)
    flash(f"“{done.name}”已经办结", "success")
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        following = next(iter(takeable(session, done.opened, officer, acting_for(session, officer, host.clock.now()))), None)
    if following:
        return redirect(url_for("my_tasks.step", item_id=following))
    return redirect(url_for("case_desk.case", case_id=done.case_id))


@desk.post("/tasks/<int:item_id>/keep")
@login_required
def keep(item_id: int) -> ResponseReturnValue:
    """暂存: keep what was typed. A script asks for JSON and is told when, and what somebody else kept meanwhile."""
    host, raw = the_host(), parse_posted(_form_of(item_id), request.form)
    by_script = request.accept_mimetypes.best == "application/json"
    try:
        row, newer = keep_unfinished(host, item_id, officer_id(), window_of(host.clock.now()), raw)
    except Conflict:
        if by_script:  # the script kept what was typed while the form itself was being handed in: there is nothing left to keep
            return {"saved_at": "", "newer": None}
        raise
    if by_script:
        told = {"by": "您" if newer.officer_id == officer_id() else newer.officer.name, "at": moment(newer.saved_at),
                "address": url_for("my_tasks.step", item_id=item_id, kept=newer.id)} if newer else None
        return {"saved_at": moment(row.saved_at), "newer": told}
    if newer:
        return step_page(item_id, raw, newer=newer), 409
    flash(f"已经暂存（{moment(row.saved_at)}），可以离开本页，回来接着填写", "success")
    return redirect(url_for("my_tasks.step", item_id=item_id, kept=row.id))


@desk.post("/tasks/<int:item_id>/give-up")
@login_required
def give_up_kept(item_id: int) -> ResponseReturnValue:
    """放弃一份暂存的内容."""
    text = request.form.get("kept", "")
    give_up(the_host(), item_id, officer_id(), int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0)
    flash("已经放弃暂存的内容", "success")
    return redirect(url_for("my_tasks.step", item_id=item_id))


def _form_of(item_id: int) -> Form:
    """The form of a step; whether the officer may take the step is asked by whatever is then done with it."""
    with the_host().database.reading() as session:
        item = find_item(session, item_id)
        bundle = the_host().bundle(session, item.case.release_digest)
        return bundle.forms[bundle.blueprints[item.case.procedure].node(item.procedure, item.step).form]

