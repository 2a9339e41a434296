"""Brings sheets and set-up files into the registers: all rows or none, with a report that names row, column and reason."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy.orm import Session

from engine import journal
from engine.clock import legal_time
from engine.database import Database, from_json, to_json
from engine.errors import Fault, Invalid
from engine.registers.administrators import Gate, nobody_administers
from engine.registers.definitions import TERMS, Definition, built_in, definition_of
from engine.registers.numbers import NumberSequence
from engine.registers.preparing import Prepared, Submitted, prepare
from engine.registers.recording import write
from engine.registers.row_checks import Faults, Terms
from engine.registers.sheets import read_rows

SETUP = "setup"
STEP = 1000  # rows between two reports of progress
Progress = Callable[[str, int], None]
_KEPT = tuple(each.name for each in fields(Prepared) if each.name != "data")


@dataclass(frozen=True)
class ImportReport:
    """What came of a file: rows read, and either faults (then nothing was written) or what was added and changed."""

    register: str
    title: str
    file: str
    sha256: str
    rows: int
    added: int
    changed: int
    unchanged: int
    dry_run: bool
    fault_count: int
    faults: tuple[Fault, ...]

    @property
    def accepted(self) -> bool:
        """Whether every row is in order."""
        return self.fault_count == 0


def import_file(
    database: Database, register: str, path: Path, *, actor: str, at: datetime, day: date | None = None, origin: str = "",
    dry_run: bool = False, progress: Progress = lambda _stage, _rows: None,
) -> ImportReport:
    """Import a CSV or XLSX file: check every row, then write all of them in one transaction, or none.

    day: from when rows without their own date are valid, else today. Checking happens outside the writing transaction, so
    that nobody waits; who records the same entry in the meantime makes the import a Conflict. Memory does not grow with the
    number of rows beyond a few dozen bytes each.
    """
    faults = Faults()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
        with database.reading() as session:
            definition = definition_of(session, register)
            terms = Terms(day or legal_time(at).date(), origin, _gate(session, actor, legal_time(at).date()))
            source = _Sheet(definition, path, faults, progress)
            for ready in prepare(session, definition, source, terms, faults):
                spool.write(_line(ready))
        report = ImportReport(
            register=register, title=definition.title, file=path.name, sha256=_sha256(path), rows=source.rows, added=0, changed=0,
            unchanged=0, dry_run=dry_run, fault_count=faults.count, faults=tuple(faults.kept),
        )
        if not report.accepted:
            if not dry_run:
                _journal_refusal(database, report, actor, at)
            return report
        if dry_run:
            return _counted(report, _lines(spool))
        with database.writing() as session:
            written = write(
                session, definition, _reported(_lines(spool), progress), actor=actor, at=at, reason=f"导入文件 {path.name}",
                facts={"file": path.name, "sha256": report.sha256, "origin": origin},
            )
    return replace(report, added=written.added, changed=written.changed, unchanged=written.unchanged)


def load_registers(session: Session, data: Mapping[str, Any], *, at: datetime, actor: str = SETUP) -> None:
    """Write every register of a set-up file (TOML: one array of tables per register) within the caller's transaction.

    valid_from at the top is the day from which rows without their own are valid. An item may carry its agencies and its
    legal_basis. Any fault is Invalid with all faults, and nothing is kept.
    """
    day = data.get("valid_from", legal_time(at).date())
    faults = Faults()
    for register, rows in _sections(data):
        definition = built_in()[register]
        submitted = [Submitted(f"{definition.title}第 {number} 项", row) for number, row in enumerate(rows, start=1)]
        _require_known_columns(definition, submitted, faults)
        ready = list(prepare(session, definition, submitted, Terms(day), faults))
        if faults.count:
            message = "；".join(f"{each.where}：{each.message}" for each in faults.kept[:5])
            raise Invalid("registers.malformed", f"要素库数据有误：{message}", faults=tuple(faults.kept))
        write(session, definition, ready, actor=actor, at=at, reason="建立要素库")
    session.add_all(NumberSequence(**row) for row in data.get("number_sequence", ()))
    session.flush()


class _Sheet:
    """The rows of a file as submissions; counts them and tells of progress."""

    def __init__(self, definition: Definition, path: Path, faults: Faults, progress: Progress) -> None:
        self.rows = 0
        self._definition, self._path, self._faults, self._progress = definition, path, faults, progress

    def __iter__(self) -> Iterator[Submitted]:
        rows = read_rows(self._path)
        number, header = next(rows, (1, []))
        columns = self._columns(number, header)
        if columns is None:
            return
        for number, cells in rows:
            self.rows += 1
            if self.rows % STEP == 0:
                self._progress("检查", self.rows)
            if any(cell not in (None, "") for cell in cells[len(columns):]):
                self._faults.add(f"第 {number} 行", "registers.cells", "单元格比表头多")
                continue
            yield Submitted(f"第 {number} 行", dict(zip(columns, cells, strict=False)))

    def _columns(self, number: int, header: list[object]) -> list[str] | None:
        every = (*self._definition.fields, *TERMS)
        names = {**{each.title: each.key for each in every}, **{each.key: each.key for each in every}}
        titles = [str(cell).strip() if cell is not None else "" for cell in header]
        while titles and not titles[-1]:
            titles.pop()
        where, before = f"第 {number} 行（表头）", self._faults.count
        found = [names.get(title, "") for title in titles]
        for title, key in zip(titles, found, strict=True):
            if not key:
                self._faults.add(where, "registers.column", f"“{self._definition.title}”没有名为“{title[:40]}”的列")
            elif found.count(key) > 1:
                self._faults.add(where, "registers.column", f"列“{title}”重复")
        for each in self._definition.fields:
            if each.required and each.key not in found:
                self._faults.add(where, "registers.column", f"缺少必须填写的列“{each.title}”")
        return found if self._faults.count == before else None


def _gate(session: Session, actor: str, day: date) -> Gate | None:
    """The scope of whoever imports; set-up may fill the registers only while there is no administrator."""
    return None if actor == SETUP and nobody_administers(session) else Gate(session, actor, day)


def _sections(data: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The registers in the order in which they depend on each other; an item's agencies and bases become rows of their own."""
    known = {*built_in(), "number_sequence", "valid_from"}
    if strange := sorted(set(data) - known):
        raise Invalid("registers.unknown", f"要素库数据有误：没有名为“{strange[0]}”的登记簿")
    for register in built_in():
        rows = [dict(row) for row in data.get(register, ())]
        if register == "item":
            nested = [(row["code"], row.pop("legal_basis", []), row.pop("agencies", [])) for row in rows if "code" in row]
            yield register, rows
            yield "basis", [
                {"item": code, "sequence": number, **basis} for code, bases, _ in nested for number, basis in enumerate(bases, 1)
            ]
            yield "holding", [{"item": code, "agency": agency} for code, _, agencies in nested for agency in agencies]
        elif rows:
            yield register, rows


