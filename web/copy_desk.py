"""抄送: what an officer was sent for his knowledge, and on the case who was sent it, sending it, calling it back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from engine.accounts.permissions import LEADERS
from engine.cases.cases import STATUSES
from engine.errors import ZhifaError
from engine.registers.absences import holder_among
from engine.workflow.copies import copies_of, copies_page
from processes.copying import call_back, read_copy, receivers, require_may_send, send_copy
from processes.viewing import officer_in_session, visible_case
from web.current import officer_id, the_host
from web.list_query import SIZES, read_asked, size
from web.task_lists import tabs_for

desk = Blueprint("copy_desk", __name__)


@desk.get("/tasks/copies")
@login_required
def copies() -> ResponseReturnValue:
    """What was sent to the officer, the newest first."""
    host, asked = the_host(), read_asked("/tasks/copies", request.args, {}, ())
    with host.database.reading() as session:
        officer, now = officer_in_session(session, officer_id()), host.clock.now()
        page = copies_page(
            session, officer, words=asked.values["q"], unread=asked.values["unread"] == "1", before=request.args.get("before", ""),
            after=request.args.get("after", ""), size=size(asked.values["size"]),
        )
        return render_template("lists/copies.html", asked=asked, page=page, sizes=SIZES, tabs=tabs_for(session, officer, now), statuses=STATUSES)


@desk.post("/copies/<int:copy_id>/read")
@login_required
def read(copy_id: int) -> ResponseReturnValue:
    """Read it: the first time is written down; then the case is shown."""
    return redirect(url_for("case_desk.case", case_id=read_copy(the_host(), copy_id, officer_id())))


@desk.get("/cases/<int:case_id>/copies")
@login_required
def of_case(case_id: int) -> ResponseReturnValue:
    """Who was sent a case; a form for whoever may send it."""
    host = the_host()
    with host.database.reading() as session:
        officer, now = officer_in_session(session, officer_id()), host.clock.now()
        case = visible_case(host, session, case_id, officer)
        refused, people = "", []
        try:
            require_may_send(session, case, officer, now)
            people = receivers(session, case, officer)
        except ZhifaError as refusal:
            article = refusal.facts.get("article", "")
            refused = refusal.message + (f"（{article}）" if article else "")
        head = holder_among(session, officer, LEADERS, now) is not None
        return render_template(
            "lists/copies_of_case.html", case=case, rows=copies_of(session, case_id), people=people, refused=refused, me=officer.id, head=head,
        )


@desk.post("/cases/<int:case_id>/copies")
@login_required
def send(case_id: int) -> ResponseReturnValue:
    """Send it."""
    send_copy(the_host(), case_id, officer_id(), request.form.get("to", ""), request.form.get("note", "")[:1000])
    flash("已抄送，对方可以查看本案", "success")
    return redirect(url_for("copy_desk.of_case", case_id=case_id))


@desk.post("/copies/<int:copy_id>/call-back")
@login_required
def end(copy_id: int) -> ResponseReturnValue:
    """Call it back."""
    case_id = call_back(the_host(), copy_id, officer_id())
    flash("已收回，对方不能再凭抄送查看本案", "success")
    return redirect(url_for("copy_desk.of_case", case_id=case_id))
