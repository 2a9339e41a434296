"""人员和账号：for administrators, the officers of their scope and their accounts; roles are shown, never changed here. No script."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from engine.errors import Invalid
from engine.registers.agencies import ROLES
from processes.administering import ACTS, DISABLE, administer, find_person, people
from processes.viewing import officer_in_session
from web.current import officer_id, the_host
from web.display import shown

desk = Blueprint("people_desk", __name__)
WARNINGS = {
    "create": "开通后给出一次性的初始密码，请当面交给本人，首次登录必须更换。",
    "reset": "请先核实本人身份：原密码和第二种登录方式立即失效，全部设备退出，给出新的一次性密码。",
    "disable": "立即退出全部设备，不能再登录，恢复之前一直有效。",
    "enable": "恢复后用原来的密码登录，登录失败造成的锁定同时解除。",
}


@desk.get("/people")
@login_required
def listing() -> ResponseReturnValue:
    """The officers of the administrator's scope; a search narrows them."""
    host, words, after = the_host(), request.args.get("q", "").strip()[:40], request.args.get("after", "")[:40]
    with host.database.reading() as session:
        rows, more = people(
            host, session, officer_in_session(session, officer_id()), words=words, after=after, size=shown().page_size
        )
        return render_template(
            "people/list.html", rows=rows, more=more, words=words, after=after, roles=ROLES, day=host.clock.now().date(),
        )


@desk.get("/people/<person_id>")
@login_required
def person(person_id: str) -> ResponseReturnValue:
    """One officer: register, account, and what may be done."""
    return _page(person_id)


@desk.post("/people/<person_id>/<act>")
@login_required
def act(person_id: str, act: str) -> ResponseReturnValue:
    """Open, reset, disable or enable the account; a password for one use is shown this once."""
    host = the_host()
    with host.database.reading() as session:
        found = find_person(host, session, officer_in_session(session, officer_id()), person_id[:40])
    if request.form.get("sure") != "yes":
        raise Invalid("account.sure", "请勾选确认后再提交")
    done = administer(host, act, found.officer.id, officer_id(), login=request.form.get("login", "").strip()[:40])
    if done.password:
        return render_template("people/password.html", officer=found.officer, done=done, act=ACTS[act])
    ended = f"，已退出{done.ended}台设备" if act == DISABLE else ""
    flash(f"{ACTS[act]}：{found.officer.name}（{done.login}）{ended}", "success")
    return redirect(url_for("people_desk.person", person_id=found.officer.id))


def _page(person_id: str) -> str:
    host = the_host()
    with host.database.reading() as session:
        found = find_person(host, session, officer_in_session(session, officer_id()), person_id[:40])
        return render_template(
            "people/person.html", found=found, acts=ACTS, warnings=WARNINGS, roles=ROLES, day=host.clock.now().date(),
            own=found.officer.id == officer_id(),
        )
