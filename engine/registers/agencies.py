"""Agencies, officers and their roles: who may enforce, where, in which domain and until when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.database import Base
from engine.errors import Invalid

VALID = "VALID"
ROLES: dict[str, str] = {
    "intake_clerk": "案源登记员",
    "lead_officer": "主办执法人员",
    "co_officer": "协办执法人员",
    "handling_unit_head": "办案机构负责人",
    "case_reviewer": "案件审核人员",
    "legal_reviewer": "法制审核人员",
    "agency_head": "行政机关负责人",
    "agency_chief": "行政机关主要负责人",
    "hearing_chair": "听证主持人",
    "seal_keeper": "用印管理员",
    "publicity_officer": "公示审查员",
    "property_keeper": "涉案财物管理员",
    "finance_officer": "罚没收缴岗",
    "archivist": "档案员",
    "supervisor": "执法监督人员",
    "administrator": "平台管理员",
}


class Region(Base):
    """An administrative division; level is province, city, county or township."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    level: Mapped[str] = mapped_column(String(10))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))


class Agency(Base):
    """An enforcement agency (行政执法主体), known by its unified social credit code.

    kind: ORGAN, AUTHORISED, ENTRUSTED or TOWN; state: of its qualification, VALID, SUSPENDED or CANCELLED; superior_code,
    supervising_code: the agency above it and the one that supervises its enforcement, empty when there is none here.
    """

    __tablename__ = "agency"

    code: Mapped[str] = mapped_column(String(18), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    short_name: Mapped[str] = mapped_column(String(10))
    domain: Mapped[str] = mapped_column(String(30))
    domain_word: Mapped[str] = mapped_column(String(10))
    case_word: Mapped[str] = mapped_column(String(10))
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    address: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(30))
    reconsideration_agency: Mapped[str] = mapped_column(String(80))
    court: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(12), default="ORGAN")
    state: Mapped[str] = mapped_column(String(12), default=VALID)
    superior_code: Mapped[str] = mapped_column(String(18), default="", index=True)
    supervising_code: Mapped[str] = mapped_column(String(18), default="")


class Officer(Base):
    """A person of an agency; certificate dates are empty for staff who do not enforce in the field.

    certificate_state: VALID, SUSPENDED (暂扣) or REVOKED (注销), from certificate_state_from on.
    """

    __tablename__ = "officer"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    agency_code: Mapped[str] = mapped_column(ForeignKey("agency.code"), index=True)
    certificate_from: Mapped[date | None]
    certificate_to: Mapped[date | None]
    certificate_number: Mapped[str | None] = mapped_column(String(20), index=True, unique=True)
    certificate_state: Mapped[str] = mapped_column(String(12), default=VALID)
    certificate_state_from: Mapped[date | None]
    in_service: Mapped[bool] = mapped_column(default=True)
    department: Mapped[str] = mapped_column(String(40), default="")
    post: Mapped[str] = mapped_column(String(40), default="")
    legal_qualification: Mapped[str] = mapped_column(String(40), default="")
    roles: Mapped[list[OfficerRole]] = relationship(lazy="selectin", cascade="all, delete-orphan")
    agency: Mapped[Agency] = relationship(lazy="joined")

    @property
    def role_keys(self) -> frozenset[str]:
        """Keys of ROLES that this officer holds."""
        return frozenset(role.role for role in self.roles)

    def certified_on(self, day: date) -> bool:
        """Whether the enforcement certificate is valid on a day: in its term, not suspended or revoked (行政处罚法 第四十二条)."""
        if not (self.certificate_from and self.certificate_to and self.certificate_from <= day <= self.certificate_to):
            return False
        since = self.certificate_state_from or self.certificate_from
        return self.in_service and not (self.certificate_state != VALID and since <= day)


class OfficerRole(Base):
    """One role of one officer."""

    __tablename__ = "officer_role"

    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)


class Seal(Base):
    """An electronic seal with its filings; only a registered one may be used (粤府〔2023〕73号 第二十七条)."""

    __tablename__ = "seal"

    number: Mapped[str] = mapped_column(String(30), primary_key=True)
    agency_code: Mapped[str] = mapped_column(ForeignKey("agency.code"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    police_filing: Mapped[str] = mapped_column(String(40))
    platform_filing: Mapped[str] = mapped_column(String(40))
    valid_from: Mapped[date]
    valid_to: Mapped[date]


def find_officer(session: Session, officer_id: str) -> Officer:
    """The officer of this id, or Invalid."""
    officer = session.get(Officer, officer_id)
    if officer is None:
        raise Invalid("officer.unknown", f"人员库中没有编号为“{officer_id}”的人员", officer_id=officer_id)
    return officer


def officers_of(session: Session, agency_code: str, role: str = "") -> list[Officer]:
    """Officers of an agency, all or those of one role, by id."""
    query = select(Officer).where(Officer.agency_code == agency_code).order_by(Officer.id)
    if role:
        query = query.join(OfficerRole).where(OfficerRole.role == role)
    return list(session.scalars(query))


def officers_among(session: Session, agency_code: str, ids: Collection[str]) -> frozenset[str]:
    """Those of these ids that belong to officers of the agency; nothing is asked when there are none."""
    if not ids:
        return frozenset()
    query = select(Officer.id).where(Officer.id.in_(sorted(ids)), Officer.agency_code == agency_code)
    return frozenset(session.scalars(query))


def seal_of(session: Session, agency_code: str) -> Seal | None:
    """The agency's seal, the newest first; None when it has none."""
    query = select(Seal).where(Seal.agency_code == agency_code).order_by(Seal.valid_to.desc()).limit(1)
    return session.scalar(query)
