"""What the keepers of the registers owe: texts, applications, reviews and publications that are due, late or missing.

阿坝州行政权力依法规范公开运行实施办法（试行） 第四十八条第三项、第四项; 四川省行政职权目录动态调整管理办法（试行） 第七条.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.clock import legal_time
from engine.law.calendar import WorkingCalendar
from engine.law.counting import add_months
from engine.law.deadlines import lamp
from engine.registers.change_contents import ADJUSTMENTS, URGENT
from engine.registers.changes import APPLIED, APPROVED, PUBLISHED, differences
from engine.registers.limits import ABA, ABA_LIMITS, LAW_TEXT, SICHUAN, ChangeLimits, article_of, due
from engine.registers.standards import amended_on
from engine.registers.statutes import changed_after, examined_on, items_on_clause
from engine.registers.versions import RegisterVersion, about, all_on, history

RED, YELLOW, GREEN = "red", "yellow", "green"
UNUSED_MONTHS = 24  # proposed: 阿坝 第二十一条 says 长期不使用 only


@dataclass(frozen=True)
class Finding:
    """One thing that is due, late or wrong.

    code: stable; light: red, yellow or green; record: register and key; owner: agency, region or supplier that answers for it;
    due: the last day where there is one.
    """

    code: str
    light: str
    record: str
    owner: str
    message: str
    article: str
    due: date | None = None


def findings(
    session: Session, now: datetime, calendar: WorkingCalendar, limits: ChangeLimits = ABA_LIMITS,
    last_used: Mapping[tuple[str, str], date] | None = None,
) -> Iterator[Finding]:
    """Everything that the registers' keepers have to do something about; green ones are still in time.

    last_used: when each agency last opened a case on an item, by (item, agency); without it nothing is said about unused powers.
    """
    watch = _Watch(session, legal_time(now), calendar, limits)
    yield from watch.texts()
    yield from watch.law_changes()
    yield from watch.changes()
    yield from watch.amended()
    if last_used is not None:
        yield from watch.unused(last_used)


@dataclass(frozen=True)
class _Watch:
    session: Session
    now: datetime
    calendar: WorkingCalendar
    limits: ChangeLimits

    def texts(self) -> Iterator[Finding]:
        """A law text that was not supplied within 10 working days after its promulgation (粤府〔2023〕73号 第五十二条)."""
        for change in all_on(self.session, "law_change", self.now.date()):
            published = change.data["published_on"]
            versions = history(self.session, "statute", change.data["statute"])
            supplied = min(
                (row.data["supplied_on"] for row in versions if not row.ended and row.data["promulgated_on"] == published), default=None
            )
            if change.data["kind"] not in {"NEW", "AMEND"} or (supplied and supplied <= self._due(LAW_TEXT, published)):
                continue
            supplier = change.data["supplier"] or (versions[-1].data["supplier"] if versions else "")
            title = change.data["title"] or (versions[-1].data["title"] if versions else change.data["statute"])
            what = f"标准文本迟至{supplied}提供" if supplied else "尚未提供标准文本"
            yield self._timed(
                "law_text", LAW_TEXT, published, f"law_change {change.key}", supplier, f"《{title}》{published}颁布，{what}",
                done=supplied is not None,
            )

    def law_changes(self) -> Iterator[Finding]:
        """An item whose law changed and for which nobody applied within 20 days (川动态调整 第三条; 阿坝 第十八条)."""
        applied = {(row.data["law_change"], row.data["item"]) for row in all_on(self.session, "item_change", self.now.date())}
        for change in all_on(self.session, "law_change", self.now.date()):
            linked = {item for clause in change.data["clauses"] for item in items_on_clause(self.session, clause)}
            for item in sorted(linked | set(change.data["items"])):
                if (change.key, item) not in applied:
                    yield self._timed(
                        "no_application", self.limits.apply, change.data["published_on"], f"item {item}", self._keeper(item),
                        f"事项“{item}”的依据变动（{change.key}），尚未申请调整目录",
                    )

    def changes(self) -> Iterator[Finding]:
        """Changes that wait for a review, a publication or a report upward, and publications that differ from the approval."""
        for held in all_on(self.session, "item_change", self.now.date()):
            state, kind, agency = held.data["state"], held.data["kind"], str(held.data["agency"])
            name = f"目录调整“{held.key}”"
            since = date.fromisoformat(held.data["steps"][-1]["at"][:10])
            if kind == URGENT and state == APPROVED:
                article = "粤府〔2023〕73号 第五十四条第二款"
                yield Finding("not_reported", YELLOW, f"item_change {held.key}", agency, f"{name}尚未向行业主管部门报备", article)
            elif state == APPLIED:
                authority = self._region(agency)
                yield self._timed("no_review", self.limits.review, since, f"item_change {held.key}", authority, f"{name}等待审核")
            elif state == APPROVED:
                yield self._timed("not_published", self.limits.publish, since, f"item_change {held.key}", agency, f"{name}已经审定，等待公布")
            elif state == PUBLISHED and kind in ADJUSTMENTS and (columns := differences(self.session, held.key)):
                yield Finding(
                    "differs", RED, f"item_change {held.key}", agency, f"现行目录与{name}审定的内容不一致：{'、'.join(columns)}",
                    f"{SICHUAN} 第五条、第七条第三项",
                )

    def amended(self) -> Iterator[Finding]:
        """Items and standards that rest on a clause which has changed (四川省行权平台办法 第五条第一项; 粤 第十三条第五项)."""
        for clause in self._touched():
            for item in items_on_clause(self.session, clause):
                for row in about(self.session, "basis", item, self.now.date()):
                    if row.data["clause"] == clause and (
                        changed := changed_after(self.session, clause, examined_on(row), self.now.date())
                    ):
                        yield Finding(
                            "basis_changed", YELLOW, f"basis {row.key}", self._keeper(item),
                            f"事项“{item}”的依据《{row.data['statute']}》{row.data['article']}自{changed}起变动，应当审查确认或者调整",
                            "粤府〔2023〕73号 第五十四条; 四川省行政权力依法规范公开运行平台建设和使用管理办法（试行） 第五条第一项",
                        )
        for standard in all_on(self.session, "discretion_standard", self.now.date()):
            if changed := amended_on(self.session, standard, self.now.date()):
                message = f"裁量权基准“{standard.data['name']}”的条款自{changed}起修改，应当复核（NEEDS_REVIEW）"
                owner = self._keeper(str(standard.data["item_code"]))
                yield Finding("standard_review", YELLOW, f"discretion_standard {standard.key}", owner, message,
                              "粤府〔2023〕73号 第十三条第五项")

    def unused(self, last_used: Mapping[tuple[str, str], date]) -> Iterator[Finding]:
        """Powers that were not used for long, to be suspended on application (阿坝 第二十一条)."""
        for bond in all_on(self.session, "holding", self.now.date()):
            pair = (str(bond.data["item"]), str(bond.data["agency"]))
            since = last_used.get(pair, bond.valid_from)
            if bond.data["status"] == "ACTIVE" and add_months(since, UNUSED_MONTHS) < self.now.date():
                message = f"事项“{pair[0]}”自{since}起没有使用，建议申请暂停行使"
                yield Finding("unused", YELLOW, f"holding {bond.key}", pair[1], message, f"{ABA} 第二十一条")

    def _touched(self) -> list[str]:
        """Clauses with more than one version, and those of statutes that were ended: candidates only, to spare the others."""
        held = RegisterVersion
        often = select(held.key).where(held.register == "clause").group_by(held.key).having(func.count() > 1)
        ended = select(held.key).where(held.register == "statute", held.ended)
        orphaned = select(held.key).where(held.register == "clause", held.subject.in_(ended))
        return sorted({*self.session.scalars(often), *self.session.scalars(orphaned)})

    def _due(self, limit: str, started: date) -> date:
        return due(limit, started, self.calendar).due_on

    def _timed(
        self, code: str, limit: str, started: date, record: str, owner: str, message: str, *, done: bool = False
    ) -> Finding:
        deadline = due(limit, started, self.calendar)
        light = RED if done else lamp(deadline, self.now)
        return Finding(code, light, record, owner, message, article_of(limit), deadline.due_on)

    def _keeper(self, item: str) -> str:
        rows = history(self.session, "item", item)
        return f"{rows[-1].data['region_code']} {rows[-1].data['domain']}" if rows else ""

    def _region(self, agency: str) -> str:
        rows = history(self.session, "agency", agency)
        return str(rows[-1].data["region_code"]) if rows else ""
