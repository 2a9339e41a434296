"""Who may act with 100 and with 20,000 agencies, and how fast a sheet comes in: `python -m bench.registers`."""

from __future__ import annotations

import csv
import statistics
import tempfile
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from engine.database import Database
from engine.registers.acting import may_act
from engine.registers.definitions import built_in
from engine.registers.importing import import_file, load_registers
from engine.registers.preparing import Submitted, prepare
from engine.registers.recording import write
from engine.registers.row_checks import Faults, Terms
from engine.schema import upgrade

PROVINCE = Path(__file__).parents[1] / "processes" / "sample_province" / "registers.toml"
AT, DAY = datetime(2026, 3, 2, 1, tzinfo=UTC), date(2026, 3, 2)
ITEM, ADMINISTRATOR = "SCJG-CF-0122-01", "YJ000801"
SIZES = (100, 20_000)
ROUNDS, ROWS = 400, 5_000
MOST = 2.0  # ratio of the look-up with many agencies to the one with few; statements are the same, the index is deeper


def main() -> int:
    """Run it and print a table; 1 when many agencies make the look-up slower than they may."""
    spent: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            database = Database(f"sqlite:///{folder}/{size}.db")
            _fill(database, size)
            spent[size], statements = _measure(database, size)
            print(f"{size:>7} 个主体：能否办理 {spent[size]:7.1f} 微秒，{statements} 条语句")
            if size == SIZES[0]:
                print(f"        导入人员 {ROWS} 行：每秒 {_import(database, Path(folder)):.0f} 行")
            database.close()
    ratio = spent[SIZES[1]] / spent[SIZES[0]]
    print(f"        {SIZES[1]} 与 {SIZES[0]} 个主体之比 {ratio:.2f}（目标不超过 {MOST}）")
    return int(ratio > MOST)


def _fill(database: Database, agencies: int) -> None:
    upgrade(database)
    with database.writing() as session:
        data = tomllib.loads(PROVINCE.read_text(encoding="utf-8"))
        load_registers(session, data, at=AT)
        pattern = {**data["agency"][1], "superior_code": ""}
        codes = [f"BENCH{number:09}" for number in range(agencies)]
        _write(session, "agency", ({**pattern, "code": code} for code in codes))
        _write(session, "holding", ({"item": ITEM, "agency": code} for code in codes))


def _write(session: Session, register: str, rows: Iterator[dict[str, object]]) -> None:
    definition, faults = built_in()[register], Faults()
    ready = prepare(session, definition, (Submitted("行", row) for row in rows), Terms(DAY), faults)
    write(session, definition, ready, actor="bench", at=AT, reason="测量")
    assert not faults.count, faults.kept[:3]


def _measure(database: Database, agencies: int) -> tuple[float, int]:
    """Median microseconds of a look-up, each of another agency, and the statements of one."""
    statements: list[str] = []
    with database.reading() as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *args: statements.append(args[2]))
        assert may_act(session, "BENCH000000001", ITEM, DAY).allowed
    spent = []
    with database.reading() as session:
        for turn in range(ROUNDS):
            code = f"BENCH{turn * 7919 % agencies:09}"
            began = time.perf_counter()
            found = may_act(session, code, ITEM, DAY)
            spent.append(time.perf_counter() - began)
            assert found.allowed
    return statistics.median(spent) * 1e6, len(statements)


def _import(database: Database, folder: Path) -> float:
    file = folder / "officers.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["人员编号", "姓名", "所在主体", "角色", "执法证号", "证件有效期起", "证件有效期止"])
        for number in range(ROWS):
            writer.writerow([f"B{number:08}", f"人员{number}", "BENCH000000001", "主办执法人员", f"77{number:08}", "2024-01-01", "2028-12-31"])
    began = time.perf_counter()
    report = import_file(database, "officer", file, actor=ADMINISTRATOR, at=AT)
    assert report.added == ROWS, report.faults[:3]
    return ROWS / (time.perf_counter() - began)


if __name__ == "__main__":
    raise SystemExit(main())
