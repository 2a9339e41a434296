"""消息：what the officer was told, newest first; following one marks it as read and leads to its step. No script."""

from __future__ import annotations

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from engine.oversight.notices import ASKED, INCIDENT, Notice
from engine.workflow.opinions import Opinion
from engine.workflow.tasks import OPEN, WorkItem, waits_for
from processes.noticed import mark_read, open_notice, page_of, unread_count
from processes.viewing import officer_in_session
from web.current import officer_id, the_host
from web.display import shown

desk = Blueprint("notice_desk", __name__)


@desk.get("/notices")
@login_required
def notices() -> ResponseReturnValue:
    """Unread ones, or all with ?all=1; page by page."""
    host, everything = the_host(), request.args.get("all") == "1"
    with host.database.reading() as session:
        rows, following = page_of(
            host, session, officer_in_session(session, officer_id()), shown().page_size, unread=not everything, before=_before()
        )
    return render_template("notices/list.html", rows=rows, following=following, everything=everything, first=_before() is None)


@desk.get("/notices/count")
@login_required
def count() -> ResponseReturnValue:
    """How many are unread, for the bell; asking does not count as using the platform."""
    return jsonify(unread=unread_count(the_host(), officer_id()))


@desk.get("/notices/<int:notice_id>")
@login_required
def follow(notice_id: int) -> ResponseReturnValue:
    """Mark one as read and go where it leads."""
    found = open_notice(the_host(), notice_id, officer_id())
    if found is None:
        abort(404)
    return redirect(_target(found))


@desk.post("/notices/read")
@login_required
def read() -> ResponseReturnValue:
    """Mark one as read, or all that were on the page and before."""
    number, up_to = request.form.get("notice", ""), request.form.get("up_to", "")
    if number.isdecimal():
        mark_read(the_host(), officer_id(), [int(number)])
    elif up_to.isdecimal():
        flash(f"{mark_read(the_host(), officer_id(), up_to=int(up_to))}条消息已经标为已读", "success")
    return redirect(url_for("notice_desk.notices", all=request.form.get("all") or None))


def _target(notice: Notice) -> str:
    """Where a notice leads: its step while the officer can take it, else the case."""
    if notice.kind == INCIDENT and notice.incident_id is not None:
        return url_for("incident_desk.incident", incident_id=notice.incident_id)
    with the_host().database.reading() as session:
        opinion = session.get(Opinion, notice.opinion_id) if notice.kind == ASKED and notice.opinion_id is not None else None
        if opinion is not None and opinion.given_at is None:
            return url_for("routing_desk.opinion", opinion_id=opinion.id)
        item = session.get(WorkItem, notice.item_id) if notice.item_id is not None else None
        if item is not None and item.state == OPEN and waits_for(item, officer_in_session(session, officer_id())):
            return url_for("my_tasks.step", item_id=item.id)
    return url_for("case_desk.case", case_id=notice.case_id)


def _before() -> int | None:
    text = request.args.get("before", "")
    return int(text) if text.isdecimal() and len(text) < 16 else None
