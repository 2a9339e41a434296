"""Load registers from plain data (TOML): regions, agencies, officers, seals, items, standards, emergencies, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.clock import legal_time
from engine.errors import Invalid
from engine.registers.agencies import ROLES, Agency, Officer, OfficerRole, Region, Seal
from engine.registers.emergencies import Emergency
from engine.registers.items import DiscretionStandard, Item, ItemAgency, LegalBasis
from engine.registers.numbers import NumberSequence


def load_registers(session: Session, data: Mapping[str, Any]) -> None:
    """Write every register that the data names; an unknown role or a missing key is Invalid and nothing is kept."""
    try:
        session.add_all(Region(**row) for row in data.get("region", ()))
        session.flush()
        session.add_all(Agency(**row) for row in data.get("agency", ()))
        session.flush()
        for row in data.get("officer", ()):
            _add_officer(session, dict(row))
        session.add_all(Seal(**row) for row in data.get("seal", ()))
        for row in data.get("item", ()):
            _add_item(session, dict(row))
        session.flush()
        session.add_all(DiscretionStandard(**row) for row in data.get("discretion_standard", ()))
        for row in data.get("emergency", ()):
            session.add(Emergency(**{**row, "starts_at": _moment(row["starts_at"]), "ends_at": _moment(row["ends_at"])}))
        session.add_all(NumberSequence(**row) for row in data.get("number_sequence", ()))
        session.flush()
    except (KeyError, TypeError) as error:
        raise Invalid("registers.malformed", f"要素库数据有误：{error}") from error


def _add_officer(session: Session, row: dict[str, Any]) -> None:
    roles = row.pop("roles")
    if unknown := [role for role in roles if role not in ROLES]:
        raise Invalid("registers.unknown_role", f"人员“{row.get('name')}”的角色“{unknown[0]}”不存在")
    session.add(Officer(**row))
    session.flush()
    session.add_all(OfficerRole(officer_id=row["id"], role=role) for role in roles)


def _add_item(session: Session, row: dict[str, Any]) -> None:
    bases, agencies = row.pop("legal_basis", []), row.pop("agencies")
    session.add(Item(**row))
    session.flush()
    session.add_all(
        LegalBasis(item_code=row["code"], sequence=number, **basis) for number, basis in enumerate(bases, start=1)
    )
    session.add_all(ItemAgency(item_code=row["code"], agency_code=code) for code in agencies)


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} 不是带时区的时刻")
    return legal_time(value)
