"""Tables (CSV with a header; the first column is the key) as trees."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from engine.errors import Fault, PackageFault
from processes.trees import Edit, Tree


def read_table(data: bytes, where: str) -> Tree:
    """A table as a tree: rows are parts by the text of their first column, columns are their values."""
    rows = _rows(data, where)
    return Tree(where, {}, {key: Tree(key, row, origin=row) for key, row in rows.items()}, ordered=True)


def edit_table(data: bytes, where: str, edits: Sequence[Edit]) -> bytes:
    """The table with the edits carried out."""
    rows = _rows(data, where)
    for edit in edits:
        if edit.order:
            wanted = iter(edit.order)
            rows = {(new := next(wanted) if key in edit.order else key): rows[new] for key in rows}
        elif edit.what:
            rows[edit.where[0]][edit.what] = edit.value or ""
        elif edit.part is None:
            del rows[edit.where[0]]
        else:
            rows = _inserted(rows, edit.where[0], dict(edit.part.values), edit.after)
    return _written(rows, _columns(data, rows))


def merge_rows(parent: bytes, child: bytes, where: str) -> bytes:
    """The parent's table with the child's rows: those of a new key are added, those of a known key replace the parent's."""
    rows = {**_rows(parent, where), **_rows(child, where)}
    return _written(rows, _columns(parent, rows))


def _rows(data: bytes, where: str) -> dict[str, dict[str, str]]:
    reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    columns = reader.fieldnames or []
    rows: dict[str, dict[str, str]] = {}
    try:
        for row in reader:
            key = row[columns[0]] if columns else ""
            if not key or None in row or None in row.values():
                raise _fault(where, f"表 {where} 第{reader.line_num}行的栏目数与表头不符，或者没有键")
            if key in rows:
                raise _fault(where, f"表 {where} 第{reader.line_num}行的键“{key}”重复")
            rows[key] = dict(row)
    except csv.Error as error:
        raise _fault(where, f"表 {where} 第{reader.line_num}行不是有效的 CSV：{error}") from error
    return rows


def _columns(data: bytes, rows: dict[str, dict[str, str]]) -> list[str]:
    head = next(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")), [])
    return list(dict.fromkeys([*head, *(name for row in rows.values() for name in row)]))


def _inserted(rows: dict[str, dict[str, str]], key: str, row: dict[str, str], after: str) -> dict[str, dict[str, str]]:
    result = {} if after else {key: row}
    for known, values in rows.items():
        result[known] = values
        if known == after:
            result[key] = row
    result.setdefault(key, row)
    return result


def _written(rows: dict[str, dict[str, str]], columns: Sequence[str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    return out.getvalue().encode()


def _fault(where: str, message: str) -> PackageFault:
    return PackageFault("table.malformed", message, faults=(Fault(where, "table.malformed", message),))
