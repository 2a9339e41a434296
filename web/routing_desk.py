"""其他处理：return, withdraw, hand over, consult, countersign; stay, resume, terminate; and what failed. Plain forms, no script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from sqlalchemy.orm import Session

from engine.accounts.permissions import LEADERS
from engine.errors import Invalid
from engine.registers.absences import holder_among
from engine.registers.agencies import Officer
from engine.workflow.opinions import AFTER, BEFORE, COUNTERSIGN, Consultation, consultations_of
from engine.workflow.tasks import OPEN, WorkItem, find_item
from processes.consulting import answer, consult, find_opinion
from processes.eligibility import may_receive, may_take_part
from processes.host import Host
from processes.messaging import receive
from processes.repairing import retry_failed
from processes.routing import ReturnTarget, changes_lead, hand_over, return_step, return_targets, withdraw_step
from processes.staying import ask_to_stop, decide_to_stop, resume
from web.current import officer_id, the_host

desk = Blueprint("routing_desk", __name__)


@dataclass(frozen=True)
class OtherActs:
    """What the step page offers beside its form: where to return, to whom to give, whom to ask, and what was asked."""

    targets: list[ReturnTarget]
    receivers: list[Officer]
    people: list[Officer]
    asked: list[Consultation]


def other_acts(host: Host, session: Session, item: WorkItem, officer: Officer, now: Any) -> OtherActs:
    """The other acts on a waiting step, for one officer; what the engine would refuse is not offered."""
    node = host.bundle(session, item.case.release_digest).blueprints[item.case.procedure].node(item.procedure, item.step)
    head = holder_among(session, officer, LEADERS, now) is not None
    receivers = [
        each for each in may_receive(session, item.case, node, now)
        if each.id not in (officer.id, item.assignee_id) and (head or not changes_lead(item, each.id))
    ]
    people = [each for each in may_take_part(session, item.case, node) if each.id != officer.id]
    asked = consultations_of(session, item.case_id, item.id)
    return OtherActs(return_targets(host, session, item), receivers, people, asked)


@desk.post("/tasks/<int:item_id>/return")
@login_required
def send_back(item_id: int) -> ResponseReturnValue:
    """退回."""
    _require_sure("退回之后，从该环节起办理的内容不再有效，请勾选确认")
    opened = return_step(the_host(), item_id, officer_id(), _number("target"), _text("reason"))
    with the_host().database.reading() as session:
        item = find_item(session, opened)
    flash(f"已退回到“{item.name}”", "success")
    return _to_case(item.case_id)


@desk.post("/tasks/<int:item_id>/withdraw")
@login_required
def withdraw(item_id: int) -> ResponseReturnValue:
    """撤回."""
    opened = withdraw_step(the_host(), item_id, officer_id(), _text("reason"))
    flash("已撤回，请重新办理", "success")
    return redirect(url_for("my_tasks.step", item_id=opened))


@desk.post("/tasks/<int:item_id>/hand-over")
@login_required
def give(item_id: int) -> ResponseReturnValue:
    """转办."""
    hand_over(the_host(), item_id, officer_id(), _text("to"), _text("reason"))
    flash("已转办", "success")
    return redirect(url_for("my_tasks.tasks"))


@desk.post("/tasks/<int:item_id>/consult")
@login_required
def ask_one(item_id: int) -> ResponseReturnValue:
    """加签, before or after the step."""
    kind = {"before": BEFORE, "after": AFTER}.get(_text("when"), "")
    consult(the_host(), item_id, officer_id(), [_text("to")], kind, _text("question"))
    flash("已征求意见" if kind == BEFORE else "已征求意见，本环节办结之后对方就可以提出", "success")
    with the_host().database.reading() as session:
        waits = find_item(session, item_id).state == OPEN
    return redirect(url_for("my_tasks.step", item_id=item_id) if waits else url_for("my_tasks.tasks"))


@desk.post("/tasks/<int:item_id>/countersign")
@login_required
def ask_several(item_id: int) -> ResponseReturnValue:
    """会签."""
    consult(
        the_host(), item_id, officer_id(), request.form.getlist("to"), COUNTERSIGN, _text("question"), rule=_text("rule"),
        quorum=_number("quorum") if _text("quorum") else 0,
    )
    flash("已发起会签", "success")
    return redirect(url_for("my_tasks.step", item_id=item_id))


@desk.get("/opinions/<int:opinion_id>")
@login_required
def opinion(opinion_id: int) -> ResponseReturnValue:
    """What somebody else asks about his step."""
    with the_host().database.reading() as session:
        asked = find_opinion(session, opinion_id, officer_id())
        by = session.get_one(Officer, asked.consultation.asked_by)
        return render_template("my_tasks/opinion.html", opinion=asked, asked=asked.consultation, by=by, signing=COUNTERSIGN)


@desk.post("/opinions/<int:opinion_id>")
@login_required
def give_opinion(opinion_id: int) -> ResponseReturnValue:
    """Answer it."""
    agreed = {"yes": True, "no": False}.get(_text("agreed"))
    answer(the_host(), opinion_id, officer_id(), _text("text"), agreed=agreed)
    flash("意见已经提出", "success")
    return redirect(url_for("my_tasks.tasks"))


@desk.post("/cases/<int:case_id>/stop")
@login_required
def stop(case_id: int) -> ResponseReturnValue:
    """申请中止或者终止."""
    kind, _, ground = _text("ground").partition(":")
    ask_to_stop(the_host(), case_id, officer_id(), kind, ground, _text("reason"))
    flash("申请已经提出，等待本机关负责人审批", "success")
    return _to_case(case_id)


@desk.post("/cases/<int:case_id>/stop/<int:request_id>")
@login_required
def decide(case_id: int, request_id: int) -> ResponseReturnValue:
    """审批中止或者终止."""
    approve = _text("decision") == "approve"
    if approve:
        _require_sure("批准之后案件即行中止或者终止，请勾选确认")
    decide_to_stop(the_host(), request_id, officer_id(), _text("opinion"), approve=approve)
    flash("已经审批", "success")
    return _to_case(case_id)


@desk.post("/cases/<int:case_id>/resume")
@login_required
def go_on(case_id: int) -> ResponseReturnValue:
    """恢复."""
    resume(the_host(), case_id, officer_id(), _text("reason"))
    flash("案件已经恢复办理，期限已经重新计算", "success")
    return _to_case(case_id)


@desk.post("/cases/<int:case_id>/message")
@login_required
def message(case_id: int) -> ResponseReturnValue:
    """登记收到消息."""
    receive(the_host(), case_id, officer_id(), _text("name"), _text("note"))
    flash("已经登记，流程继续办理", "success")
    return _to_case(case_id)


@desk.post("/cases/<int:case_id>/retry")
@login_required
def retry_all(case_id: int) -> ResponseReturnValue:
    """Try everything again that failed in a case and needs no officer's own form."""
    count = retry_failed(the_host(), case_id, officer_id())
    flash(f"已重试 {count} 项", "success" if count else "info")
    return _to_case(case_id)


def _require_sure(words: str) -> None:
    if request.form.get("sure") != "yes":
        raise Invalid("routing.sure", words)


def _number(name: str) -> int:
    text = _text(name)
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Invalid("routing.choice", "请从列表中选择")
    return int(text)


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:2000]


def _to_case(case_id: int) -> ResponseReturnValue:
    return redirect(url_for("case_desk.case", case_id=case_id))