def _require_known_columns(definition: Definition, rows: Iterable[Submitted], faults: Faults) -> None:
    known = {each.key for each in (*definition.fields, *TERMS)}
    for row in rows:
        for key in sorted(set(row.values) - known):
            faults.add(row.where, "registers.column", f"没有名为“{key}”的列")


def _line(ready: Prepared) -> str:
    """A prepared row as it waits in the temporary file; the values are kept as the text that will be stored."""
    return to_json([getattr(ready, name) for name in _KEPT]) + "\n"


def _lines(spool: IO[str]) -> Iterator[Prepared]:
    spool.seek(0)
    for line in spool:
        yield Prepared(**dict(zip(_KEPT, from_json(line), strict=True)), data={})


def _reported(lines: Iterator[Prepared], progress: Progress) -> Iterator[Prepared]:
    for number, each in enumerate(lines, start=1):
        if number % STEP == 0:
            progress("写入", number)
        yield each


def _counted(report: ImportReport, lines: Iterator[Prepared]) -> ImportReport:
    added = changed = unchanged = 0
    for each in lines:
        added += each.changed and not each.known
        changed += each.changed and each.known
        unchanged += not each.changed
    return replace(report, added=added, changed=changed, unchanged=unchanged)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _journal_refusal(database: Database, report: ImportReport, actor: str, at: datetime) -> None:
    with database.writing() as session:
        journal.append(session, None, "registers.refused", actor, at, {
            "register": report.register, "title": report.title, "file": report.file, "sha256": report.sha256,
            "rows": report.rows, "faults": report.fault_count,
            "first": [asdict(fault) for fault in report.faults[:5]],
        })
