"""After a decision on the spot: the fine handed in and paid into the bank, the report to the agency, the materials."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from engine.cases.acts import Act, Outcome
from engine.cases.executing import outstanding
from engine.cases.execution import Payment, payments_of
from engine.cases.limits import event_moment
from engine.errors import Invalid, Unlawful

ONSPOT = "ONSPOT"
HAND_IN = "行政处罚法 第七十一条"


def collect_on_the_spot(act: Act) -> Outcome:
    """Collect the fine against the receipt of the finance department (行政处罚法 第六十八条至第七十条)."""
    collected = act.values["collected_at"]
    _require_order(act, collected, "decision_served", "收缴时间", "交付决定书")
    if act.session.scalar(select(Payment).where(Payment.bill_number == act.text("bill_number"))):
        raise Invalid("payment.twice", f"票据“{act.text('bill_number')}”已经登记过")
    act.session.add(Payment(
        case_id=act.case.id, kind="FINE", amount=outstanding(act.session, act.case.id, act.rules), channel=ONSPOT,
        bill_number=act.text("bill_number"), paid_at=collected,
    ))
    return Outcome(facts={"paid": True}, events=(("fine_collected_onspot", collected), ("fine_paid", collected)))


def receive_fine(act: Act) -> Outcome:
    """The agency takes in what its officers collected, within two days; not the officers themselves (行政处罚法 第六十七条、第七十一条)."""
    if act.actor.id in act.case.investigators:
        raise Unlawful("payment.separation", "执法人员当场收缴的罚款应当交至行政机关，由罚没收缴岗收取", article=f"行政处罚法 第六十七条; {HAND_IN}")
    collected = sum(row.amount for row in payments_of(act.session, act.case.id) if row.channel == ONSPOT)
    if act.money("amount") != collected:
        raise Invalid("spot.amount", f"收到的数额与票据不一致：票据金额为 {collected:,.2f} 元")
    _require_order(act, act.values["handed_at"], "fine_collected_onspot", "交至机关的时间", "收缴罚款")
    return Outcome(events=(("fine_handed_to_organ", act.values["handed_at"]),))


def deposit_fine(act: Act) -> Outcome:
    """The agency pays the fine into the bank within two days (行政处罚法 第七十一条)."""
    _require_order(act, act.values["deposited_at"], "fine_handed_to_organ", "缴付时间", "收到罚款")
    return Outcome(events=(("fine_paid_to_bank", act.values["deposited_at"]),), notes={"slip": act.text("slip")})


def file_on_the_spot(act: Act) -> Outcome:
    """Report the decision to the agency (行政处罚法 第五十二条第三款)."""
    return Outcome(events=(("onspot_filed", act.now),))


def take_in_materials(act: Act) -> Outcome:
    """The agency keeps the materials, handed in within seven working days of the decision (程序规定 第七十条)."""
    handed = act.values["handed_at"]
    _require_order(act, handed, "decision_made", "收到材料的时间", "作出决定")
    return Outcome(events=(("onspot_archived", handed),))


def _require_order(act: Act, moment: datetime, event: str, name: str, before: str) -> None:
    earlier = event_moment(act.session, act.case.id, event)
    if moment > act.now or (earlier is not None and moment < earlier.replace(second=0, microsecond=0)):
        raise Invalid("spot.order", f"{name}应当在{before}之后、提交之前")
