"""案件：opening a case, and the case page: facts, what is next, stepper, diagram, what happened, limits, journal."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from sqlalchemy.orm import Session

from engine import journal
from engine.accounts.permissions import LEADERS
from engine.cases.cases import Case
from engine.cases.penalties import DECIDED, NOTICED, PROPOSED, penalties
from engine.cases.stays import GROUNDS, KIND_NAMES
from engine.cases.submissions import submissions
from engine.errors import Invalid, NotPermitted
from engine.law.penalties import penalty_text
from engine.oversight.archive import archive_of
from engine.registers.absences import acting_for, holder_among
from engine.registers.agencies import Officer, officers_of
from engine.workflow.tasks import WorkItem, waits_for
from forms.definition import Choice
from forms.rendering import FormView, row_command, view
from forms.validation import to_plain
from processes.bundles import Bundle
from processes.case_lists import VISIBLE
from processes.staying import ASKING, DECIDING
from processes.viewing import CaseView, officer_in_session, view_case
from web.case_lists import show_cases
from web.chronicle import told_by_day
from web.current import officer_id, the_host
from web.opening_page import open_as_chosen, opening_page

desk = Blueprint("case_desk", __name__)
LATE_ENTRY = "PLT-01"
STAGES = (PROPOSED, NOTICED, DECIDED)


@desk.get("/cases")
@login_required
def cases() -> ResponseReturnValue:
    """The cases that the officer may see."""
    return show_cases(VISIBLE)


@desk.get("/cases/new")
@login_required
def new_case() -> ResponseReturnValue:
    """Where the lead comes from; then the questions by which the procedure is found."""
    return opening_page()


@desk.post("/cases/new")
@login_required
def open_new() -> ResponseReturnValue:
    """Say which procedure the answers call for, and why; or, once it is chosen, open the case and go to its first step."""
    if row_command(request.form) is not None:
        return opening_page()
    try:
        case_id = open_as_chosen()
    except Invalid as refusal:
        return opening_page(refusal), 400
    return opening_page(advised=True) if case_id is None else _to_first_step(case_id)


@desk.get("/cases/<int:case_id>", defaults={"tab": "overview"})
@desk.get("/cases/<int:case_id>/<any(diagram, timeline, parties, documents, limits, journal, print):tab>")
@login_required
def case(case_id: int, tab: str) -> ResponseReturnValue:
    """One tab of a case, or all that a leader would be handed on paper."""
    host = the_host()
    now = host.clock.now()
    with host.database.reading() as session:
        shown = _view(session, case_id)
        whole = tab in ("overview", "print")
        stages = {name: [penalty_text(item) for item in penalties(session, case_id, name)] for name in STAGES} if whole else {}
        officer = officer_in_session(session, officer_id())
        bundle = host.bundle(session, shown.case.release_digest)
        return render_template(
            f"cases/{tab}.html", view=shown, case=shown.case, tab=tab, mine=_mine(session, shown, officer, now), penalties=stages, now=now,
            may=_may_stop(session, shown.case, officer, now) if tab == "overview" else {},
            waits=_waits(session, shown) if whole else {},
            archive=archive_of(session, case_id), intact=not journal.verify(session, case_id)[1] if tab == "journal" else None,
            chosen=request.args.get("procedure", shown.case.procedure), in_charge=officer.id in shown.case.investigators,
            days=told_by_day(shown.journal, shown.names) if tab in ("timeline", "print") else (), labels=bundle.code_lists,
            procedure=bundle.manifest.procedures[shown.case.procedure], printed_by=officer.name, late_entry=_owes_late_entry(shown),
            answers=_answers(session, shown, bundle) if tab == "print" else (), full=request.args.get("answers") == "all",
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
    return waits_for(item, officer, acting_for(session, officer, the_host().clock.now()))


def _mine(session: Session, shown: CaseView, officer: Officer, now: datetime) -> set[int]:
    """Ids of the open steps that the officer may take, himself or as a deputy; asked once, however many wait."""
    acting = acting_for(session, officer, now) if shown.open_items else {}
    return {item.id for item in shown.open_items if waits_for(item, officer, acting)}


def _owes_late_entry(shown: CaseView) -> bool:
    """Whether the case was handled on paper first and the table of late entry is still missing (粤府〔2023〕73号 第二十二条)."""
    opened = shown.journal[0].read_facts() if shown.journal else {}
    return bool(opened.get("paper")) and not any(row.kind == LATE_ENTRY for row in shown.documents)


def _waits(session: Session, shown: CaseView) -> dict[int, str]:
    """Who has each open step: the person to whom it is assigned, else those who may take it."""
    if not shown.open_items:
        return {}
    people = officers_of(session, shown.case.agency_code)
    told = {}
    for item in shown.open_items:
        holders = [person.name for person in people if item.role in person.role_keys]
        told[item.id] = shown.names.get(item.assignee_id or "", "") or _any_of(holders)
    return told


def _any_of(holders: list[str]) -> str:
    """Those who may take a step that nobody holds yet, in words."""
    if len(holders) > 1:
        return "、".join(holders) + "，任一人可以办理"
    return holders[0] if holders else "没有人担任该角色"


def _answers(session: Session, shown: CaseView, bundle: Bundle) -> list[tuple[str, str, datetime, FormView]]:
    """What was filled in at each step, in order: (step, by whom, when, answers)."""
    steps = {(item.procedure, item.step): item.name for item in shown.items}
    officers = {"officer": [Choice(person.id, person.name) for person in officers_of(session, shown.case.agency_code)]}
    told = []
    for row in submissions(session, shown.case.id):
        node = bundle.procedures[row.procedure].nodes.get(row.step)
        if node is not None and node.form in bundle.forms:
            answers = view(bundle.forms[node.form], to_plain(row.values), (), officers)
            told.append((steps.get((row.procedure, row.step), row.step), shown.names.get(row.actor_id, row.actor_id), row.at, answers))
    return told


def _to_first_step(case_id: int) -> ResponseReturnValue:
    with the_host().database.reading() as session:
        shown = _view(session, case_id)
        officer = officer_in_session(session, officer_id())
        mine = min(_mine(session, shown, officer, the_host().clock.now()), default=None)
    if mine:
        return redirect(url_for("my_tasks.step", item_id=mine))
    return redirect(url_for("case_desk.case", case_id=case_id))

