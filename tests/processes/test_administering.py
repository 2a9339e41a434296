"""Accounts kept by administrators: only within their scope, never their own, never those of a wider scope; all of it written down."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.accounts.identities import account_of, check_password
from engine.errors import NotPermitted
from engine.journal import JournalEntry
from engine.registers.agencies import OfficerRole
from processes.administering import CREATE, DISABLE, ENABLE, RESET, administer, find_person, people
from processes.host import Host
from processes.viewing import officer_in_session
from tests.builders import on_both_databases

CITY, DISTRICT, LEAD, CITY_LEAD = "YJ000801", "YJWH0307", "YJWH0101", "YJ000101"


def refusals(host: Host) -> list[str]:
    with host.database.reading() as session:
        rows = session.scalars(select(JournalEntry).where(JournalEntry.act == "account.administration_refused").order_by(JournalEntry.id))
        return [str(row.read_facts()["code"]) for row in rows]


@on_both_databases
def test_an_administrator_keeps_the_accounts_of_his_scope(host: Host) -> None:
    made = administer(host, CREATE, LEAD, DISTRICT)
    assert administer(host, DISABLE, LEAD, CITY).login == made.login  # the city's scope takes in the district
    with host.database.writing() as session:
        assert check_password(session, made.login, made.password, host.clock.now()) is None
    administer(host, ENABLE, LEAD, DISTRICT)
    with host.database.writing() as session:
        assert check_password(session, made.login, made.password, host.clock.now()) is not None
    assert administer(host, RESET, LEAD, DISTRICT).password != made.password


@pytest.mark.parametrize(("act", "officer", "by", "code"), [
    (CREATE, LEAD, LEAD, "account.administrator"),
    (CREATE, LEAD, "YJWH0001", "account.administrator"),  # the head of the agency keeps no accounts
    (CREATE, CITY_LEAD, DISTRICT, "account.scope"),
    (CREATE, DISTRICT, DISTRICT, "account.own"),
    (RESET, CITY, CITY, "account.own"),
])
def test_everybody_else_is_refused_and_it_is_written_down(host: Host, act: str, officer: str, by: str, code: str) -> None:
    with pytest.raises(NotPermitted) as refused:
        administer(host, act, officer, by)
    assert refused.value.code == code
    assert refusals(host) == [code]
    with host.database.reading() as session:
        assert account_of(session, officer) is None


def test_nobody_takes_over_an_administrator_of_a_wider_scope(host: Host) -> None:
    """Whoever could reset him could sign in as him."""
    with host.database.writing() as session:
        moved = officer_in_session(session, CITY)
        moved.agency_code = officer_in_session(session, DISTRICT).agency_code  # same agency, scope of the city
    with pytest.raises(NotPermitted) as refused:
        administer(host, CREATE, CITY, DISTRICT)
    assert refused.value.code == "account.wider"
    administer(host, CREATE, DISTRICT, CITY)


def test_an_administrator_sees_the_people_of_his_scope_and_no_others(host: Host) -> None:
    with host.database.reading() as session:
        district, city = (officer_in_session(session, each) for each in (DISTRICT, CITY))
        seen, more = people(host, session, district, size=100)
        everybody, _ = people(host, session, city, size=100)
        assert not more
        assert {each.officer.agency_code for each in seen} == {district.agency_code}
        assert {each.officer.id for each in everybody} >= {each.officer.id for each in seen} | {CITY_LEAD}
        first, more = people(host, session, city, size=5)
        second, _ = people(host, session, city, size=100, after=first[-1].officer.id)
        assert more
        assert [each.officer.id for each in (*first, *second)] == [each.officer.id for each in everybody]
        (found,), _ = people(host, session, district, words="陆晴")
        assert (found.officer.id, found.state, found.acts) == ("YJWH0304", "未开通", [CREATE])
        assert people(host, session, district, words="%")[0] == []
        assert find_person(host, session, district, DISTRICT).acts == []
        for maker, officer in ((district, CITY_LEAD), (district, "nobody"), (officer_in_session(session, LEAD), LEAD)):
            with pytest.raises(NotPermitted):
                find_person(host, session, maker, officer)
        with pytest.raises(NotPermitted):
            people(host, session, officer_in_session(session, LEAD))


def test_roles_are_not_changed_by_anything_here(host: Host) -> None:
    def held() -> list[tuple[str, str]]:
        with host.database.reading() as session:
            return [(row.officer_id, row.role) for row in session.scalars(select(OfficerRole).order_by(OfficerRole.officer_id, OfficerRole.role))]

    before = held()
    for act in (CREATE, RESET, DISABLE, ENABLE):
        administer(host, act, LEAD, DISTRICT)
    assert held() == before
