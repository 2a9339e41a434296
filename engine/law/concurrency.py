"""One act and several rules: fined once (一事不再罚), by the higher provision, and set off against what a court imposes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from engine.errors import Invalid, Unlawful
from engine.law.fines import FineRange
from engine.law.wording import chinese_date, money_text

ZERO: Final = Decimal(0)
ONE_FINE: Final = "行政处罚法 第二十九条"
SET_OFF: Final = "行政处罚法 第三十五条"


@dataclass(frozen=True)
class Provision:
    """A provision that the act violates, with the fine that it allows for this act."""

    name: str
    fine: FineRange


@dataclass(frozen=True)
class EarlierFine:
    """A fine that was decided before: for which act (an id), by whom, under which number, on which day."""

    act: str
    agency: str
    number: str
    on: date
    revoked: bool = False


@dataclass(frozen=True)
class SetOff:
    """How far an administrative penalty counts against a criminal one, and what is left; yuan for fines, days for custody."""

    counted: Decimal
    remaining: Decimal
    article: str


def governing_provision(provisions: Sequence[Provision]) -> Provision:
    """By which provision an act that violates several is fined: the one with the higher fine (行政处罚法 第二十九条).

    Higher is read as the higher maximum for this act, then the higher minimum; the law says only 罚款数额高的规定.
    """
    if not provisions:
        raise Invalid("concurrency.none", "没有可以适用的罚款规定")
    return max(provisions, key=lambda one: (one.fine.high, one.fine.low))


def require_first_fine(act: str, earlier: Collection[EarlierFine]) -> None:
    """Refuse a second fine for the same act, whoever decided the first: Unlawful (行政处罚法 第二十九条).

    A fine that was revoked or annulled does not count; other kinds of penalty may stand beside a fine.
    """
    for fine in earlier:
        if fine.act == act and not fine.revoked:
            message = f"对同一个违法行为，“{fine.agency}”已于{chinese_date(fine.on)}作出{fine.number}罚款决定，不得给予两次以上罚款"
            raise Unlawful("concurrency.second_fine", message, article=ONE_FINE, number=fine.number)


def set_off_fine(administrative: Decimal, criminal: Decimal) -> SetOff:
    """A fine already given counts against the criminal fine for the same act, in yuan (行政处罚法 第三十五条第二款)."""
    if administrative < ZERO or criminal < ZERO:
        raise Invalid("concurrency.amount", "折抵的罚款、罚金不得为负数")
    counted = min(administrative, criminal)
    return SetOff(counted, criminal - counted, f"{SET_OFF}第二款")


def set_off_detention(administrative_days: int, sentence_days: int) -> SetOff:
    """Administrative detention already served counts against a custodial sentence, in days (行政处罚法 第三十五条第一款)."""
    if administrative_days < 0 or sentence_days < 0:
        raise Invalid("concurrency.days", "折抵的日数不得为负数")
    counted = min(administrative_days, sentence_days)
    return SetOff(Decimal(counted), Decimal(sentence_days - counted), f"{SET_OFF}第一款")


def require_no_criminal_fine(proposed: Decimal, criminal_fine: Decimal | None) -> None:
    """Refuse a fine once a court has imposed a criminal fine for the act: Unlawful (行政处罚法 第三十五条第二款)."""
    if criminal_fine is not None and proposed > ZERO:
        message = f"人民法院已判处罚金{money_text(criminal_fine)}，行政机关尚未给予罚款的，不再给予罚款"
        raise Unlawful("concurrency.criminal_fine", message, article=f"{SET_OFF}第二款")
