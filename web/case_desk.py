"""案件：opening a case, and the case page with facts, stepper, diagram, documents and journal."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from sqlalchemy.orm import Session

from engine import journal
from engine.accounts.permissions import LEADERS
from engine.cases.cases import Case
from engine.cases.penalties import DECIDED, NOTICED, PROPOSED, penalties
from engine.cases.stays import GROUNDS, KIND_NAMES
from engine.errors import Invalid, NotPermitted
from engine.law.penalties import penalty_text
from engine.oversight.archive import archive_of
from engine.registers.absences import holder_among
from engine.registers.agencies import Officer
from engine.registers.emergencies import covering
from engine.registers.items import items_of
from engine.workflow import releases
from engine.workflow.tasks import WorkItem, taken_for
from processes.case_lists import VISIBLE
from processes.manifest import Manifest
from processes.opening import FAST_TRACK, open_case
from processes.staying import ASKING, DECIDING
from processes.viewing import CaseView, officer_in_session, view_case
from web.case_lists import OPENERS, show_cases
from web.current import new_key, officer_id, request_key, the_host

desk = Blueprint("case_desk", __name__)


@desk.get("/cases")
@login_required
def cases() -> ResponseReturnValue:
    """The cases that the officer may see."""
    return show_cases(VISIBLE)


@desk.get("/cases/new")
@login_required
def new_case() -> ResponseReturnValue:
    """Choose item and procedure; the fast track is offered only under an emergency that covers the day."""
    host = the_host()
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        if not OPENERS & officer.role_keys:
            raise NotPermitted("case.open_role", "只有案源登记员和主办执法人员可以新建案件")
        rows = items_of(session, officer.agency_code)
        today = host.clock.now().date()
        fast = {row.code for row in rows if covering(session, officer.agency.region_code, row.code, today)}
        bundle = host.bundle(session, releases.current(session, "national", host.clock.now()).digest)
    return render_template(
        "cases/new.html", items=rows, fast=fast, procedures=_offered(bundle.manifest, officer.role_keys, bool(fast)),
        suitability=bundle.manifest.suitability, intake="intake_clerk" in officer.role_keys,
        lead="lead_officer" in officer.role_keys, fast_track=FAST_TRACK, today_on=today, key=new_key(),
    )


def _offered(manifest: Manifest, roles: frozenset[str], emergency: bool) -> dict[str, str]:
    """The procedures that these roles may open a case with: those the package names, else the clerk who registers sources."""
    return {
        key: title for key, title in manifest.procedures.items()
        if set(manifest.suitability[key].opened_by or ("intake_clerk",)) & roles and (emergency or key != FAST_TRACK)
    }


@desk.post("/cases/new")
@login_required
def open_new() -> ResponseReturnValue:
    """Open the case and go to its first step."""
    host = the_host()
    with host.database.reading() as session:
        if not OPENERS & officer_in_session(session, officer_id()).role_keys:
            raise NotPermitted("case.open_role", "只有案源登记员和主办执法人员可以新建案件")
    try:
        violated = date.fromisoformat(request.form["violated_on"]) if request.form.get("violated_on") else None
    except ValueError as error:
        raise Invalid("violation.date", "违法行为日期有误") from error
    case_id = open_case(
        host, officer_id(), request.form.get("procedure", ""), request.form.get("item", ""), violated_on=violated,
        key=request_key(),
    )
    return _to_first_step(case_id)


@desk.get("/cases/<int:case_id>", defaults={"tab": "overview"})
@desk.get("/cases/<int:case_id>/<any(diagram, documents, journal):tab>")
@login_required
def case(case_id: int, tab: str) -> ResponseReturnValue:
    """One tab of a case."""
    host = the_host()
    with host.database.reading() as session:
        shown = _view(session, case_id)
        stages = {name: [penalty_text(item) for item in penalties(session, case_id, name)] for name in (PROPOSED, NOTICED, DECIDED)}
        officer = officer_in_session(session, officer_id())
        mine = {item.id for item in shown.open_items if may_take(session, item, officer)}
        may = _may_stop(session, shown.case, officer, host.clock.now())
        intact = not journal.verify(session, case_id)[1] if tab == "journal" else None
        return render_template(
            f"cases/{tab}.html", view=shown, case=shown.case, tab=tab, mine=mine, may=may, penalties=stages, now=host.clock.now(),
            archive=archive_of(session, case_id), intact=intact, chosen=request.args.get("procedure", shown.case.procedure),
            in_charge=officer.id in shown.case.investigators,
        )


@desk.get("/cases/<int:case_id>/diagram/<procedure>.bpmn")
@login_required
def diagram(case_id: int, procedure: str) -> ResponseReturnValue:
    """The very BPMN file under which this case runs."""
    host = the_host()
    with host.database.reading() as session:
        shown = _view(session, case_id)
        bundle = host.bundle(session, shown.case.release_digest)
    if procedure not in bundle.procedures:
        raise NotPermitted("diagram.unknown", "没有这张流程图")
    return Response(bundle.procedures[procedure].source, mimetype="application/xml")


def _view(session: Session, case_id: int) -> CaseView:
    return view_case(the_host(), session, case_id, officer_in_session(session, officer_id()))


def _may_stop(session: Session, case: Case, officer: Officer, now: datetime) -> dict[str, object]:
    """What an officer is offered about stay and termination; the engine has the last word."""
    handles = officer.id in case.investigators or holder_among(session, officer, ASKING, now) is not None
    decides = holder_among(session, officer, DECIDING, now) is not None
    open_case = case.filed_on is not None and not case.decided and case.status not in ("NOT_FILED", "TERMINATED")
    return {
        "receive": officer.id in case.investigators or holder_among(session, officer, LEADERS, now) is not None,
        "ask": handles and open_case, "resume": handles or decides, "decide": decides,
        "grounds": GROUNDS, "kinds": KIND_NAMES,
    }


def may_take(session: Session, item: WorkItem, officer: Officer) -> bool:
    """Whether an officer may take a step now."""
    try:
        taken_for(session, item, officer, the_host().clock.now())
    except NotPermitted:
        return False
    return True


def _to_first_step(case_id: int) -> ResponseReturnValue:
    with the_host().database.reading() as session:
        shown = _view(session, case_id)
        officer = officer_in_session(session, officer_id())
        mine = next((item.id for item in shown.open_items if may_take(session, item, officer)), None)
    if mine:
        return redirect(url_for("my_tasks.step", item_id=mine))
    return redirect(url_for("case_desk.case", case_id=case_id))

