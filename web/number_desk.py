"""预留号码：blocks of numbers for documents written on the spot; who holds them and what became of each."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from engine.accounts.permissions import LEADERS
from engine.errors import Invalid
from engine.registers.agencies import officers_of
from engine.registers.reserved_numbers import LARGEST_BLOCK
from processes.reserving import account_for, numbers_shown, reserve_block, series_offered
from processes.viewing import officer_in_session
from web.current import officer_id, the_host

desk = Blueprint("number_desk", __name__)


@desk.get("/numbers")
@login_required
def numbers() -> ResponseReturnValue:
    """The numbers that the officer holds, or those of the agency for a head."""
    host = the_host()
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        rows, head = numbers_shown(session, officer), bool(LEADERS & officer.role_keys)
        people = officers_of(session, officer.agency_code)
        series = series_offered(host, session)
    names = {person.id: person.name for person in people}
    return render_template(
        "documents/numbers.html", rows=rows, head=head, people=people, names=names, series=series, me=officer.id, most=LARGEST_BLOCK,
    )


@desk.post("/numbers")
@login_required
def reserve() -> ResponseReturnValue:
    """Hand out a block."""
    given = reserve_block(the_host(), officer_id(), request.form.get("officer", ""), request.form.get("series", ""), _whole("count"))
    flash(f"已预留 {len(given)} 个号码：{given[0]} 至 {given[-1]}", "success")
    return redirect(url_for("number_desk.numbers"))


@desk.post("/numbers/account")
@login_required
def account() -> ResponseReturnValue:
    """Use on paper, void or give back one number."""
    form = request.form
    account_for(the_host(), officer_id(), form.get("series", ""), _whole("year"), _whole("number"), form.get("act", ""), form.get("note", ""))
    flash(f"{form.get('number')} 号已登记", "success")
    return redirect(url_for("number_desk.numbers"))


def _whole(name: str) -> int:
    text = request.form.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Invalid("number.whole", "请填写整数")
    return int(text)
