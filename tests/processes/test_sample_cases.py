"""Copied cases are cases: their journals verify, their steps go on, their words are their own."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from engine import journal
from engine.cases.cases import Case
from engine.cases.parties import Party, party_of
from engine.registers.agencies import officers_of
from engine.workflow.tasks import OPEN, WorkItem
from forms.identifiers import credit_code_is_valid
from processes.host import Host
from processes.running import complete_step
from processes.sample_cases import PER_AGENCY, multiply
from tests.builders import a_case, on_both_databases
from web.commands.main import main

COPIES = PER_AGENCY + 60


@on_both_databases
def test_copies_are_cases_of_their_own_that_go_on(host: Host) -> None:
    started = [a_case(host).until(step) for step in ("verify_clue", "propose_filing")]
    told = list[int]()
    assert multiply(host, [case.case_id for case in started], COPIES, told=told.append) == COPIES
    assert told == [COPIES]
    with host.database.reading() as session:
        ids = list(session.scalars(select(Case.id).where(Case.id.not_in([case.case_id for case in started]))))
        assert len(ids) == COPIES
        for case_id in ids[::14]:
            count, broken = journal.verify(session, case_id)
            assert count >= 2
            assert broken == []
        assert session.scalar(select(func.count(func.distinct(Case.number)))) == COPIES + 2
        one = session.get_one(Case, ids[0])
        party = party_of(session, one.id)
        assert party is not None
        assert credit_code_is_valid(party.code)
        assert party.name in one.title
        assert re.fullmatch(r"999901Y[A-Z]{4}CF2026[0-9]{6}", one.number)
        assert all(one.number in entry.facts for entry in journal.entries(session, one.id)[:1])
        item = session.scalars(select(WorkItem).where(WorkItem.case_id == one.id, WorkItem.state == OPEN)).one()
        pattern = next(case for case in started if case.open_items()[0].step == item.step)
        officers = session.scalars(select(Party.name).where(Party.case_id.in_(ids)))
        assert len(set(officers)) > COPIES // 2
    values = pattern.values(item.step)
    step = next(one for one in pattern.script.steps if one.id == item.step)
    with host.database.reading() as session:
        mine = _like(session.get_one(Case, ids[0]).agency_code, step.actor, host)
        other = _like(session.get_one(Case, ids[0]).agency_code, "YJWH0102", host)
    pattern.clock.set(max(step.at, pattern.clock.now()))
    done = complete_step(host, item.id, mine, {**values, "co_officer": other} if "co_officer" in values else dict(values))
    assert done.case_id == ids[0]
    with host.database.reading() as session:
        assert journal.verify(session, ids[0])[1] == []


def _like(agency_code: str, officer_id: str, host: Host) -> str:
    with host.database.reading() as session:
        return next(person.id for person in officers_of(session, agency_code) if person.id.endswith(officer_id[-4:]))


def test_the_command_fills_a_new_folder_only(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    folder = f"{tmp_path}/many"
    assert main(["sample", "--cases", "20", "--folder", folder]) == 0
    assert "已生成 20 宗虚构案件" in capsys.readouterr().out
    assert main(["sample", "--cases", "20", "--folder", folder]) == 2
    assert "不是空的" in capsys.readouterr().err
