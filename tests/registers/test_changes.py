"""The catalogue changes only by its procedure: applied for, reviewed, approved, published; urgent changes; suspension."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engine.database import Database
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful
from engine.registers.acting import may_act
from engine.registers.changes import apply_change, approve, differences, publish, review
from engine.registers.limits import SICHUAN_LIMITS, ChangeLimits
from engine.registers.recording import change, end, record
from engine.registers.statutes import bases_of
from engine.registers.urgent import adjust_urgently, report_upward
from engine.registers.versions import Record, history, newest, on_day
from tests.registers.builders import CHIEF, CITY, CITY_OFFICER, COUNTY, DAY, FOOD, LEAD, PRICE, REGION_ADMIN, by, desk

OPINIONS = {"legal": "合法", "establishment": "属于该部门职能"}
LOCAL = "WH-CF-0001"
WHOLE: Mapping[str, Any] = {
    "name": "对占道经营的处罚", "cause": "占道经营", "power_type": "PENALTY", "domain": "market_regulation", "region_code": "999901",
    "violated": "《望海区市容管理办法》第八条", "penalty": "《望海区市容管理办法》第二十条", "basis_from": date(2026, 2, 1),
    "statutory_body": "区市场监督管理局", "remedy": "申请行政复议", "phone": "1", "supervision_phone": "2", "place": "3",
    "procedure": "ordinary",
}


def apply(session: Session, actor: str = LEAD, day: date = DAY, limits: ChangeLimits | None = None, **more: Any) -> Record:
    given = {"number": "TZ-1", "kind": "ADD", "item": LOCAL, "agency": COUNTY, "cause": "新法施行", "content": WHOLE,
             "cause_on": date(2026, 2, 2), **more}
    return apply_change(session, desk(actor, day, limits) if limits else desk(actor, day), **given)


@pytest.mark.rule("INV-K02")
@pytest.mark.rule("R-AB-22")
@pytest.mark.rule("R-SC2-2")
@pytest.mark.rule("R-SC2-4")
def test_a_new_item_is_listed_only_after_review_and_approval(provinces: Database) -> None:
    with provinces.writing() as session:
        assert apply(session).data["steps"][0]["due"] == "2026-03-06"  # 20 working days from 2 February
        with pytest.raises(Conflict):
            publish(session, desk(LEAD), "TZ-1")
        with pytest.raises(Unlawful, match="机构编制部门"):
            review(session, desk(REGION_ADMIN, date(2026, 3, 10)), "TZ-1", agrees=True, opinions={"legal": "合法"})
        review(session, desk(REGION_ADMIN, date(2026, 3, 10)), "TZ-1", agrees=True, opinions=OPINIONS)
        assert may_act(session, COUNTY, LOCAL, date(2026, 3, 11)).code == "item.not_in_register"
        with pytest.raises(Unlawful, match="文号"):
            approve(session, desk(REGION_ADMIN, date(2026, 3, 20)), "TZ-1", approved=True, document="")
        approve(session, desk(REGION_ADMIN, date(2026, 3, 20)), "TZ-1", approved=True, document="望府函〔2026〕3号")
        assert may_act(session, COUNTY, LOCAL, date(2026, 3, 21)).code == "item.not_in_register"
        done = publish(session, desk(LEAD, date(2026, 4, 13)), "TZ-1")
        assert [(step["state"], step["due"], step["late"]) for step in done.data["steps"]] == [
            ("APPLIED", "2026-03-06", False), ("REVIEWED", "2026-03-16", False), ("APPROVED", "", False),
            ("PUBLISHED", "2026-04-13", False),
        ]
        item = newest(session, "item", LOCAL)
        assert item and (item.data["status"], item.data["approval"], item.data["basis_from"]) == (
            "ACTIVE", "望府函〔2026〕3号", date(2026, 2, 1)
        )
        assert may_act(session, COUNTY, LOCAL, date(2026, 4, 13)).allowed
        assert differences(session, "TZ-1") == []


@pytest.mark.rule("TL_CAT_APPLY_AB")
@pytest.mark.rule("TL_CAT_REVIEW_AB")
@pytest.mark.rule("TL_CAT_UPDATE_AB")
@pytest.mark.rule("R-AB-54")
def test_the_limits_of_aba_count_working_days_and_late_acts_are_marked(province: Database) -> None:
    with province.writing() as session:
        apply(session, day=date(2026, 3, 13))  # rest from 15 to 23 February, the Saturdays 14 and 28 worked
        review(session, desk(REGION_ADMIN, date(2026, 3, 30)), "TZ-1", agrees=True, opinions=OPINIONS)
        approve(session, desk(REGION_ADMIN, date(2026, 4, 1)), "TZ-1", approved=True, document="望府函〔2026〕3号")
        steps = publish(session, desk(LEAD, date(2026, 4, 24)), "TZ-1").data["steps"]
    assert [(step["due"], step["late"]) for step in steps] == [
        ("2026-03-06", True), ("2026-03-27", True), ("", False), ("2026-04-23", True),
    ]


@pytest.mark.rule("TL_CAT_APPLY_SC")
@pytest.mark.rule("TL_CAT_UPDATE_SC")
def test_the_limits_of_sichuan_are_calendar_days(province: Database) -> None:
    with province.writing() as session:
        apply(session, day=date(2026, 2, 22), limits=SICHUAN_LIMITS)
        review(session, desk(REGION_ADMIN, date(2026, 2, 25), SICHUAN_LIMITS), "TZ-1", agrees=True, opinions=OPINIONS)
        approve(session, desk(REGION_ADMIN, DAY, SICHUAN_LIMITS), "TZ-1", approved=True, document="望府函〔2026〕3号")
        steps = publish(session, desk(LEAD, date(2026, 3, 13), SICHUAN_LIMITS), "TZ-1").data["steps"]
    assert [(step["due"], step["late"]) for step in steps][0::3] == [
        ("2026-02-24", False), ("2026-03-12", True),  # 22 February is a day of rest
    ]


@pytest.mark.parametrize(("changes", "error", "words"), [
    pytest.param({"kind": "CANCEL", "item": FOOD, "cause": " "}, Unlawful, "取消的依据或者理由", marks=pytest.mark.rule("R-SC2-3b")),
    pytest.param({"content": {**WHOLE, "remedy": ""}}, Unlawful, "相对人维权渠道", marks=pytest.mark.rule("R-SC2-3b")),
    pytest.param({"content": {**WHOLE, "procedure": ""}}, Unlawful, "流程图", marks=pytest.mark.rule("R-SC2-3c")),
    pytest.param({"content": {**WHOLE, "discretionary": True}}, Unlawful, "裁量权基准", marks=pytest.mark.rule("R-SC2-3d")),
    pytest.param({"kind": "MERGE"}, Invalid, "不在可选范围", marks=pytest.mark.rule("R-SC2-2")),
    ({"kind": "CANCEL", "item": FOOD}, NotPermitted, "谁编制谁负责"),
    ({"kind": "CHANGE", "item": "NONE"}, Invalid, "没有这个事项"),
    ({"item": FOOD}, Invalid, "已经有这个事项"),
    ({"content": {**WHOLE, "colour": "red"}}, Invalid, "没有名为“colour”的列"),
    ({"agency": CITY}, NotPermitted, "行权部门自己的人员"),
    ({"content": {**WHOLE, "region_code": "999900"}}, NotPermitted, "谁编制谁负责"),
])
def test_an_application_that_lacks_something_is_refused(province: Database, changes: Any, error: type[Exception], words: str) -> None:
    with province.writing() as session:
        with pytest.raises(error, match=words):
            apply(session, **changes)
        assert newest(session, "item_change", "TZ-1") is None


@pytest.mark.rule("R-SC2-4")
def test_a_permit_asks_the_service_centre_too(province: Database) -> None:
    with province.writing() as session:
        apply(session, content={**WHOLE, "power_type": "PERMIT"})
        with pytest.raises(Unlawful, match="政务服务中心"):
            review(session, desk(REGION_ADMIN), "TZ-1", agrees=True, opinions=OPINIONS)
        review(session, desk(REGION_ADMIN), "TZ-1", agrees=True, opinions={**OPINIONS, "service_centre": "同意"})


def test_who_may_review_and_that_a_refusal_has_a_reason(province: Database) -> None:
    with province.writing() as session:
        apply(session)
        for nobody in (LEAD, CITY_OFFICER, "YJWH0307"):
            with pytest.raises(NotPermitted, match="平台管理部门"):
                review(session, desk(nobody), "TZ-1", agrees=True, opinions=OPINIONS)
        with pytest.raises(Unlawful, match="说明理由"):
            review(session, desk(REGION_ADMIN), "TZ-1", agrees=False, opinions=OPINIONS)
        review(session, desk(REGION_ADMIN), "TZ-1", agrees=False, opinions=OPINIONS, reason="缺少依据")
        with pytest.raises(Conflict, match="RETURNED"):
            approve(session, desk(REGION_ADMIN), "TZ-1", approved=True, document="x")
        assert [row.data["state"] for row in history(session, "item_change", "TZ-1")] == ["APPLIED", "RETURNED"]


@pytest.mark.rule("R-SC2-5b")
def test_a_catalogue_that_differs_from_what_was_approved_is_found(province: Database) -> None:
    with province.writing() as session:
        apply(session)
        review(session, desk(REGION_ADMIN), "TZ-1", agrees=True, opinions=OPINIONS)
        approve(session, desk(REGION_ADMIN), "TZ-1", approved=True, document="望府函〔2026〕3号")
        publish(session, desk(LEAD), "TZ-1")
        change(session, "item", LOCAL, {"name": "对乱摆卖的处罚", "phone": "9"}, **by(), day=date(2026, 3, 5))
        assert differences(session, "TZ-1") == ["name", "phone"]


def test_a_suspended_power_must_be_resumed_before_a_case(provinces: Database) -> None:
    with provinces.writing() as session:
        apply(session, kind="SUSPEND", item=PRICE, cause="两年没有使用", content=None, cause_on=None)
        review(session, desk(REGION_ADMIN), "TZ-1", agrees=True, opinions={})
        found = may_act(session, COUNTY, PRICE, DAY)
        assert found.code == "item.suspended" and "申请恢复行使" in found.reason and "第二十一条" in found.article
        assert may_act(session, CITY, PRICE, DAY).allowed  # the other agency goes on
        apply(session, number="TZ-2", kind="RESUME", item=PRICE, cause="有案件", content=None, cause_on=None)
        assert may_act(session, COUNTY, PRICE, DAY).code == "item.suspended"
        review(session, desk(REGION_ADMIN, date(2026, 3, 9)), "TZ-2", agrees=True, opinions={})
        assert may_act(session, COUNTY, PRICE, date(2026, 3, 9)).allowed
        assert may_act(session, COUNTY, PRICE, date(2026, 3, 8)).code == "item.suspended"


@pytest.mark.rule("R-GD-54-2")
def test_an_urgent_change_needs_the_chief_holds_for_his_agency_and_is_reported(provinces: Database) -> None:
    basis = {"sequence": 2, "kind": "penalty", "clause": "FL-SPAQ|122.1", "statute": "中华人民共和国食品安全法",
             "article": "第一百二十二条第一款（新）", "text": "新的条文"}
    with provinces.writing() as session:
        with pytest.raises(NotPermitted, match="主要负责人"):
            adjust_urgently(session, desk(LEAD), number="JJ-1", item=FOOD, basis=basis, cause="法律修改，急需办案")
        with pytest.raises(NotPermitted, match="本单位"):
            adjust_urgently(session, desk(CHIEF), number="JJ-1", item=add_foreign_item(session), basis=basis, cause="急需")
        adjust_urgently(session, desk(CHIEF), number="JJ-1", item=FOOD, basis=basis, cause="法律修改，急需办案")
        own, other = ([row.data["article"] for row in bases_of(session, FOOD, agency, DAY)] for agency in (COUNTY, CITY))
        assert own == ["第三十五条第一款", "第一百二十二条第一款（新）"] and other == ["第三十五条第一款", "第一百二十二条第一款"]
        with pytest.raises(Unlawful, match="报备的"):
            report_upward(session, desk(CHIEF), "JJ-1", reported_to="")
        with pytest.raises(NotPermitted):
            report_upward(session, desk(CITY_OFFICER), "JJ-1", reported_to="省市场监督管理局")
        done = report_upward(session, desk(LEAD), "JJ-1", reported_to="云海省市场监督管理局")
        assert (done.data["state"], done.data["steps"][-1]["reported_to"]) == ("REPORTED", "云海省市场监督管理局")


def add_foreign_item(session: Session) -> str:
    food = newest(session, "item", FOOD)
    assert food
    return record(session, "item", {**food.data, "code": "OTHER-1"}, **by()).key


@pytest.mark.rule("R-GD-13-2a")
def test_fields_of_a_synchronised_item_are_edited_at_the_source_only(provinces: Database) -> None:
    source = "省事项管理系统"
    with provinces.writing() as session:
        change(session, "item", FOOD, {"name": "同步来的名称"}, **by(), origin=source)
        with pytest.raises(Invalid, match=r"省事项管理系统.*不得在本地修改") as caught:
            change(session, "item", FOOD, {"name": "本地的名称"}, **by())
        assert [(fault.where, fault.code) for fault in caught.value.faults] == [("执法事项“事项名称”", "registers.source_owned")]
        change(session, "item", FOOD, {"phone": "0999-1"}, **by())  # our own field
        change(session, "item", FOOD, {"name": "再次同步的名称"}, **by(), origin=source)
        found = on_day(session, "item", FOOD, DAY)
        assert found and (found.data["name"], found.data["phone"], found.data["source"]) == ("再次同步的名称", "0999-1", source)
        with pytest.raises(Invalid, match="在来源系统终止"):
            end(session, "item", FOOD, **by())
        with pytest.raises(Invalid, match="来源系统由平台填写"):
            change(session, "item", PRICE, {"source": source}, **by())


@pytest.mark.rule("R-AB-16-1")
@pytest.mark.parametrize(("changes", "words"), [
    ({"remedy": ""}, "第十六条"), ({"supervision_phone": ""}, "第十六条"), ({"statutory_body": ""}, "第十六条"),
    pytest.param({"approval": ""}, "第二十二条", marks=pytest.mark.rule("R-AB-22")),
    pytest.param({"secret": True}, "涉密", marks=pytest.mark.rule("R-SC1-6")),
    pytest.param({"power_type": ""}, "权力类型”：必须填写", marks=pytest.mark.rule("R-SC1-2")),
])
def test_an_item_that_is_not_whole_is_not_listed(province: Database, changes: Any, words: str) -> None:
    with province.writing() as session, pytest.raises(Invalid, match=words):
        change(session, "item", FOOD, changes, **by())
