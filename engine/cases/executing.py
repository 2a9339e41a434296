"""Publicity approval, payment and confiscated goods (公示审批、缴款、没收财物处理)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.acts import Act, Outcome
from engine.cases.execution import Disposal, Payment, payments_of
from engine.cases.limits import due_moment, holding_limits
from engine.cases.penalties import DECIDED, penalties
from engine.cases.submissions import latest
from engine.errors import Invalid, Unlawful
from engine.law.local_rules import LocalRules
from engine.law.publicity import require_publicity_until
from engine.law.surcharges import Paid, surcharge_until

MONEY_KINDS = ("FINE", "CONFISCATE_GAIN")


def review_publicity(act: Act) -> Outcome:
    """Check secrecy and privacy before anything is published (行政处罚法 第五十条; 粤府〔2023〕73号 第四十五条)."""
    if act.values["publish"] and act.values.get("publish_until"):
        _require_publicity(act, act.values["publish_until"])
    return Outcome(facts={"publish": act.values["publish"]})


def approve_publicity(act: Act) -> Outcome:
    """The head of the agency releases the publication, for a lawful time from today (粤府〔2023〕73号 第四十五条)."""
    review = latest(act.session, act.case.id, "publicity_review")
    if act.values["decision"] == "AGREE" and review and review.values.get("publish_until"):
        _require_publicity(act, review.values["publish_until"])
    return Outcome(facts={"publicity_result": act.values["decision"]})


def _require_publicity(act: Act, until: date) -> None:
    require_publicity_until(act.now, until, holding_limits(act.case, act.limits, act.settings), act.calendar)


def record_payment(act: Act) -> Outcome:
    """Record receipts until all is paid; who decides does not collect (行政处罚法 第六十七条)."""
    if act.actor.id in act.case.investigators:
        raise Unlawful(
            "payment.separation", "作出处罚决定的执法人员不得自行收缴罚款，应当由罚没收缴岗登记",
            article="行政处罚法 第六十七条",
        )
    for row in act.values["payments"]:
        if act.session.scalar(select(Payment).where(Payment.bill_number == row["bill_number"])):
            raise Invalid("payment.twice", f"票据“{row['bill_number']}”已经登记过")
        act.session.add(
            Payment(
                case_id=act.case.id, kind=row["kind"], amount=row["amount"], channel=row["channel"],
                bill_number=row["bill_number"], paid_at=row["paid_at"],
            )
        )
    act.session.flush()
    rest = outstanding(act.session, act.case.id, act.rules)
    if rest > 0:
        return Outcome(facts={"paid": False}, notes={"outstanding": rest})
    paid_at = max(row["paid_at"] for row in act.values["payments"])
    closable = () if act.facts["property_pending"] else (("closable_event", paid_at),)
    return Outcome(facts={"paid": True}, events=(("fine_paid", paid_at), *closable))


def outstanding(session: Session, case_id: int, rules: LocalRules) -> Decimal:
    """What is still owed in yuan: fine, gains and the surcharge that accrued (行政处罚法 第七十二条); never negative."""
    decided = penalties(session, case_id, DECIDED)
    paid = payments_of(session, case_id)
    rest = Decimal(0)
    for kind in MONEY_KINDS:
        due = sum((item.amount or Decimal(0) for item in decided if item.kind == kind), Decimal(0))
        received = sum((payment.amount for payment in paid if payment.kind == kind), Decimal(0))
        extra = accrued(session, case_id, due, paid, rules) if kind == "FINE" else Decimal(0)
        rest += max(due + extra - received, Decimal(0))
    return rest


def accrued(session: Session, case_id: int, fine: Decimal, paid: list[Payment], rules: LocalRules) -> Decimal:
    """The surcharge on a fine paid late: three percent a day of what is unpaid, at most the fine itself (处罚法 第七十二条)."""
    due_at = due_moment(session, case_id, "TL_PAY")
    receipts = [Paid(payment.paid_at.date(), payment.amount) for payment in paid if payment.kind == "FINE"]
    if due_at is None or not receipts:
        return Decimal(0)
    last_day = due_at.date() - timedelta(days=1)  # due_at is the end of the last day
    return surcharge_until(fine, last_day, max(receipt.on for receipt in receipts), receipts, on_unpaid=rules.surcharge_on_unpaid).amount


def dispose_property(act: Act) -> Outcome:
    """Record what became of confiscated goods (行政处罚法 第七十四条)."""
    act.session.add(
        Disposal(
            case_id=act.case.id, method=act.text("method"), items=act.text("items"), witness=act.text("witness"),
            receipt=act.text("receipt"), disposed_at=act.values["disposed_at"],
        )
    )
    return Outcome(facts={"property_pending": False}, events=(("closable_event", act.values["disposed_at"]),))
