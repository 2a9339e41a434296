"""Lists as CSV: the rows that the page would show, all pages up to a limit, safe to open in a spreadsheet program."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

from engine.registers.sheets import guarded

MOST_ROWS = 5_000
AT_ONCE = 200


def csv_response(name: str, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A file with a byte-order mark, so that spreadsheet programs read the Chinese; its last line says so when rows were left out."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(titles)
    for count, cells in enumerate(rows):
        if count == MOST_ROWS:
            writer.writerow([f"只导出前 {MOST_ROWS} 行，请缩小范围后再导出其余部分"])
            break
        writer.writerow([guarded(cell) for cell in cells])
    answer = Response(text.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def every_row(read: object) -> Iterator[object]:
    """All rows of a list, a page at a time; read: gives the page behind a cursor."""
    after = ""
    while True:
        page = read(after)  # type: ignore[operator]
        yield from page.rows
        after = page.after
        if not after:
            return
