"""What the tests of the registers share: people and places of the sample province, rows, files and moments."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from engine.clock import LEGAL_TIME_ZONE
from engine.database import Database
from engine.law.calendar import WorkingCalendar
from engine.registers.changes import Desk
from engine.registers.importing import SETUP, import_file, load_registers
from engine.registers.limits import ABA_LIMITS, ChangeLimits
from engine.registers.sheets import guarded

PROVINCE = Path(__file__).parents[2] / "processes" / "sample_province"
DAY = date(2026, 3, 2)
COUNTY, CITY, TOWN = "11999901MB0A10001K", "11999900MB0A20002Q", "11999901MB0A300039"
FOOD, PRICE, HYGIENE, SUSPENDED_ITEM = "SCJG-CF-0122-01", "SCJG-CF-JG06-03", "SCJG-CF-0126-01", "SCJG-CF-9001-01"
REGION_ADMIN, DEPARTMENT_ADMIN = "YJ000801", "YJWH0307"
LEAD, CHIEF, CLERK, CITY_OFFICER = "YJWH0101", "YJWH0001", "YJWH0304", "YJ000101"


def at(day: date = DAY, hour: int = 10) -> datetime:
    """A moment of a day in the legal time zone."""
    return datetime.combine(day, time(hour), LEGAL_TIME_ZONE)


def by(actor: str = SETUP, day: date = DAY, reason: str = "测试") -> dict[str, Any]:
    """The keyword arguments that say who records, when and why."""
    return {"actor": actor, "at": at(day), "reason": reason}


def desk(actor: str, day: date = DAY, limits: ChangeLimits = ABA_LIMITS) -> Desk:
    """Somebody at his desk on a day."""
    return Desk(actor, at(day), WorkingCalendar(), limits)


def fill(database: Database) -> None:
    """Load the sample province."""
    data = tomllib.loads((PROVINCE / "registers.toml").read_text(encoding="utf-8"))
    import_file(
        database, "document_kind", PROVINCE / "tables" / "documents.csv", actor=SETUP, at=at(), day=data["valid_from"]
    )
    with database.writing() as session:
        load_registers(session, data, at=at())


def an_officer(number: int, **changes: str) -> dict[str, str]:
    """A row of the officer sheet by Chinese titles."""
    return {
        "人员编号": f"T{number:08}", "姓名": f"人员{number}", "所在主体": COUNTY, "内设机构": "执法一中队", "角色": "主办执法人员；协办执法人员",
        "执法证号": f"88{number:010}", "证件有效期起": "2024-01-01", "证件有效期止": "2028-12-31", **changes,
    }


def an_item(number: int, **changes: str) -> dict[str, str]:
    """A row of the item sheet by Chinese titles."""
    return {
        "事项编码": f"TEST-CF-{number:06}", "事项名称": f"对第{number}种违法行为的处罚", "案由": f"第{number}种违法行为", "权力类型": "行政处罚",
        "领域": "market_regulation", "编制地区": "990000", "状态": "有效", "违反条款": "《中华人民共和国食品安全法》第三十三条第一款",
        "处罚条款": "《中华人民共和国食品安全法》第一百二十六条第一款", "依据施行日期": "2021-04-29", "法定实施主体": "县级以上市场监督管理部门",
        "相对人维权渠道": "申请行政复议、提起行政诉讼", "联系电话": "0999-6000001", "监督电话": "0999-5000012", "办理地点": "政务路1号",
        "内部流程": "ordinary", "审定文号": "云府函〔2025〕88号", **changes,
    }


def a_csv(path: Path, rows: Iterable[Mapping[str, str]], encoding: str = "utf-8-sig") -> Path:
    """A CSV file of rows by title; the first row says the columns."""
    listed = iter(rows)
    first = next(listed)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(first))
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(listed)
    return path


def an_xlsx(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """A workbook of rows by title."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("表")
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append([guarded(value) if isinstance(value, str) else value for value in row.values()])
    book.save(path)
    return path


def cells(path: Path) -> list[list[str]]:
    """What a CSV file says."""
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
