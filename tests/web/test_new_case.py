"""新建案件: the law picks the procedure and says why, what looks alike is told, and nothing is typed twice."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import journal
from engine.cases.cases import Case
from engine.errors import Invalid, NotPermitted
from engine.workflow import releases
from engine.workflow.tasks import find_item
from engine.workflow.unfinished import kept_for
from processes.bundles import Bundle
from processes.checks import check_package
from processes.choosing import advise, require_choice
from processes.host import Host
from tests.builders import a_case
from tests.web.pages import client

ITEM, EMERGENCY_ITEM = "SCJG-CF-0122-01", "SCJG-CF-JG06-03"
CLERK, LEAD = "yjwh0304", "yjwh0101"
ANSWERS = {"source_type": "REPORT", "paper": "false", "on_the_spot": "false"}


@pytest.fixture
def bundle(host: Host) -> Bundle:
    """The national package."""
    with host.database.reading() as session:
        return host.bundle(session, releases.current(session, "national", host.clock.now()).digest)


def first(bundle: Bundle, ceiling: int = 3000, *, emergency: bool = False, **answers: Any) -> str:
    return advise(bundle, answers, {"emergency": emergency, "spot_ceiling": ceiling}, ("lead_officer", "intake_clerk"))[0].procedure


def test_the_package_says_which_procedure_is_for_what(bundle: Bundle) -> None:
    """行政处罚法 第四十九条、第五十一条、第五十四条."""
    spot = {"on_the_spot": True, "facts_clear": True, "penalty": "FINE"}
    assert first(bundle) == "ordinary"
    assert first(bundle, emergency=True) == "fast_track"
    assert first(bundle, **spot, amount=3000) == "summary"
    assert first(bundle, **spot, amount=3001) == "ordinary"
    assert first(bundle, 200, **spot, amount=201) == "ordinary", "what is allowed against a citizen is less"
    assert first(bundle, **{**spot, "facts_clear": False}, amount=100) == "ordinary"
    assert first(bundle, on_the_spot=True, facts_clear=True, penalty="WARNING") == "summary"
    assert first(bundle, on_the_spot=True, facts_clear=True, penalty="CONFISCATE_GAIN") == "ordinary"
    assert first(bundle, **spot) == "ordinary", "an answer that is missing allows nothing"


def test_another_lawful_procedure_takes_a_reason_and_an_unlawful_one_nothing(bundle: Bundle) -> None:
    advice = advise(bundle, {}, {"emergency": True, "spot_ceiling": 200}, ("lead_officer", "intake_clerk"))
    assert require_choice(advice, "fast_track", "").suits
    with pytest.raises(Invalid, match="请写明理由"):
        require_choice(advice, "ordinary", " ")
    assert require_choice(advice, "ordinary", "案情复杂").procedure == "ordinary"
    with pytest.raises(Invalid, match="第五十一条"):
        require_choice(advice, "summary", "我想当场处罚")
    with pytest.raises(NotPermitted, match="主办执法人员"):
        require_choice(advise(bundle, {}, {"emergency": True, "spot_ceiling": 200}, ("intake_clerk",)), "fast_track", "试")
    others = advise(bundle, {}, {"emergency": False, "spot_ceiling": 200}, ("lead_officer",))
    assert next(one for one in others if one.procedure == "ordinary").openers == "案源登记员", "read from the first step"


def test_a_condition_that_asks_what_nobody_answers_is_refused_at_publishing() -> None:
    from processes.overlay import resolve

    contents = resolve("national")
    text = contents["package.toml"].decode().replace('suits = "emergency"', 'suits = "weather"')
    assert [fault.code for fault in check_package({**contents, "package.toml": text.encode()})] == ["package.suits"]


def test_what_was_told_is_not_asked_again(app: Flask, host: Host) -> None:
    officer = client(app, CLERK)
    assert "/cases/new?source=COMPLAINT" in officer.get("/cases/new").text
    assert 'value="COMPLAINT" selected' in officer.get("/cases/new?source=COMPLAINT").text
    typed = {**ANSWERS, "item": ITEM, "party_name": "望海区新店", "clue_content": "无证经营", "violation_place": "滨河路1号"}
    text = officer.post("/cases/new", data=typed).text
    assert "建议适用" in text
    assert "行政处罚法 第五十四条" in text
    assert "不符合条件" in text
    answer = officer.post("/cases/new", data={**typed, "procedure": "ordinary"})
    assert answer.status_code == 302
    shown = officer.get(answer.location).text
    assert "新建案件时填写的内容已经带入" in shown
    for words in ("望海区新店", "无证经营", "滨河路1号"):
        assert words in shown
    with host.database.reading() as session:
        case = session.scalars(select(Case).order_by(Case.id.desc())).first()
        assert case is not None
        assert journal.entries(session, case.id)[0].read_facts()["source_type"] == "REPORT"


def test_answers_that_are_wrong_or_missing_are_named_and_kept(app: Flask, host: Host) -> None:
    officer = client(app, CLERK)
    answer = officer.post("/cases/new", data={"item": ITEM, "on_the_spot": "true", "paper": "true", "clue_content": "写过的话"})
    assert answer.status_code == 400
    for key in ("source_type", "paper_cause", "party_type", "facts_clear", "penalty"):
        assert f'href="#field-{key}' in answer.text, key
    assert "写过的话" in answer.text
    nothing = officer.post("/cases/new", data=ANSWERS)
    assert nothing.status_code == 400
    assert "请选择执法事项" in nothing.text
    with_reason = officer.post("/cases/new", data={**ANSWERS, "item": ITEM, "procedure": "fast_track", "reason": "想快一点"})
    assert with_reason.status_code == 400
    assert "第四十九条" in with_reason.text


def test_the_same_party_the_same_act_and_the_same_lead_are_told_within_what_one_may_see(app: Flask, host: Host) -> None:
    """行政处罚法 第二十九条."""
    fined = a_case(host, "emergency_case").until("")
    going_on = a_case(host).until("propose_filing")
    with host.database.reading() as session:
        from engine.cases.parties import known_party

        party, open_case = known_party(session, going_on.case_id), session.get_one(Case, going_on.case_id)
        earlier = session.get_one(Case, fined.case_id)
    same = {**ANSWERS, "item": ITEM, "party_type": party.type, "party_code": party.code, "violation_place": open_case.violation_place}
    seen = client(app, LEAD).post("/cases/new", data=same).text
    assert f"/cases/{open_case.id}" in seen
    assert "请核对是否重复立案" in seen
    stranger = client(app, "yj000101").post("/cases/new", data={**same, "item": ITEM}).text
    assert f"/cases/{open_case.id}" not in stranger
    assert open_case.number not in stranger
    assert "另有 1 件您无权查看" in stranger
    again = {**ANSWERS, "item": EMERGENCY_ITEM, "party_type": "SOLE", "party_code": "92999901MA0KNT002Y", "violation_to": "2026-07-05"}
    told = client(app, LEAD).post("/cases/new", data=again).text
    assert "不得给予两次以上罚款（行政处罚法 第二十九条）" in told
    assert earlier.number in told
    place = {**ANSWERS, "item": ITEM, "violation_place": open_case.violation_place}
    assert "可能是同一线索" in client(app, LEAD).post("/cases/new", data=place).text


def test_what_was_told_is_kept_for_the_opener_only_at_the_first_step(app: Flask, host: Host) -> None:
    answer = client(app, CLERK).post("/cases/new", data={**ANSWERS, "item": ITEM, "procedure": "ordinary", "party_name": "某店"})
    item = int(answer.location.rsplit("/", 1)[1])
    with host.database.reading() as session:
        rows = kept_for(session, item)
        assert [(row.officer_id, row.from_opening, row.values["party_name"]) for row in rows] == [("YJWH0304", True, "某店")]
        assert "paper" not in rows[0].values, "only what the form of the step asks"


def test_a_case_entered_late_from_paper_says_what_is_still_owed(app: Flask, host: Host) -> None:
    """粤府〔2023〕73号 第二十二条."""
    officer = client(app, CLERK)
    typed = {**ANSWERS, "item": ITEM, "paper": "true", "paper_cause": "NO_NETWORK", "procedure": "ordinary"}
    item = int(officer.post("/cases/new", data=typed).location.rsplit("/", 1)[1])
    with host.database.reading() as session:
        case_id = find_item(session, item).case_id
        assert journal.entries(session, case_id)[0].read_facts()["paper_cause"] == "NO_NETWORK"
    assert "纸质办案情形登记及补录表" in officer.get(f"/cases/{case_id}").text
    other = a_case(host).case_id
    assert "纸质办案情形登记及补录表" not in officer.get(f"/cases/{other}").text
