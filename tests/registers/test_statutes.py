"""The statute register: texts of their day, amendments, and what rests on them."""

from __future__ import annotations

from datetime import date

import pytest

from engine.database import Database
from engine.errors import Invalid, Unlawful
from engine.registers.acting import require_decidable, require_may_act
from engine.registers.recording import change, end, record
from engine.registers.standards import (
    CURRENT,
    NEEDS_REVIEW,
    require_applicable,
    require_named_applicable,
    standard_on,
    state_of,
)
from engine.registers.statutes import article_label, clause_on, clauses_on, items_on_clause, statute_on, texts_to_choose
from engine.registers.urgent import confirm_basis
from tests.registers.builders import CHIEF, COUNTY, DAY, FOOD, LEAD, by, desk

AMENDED = date(2026, 7, 1)
STANDARD = "CL-SCJG-SPAQ-122-1"


def amend(database: Database, clause: str = "FL-SPAQ|122.1", recorded: date = date(2026, 6, 10)) -> None:
    with database.writing() as session:
        change(session, "clause", clause, {"text": "修改后的条文", "valid_from": AMENDED}, **by(day=recorded))


@pytest.mark.rule("R-GD-13-1")
def test_the_old_text_serves_the_facts_and_the_new_one_the_comparison(provinces: Database) -> None:
    amend(provinces)
    with provinces.reading() as session:
        old, new = texts_to_choose(session, "FL-SPAQ|122.1", date(2026, 6, 30), AMENDED)
        assert old and new
        assert old.text.startswith("违反本法规定，未取得食品生产经营许可") and new.text == "修改后的条文"
        assert (old.label, old.kind, new.since) == ("第一百二十二条第一款", "PENALTY", AMENDED)
        before = clause_on(session, "FL-SPAQ|35.1", date(2021, 4, 28))
        after = clause_on(session, "FL-SPAQ|35.1", date(2021, 4, 29))
        assert before and after
        assert "预包装" not in before.text and "预包装" in after.text
        assert clause_on(session, "FL-SPAQ|35.1", date(2018, 12, 28)) is None
        version = statute_on(session, "FL-SPAQ", date(2021, 4, 28))
        assert version and version.data["version_label"] == "2018年第一次修正" and version.data["tags"] == ["食品安全"]
        assert [found.key.split("|")[1] for found in clauses_on(session, "FL-SPAQ", DAY)] == ["33.1", "35.1", "122.1", "126.1"]
        assert items_on_clause(session, "FL-SPAQ|122.1") == [FOOD]


def test_a_clause_of_no_statute_and_a_wrong_path_are_refused(province: Database) -> None:
    row = {"statute": "FL-SPAQ", "path": "1.1", "kind": "DUTY", "text": "为了", "valid_from": DAY}
    with province.writing() as session:
        with pytest.raises(Invalid, match=r"条款路径.*格式有误"):
            record(session, "clause", {**row, "path": "第一条"}, **by())
        with pytest.raises(Invalid, match="没有施行的版本"):
            record(session, "clause", {**row, "valid_from": date(2000, 1, 1)}, **by())
        with pytest.raises(Invalid, match=r"生效日期.*必须填写"):
            record(session, "clause", {**row, "valid_from": None}, **by())


@pytest.mark.rule("R-GD-54-1")
def test_an_amended_basis_stops_new_cases_and_decisions_until_it_is_examined(provinces: Database) -> None:
    amend(provinces)
    with provinces.writing() as session:
        require_may_act(session, COUNTY, FOOD, date(2026, 6, 30))
        for check in (require_may_act, require_decidable):
            with pytest.raises(Unlawful, match="自2026年7月1日起已经变动") as caught:
                if check is require_decidable:
                    require_decidable(session, COUNTY, FOOD, DAY, AMENDED)
                else:
                    require_may_act(session, COUNTY, FOOD, AMENDED)
            assert caught.value.article == "粤府〔2023〕73号 第五十四条第一款"
        confirm_basis(session, desk(CHIEF, AMENDED), FOOD, 2, opinion="处罚幅度未变，依据有效")
        require_may_act(session, COUNTY, FOOD, AMENDED)
        require_decidable(session, COUNTY, FOOD, DAY, AMENDED)


