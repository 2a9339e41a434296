"""离岗代理：an officer says from when to when he is away and who takes his steps, ends it, and sees for whom he acts. No script."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from sqlalchemy.orm import Session

from engine.errors import Invalid
from engine.registers.absences import APPOINTING, Absence, absences_in, absences_of
from engine.registers.agencies import ROLES, Officer, officers_of
from engine.registers.checks import NO_DEPUTY
from processes.deputising import end_absence, state_absence
from processes.viewing import officer_in_session
from web.current import officer_id, the_host

desk = Blueprint("absence_desk", __name__)


@desk.get("/absences")
@login_required
def absences() -> ResponseReturnValue:
    """Own absences, whom one stands in for, and for heads the whole agency; a form to state one."""
    return _page("", {})


@desk.post("/absences")
@login_required
def state() -> ResponseReturnValue:
    """State an absence; what was filled in is kept when it is refused."""
    form = request.form
    try:
        state_absence(
            the_host(), officer_id(), form.get("officer", "") or officer_id(), form.get("deputy", "")[:40],
            [role for role in form.getlist("roles") if role in ROLES], _day("first", "起始日期"), _day("last", "终止日期"),
            form.get("reason", "").strip()[:120],
        )
    except Invalid as refusal:
        return _page(refusal.message, {**form.to_dict(), "roles": form.getlist("roles")}), 400
    flash("已经登记，代理人在这些日子可以办理", "success")
    return redirect(url_for("absence_desk.absences"))


@desk.post("/absences/end")
@login_required
def end() -> ResponseReturnValue:
    """End one from today on."""
    end_absence(the_host(), officer_id(), request.form.get("key", "")[:160])
    flash("已经终止，代理人不再代办", "success")
    return redirect(url_for("absence_desk.absences"))


def _page(message: str, filled: dict[str, object]) -> str:
    host = the_host()
    with host.database.reading() as session:
        officer, today = officer_in_session(session, officer_id()), host.clock.now().date()
        head = bool(APPOINTING & officer.role_keys)
        return render_template(
            "my_tasks/absences.html", officer=officer, message=message, filled=filled, head=head, roles=_roles(session, officer, head),
            colleagues=officers_of(session, officer.agency_code), rows=_rows(session, officer, today, head), first_day=today,
        )


def _rows(session: Session, officer: Officer, today: date, head: bool) -> list[Absence]:
    return absences_in(session, officer.agency_code, today) if head else absences_of(session, officer.id, today)


def _roles(session: Session, officer: Officer, head: bool) -> dict[str, str]:
    """Roles that can be handed to a deputy: one's own; to a head all that anybody in the agency holds."""
    held = {role for each in officers_of(session, officer.agency_code) for role in each.role_keys} if head else officer.role_keys
    return {key: name for key, name in ROLES.items() if key in held and key not in NO_DEPUTY}


def _day(name: str, label: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError as error:
        raise Invalid("absence.date", f"请填写{label}，例如 2026-04-01") from error
