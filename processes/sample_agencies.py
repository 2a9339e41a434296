"""Fictitious agencies by the thousand, each with the officers of the sample agency: for trying things out at size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine.accounts.identities import Account
from engine.registers.agencies import Agency, Officer, officers_of
from engine.registers.importing import load_registers
from engine.registers.items import ItemAgency
from processes.sample_names import credit_code

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
AT_ONCE = 200


@dataclass(frozen=True)
class Likeness:
    """One made agency: its code, name and case word, and for each officer of the pattern agency the like one here."""

    code: str
    name: str
    case_word: str
    officers: Mapping[str, str]


def found_agencies(session: Session, pattern_code: str, numbers: range, *, day: date, at: datetime) -> Iterator[Likeness]:
    """Write one agency like the pattern per number, with officers, items and accounts; a batch at a time.

    Their accounts share the passwords of the pattern's officers: hashing a hundred thousand passwords would take an hour.
    """
    pattern = session.get_one(Agency, pattern_code)
    people = officers_of(session, pattern_code)
    items = sorted(session.scalars(select(ItemAgency.item_code).where(ItemAgency.agency_code == pattern_code)))
    accounts = {row.officer_id: row.password_hash for row in session.scalars(select(Account))}
    for begin in range(0, len(numbers), AT_ONCE):
        made = [_likeness(pattern, people, number) for number in numbers[begin:begin + AT_ONCE]]
        load_registers(session, _sections(pattern, people, items, made, day), at=at)
        rows = [
            {"login": own.lower(), "officer_id": own, "password_hash": accounts[old], "password_changed_at": at}
            for each in made for old, own in each.officers.items() if old in accounts
        ]
        if rows:
            session.execute(insert(Account), rows)
        yield from made


def _likeness(pattern: Agency, people: list[Officer], number: int) -> Likeness:
    word, rest = "", number
    for _ in range(4):
        rest, letter = divmod(rest, 26)
        word = LETTERS[letter] + word
    return Likeness(
        code=credit_code(f"{pattern.code[:10]}{number:07d}"), name=f"{pattern.name}第{number}执法所", case_word=f"Y{word}",
        officers={person.id: f"Y{number:07d}{person.id[-4:]}" for person in people},
    )


def _sections(
    pattern: Agency, people: list[Officer], items: list[str], made: list[Likeness], day: date
) -> dict[str, Any]:
    agencies = [
        {"code": each.code, "name": each.name, "short_name": pattern.short_name, "kind": pattern.kind, "domain": pattern.domain,
         "domain_word": pattern.domain_word, "case_word": each.case_word, "region_code": pattern.region_code,
         "address": pattern.address, "phone": pattern.phone, "reconsideration_agency": pattern.reconsideration_agency,
         "court": pattern.court, "superior_code": pattern.superior_code, "supervising_code": pattern.supervising_code}
        for each in made
    ]
    officers = [_officer(person, each, place) for each in made for place, person in enumerate(people)]
    holdings = [{"item": item, "agency": each.code} for each in made for item in items]
    return {"valid_from": day, "agency": agencies, "officer": officers, "holding": holdings}


def _officer(person: Officer, agency: Likeness, place: int) -> dict[str, Any]:
    own = agency.officers[person.id]
    row: dict[str, Any] = {"id": own, "name": person.name, "agency_code": agency.code, "roles": sorted(person.role_keys)}
    if person.certificate_number:
        row |= {"certificate_number": f"99{own[1:8]}{place:03d}", "certificate_from": person.certificate_from,
                "certificate_to": person.certificate_to}
    if person.legal_qualification:
        row["legal_qualification"] = f"A{own[1:8]}{place:03d}999999"
    return row
