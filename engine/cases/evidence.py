"""Evidence of a case and the review of its three properties (粤府〔2023〕73号 第二十六条)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.cases.superseding import Supersedable, everything
from engine.database import Base, Moment
from engine.errors import NotPermitted

ACCEPTED, EXCLUDED, COLLECTED = "ACCEPTED", "EXCLUDED", "COLLECTED"
STATUS_NAMES = {COLLECTED: "已收集", ACCEPTED: "已采信", EXCLUDED: "已排除"}
TYPE_NAMES: Final[Mapping[str, str]] = MappingProxyType({  # the eight kinds (行政处罚法 第四十六条第一款)
    "DOCUMENTARY": "书证", "PHYSICAL": "物证", "AUDIOVISUAL": "视听资料", "ELECTRONIC": "电子数据", "WITNESS": "证人证言",
    "PARTY_STATEMENT": "当事人的陈述", "EXPERT": "鉴定意见", "SITE_RECORD": "勘验笔录、现场笔录",
})
NUMBER = re.compile(r"ZJ\d{3,}")


class Evidence(Supersedable, Base):
    """One piece of evidence; it is never changed, only reviewed."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    number: Mapped[str] = mapped_column(String(20))
    type: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(200))
    original: Mapped[bool]
    purpose: Mapped[str] = mapped_column(String(200))
    collected_at: Mapped[datetime] = mapped_column(Moment)
    collected_by: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    reviews: Mapped[list[EvidenceReview]] = relationship(lazy="selectin", order_by="EvidenceReview.id")

    @property
    def status(self) -> str:
        """COLLECTED until it is reviewed, then what the last review found."""
        return self.reviews[-1].status if self.reviews else COLLECTED

    @property
    def type_name(self) -> str:
        """Chinese name of the kind; a department's own kind keeps its code."""
        return TYPE_NAMES.get(self.type, self.type)

    @property
    def reason(self) -> str:
        """Why the last review excluded it; empty otherwise."""
        return self.reviews[-1].reason if self.reviews else ""


class EvidenceReview(Supersedable, Base):
    """One review of relevance, legality and authenticity."""

    __tablename__ = "evidence_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), index=True)
    relevance: Mapped[bool]
    legality: Mapped[bool]
    authenticity: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    reviewer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[datetime] = mapped_column(Moment)

    @property
    def status(self) -> str:
        """ACCEPTED when all three properties hold, else EXCLUDED."""
        return ACCEPTED if self.relevance and self.legality and self.authenticity else EXCLUDED


def evidence_of(session: Session, case_id: int) -> list[Evidence]:
    """All evidence of a case, by number."""
    return list(session.scalars(select(Evidence).where(Evidence.case_id == case_id).order_by(Evidence.number)))


def find_evidence(session: Session, evidence_id: int) -> Evidence:
    """The piece of this id that still stands; NotPermitted hides whether it exists."""
    found = session.scalar(select(Evidence).where(Evidence.id == evidence_id))
    if found is None:
        raise NotPermitted("evidence.hidden", "没有这件证据，或者您无权查看")
    return found


def cited_numbers(values: Any) -> tuple[str, ...]:
    """The numbers of evidence that the words of a form name, each once, in their order."""
    if isinstance(values, str):
        return tuple(dict.fromkeys(NUMBER.findall(values)))
    parts = values.values() if isinstance(values, Mapping) else values if isinstance(values, list | tuple) else ()
    return tuple(dict.fromkeys(number for part in parts for number in cited_numbers(part)))


def next_number(session: Session, case_id: int) -> int:
    """The next evidence number of a case, from 1."""
    query = select(func.count()).where(Evidence.case_id == case_id)
    return (session.scalar(query, execution_options=everything()) or 0) + 1
