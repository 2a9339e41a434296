"""Finds the gaps and overlaps of decision tables without running them, each with a witness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.errors import Fault
from engine.rules.decision_tables import SINGLE, DecisionTable
from engine.rules.domains import Piece, Unclear, admits, described, pieces
from engine.rules.feel_types import KINDS
from engine.rules.regions import Region
from engine.rules.requirements import Model

MOST_VISITS: Final = 50_000
MOST_FINDINGS: Final = 5


@dataclass(frozen=True)
class _Column:
    """An input cut into pieces; rows: for each piece the rows that admit it, as bits; rows_of: for each row its pieces."""

    label: str
    pieces: tuple[Piece, ...]
    rows: tuple[int, ...]
    rows_of: tuple[int, ...]


def check_tables(model: Model) -> list[Fault]:
    """Gaps, overlaps and rows that are never hit, of every table, each with a witness.

    A table that could not be analysed in full gives a dmn.unchecked with the reason, so silence means: complete.
    Inputs are taken to be given (not null) and independent of each other.
    """
    found: list[Fault] = []
    for identifier, table in model.tables:
        place = f"{model.where}#{identifier}" if identifier else model.where
        found += [Fault(place, code, f"{table.title}：{message}") for code, message in check_table(table)]
    return found


def check_table(table: DecisionTable) -> Iterator[tuple[str, str]]:
    """What is wrong with one table: code and Chinese sentence."""
    clear = [row for row, rule in enumerate(table.rules) if all(cell.region is not None for cell in rule.cells)]
    try:
        columns = _columns(table, clear)
        if len(clear) < len(table.rules):
            yield "dmn.unchecked", f"{_free_cell(table)}，因此未能检查全部缺口和重叠"
        if table.policy in ("UNIQUE", "ANY"):
            yield from _overlaps(table, columns, clear)
        if len(clear) == len(table.rules):
            yield from _holes(table, columns)
    except Unclear as reason:
        yield "dmn.unchecked", f"{reason}，因此未能检查缺口和重叠"


def _columns(table: DecisionTable, clear: Sequence[int]) -> list[_Column]:
    read: set[str] = set()
    columns = []
    for place, column in enumerate(table.inputs):
        if read & column.reads:
            raise Unclear(f"多个输入取自同一事实“{'、'.join(sorted(read & column.reads))}”")
        read |= column.reads
        regions = [region for row in clear if (region := table.rules[row].cells[place].region) is not None]
        edges = [edge for region in regions for each in region.ranges for edge in (each.low, each.high) if edge is not None]
        kind = column.type.kind or (KINDS.get(edges[0].__class__) if edges else None)
        if column.type.allowed and column.type.region is None:
            raise Unclear(f"输入“{column.label}”的允许值无法列举")
        try:
            if all(region.negated and not region.ranges for region in regions):
                cut = [Piece(None, None, None)]
            else:
                cut = pieces(kind, regions, column.type.region)
        except Unclear as reason:
            raise Unclear(f"输入“{column.label}”{reason}") from None
        columns.append(_bits(column.label, cut, regions, clear))
    return columns


def _bits(label: str, cut: Sequence[Piece], regions: Sequence[Region], clear: Sequence[int]) -> _Column:
    rows = [0] * len(cut)
    rows_of = [0] * (max(clear, default=-1) + 1)
    for row, region in zip(clear, regions, strict=True):
        for place, piece in enumerate(cut):
            if admits(region, piece.sample):
                rows[place] |= 1 << row
                rows_of[row] |= 1 << place
    return _Column(label, tuple(cut), tuple(rows), tuple(rows_of))


def _overlaps(table: DecisionTable, columns: Sequence[_Column], clear: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Pairs of rows that some facts hit together; under ANY only those whose constant results differ."""
    count = 0
    for place, one in enumerate(clear):
        for other in clear[place + 1 :]:
            common = [column.rows_of[one] & column.rows_of[other] for column in columns]
            if not all(common) or (table.policy == "ANY" and _agree(table, one, other)):
                continue
            count += 1
            if count <= MOST_FINDINGS:
                when = _words([(column, bits) for column, bits in zip(columns, common, strict=True)])
                yield "dmn.overlap", f"{when}，第{one + 1}行与第{other + 1}行同时命中"
    if count > MOST_FINDINGS:
        yield "dmn.overlap", f"另有{count - MOST_FINDINGS}对行同时命中"


