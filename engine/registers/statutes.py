"""The statute register: which text of a clause was in force on a day, and what a change of the law means for what rests on it.

A statute's versions start on the days on which they take effect; its clauses have versions of their own, so that an amended
article is one new row (粤府〔2023〕73号 第十三条第一项).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import Unlawful
from engine.law.wording import chinese_date, chinese_numeral
from engine.registers.items import LegalBasis
from engine.registers.versions import Record, about, history, on_day

EXAMINE = "粤府〔2023〕73号 第五十四条第一款"
OLD_LAW = "行政处罚法 第三十七条"
_PARTS = ("条", "款", "项", "目")


@dataclass(frozen=True)
class ClauseText:
    """A clause as it read on a day."""

    key: str
    label: str
    text: str
    kind: str
    since: date


def statute_on(session: Session, code: str, day: date) -> Record | None:
    """The version of a statute in force on a day, or None."""
    return on_day(session, "statute", code, day)


def clause_on(session: Session, key: str, day: date) -> ClauseText | None:
    """The text of a clause (法规编码|路径) in force on a day; None when there was none or its statute was not in force."""
    record = on_day(session, "clause", key, day)
    if record is None or statute_on(session, str(record.data["statute"]), day) is None:
        return None
    return _clause(record)


def clauses_on(session: Session, statute: str, day: date) -> list[ClauseText]:
    """The registered clauses of a statute in force on a day, in their order."""
    if statute_on(session, statute, day) is None:
        return []
    rows = about(session, "clause", statute, day)
    return [_clause(row) for row in sorted(rows, key=lambda row: _order(str(row.data["path"])))]


def texts_to_choose(session: Session, key: str, acted_on: date, today: date) -> tuple[ClauseText | None, ClauseText | None]:
    """The clause on the day of the act and today: the facts take the first, 从旧兼从轻 compares it with the second (第三十七条)."""
    return clause_on(session, key, acted_on), clause_on(session, key, today)


def changed_after(session: Session, clause: str, examined_on: date, day: date) -> date | None:
    """The first day after the last examination, up to a day, on which a clause or its statute changed; None when neither did.

    A change that was recorded late counts as well: nobody could have examined it before.
    """
    statute = clause.split("|", 1)[0]
    changes = [
        row.valid_from
        for register, key in (("clause", clause), ("statute", statute))
        for row in _after_first(session, register, key)
        if row.valid_from <= day and (row.valid_from > examined_on or row.recorded_at.date() > examined_on)
        and (register == "clause" or row.ended)
    ]
    return min(changes, default=None)


def require_basis(session: Session, item: Record, agency: str, acted_on: date | None, today: date) -> None:
    """Refuse an item whose basis has changed since it was examined, or was not in force on the day of the act.

    行政处罚法 第四条、第三十七条; 粤府〔2023〕73号 第五十四条第一款. acted_on None: the day of the act is not known yet.
    """
    for basis in bases_of(session, item.key, agency, today):
        clause = str(basis.data["clause"])
        if not clause:
            continue
        name = f"《{basis.data['statute']}》{basis.data['article']}"
        if changed := changed_after(session, clause, examined_on(basis), today):
            raise Unlawful(
                "item.basis_changed", f"事项“{item.data['name']}”的依据{name}自{chinese_date(changed)}起已经变动，应当先审查确认或者调整依据",
                article=EXAMINE, clause=clause,
            )
        if acted_on is not None and clause_on(session, clause, acted_on) is None:
            raise Unlawful(
                "item.basis", f"事项“{item.data['name']}”的依据{name}在违法行为发生时（{chinese_date(acted_on)}）没有施行",
                article=f"行政处罚法 第四条; {OLD_LAW}", clause=clause,
            )


def bases_of(session: Session, item: str, agency: str, day: date) -> list[Record]:
    """The clauses on which an item rests for an agency on a day; its own urgent adjustment comes before the shared one."""
    rows = about(session, "basis", item, day)
    own = {row.data["sequence"] for row in rows if row.data["agency"] == agency}
    return [row for row in rows if row.data["agency"] == agency or (not row.data["agency"] and row.data["sequence"] not in own)]


def examined_on(record: Record) -> date:
    """When the legality of a basis or a standard was last examined: as stated, else when it was recorded."""
    return record.data.get("confirmed_on") or record.recorded_at.date()


def items_on_clause(session: Session, clause: str) -> list[str]:
    """Codes of the items that rest on a clause today (两平台 第4条: linked both ways)."""
    query = select(LegalBasis.item_code).where(LegalBasis.clause == clause).distinct().order_by(LegalBasis.item_code)
    return list(session.scalars(query))


def article_label(path: str) -> str:
    """How a clause is cited: 122.1 → 第一百二十二条第一款, 17-1 → 第十七条之一."""
    parts = path.split(".")
    number, _, inserted = parts[0].partition("-")
    label = f"第{chinese_numeral(int(number))}条" + (f"之{chinese_numeral(int(inserted))}" if inserted else "")
    return label + "".join(f"第{chinese_numeral(int(part))}{unit}" for part, unit in zip(parts[1:], _PARTS[1:], strict=False) if part != "0")


def _after_first(session: Session, register: str, key: str) -> list[Record]:
    """The versions that changed what was recorded first; an older text that is filled in later changes nothing."""
    rows = history(session, register, key)
    return [row for row in rows[1:] if row.valid_from >= rows[0].valid_from]


def _clause(record: Record) -> ClauseText:
    data: Any = record.data
    return ClauseText(record.key, article_label(data["path"]), data["text"], data["kind"], record.valid_from)


def _order(path: str) -> list[int]:
    return [int(part) for part in re.split(r"[.-]", path.replace("-", ".0."))]
