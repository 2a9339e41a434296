"""Sheets in and out: all rows or none, faults with row, column and reason, the same file again changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from engine import journal
from engine.database import Database
from engine.errors import NotPermitted
from engine.registers.exporting import export_file, export_template
from engine.registers.importing import SETUP, ImportReport, import_file
from engine.registers.versions import RegisterVersion, on_day
from tests.registers.builders import (
    DAY,
    DEPARTMENT_ADMIN,
    LEAD,
    REGION_ADMIN,
    a_csv,
    an_item,
    an_officer,
    an_xlsx,
    at,
    cells,
)

FULL = os.environ.get("ZHIFA_PROVE") == "full"
ROWS = 100_000 if FULL else 5_000
MEGABYTES = 64  # by which the process may grow while it imports, whatever the number of rows


def bring(database: Database, register: str, file: Path, actor: str = REGION_ADMIN, **more: Any) -> ImportReport:
    return import_file(database, register, file, actor=actor, at=at(), **more)


def versions(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count(RegisterVersion.id))) or 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_a_sheet_comes_in_whatever_program_wrote_it(provinces: Database, tmp_path: Path, encoding: str) -> None:
    file = a_csv(tmp_path / "人员.csv", [an_officer(n) for n in range(1, 4)], encoding)
    report = bring(provinces, "officer", file)
    assert (report.rows, report.added, report.changed, report.unchanged, report.faults) == (3, 3, 0, 0, ())
    with provinces.reading() as session:
        found = on_day(session, "officer", "T00000002", DAY)
        assert found and found.data["name"] == "人员2" and found.data["certificate_from"] == date(2024, 1, 1)
        entry = journal.entries(session, journal.NO_CASE)[-1].read_facts()
    assert (entry["file"], entry["sha256"], entry["added"]) == ("人员.csv", report.sha256, 3)
    before = versions(provinces)
    again = bring(provinces, "officer", file)
    assert (again.added, again.changed, again.unchanged, versions(provinces)) == (0, 0, 3, before)


def test_a_workbook_with_dates_numbers_and_flags_comes_in(province: Database, tmp_path: Path) -> None:
    row: dict[str, object] = {**an_officer(1), "执法证号": 8800000001, "证件有效期起": date(2024, 1, 1), "在岗": True}
    report = bring(province, "officer", an_xlsx(tmp_path / "a.xlsx", [row, {**an_officer(2), "在岗": "否"}]))
    assert report.accepted and report.added == 2
    with province.reading() as session:
        first, second = (on_day(session, "officer", f"T0000000{n}", DAY) for n in (1, 2))
    assert first and second
    assert (first.data["certificate_number"], first.data["in_service"], second.data["in_service"]) == ("8800000001", True, False)


def test_one_bad_row_and_nothing_is_written(provinces: Database, tmp_path: Path) -> None:
    rows = [an_officer(n) for n in range(1, 40)]
    rows[20] |= {"证件有效期止": "2028-13-31"}
    before = versions(provinces)
    report = bring(provinces, "officer", a_csv(tmp_path / "a.csv", rows))
    assert [(fault.where, fault.message) for fault in report.faults] == [
        ("第 22 行“证件有效期止”", "“2028-13-31”不是日期，应当写作 2026-03-02")
    ]
    assert versions(provinces) == before
    with provinces.reading() as session:
        entry = journal.entries(session, journal.NO_CASE)[-1]
    assert (entry.act, entry.read_facts()["faults"]) == ("registers.refused", 1)


FAULTY = [
    ({"姓名": ""}, "第 2 行“姓名”", "必须填写"),
    ({"所在主体": "X"}, "第 2 行“所在主体”", "不在登记簿中"),
    ({"角色": "皇帝"}, "第 2 行“角色”", "不在可选范围内"),
    ({"执法证号": "999901000001"}, "第 2 行“执法证号”", "已经属于“YJWH0101”"),
    ({"人员编号": "x" * 41}, "第 2 行“人员编号”", "超过40字"),
    ({"人员编号": "a|b"}, "第 2 行“人员编号”", "不得含有"),
    ({"姓名": "张\x07三"}, "第 2 行“姓名”", "控制字符"),
    ({"证件有效期止": "2023-01-01"}, "第 2 行“证件有效期止”", "早于"),
    ({"人员性质": "辅助人员"}, "第 2 行“角色”", "行政处罚法 第四十二条"),
    ({"没有的列": "1"}, "第 1 行（表头）", "没有名为“没有的列”的列"),
]


@pytest.mark.parametrize(("changes", "where", "words"), FAULTY, ids=[str(number) for number in range(len(FAULTY))])
def test_every_fault_names_row_column_and_reason(province: Database, tmp_path: Path, changes: Any, where: str, words: str) -> None:
    report = bring(province, "officer", a_csv(tmp_path / "a.csv", [an_officer(1, **changes)]))
    assert (report.fault_count, report.faults[0].where) == (1, where)
    assert words in report.faults[0].message


@pytest.mark.rule("R-GD-38b")
def test_two_officers_of_one_file_do_not_share_a_certificate(province: Database, tmp_path: Path) -> None:
    rows = [an_officer(1), an_officer(2, 执法证号=an_officer(1)["执法证号"]), an_officer(1)]
    report = bring(province, "officer", a_csv(tmp_path / "a.csv", rows))
    assert [(fault.where, fault.code) for fault in report.faults] == [
        ("第 3 行“执法证号”", "registers.unique"), ("第 4 行", "registers.twice"), ("第 4 行“执法证号”", "registers.unique"),
    ]


def test_a_dry_run_says_what_would_happen_and_writes_nothing(province: Database, tmp_path: Path) -> None:
    before = versions(province)
    report = bring(province, "officer", a_csv(tmp_path / "a.csv", [an_officer(1)]), dry_run=True)
    assert (report.added, report.dry_run, versions(province)) == (1, True, before)
    bad = bring(province, "officer", a_csv(tmp_path / "b.csv", [an_officer(1, 姓名="")]), dry_run=True)
    assert bad.fault_count == 1
    with province.reading() as session:
        assert journal.entries(session, journal.NO_CASE)[-1].act == "registers.recorded"


@pytest.mark.rule("R-SC1-9")
@pytest.mark.rule("R-AB-33")
def test_only_rows_inside_the_administrators_scope_come_in(provinces: Database, tmp_path: Path) -> None:
    file = a_csv(tmp_path / "a.csv", [an_officer(1), an_officer(2, 所在主体="11999900MB0A20002Q")])
    report = bring(provinces, "officer", file, actor=DEPARTMENT_ADMIN)
    assert [(fault.where, fault.code) for fault in report.faults] == [("第 3 行", "registers.scope")]
    assert bring(provinces, "officer", file).added == 2
    for nobody in (LEAD, SETUP):
        with pytest.raises(NotPermitted, match="不是地区管理员或者部门管理员"):
            bring(provinces, "officer", file, actor=nobody)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_what_goes_out_comes_back_without_a_change(provinces: Database, tmp_path: Path, suffix: str) -> None:
    for register in ("region", "agency", "officer", "statute", "clause", "item", "basis", "holding", "discretion_standard",
                     "document_kind", "seal", "emergency", "administrator"):
        file = tmp_path / f"{register}{suffix}"
        with provinces.reading() as session:
            count = export_file(session, register, file, DAY)
        report = bring(provinces, register, file)
        assert (report.rows, report.unchanged, report.faults) == (count, count, ()), register
        assert count > 0


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'=x", '=HYPERLINK("http://x")'])
def test_no_cell_of_an_export_is_a_formula(province: Database, tmp_path: Path, suffix: str, text: str) -> None:
    bring(province, "officer", a_csv(tmp_path / "a.csv", [an_officer(1, 姓名=f"'{text}")]))
    with province.reading() as session:
        found = on_day(session, "officer", "T00000001", DAY)
        assert found and found.data["name"] == text
        export_file(session, "officer", tmp_path / f"out{suffix}", DAY)
    if suffix == ".csv":
        written = next(row for row in cells(tmp_path / "out.csv") if row[0] == "T00000001")[1]
    else:
        sheet = load_workbook(tmp_path / "out.xlsx").worksheets[0]
        cell = next(row for row in sheet.iter_rows() if row[0].value == "T00000001")[1]
        assert cell.data_type == "s"
        written = str(cell.value)
    assert written == f"'{text}"
    assert bring(province, "officer", tmp_path / f"out{suffix}").changed == 0


def test_a_template_has_the_titles_only(province: Database, tmp_path: Path) -> None:
    with province.reading() as session:
        export_template(session, "officer", tmp_path / "t.csv")
    rows = cells(tmp_path / "t.csv")
    assert len(rows) == 1 and rows[0][:3] == ["人员编号", "姓名", "所在主体"] and rows[0][-2:] == ["生效日期", "失效日期"]


def import_in_another_process(folder: Path, register: str, file: Path) -> dict[str, Any]:
    """Import in a process of its own and return its report, its growth in megabytes and its progress."""
    program = (
        "import json, re, sys\nfrom pathlib import Path\nfrom engine.database import Database\n"
        "from engine.registers.importing import import_file\nfrom tests.registers.builders import REGION_ADMIN, at\n"
        # the peak since this program began; getrusage would tell the peak of the process that forked it as well
        "def peak(): return int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
        "told = []\nbefore = peak()\n"
        f"report = import_file(Database(sys.argv[1]), '{register}', Path(sys.argv[2]), actor=REGION_ADMIN, at=at(),\n"
        "                     progress=lambda stage, rows: told.append((stage, rows)))\n"
        "grown = (peak() - before) / 1024\n"
        "print(json.dumps({'rows': report.rows, 'added': report.added, 'changed': report.changed, 'unchanged': report.unchanged,\n"
        "                  'faults': [[f.where, f.message] for f in report.faults], 'grown': grown, 'told': told}))\n"
    )
    command = [sys.executable, "-c", program, f"sqlite:///{folder}/province.db", str(file)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    return dict(json.loads(answer.stdout))


@pytest.mark.parametrize(("register", "row"), [("officer", an_officer), ("item", an_item)])
def test_a_large_sheet_comes_in_with_progress_and_in_bounded_memory(
    province: Database, tmp_path: Path, register: str, row: Any
) -> None:
    """100,000 rows with ZHIFA_PROVE=full, 5,000 otherwise; then one bad row among them, and nothing is written."""
    province.close()
    file = a_csv(tmp_path / "many.csv", (row(number) for number in range(ROWS)))
    first = import_in_another_process(tmp_path, register, file)
    assert (first["rows"], first["added"], first["faults"]) == (ROWS, ROWS, [])
    assert first["told"] == [[stage, n] for stage in ("检查", "写入") for n in range(1000, ROWS + 1, 1000)]
    assert first["grown"] < MEGABYTES
    again = import_in_another_process(tmp_path, register, file)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, ROWS)
    assert again["grown"] < MEGABYTES
    before = versions(province)
    title = {"officer": "姓名", "item": "事项名称"}[register]
    spoilt = (row(number, **{title: "" if number == ROWS - 7 else f"改{number}"}) for number in range(ROWS))
    bad = import_in_another_process(tmp_path, register, a_csv(tmp_path / "bad.csv", spoilt))
    assert bad["faults"] == [[f"第 {ROWS - 5} 行“{title}”", "必须填写"]]
    assert versions(province) == before
