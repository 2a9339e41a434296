"""Discretion standards in time: a standard whose clause was amended must be reviewed before it is applied to later acts."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from engine.errors import Invalid, Unlawful
from engine.law.wording import chinese_date
from engine.registers.statutes import changed_after, examined_on
from engine.registers.versions import Record, about, on_day

CURRENT, NEEDS_REVIEW = "CURRENT", "NEEDS_REVIEW"
ARTICLE = "行政处罚法 第三十四条、第三十七条; 粤府〔2023〕73号 第十三条第五项"


def standard_on(session: Session, code: str, day: date) -> Record | None:
    """The version of a standard in force on a day, or None."""
    return on_day(session, "discretion_standard", code, day)


def standards_on(session: Session, item: str, day: date) -> list[Record]:
    """The standards of an item in force on a day, the newest first."""
    rows = about(session, "discretion_standard", item, day)
    return sorted(rows, key=lambda row: row.data["effective_from"], reverse=True)


def amended_on(session: Session, standard: Record, day: date) -> date | None:
    """The first day, up to a day, on which a clause under the standard changed after it was examined; None when none did."""
    days = [changed_after(session, clause, examined_on(standard), day) for clause in standard.data["clauses"]]
    return min((found for found in days if found), default=None)


def state_of(session: Session, standard: Record, day: date) -> str:
    """CURRENT or NEEDS_REVIEW (粤府〔2023〕73号 第十三条第五项: linked to laws and items)."""
    return NEEDS_REVIEW if amended_on(session, standard, day) else CURRENT


def require_applicable(session: Session, code: str, acted_on: date, day: date) -> Record:
    """The standard to apply to an act, or Unlawful when its clause was amended before the act and it was not reviewed since.

    An act from before the amendment may still be judged by it (行政处罚法 第三十七条 从旧兼从轻).
    """
    standard = standard_on(session, code, day)
    if standard is None:
        raise Invalid("standard.unknown", f"没有编码为“{code[:40]}”的现行裁量权基准")
    changed = amended_on(session, standard, day)
    if changed is not None and acted_on >= changed:
        raise Unlawful(
            "standard.needs_review",
            f"裁量权基准“{standard.data['name']}”所依据的条款自{chinese_date(changed)}起已经修改，基准尚未复核，不得适用于此后的行为",
            article=ARTICLE, state=NEEDS_REVIEW,
        )
    return standard


def require_named_applicable(session: Session, item: str, named: str, acted_on: date, day: date) -> None:
    """Refuse a report that names a standard of the item (by code or title) which must not be applied to the act."""
    for standard in standards_on(session, item, day):
        if standard.key in named or standard.data["name"] in named:
            require_applicable(session, standard.key, acted_on, day)
