"""运行异常：for heads and administrators, what failed in their agency's cases, why, and how far it is; retry, correct, skip. No script."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from engine.accounts.permissions import may_see
from engine.registers.agencies import Officer, officers_of
from engine.workflow.incidents import RESOLVED, SKIPPED, STEP
from processes.repairing import (
    BY,
    MINDING,
    holds,
    may_skip,
    retry,
    skip,
    visible_incident,
    visible_incidents,
    what_failed,
)
from processes.viewing import officer_in_session
from web.current import officer_id, the_host

desk = Blueprint("incident_desk", __name__)


@desk.get("/incidents")
@login_required
def incidents() -> ResponseReturnValue:
    """What is open in the agency, or with ?all=1 everything that ever was; nobody but heads and administrators gets here."""
    host, everything = the_host(), request.args.get("all") == "1"
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        rows = [
            (found, visible_incident(session, found.id, officer, host.clock.now())[1], what_failed(found))
            for found in visible_incidents(session, officer, host.clock.now(), closed=everything)
        ]
        return render_template("incidents/list.html", rows=rows, everything=everything)


@desk.get("/incidents/<int:incident_id>")
@login_required
def incident(incident_id: int) -> ResponseReturnValue:
    """One of them: cause, state, and what can be done about it by this officer."""
    host, now = the_host(), the_host().clock.now()
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        found, case = visible_incident(session, incident_id, officer, now)
        bundle, by = host.bundle(session, case.release_digest), session.get(Officer, found.officer_id)
        return render_template(
            "incidents/incident.html", incident=found, case=case, what=what_failed(found), by=by, is_step=found.kind == STEP,
            open=found.state not in (RESOLVED, SKIPPED), own=found.officer_id == officer.id, closed_by=session.get(Officer, found.closed_by),
            colleagues=[each for each in officers_of(session, case.agency_code) if each.in_service],
            skippable=may_skip(session, found, bundle) and holds(session, officer, MINDING, now),
            statutory=found.kind != STEP and not may_skip(session, found, bundle), sees_case=may_see(officer, case, involved=False),
            lists=holds(session, officer, MINDING, now),
        )


@desk.post("/incidents/<int:incident_id>/retry")
@login_required
def again(incident_id: int) -> ResponseReturnValue:
    """Try again, perhaps in another person's name."""
    person = request.form.get("officer", "")[:40]
    if retry(the_host(), incident_id, officer_id(), {BY: person} if person else None):
        flash("已经解决", "success")
    else:
        flash("已经重新安排，请稍后查看结果", "info")
    return redirect(url_for("incident_desk.incident", incident_id=incident_id))


@desk.post("/incidents/<int:incident_id>/skip")
@login_required
def go_on(incident_id: int) -> ResponseReturnValue:
    """Go on without it, with a reason, where no statute asks for it."""
    skip(the_host(), incident_id, officer_id(), request.form.get("reason", "").strip()[:2000])
    flash("已经跳过，案件继续办理", "success")
    return redirect(url_for("incident_desk.incident", incident_id=incident_id))
