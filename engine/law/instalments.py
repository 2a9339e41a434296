"""Deferral and payment by instalments (延期、分期缴纳): who may be granted it, when each part falls due, what lateness costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from engine.errors import Fault, Invalid, Unlawful
from engine.law.surcharges import Paid, surcharge_until
from engine.law.wording import chinese_date, money_text

ARTICLE: Final = "行政处罚法 第六十六条第二款"
ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class Instalment:
    """One part of a fine: its last day of payment and its sum in yuan. A deferral is a plan of one part."""

    due_on: date
    amount: Decimal


@dataclass(frozen=True)
class InstalmentState:
    """How one part stands on a day: what is unpaid of it, how many days it is late, the surcharge on it, in yuan."""

    instalment: Instalment
    unpaid: Decimal
    days_late: int
    surcharge: Decimal


def require_plan(
    fine: Decimal, plan: Sequence[Instalment], *, applied_on: date, approved_on: date, original_due: date, hardship: bool,
    approved: bool,
) -> None:
    """Refuse a plan that the law does not allow: Unlawful or Invalid.

    The party has real economic difficulty, applied and the agency approved (行政处罚法 第六十六条第二款); the application came
    before the period of payment ended (农业行政处罚程序规定 第八十一条第一款; taken for all domains, the strict reading).
    """
    if not hardship:
        raise Unlawful("instalments.hardship", "当事人没有经济困难的，不得批准延期、分期缴纳罚款", article=ARTICLE)
    if not approved:
        raise Unlawful("instalments.approval", "延期、分期缴纳罚款应当经行政机关批准", article=ARTICLE)
    if applied_on > original_due:
        message = f"申请应当在缴纳期限届满（{chinese_date(original_due)}）之前提出"
        raise Unlawful("instalments.too_late", message, article=f"{ARTICLE}; 农业行政处罚程序规定 第八十一条第一款")
    if faults := plan_faults(fine, plan, approved_on=approved_on, original_due=original_due):
        raise Invalid("instalments.plan", faults[0].message, faults=faults)


def plan_faults(
    fine: Decimal, plan: Sequence[Instalment], *, approved_on: date, original_due: date
) -> tuple[Fault, ...]:
    """What is wrong with a plan: its parts are positive, in order of time, later than the first last day, and make up the fine."""
    faults = []
    if not plan:
        return (Fault("plan", "instalments.empty", "应当写明每期的日期和数额"),)
    for number, part in enumerate(plan, start=1):
        where = f"plan[{number - 1}]"
        if not part.amount > ZERO:
            faults.append(Fault(f"{where}.amount", "instalments.amount", f"第{number}期的数额应当大于零"))
        if number > 1 and part.due_on <= plan[number - 2].due_on:
            faults.append(Fault(f"{where}.due_on", "instalments.order", f"第{number}期的日期应当晚于上一期"))
    if plan[-1].due_on <= original_due:
        faults.append(Fault("plan", "instalments.not_later", f"最后一期应当晚于原缴纳期限{chinese_date(original_due)}"))
    if plan[0].due_on < approved_on:
        faults.append(Fault("plan[0].due_on", "instalments.past", "第1期的日期不得早于批准的日期"))
    total = sum((part.amount for part in plan), ZERO)
    if total != fine:
        message = f"各期之和{money_text(total)}与罚款{money_text(fine)}不一致"
        faults.append(Fault("plan", "instalments.total", message))
    return tuple(faults)


def states_on(
    plan: Sequence[Instalment], payments: Sequence[Paid], day: date, pauses: Sequence[tuple[date, date | None]] = (),
    *, on_unpaid: bool = True,
) -> tuple[InstalmentState, ...]:
    """How each part stands on a day; payments fill the parts in the order in which they fall due.

    A part that is late bears the surcharge of three percent a day, at most its own sum; parts not yet due bear none
    (行政处罚法 第六十六条第二款、第七十二条第一款第一项、第七十三条第三款; 行政强制法 第四十五条第二款).
    """
    states, left = [], [(paid.on, paid.amount) for paid in sorted(payments, key=lambda one: one.on) if paid.on <= day]
    for part in plan:
        mine, left = _take(left, part.amount)
        unpaid = part.amount - sum((paid.amount for paid in mine), ZERO)
        accrued = surcharge_until(part.amount, part.due_on, day, mine, pauses, on_unpaid=on_unpaid)
        states.append(InstalmentState(part, unpaid, accrued.days, accrued.amount))
    return tuple(states)


def surcharge_of_plan(
    plan: Sequence[Instalment], payments: Sequence[Paid], day: date, pauses: Sequence[tuple[date, date | None]] = (),
    *, on_unpaid: bool = True, cap_per_instalment: bool = True,
) -> Decimal:
    """The surcharge in yuan on all parts together; never more than the fine (行政处罚法 第七十二条第一款第一项).

    cap_per_instalment=False caps only the whole (the law does not speak of parts; a package may choose).
    """
    if cap_per_instalment:
        return sum((one.surcharge for one in states_on(plan, payments, day, pauses, on_unpaid=on_unpaid)), ZERO)
    fine = sum((part.amount for part in plan), ZERO)
    whole, left = ZERO, [(paid.on, paid.amount) for paid in sorted(payments, key=lambda one: one.on) if paid.on <= day]
    for part in plan:
        mine, left = _take(left, part.amount)
        whole += surcharge_until(part.amount, part.due_on, day, mine, pauses, on_unpaid=on_unpaid, cap=fine).amount
    return min(whole, fine)


def court_application_from(plan: Sequence[Instalment]) -> date:
    """From when the period to apply to the court runs: the end of the deferral or of the last part (行政处罚法 第七十二条第二款)."""
    if not plan:
        raise Invalid("instalments.empty", "没有延期、分期缴纳的安排")
    return plan[-1].due_on


def _take(left: list[tuple[date, Decimal]], wanted: Decimal) -> tuple[list[Paid], list[tuple[date, Decimal]]]:
    """Take a sum out of the payments in order: what was taken, and what is left."""
    taken, rest, need = [], [], wanted
    for on, amount in left:
        used = min(amount, need)
        if used > ZERO:
            taken.append(Paid(on, used))
            need -= used
        if amount > used:
            rest.append((on, amount - used))
    return taken, rest
