"""The document register and registers that departments add themselves."""

from __future__ import annotations

from typing import Any

import pytest

from engine.database import Database
from engine.errors import Invalid
from engine.registers.definitions import definition_of
from engine.registers.exporting import export_file
from engine.registers.importing import import_file
from engine.registers.recording import end, record
from engine.registers.versions import about, all_on, newest, on_day
from tests.registers.builders import DAY, REGION_ADMIN, a_csv, at, by


def a_variant(session: Any, without: str = "", **changes: Any) -> dict[str, Any]:
    base = newest(session, "document_kind", "DOC-45")
    assert base
    fields = [name for name in base.data["fields"] if name != without]
    return {**base.data, "code": "DOC-45-NY", "title": "农业行政处罚决定书", "base": "DOC-45", "domain": "agriculture",
            "fields": [*fields, "农产品品种"], "statutory_fields": [], "approval": "云司〔2026〕9号", **changes}


@pytest.mark.rule("R-GD-13-4")
def test_a_variant_that_drops_a_statutory_field_is_refused_and_named(provinces: Database) -> None:
    with provinces.writing() as session:
        with pytest.raises(Invalid, match="不得删减统一文书“行政处罚决定书”的法定字段：裁量说理"):
            record(session, "document_kind", a_variant(session, "裁量说理"), **by())
        assert newest(session, "document_kind", "DOC-45-NY") is None
        record(session, "document_kind", a_variant(session, "联系电话"), **by())  # not statutory
        assert [row.key for row in about(session, "document_kind", "DOC-45", DAY)] == ["DOC-45-NY"]
        assert sum(1 for _ in all_on(session, "document_kind", DAY)) == 114


@pytest.mark.parametrize(("changes", "words"), [
    ({"domain": ""}, "只在一个领域"), ({"approval": ""}, "批准文号"), ({"base": "DOC-999"}, "不在登记簿中"),
])
def test_a_variant_names_its_base_its_domain_and_who_approved_it(province: Database, changes: Any, words: str) -> None:
    with province.writing() as session, pytest.raises(Invalid, match=words):
        record(session, "document_kind", a_variant(session, **changes), **by())


def test_a_further_register_is_described_filled_and_read_without_new_code(provinces: Database, tmp_path: Any) -> None:
    columns = [
        {"key": "code", "title": "编码"}, {"key": "name", "title": "名称", "required": True},
        {"key": "agency", "title": "主体", "kind": "reference", "register": "agency"},
        {"key": "level", "title": "级别", "kind": "choice", "choices": {"A": "甲级", "B": "乙级"}},
    ]
    described = {"name": "laboratory", "title": "检验机构", "columns": columns}
    with provinces.writing() as session:
        record(session, "element_type", described, **by())
        assert definition_of(session, "laboratory").title == "检验机构"
    rows = [{"编码": "L1", "名称": "云江检验所", "主体": "11999900MB0A20002Q", "级别": "甲级"}]
    report = import_file(provinces, "laboratory", a_csv(tmp_path / "a.csv", rows), actor=REGION_ADMIN, at=at())
    assert report.added == 1
    with provinces.reading() as session:
        found = on_day(session, "laboratory", "L1", DAY)
        assert found and found.data["level"] == "A"
        export_file(session, "laboratory", tmp_path / "b.csv", DAY)
    assert import_file(provinces, "laboratory", tmp_path / "b.csv", actor=REGION_ADMIN, at=at()).unchanged == 1
    with provinces.writing() as session:
        end(session, "element_type", "laboratory", **by())
        with pytest.raises(Invalid, match="没有名为"):
            definition_of(session, "laboratory")


@pytest.mark.parametrize(("changes", "words"), [
    ({"name": "officer"}, "同名"), ({"name": "坏名"}, "格式有误"), ({"columns": []}, "必须填写"), ({"columns": [1]}, "列表"),
    ({"columns": [{"key": "a", "title": "甲", "kind": "code"}]}, "类型有误"),
    ({"columns": [{"key": "a", "title": "甲"}, {"key": "a", "title": "乙"}]}, "重复"),
    ({"columns": [{"key": "ended", "title": "甲"}]}, "valid_from"), ({"columns": [{"key": "a"}]}, "key 和 title"),
    ({"columns": [{"key": "a", "title": "甲", "pattern": "(a+)+$"}]}, "key 和 title"),
])
def test_a_wrong_description_is_refused(province: Database, changes: Any, words: str) -> None:
    described = {"name": "laboratory", "title": "检验机构", "columns": [{"key": "a", "title": "甲"}], **changes}
    with province.writing() as session, pytest.raises(Invalid, match=words):
        record(session, "element_type", described, **by())
