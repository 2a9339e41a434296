"""Sheets row by row, CSV or XLSX, in bounded memory: whatever a stranger put into the file.

A cell that a spreadsheet program would take for a formula is written with an apostrophe in front, and read without it.
"""

from __future__ import annotations

import codecs
import csv
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from engine.errors import Invalid

CSV, XLSX = ".csv", ".xlsx"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
MOST_ROWS = 1_000_000
MOST_COLUMNS = 200
LARGEST_PART = 1 << 30  # bytes of one unpacked part of a workbook
LARGEST_TEXTS = 256 << 20  # the shared texts of a workbook are held in memory
BLOCK = 1 << 20

Row = tuple[int, list[object]]


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file that are not empty, each with its number counted from 1; Invalid when it is no such file."""
    suffix = path.suffix.lower()
    if suffix not in (CSV, XLSX):
        raise Invalid("sheet.kind", f"“{path.name}”不是 CSV 或者 XLSX 文件")
    if not path.is_file():
        raise Invalid("sheet.missing", f"没有文件“{path.name}”")
    rows = _read_csv(path) if suffix == CSV else _read_xlsx(path)
    for number, cells in rows:
        if number > MOST_ROWS:
            raise Invalid("sheet.rows", f"“{path.name}”超过{MOST_ROWS}行，请分成几个文件")
        if len(cells) > MOST_COLUMNS:
            raise Invalid("sheet.columns", f"“{path.name}”第 {number} 行超过{MOST_COLUMNS}列")
        if any(cell not in (None, "") for cell in cells):
            yield number, [unguarded(cell) for cell in cells]


def write_rows(path: Path, title: str, rows: Iterable[Sequence[str]]) -> int:
    """Write rows of text to a new file beside the old one, then put it in its place; the number of rows is returned."""
    suffix = path.suffix.lower()
    if suffix not in (CSV, XLSX):
        raise Invalid("sheet.kind", f"“{path.name}”应当以 .csv 或者 .xlsx 结尾")
    partial = path.with_name(f".{path.name}.partial")
    try:
        count = _write_csv(partial, rows) if suffix == CSV else _write_xlsx(partial, title, rows)
        partial.replace(path)
    except OSError as error:
        raise Invalid("sheet.write", f"无法写入“{path.name}”：{error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def guarded(text: str) -> str:
    """A text that no spreadsheet program takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def unguarded(cell: object) -> object:
    """A cell without the apostrophe that `guarded` puts in front."""
    if isinstance(cell, str) and cell[:1] == "'" and cell[1:].startswith(FORMULA_STARTS):
        return cell[1:]
    return cell


def _read_csv(path: Path) -> Iterator[Row]:
    with path.open(encoding=_encoding(path), newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            for cells in reader:
                yield reader.line_num, list(cells)
        except csv.Error as error:
            raise Invalid("sheet.csv", f"“{path.name}”第 {reader.line_num} 行不是有效的 CSV：{error}") from error


def _encoding(path: Path) -> str:
    """utf-8-sig when the whole file is UTF-8, else gb18030, the encoding of Chinese Windows."""
    for name in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(name)()
        try:
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise Invalid("sheet.encoding", f"“{path.name}”的编码既不是 UTF-8 也不是 GB18030，请另存为 UTF-8 编码的 CSV")


def _read_xlsx(path: Path) -> Iterator[Row]:
    try:
        with path.open("rb") as file:
            _require_harmless(path, file)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # openpyxl's remarks on styles, which we do not read
                book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet: Any = book.worksheets[0]
            sheet.reset_dimensions()  # a file may lie about its size
            try:
                for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                    yield number, list(cells)
            finally:
                book.close()
    except (InvalidFileException, zipfile.BadZipFile, ParseError, LookupError, ValueError, TypeError, OSError) as error:
        raise Invalid("sheet.xlsx", f"“{path.name}”不是完好的 XLSX 文件") from error


def _require_harmless(path: Path, file: IO[bytes]) -> None:
    """Refuse archives that unpack to more than we are ready to read, and documents that define entities."""
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        for part in parts:
            largest = LARGEST_TEXTS if part.filename.endswith("sharedStrings.xml") else LARGEST_PART
            if part.file_size > largest or len(parts) > 1000:
                raise Invalid("sheet.size", f"“{path.name}”解压后过大，请改用 CSV 文件")
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as inside:
                    if b"<!DOCTYPE" in inside.read(4096).replace(b"\x00", b"").upper():
                        raise Invalid("sheet.doctype", f"“{path.name}”含有文档类型定义，不予读取")
    file.seek(0)


def _write_csv(path: Path, rows: Iterable[Sequence[str]]) -> int:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer, count = csv.writer(file), 0
        for row in rows:
            writer.writerow([guarded(text) for text in row])
            count += 1
    return count


def _write_xlsx(path: Path, title: str, rows: Iterable[Sequence[str]]) -> int:
    book, count = Workbook(write_only=True), 0
    sheet = book.create_sheet(title[:31])
    for row in rows:
        sheet.append([guarded(text) for text in row])
        count += 1
    book.save(path)
    return count
