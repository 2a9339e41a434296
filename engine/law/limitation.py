"""The limitation period of a violation (追责时效): from when, until when, and whether it was found in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.errors import Invalid, Unlawful
from engine.law.counting import add_months
from engine.law.time_limits import load_limits
from engine.law.wording import chinese_date

SINGLE, CONTINUOUS, CONTINUING = "SINGLE", "CONTINUOUS", "CONTINUING"
STATES: Final = {SINGLE: "一次性的违法行为", CONTINUOUS: "连续状态", CONTINUING: "继续状态"}
ARTICLE: Final = "行政处罚法 第三十六条"


@dataclass(frozen=True)
class Violation:
    """One violation in time. began: its first day; ended: its last day, None while a lasting state goes on.

    state: SINGLE, CONTINUOUS (several acts of one intent, 连续) or CONTINUING (one act whose unlawful state lasts, 继续).
    """

    began: date
    ended: date | None
    state: str = CONTINUING

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise Invalid("limitation.state", f"没有“{self.state}”这种违法状态", state=self.state)
        if self.ended is not None and self.ended < self.began:
            raise Invalid("limitation.dates", "违法行为终了的日期不得早于发生的日期")
        if self.state == SINGLE and self.ended is None:
            raise Invalid("limitation.ended", "一次性的违法行为应当写明日期")


@dataclass(frozen=True)
class Limitation:
    """The period of one violation: starts_on and last_day are None while it has not begun; explained in sentences."""

    starts_on: date | None
    last_day: date | None
    years: int
    article: str
    trace: tuple[str, ...]

    def expired(self, found_on: date) -> bool:
        """Whether the violation was found only after the last day; then no penalty is given any more (第三十六条第一款)."""
        return self.last_day is not None and found_on > self.last_day


def limitation(
    violation: Violation, *, safety: bool = False, harm: bool = False, years: int | None = None, article: str = ""
) -> Limitation:
    """The limitation period of a violation (行政处罚法 第三十六条).

    Two years; five when life and health of citizens or financial safety are concerned (safety) and harm came of it, both
    together; years and article: another statute's own period (法律另有规定的除外). It runs from the day of the act, and for a
    continuous or continuing act from the day on which it ended. Nothing interrupts it: an act that was found in time stays
    found, whatever time the case then takes (the ninety days of 第六十条 are another period).
    """
    if years is not None:
        if years <= 0 or not article.strip():
            raise Invalid("limitation.special", "另有规定的时效应当为正数，并写明法律条文")
        because = f"{article}另有规定"
    else:
        limit = load_limits()["TL_PEN_LIMITATION_SAFETY" if safety and harm else "TL_PEN_LIMITATION"]
        years, article = limit.amount, limit.basis
        because = "涉及公民生命健康安全、金融安全且有危害后果" if safety and harm else "一般违法行为"
    start = violation.began if violation.state == SINGLE else violation.ended
    why = f"{because}，时效为{years}年"
    if start is None:
        return Limitation(None, None, years, article, (why, f"违法行为处于{STATES[violation.state]}，尚未终了，时效不起算"))
    last = add_months(start, 12 * years)
    begins = "发生之日" if violation.state == SINGLE else f"{STATES[violation.state]}，自行为终了之日"
    return Limitation(start, last, years, article, (why, f"{begins}{chinese_date(start)}起算，至{chinese_date(last)}届满"))


def found_on(found_by: str, *, clue_on: date | None, filed_on: date) -> date:
    """The day on which a violation counts as found: filing, or the clue where a package says so (第三十六条 says only 发现)."""
    return clue_on if found_by == "clue" and clue_on is not None else filed_on


def require_in_time(period: Limitation, found: date) -> None:
    """Refuse a penalty for a violation that was found too late: Unlawful (行政处罚法 第三十六条)."""
    if period.expired(found) and period.last_day is not None:
        message = f"违法行为至{chinese_date(period.last_day)}已满{period.years}年未被发现，不再给予行政处罚：{'；'.join(period.trace)}"
        raise Unlawful("limitation.expired", message, article=period.article)


def still_punishable(
    violations: tuple[Violation, ...], found: date, *, safety: bool = False, harm: bool = False
) -> tuple[bool, ...]:
    """For several separate violations, one answer each: each has a limitation period of its own (行政处罚法 第三十六条)."""
    return tuple(not limitation(one, safety=safety, harm=harm).expired(found) for one in violations)
