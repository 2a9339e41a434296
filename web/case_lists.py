"""案件 and 我发起: the lists of cases, narrowed, ordered, paged by key, exported."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_required
from sqlalchemy.orm import Session

from engine.accounts.saved_lists import saved_lists
from engine.cases.cases import STATUSES
from engine.registers.agencies import Officer
from engine.workflow import releases
from processes.case_lists import OPENED, VISIBLE, WantedCases, cases_page
from processes.host import Host
from processes.viewing import officer_in_session
from web.current import officer_id, the_host
from web.filters import day, moment
from web.list_export import AT_ONCE, csv_response, every_row
from web.list_query import CASE_COLUMNS, CASE_SORTS, SIZES, cases_wanted, read_asked
from web.task_lists import procedure_name, tabs_for

desk = Blueprint("case_lists", __name__)
PLACES = {VISIBLE: "/cases", OPENED: "/tasks/opened"}
USUAL = {VISIBLE: ("item", "filed", "status"), OPENED: ("opened", "status", "waiting")}
OPENERS = frozenset({"intake_clerk", "lead_officer"})


def show_cases(which: str) -> ResponseReturnValue:
    """The cases that the officer may see, or those that he opened, as a page or as CSV."""
    host = the_host()
    asked = read_asked(PLACES[which], request.args, CASE_COLUMNS, USUAL[which])
    wanted = cases_wanted(asked, request.args)
    with host.database.reading() as session:
        officer, now = officer_in_session(session, officer_id()), host.clock.now()
        if request.args.get("format") == "csv":
            return _exported(host, session, which, officer, now, wanted)
        page, waiting = cases_page(session, which, officer, now, wanted)
        return render_template(
            "cases/list.html", which=which, asked=asked, wanted=wanted, page=page, waiting=waiting, columns=CASE_COLUMNS, statuses=STATUSES,
            sorts=CASE_SORTS, sizes=SIZES, saved=saved_lists(session, officer.id, asked.place), names=_names(host, session, page, now),
            tabs=tabs_for(session, officer, now) if which == OPENED else (), may_open=bool(OPENERS & officer.role_keys),
        )


@desk.get("/tasks/opened")
@login_required
def opened() -> ResponseReturnValue:
    """我发起: the cases that the officer opened."""
    return show_cases(OPENED)


def _names(host: Host, session: Session, page: Any, now: datetime) -> dict[str, str]:
    """Chinese titles of the procedures that can be chosen, and of those on the page."""
    known = dict(host.bundle(session, releases.current(session, "national", now).digest).manifest.procedures)
    return known | {row.procedure: procedure_name(host, session, row.procedure, row.release_digest) for row in page.rows}


def _exported(host: Host, session: Session, which: str, officer: Officer, now: datetime, wanted: WantedCases) -> ResponseReturnValue:
    wide = replace(wanted, before="", size=AT_ONCE)
    rows: Any = every_row(lambda after: cases_page(session, which, officer, now, replace(wide, after=after))[0])
    titles = ["案件编号", "案件名称", "当事人", "执法事项", "程序", "主办人员", "建立时间", "立案日期", "状态"]
    cells = (
        [row.number, row.title, row.party or "", row.item, procedure_name(host, session, row.procedure, row.release_digest), row.lead or "",
         moment(row.opened_at), day(row.filed_on), STATUSES[row.status]]
        for row in rows
    )
    return csv_response(f"cases-{which}", titles, cells)
