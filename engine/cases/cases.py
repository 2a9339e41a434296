"""The case itself: what it is about, who handles it and how far it has come."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.database import Base, Moment
from engine.errors import NotPermitted
from engine.registers.agencies import Agency
from engine.registers.items import Item

STATUSES: dict[str, str] = {
    "CLUE": "线索核查",
    "FILED": "已立案",
    "INVESTIGATING": "调查取证",
    "REVIEWING": "审核",
    "NOTICED": "已告知",
    "DECIDING": "待决定",
    "DECIDED": "已决定",
    "EXECUTING": "执行",
    "CLOSED": "已结案",
    "ARCHIVED": "已归档",
    "NOT_FILED": "不予立案",
    "TERMINATED": "终止调查",
}
DECIDED_STATUSES = frozenset({"DECIDED", "EXECUTING", "CLOSED", "ARCHIVED"})


class Case(Base):
    """One enforcement case. Dates are those of the legal events; status is where it stands (STATUSES)."""

    __tablename__ = "case"
    __table_args__ = (
        Index(None, "agency_code", "id"), Index(None, "agency_code", "status", "id"), Index(None, "opened_by", "id"),
        Index(None, "lead_officer_id"), Index(None, "co_officer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    procedure: Mapped[str] = mapped_column(String(60))
    release_digest: Mapped[str] = mapped_column(ForeignKey("release.digest"))
    agency_code: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"))
    status: Mapped[str] = mapped_column(String(20), default="CLUE")
    opened_at: Mapped[datetime] = mapped_column(Moment)
    opened_by: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    lead_officer_id: Mapped[str | None] = mapped_column(ForeignKey("officer.id"))
    co_officer_id: Mapped[str | None] = mapped_column(ForeignKey("officer.id"))
    violation_from: Mapped[date | None]
    violation_to: Mapped[date | None]
    violation_place: Mapped[str] = mapped_column(String(200), default="")
    keep_secret: Mapped[bool] = mapped_column(default=False)
    emergency_number: Mapped[str | None] = mapped_column(ForeignKey("emergency.number"))
    electronic_consent: Mapped[bool] = mapped_column(default=False)
    filed_on: Mapped[date | None]
    decided_on: Mapped[date | None]
    served_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    archived_at: Mapped[datetime | None] = mapped_column(Moment)
    stayed_at: Mapped[datetime | None] = mapped_column(Moment)
    archive_number: Mapped[str] = mapped_column(String(40), default="")
    agency: Mapped[Agency] = relationship(lazy="joined")
    item: Mapped[Item] = relationship(lazy="joined")

    @property
    def investigators(self) -> frozenset[str]:
        """Ids of the officers who handle the case."""
        return frozenset(officer for officer in (self.lead_officer_id, self.co_officer_id) if officer)

    @property
    def status_name(self) -> str:
        """Chinese name of the status."""
        return STATUSES[self.status]

    @property
    def decided(self) -> bool:
        """Whether a decision has been made: before that nobody outside the agency may look in."""
        return self.status in DECIDED_STATUSES


def find_case(session: Session, case_id: int) -> Case:
    """The case of this id; NotPermitted hides whether it exists."""
    case = session.get(Case, case_id)
    if case is None:
        raise NotPermitted("case.hidden", "没有这个案件，或者您无权查看")
    return case


def find_by_number(session: Session, number: str) -> Case | None:
    """The case of this number, or None."""
    return session.scalar(select(Case).where(Case.number == number))