def _agree(table: DecisionTable, one: int, other: int) -> bool:
    pairs = zip(table.rules[one].outputs, table.rules[other].outputs, strict=True)
    return all(a.constant and b.constant and a.run({}) == b.run({}) for a, b in pairs)


def _holes(table: DecisionTable, columns: Sequence[_Column]) -> Iterator[tuple[str, str]]:
    """Facts that hit no row (unless there is a default), and rows that an earlier one always forestalls under FIRST."""
    everything = (1 << len(table.rules)) - 1
    if table.policy in SINGLE and not any(column.default for column in table.outputs):
        gaps = _Search(columns).gaps(everything, MOST_FINDINGS)
        for gap in gaps:
            yield "dmn.gap", f"{_words(gap)}，没有任何一行命中"
    if table.policy == "FIRST":
        for row in range(1, len(table.rules)):
            inside = [_only(column, row) for column in columns]
            if not _Search(inside).gaps((1 << row) - 1, 1):
                yield "dmn.unreachable", f"第{row + 1}行永远不会命中：前面各行已经包括了它的全部情形"


def _only(column: _Column, row: int) -> _Column:
    """The pieces of a column that one row admits."""
    kept = [place for place in range(len(column.pieces)) if column.rows_of[row] >> place & 1]
    return _Column(column.label, tuple(column.pieces[i] for i in kept), tuple(column.rows[i] for i in kept), ())


class _Search:
    """Looks for combinations of pieces that no row admits, column by column; sets of rows already seen are not tried again."""

    def __init__(self, columns: Sequence[_Column]) -> None:
        self._columns = columns
        self._covered: set[tuple[int, int]] = set()
        self._visits = 0

    def gaps(self, rows: int, most: int) -> list[list[tuple[_Column, int]]]:
        """Up to so many gaps among some rows: each the columns that matter, with the bits of their pieces."""
        found: list[list[tuple[_Column, int]]] = []
        self._look(0, rows, [], found, most)
        return found

    def _look(
        self, depth: int, rows: int, path: list[tuple[_Column, int]], found: list[list[tuple[_Column, int]]], most: int
    ) -> None:
        if rows == 0:
            found.append(path)
            return
        if depth == len(self._columns) or (depth, rows) in self._covered or len(found) >= most:
            return
        self._visits += 1
        if self._visits > MOST_VISITS:
            raise Unclear("行与列的组合过多")
        before = len(found)
        column = self._columns[depth]
        for bits, left in _runs(column, rows):
            self._look(depth + 1, left, [*path, (column, bits)], found, most)
            if len(found) >= most:
                return
        if len(found) == before:
            self._covered.add((depth, rows))


def _runs(column: _Column, rows: int) -> Iterator[tuple[int, int]]:
    """Neighbouring pieces that leave the same rows: their bits and those rows."""
    start = 0
    for place in range(1, len(column.pieces) + 1):
        if place == len(column.pieces) or column.rows[place] & rows != column.rows[start] & rows:
            yield ((1 << place) - 1) & ~((1 << start) - 1), column.rows[start] & rows
            start = place


def _words(path: Sequence[tuple[_Column, int]]) -> str:
    """A combination in words; inputs on which nothing depends are left out."""
    parts = []
    for column, bits in path:
        kept = [place for place in range(len(column.pieces)) if bits >> place & 1]
        if len(kept) < len(column.pieces):
            run = [place for number, place in enumerate(kept) if place == kept[0] + number]
            parts.append(described(column.label, [column.pieces[place] for place in run]))
    return f"{'、'.join(parts)}时" if parts else "任何情形下"


def _free_cell(table: DecisionTable) -> str:
    for number, rule in enumerate(table.rules, 1):
        for column, cell in zip(table.inputs, rule.cells, strict=True):
            if cell.region is None:
                return f"第{number}行“{column.label}”一格不是常量条件"
    return ""