def test_only_the_chief_confirms_and_gives_an_opinion(province: Database) -> None:
    with province.writing() as session:
        with pytest.raises(Exception, match="主要负责人"):
            confirm_basis(session, desk(LEAD), FOOD, 2, opinion="有效")
        with pytest.raises(Unlawful, match="意见"):
            confirm_basis(session, desk(CHIEF), FOOD, 2, opinion=" ")
        with pytest.raises(Invalid, match="没有第 9 项"):
            confirm_basis(session, desk(CHIEF), FOOD, 9, opinion="有效")


@pytest.mark.rule("R-GD-54-1")
def test_a_repealed_statute_stops_its_items_and_an_act_before_the_law_is_refused(provinces: Database) -> None:
    with provinces.writing() as session:
        with pytest.raises(Unlawful, match=r"违法行为发生时.*没有施行") as caught:
            require_may_act(session, COUNTY, FOOD, DAY, acted_on=date(2018, 12, 1))
        assert "第三十七条" in caught.value.article
        end(session, "statute", "FL-SPAQ", **by(), day=AMENDED)
        with pytest.raises(Unlawful, match="变动"):
            require_may_act(session, COUNTY, FOOD, AMENDED, acted_on=DAY)


@pytest.mark.rule("R-GD-13-5")
def test_a_standard_of_an_amended_clause_judges_older_acts_only(provinces: Database) -> None:
    amend(provinces)
    with provinces.writing() as session:
        standard = standard_on(session, STANDARD, AMENDED)
        assert standard
        assert (state_of(session, standard, date(2026, 6, 30)), state_of(session, standard, AMENDED)) == (CURRENT, NEEDS_REVIEW)
        require_applicable(session, STANDARD, date(2026, 6, 30), AMENDED)
        for acted_on in (AMENDED, date(2026, 8, 1)):
            with pytest.raises(Unlawful, match="尚未复核") as caught:
                require_applicable(session, STANDARD, acted_on, date(2026, 8, 1))
            assert caught.value.facts["state"] == NEEDS_REVIEW
        with pytest.raises(Unlawful, match="尚未复核"):
            require_named_applicable(session, FOOD, f"适用{standard.data['name']}", AMENDED, AMENDED)
        require_named_applicable(session, FOOD, "另外的基准", AMENDED, AMENDED)
        change(session, "discretion_standard", STANDARD, {"confirmed_on": date(2026, 8, 1)}, **by(day=date(2026, 8, 1)))
        require_applicable(session, STANDARD, date(2026, 8, 1), date(2026, 8, 1))
        with pytest.raises(Invalid, match="没有编码"):
            require_applicable(session, "none", DAY, DAY)


def test_a_change_that_was_recorded_late_is_seen_all_the_same(province: Database) -> None:
    amend(province, recorded=date(2026, 8, 1))  # effective 1 July, recorded a month later
    with province.writing() as session:
        change(session, "discretion_standard", STANDARD, {"confirmed_on": date(2026, 7, 15)}, **by(day=date(2026, 7, 15)))
        standard = standard_on(session, STANDARD, date(2026, 8, 2))
        assert standard and state_of(session, standard, date(2026, 8, 2)) == NEEDS_REVIEW


@pytest.mark.rule("R-AB-17")
def test_a_standard_without_factors_or_tiers_is_refused(province: Database) -> None:
    with province.writing() as session:
        with pytest.raises(Invalid, match=r"裁量因素.*必须填写"):
            change(session, "discretion_standard", STANDARD, {"factors": []}, **by())
        with pytest.raises(Invalid, match="裁量阶次"):
            change(session, "discretion_standard", STANDARD, {"tiers": [{"tier": "T1"}]}, **by())


@pytest.mark.parametrize(("path", "label"), [
    ("122.1", "第一百二十二条第一款"), ("14.1.3", "第十四条第一款第三项"), ("17-1", "第十七条之一"), ("6.1.3.2", "第六条第一款第三项第二目"),
    ("20.0.1", "第二十条第一项"), ("10", "第十条"),
])
def test_clauses_are_cited_as_the_law_cites_them(path: str, label: str) -> None:
    assert article_label(path) == label
