"""待办、待签收、已办、我发起 and the list of the agency for its heads; naming a list, live counts, and acts on several steps at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from sqlalchemy.orm import Session

from engine.accounts.permissions import LEADERS
from engine.accounts.saved_lists import forget_list, save_list, saved_lists
from engine.errors import Invalid, NotPermitted
from engine.registers.absences import Acting, acting_for, holder_among
from engine.registers.agencies import ROLES, Officer, find_officer, officers_of
from engine.workflow import lists
from engine.workflow.copies import unread_count
from engine.workflow.opinions import asked_of
from processes.approving import waiting_for
from processes.claiming import MOST, Result, claim_several, hand_over_several, release_several
from processes.host import Host
from processes.repairing import MINDING, holds
from processes.routing import withdrawable_items
from processes.viewing import officer_in_session
from web.current import officer_id, the_host
from web.filters import days_left, last_day, moment
from web.list_export import AT_ONCE, csv_response, every_row
from web.list_query import CLOSED_SORTS, COLUMNS, SIZES, SORTS, read_asked, steps_wanted

desk = Blueprint("task_lists", __name__)
PLACES = {lists.TO_DO: "/tasks", lists.FREE: "/tasks/waiting", lists.FINISHED: "/tasks/done", lists.AGENCY: "/tasks/agency"}
TITLES = {lists.TO_DO: "我的待办", lists.FREE: "待签收", lists.FINISHED: "已办", lists.AGENCY: "本机关待办"}
USUAL = {
    lists.TO_DO: ("opened", "due"), lists.FREE: ("opened", "due"), lists.FINISHED: ("opened", "closed"), lists.AGENCY: ("holder", "due"),
}
LAMP_WORDS = {"red": "逾期", "yellow": "临期", "green": "正常", "lapsed": "期满", "none": "无时限"}


def show_list(which: str) -> ResponseReturnValue:
    """One of the lists of steps, as a page or as CSV."""
    host, columns = the_host(), {name: title for name, title in COLUMNS.items() if (name == "closed") == (which == lists.FINISHED) or name in (
        "party", "procedure", "opened", "holder")}
    asked = read_asked(PLACES[which], request.args, columns, USUAL[which])
    wanted = steps_wanted(asked, request.args, which)
    with host.database.reading() as session:
        officer, now = officer_in_session(session, officer_id()), host.clock.now()
        acting = acting_for(session, officer, now)
        head = holder_among(session, officer, LEADERS, now) is not None
        if which == lists.AGENCY and not head:
            raise NotPermitted("list.agency", "本机关的全部待办只有负责人可以查看")
        if request.args.get("format") == "csv":
            return _exported(host, session, which, officer, acting, wanted)
        page = lists.steps_page(session, which, officer, acting, now, wanted)
        own = lists.kinds_of_steps(session, lists.TO_DO, officer, acting, now)
        kinds = own if which == lists.TO_DO else [] if which == lists.FINISHED else lists.kinds_of_steps(session, which, officer, acting, now)
        more = _beside(host, session, officer) if which == lists.TO_DO and page.before == "" and not asked.narrowed else {}
        return render_template(
            "lists/steps.html", which=which, title=TITLES[which], asked=asked, wanted=wanted, page=page, columns=columns,
            counts=lists.lamps_of(kinds), tabs=_tabs(session, officer, head, lists.lamps_of(own)), procedures=_procedures(host, session, kinds, page),
            steps=sorted({kind.name for kind in kinds}), sorts=CLOSED_SORTS if which == lists.FINISHED else SORTS, sizes=SIZES,
            saved=saved_lists(session, officer.id, asked.place), role_names=ROLES, deputy=_deputy_for(session, officer, acting), acting=acting,
            me=officer.id, head=head and which != lists.FINISHED, days=lambda due: days_left(host.calendar, now, due), most=MOST,
            people=officers_of(session, officer.agency_code) if head and which == lists.AGENCY else [],
            minds=holds(session, officer, MINDING, now), lamps=LAMP_WORDS, **more,
        )


@desk.get("/tasks/waiting")
@login_required
def waiting() -> ResponseReturnValue:
    """待签收: open to a role, and nobody has it."""
    return show_list(lists.FREE)


@desk.get("/tasks/done")
@login_required
def done() -> ResponseReturnValue:
    """已办."""
    return show_list(lists.FINISHED)


@desk.get("/tasks/agency")
@login_required
def agency() -> ResponseReturnValue:
    """What waits in the agency, for its heads: from here they give steps to others."""
    return show_list(lists.AGENCY)


@desk.get("/tasks/counts")
@login_required
def counts() -> ResponseReturnValue:
    """The counts of the lamps and of the tabs: what the page asks for while it is open."""
    host = the_host()
    with host.database.reading() as session:
        officer, now = officer_in_session(session, officer_id()), host.clock.now()
        found = lists.kinds_of_steps(session, lists.TO_DO, officer, acting_for(session, officer, now), now)
        return jsonify({**lists.lamps_of(found), "unread": unread_count(session, officer.id)})


@desk.post("/tasks/batch")
@login_required
def batch() -> ResponseReturnValue:
    """签收, 退回待签收 or 转办 of what was ticked; a line for each step says what became of it."""
    host, act = the_host(), request.form.get("act", "")
    single = request.form.get("claim_one") or request.form.get("release_one")
    chosen = _numbers([single] if single else request.form.getlist("item"))
    results: list[Result]
    if request.form.get("claim_one") or act == "claim":
        results = claim_several(host, chosen, officer_id())
    elif request.form.get("release_one") or act == "release":
        results = release_several(host, chosen, officer_id())
    elif act == "hand_over":
        results = hand_over_several(host, chosen, officer_id(), request.form.get("to", ""), request.form.get("reason", "")[:2000])
    else:
        raise Invalid("batch.act", "请选择要做什么")
    back = _own_place(request.form.get("back", ""))
    if len(results) == 1 and results[0].done:
        flash(f"“{results[0].name}”{results[0].message}", "success")
        return redirect(back)
    return render_template("lists/results.html", results=results, back=back)


@desk.post("/tasks/saved")
@login_required
def save() -> ResponseReturnValue:
    """Name the list as it is narrowed now."""
    place = _own_place(request.form.get("place", "")).partition("?")[0]
    with the_host().database.writing() as session:
        found = save_list(session, officer_id(), place, request.form.get("name", ""), request.form.get("query", ""))
    flash(f"已保存筛选条件“{found.name}”", "success")
    return redirect(f"{found.place}?{found.query}" if found.query else found.place)


@desk.post("/tasks/saved/<int:list_id>/delete")
@login_required
def forget(list_id: int) -> ResponseReturnValue:
    """Forget a named list."""
    with the_host().database.writing() as session:
        place = forget_list(session, officer_id(), list_id)
    flash("已删除这组筛选条件", "success")
    return redirect(place)


def tabs_for(session: Session, officer: Officer, now: datetime) -> list[tuple[str, str, int | None]]:
    """The tabs of all lists with their counts, for pages that hold no list of steps."""
    found = lists.kinds_of_steps(session, lists.TO_DO, officer, acting_for(session, officer, now), now)
    return _tabs(session, officer, holder_among(session, officer, LEADERS, now) is not None, lists.lamps_of(found))


def procedure_name(host: Host, session: Session, procedure: str, digest: str) -> str:
    """Chinese title of a procedure as the release says it under which a case runs."""
    return host.bundle(session, digest).manifest.procedures.get(procedure, procedure)


def _tabs(session: Session, officer: Officer, head: bool, found: Mapping[str, int]) -> list[tuple[str, str, int | None]]:
    rows: list[tuple[str, str, int | None]] = [
        ("待办", "/tasks", found["total"]), ("待签收", "/tasks/waiting", found["free"]), ("已办", "/tasks/done", None),
        ("我发起", "/tasks/opened", None), ("抄送", "/tasks/copies", unread_count(session, officer.id)),
    ]
    return [*rows, ("本机关", "/tasks/agency", None)] if head else rows


def _beside(host: Host, session: Session, officer: Officer) -> dict[str, Any]:
    """What else waits for the officer, on the first page of his to-do list."""
    return {"asked_opinions": asked_of(session, officer.id), "withdrawable": withdrawable_items(host, session, officer),
            "approvals": waiting_for(session, officer)}


def _procedures(host: Host, session: Session, kinds: list[lists.Kind], page: Any) -> dict[str, str]:
    known = {kind.procedure: kind.release_digest for kind in kinds} or {row.procedure: row.release_digest for row in page.rows}
    return {procedure: procedure_name(host, session, procedure, digest) for procedure, digest in sorted(known.items())}


def _deputy_for(session: Session, officer: Officer, acting: Acting) -> dict[str, str]:
    """Role → names of the absent persons for whom a free step of that role would be taken; none of roles that he holds himself."""
    return {
        role: "、".join(find_officer(session, person).name for person in people)
        for role, people in acting.items() if role not in officer.role_keys
    }


def _exported(host: Host, session: Session, which: str, officer: Officer, acting: Acting, wanted: lists.Wanted) -> ResponseReturnValue:
    now = host.clock.now()
    wide = replace(wanted, before="", size=AT_ONCE)
    rows: Any = every_row(lambda after: lists.steps_page(session, which, officer, acting, now, replace(wide, after=after)))
    titles = ["案件编号", "案件名称", "当事人", "程序", "环节", "角色", "办理人", "收到时间", "期限", "状态", "剩余工作日", "办结时间"]
    cells = (
        [row.number, row.title, row.party or "", procedure_name(host, session, row.procedure, row.release_digest), row.name, ROLES[row.role],
         row.holder or "", moment(row.opened_at), last_day(row.due_at), LAMP_WORDS[row.lamp], days_left(host.calendar, now, row.due_at),
         moment(row.closed_at)]
        for row in rows
    )
    return csv_response(f"tasks-{which}", titles, cells)


def _numbers(texts: list[Any]) -> list[int]:
    return [int(text) for text in texts if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10]


def _own_place(text: str) -> str:
    """An address of one of the lists; anything else is the to-do list."""
    path = text.partition("?")[0]
    known = (*PLACES.values(), "/tasks/opened", "/tasks/copies", "/cases")
    return text if path in known and len(text) < 1000 and text.isprintable() else url_for("my_tasks.tasks")
