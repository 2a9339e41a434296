"""Fictitious cases by the million: real ones are driven through the engine, then their rows are copied under new names.

What a copy keeps is everything that a page or a check reads: its own ids, number, party, agency, officers and days, and a
journal of its own that verifies. Files are shared with the case that it was copied from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from engine import journal
from engine.cases.cases import Case
from engine.cases.parties import party_of
from engine.registers.agencies import Agency
from engine.registers.numbers import pass_over
from engine.schema import metadata
from engine.workflow.tree import NUMBERS
from processes.host import Host
from processes.sample_agencies import Likeness, found_agencies
from processes.sample_names import party_code, party_name

PER_AGENCY = 500
AT_ONCE = 10  # agencies in a transaction
WEEKS = range(-4, 38)
NOT_COPIED = frozenset({"job", "journal"})  # done work says nothing of the case; the journal is chained anew
_DAY = re.compile(r"(?<![0-9-])(20[0-9]{2})-([01][0-9])-([0-3][0-9])(?![0-9-])")
_DAY_IN_WORDS = re.compile(r"(20[0-9]{2})年([0-9]{1,2})月([0-9]{1,2})日")

Cells = tuple[Any, ...]
Act = tuple[datetime, str, str, str]


@dataclass(frozen=True)
class _Table:
    """The rows of one table: columns, for some columns the table whose id stands in them, and the place of each id."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Cells, ...]
    points: Mapping[int, str]
    places: Mapping[int, int]


@dataclass(frozen=True)
class _Pattern:
    """All rows of one case, and the words in them that each copy says otherwise: task ids, number, party and its code."""

    agency_code: str
    words: tuple[str, str, str, str]
    tables: tuple[_Table, ...]
    acts: tuple[Act, ...]


@dataclass(frozen=True)
class _Row:
    """How to copy one row: its cells, those that hold an id (table, place) and those that hold words (which of them)."""

    cells: Cells
    ids: tuple[tuple[int, str, int], ...]
    texts: tuple[tuple[int, tuple[int, ...]], ...]


def multiply(host: Host, cases: Sequence[int], count: int, *, told: Callable[[int], None]) -> int:
    """Copy the given cases in turn until there are `count` more, 500 to a new agency; how many were made.

    told: called with the number made so far after every transaction.
    """
    with host.database.reading() as session:
        patterns = [_read(session, case_id) for case_id in cases]
        first = (session.scalar(select(func.count()).select_from(Agency)) or 0) + 1
    numbers, now, made = range(first, first - (-count // PER_AGENCY)), host.clock.now(), 0
    with host.database.writing() as session:
        agencies = list(found_agencies(session, patterns[0].agency_code, numbers, day=date(2020, 1, 1), at=now))
    for begin in range(0, len(agencies), AT_ONCE):
        with host.database.writing() as session:
            for number, agency in zip(numbers[begin:begin + AT_ONCE], agencies[begin:begin + AT_ONCE], strict=True):
                wanted = min(PER_AGENCY, count - made)
                _fill(session, patterns, agency, number, wanted)
                pass_over(session, agency.code, "case", now.year, wanted)
                made += wanted
        told(made)
    return made


def _read(session: Session, case_id: int) -> _Pattern:
    """Everything stored of a case, as the database holds it: no type of ours reads or writes a copied cell."""
    case, party = session.get_one(Case, case_id), party_of(session, case_id)
    tables, which = list[_Table](), dict[str, str]()
    for table in metadata().sorted_tables:
        names = tuple(column.name for column in table.columns)
        foreign = {names.index(column.name): key.column.table.name for column in table.columns for key in column.foreign_keys}
        above = next((at for at, target in foreign.items() if target in which), None)
        if table.name == "case":
            which[table.name] = "id = :case"
        elif table.name in NOT_COPIED or above is None:
            continue
        elif "case_id" in names:
            which[table.name] = "case_id = :case"
        else:
            which[table.name] = f'"{names[above]}" IN (SELECT id FROM "{foreign[above]}" WHERE {which[foreign[above]]})'  # noqa: S608
        columns, keys = (", ".join(f'"{name}"' for name in some) for some in (names, table.primary_key.columns.keys()))
        query = f'SELECT {columns} FROM "{table.name}" WHERE {which[table.name]} ORDER BY {keys}'  # noqa: S608 - our own metadata
        rows = tuple(tuple(row) for row in session.execute(text(query), {"case": case_id}))
        if not rows:
            continue
        points = {at: target for at, target in foreign.items() if target in which and target != table.name}
        points |= {names.index("id"): table.name} if "id" in names else {}
        places = {row[names.index("id")]: place for place, row in enumerate(rows)} if "id" in names else {}
        tables.append(_Table(table.name, names, rows, points, places))
    acts = tuple((entry.at, entry.act, entry.actor_id, entry.facts) for entry in journal.entries(session, case_id))
    words = (_task_ids(case_id), case.number, party.name if party else "", party.code if party else "")
    return _Pattern(case.agency_code, words, tuple(tables), acts)


def _fill(session: Session, patterns: Sequence[_Pattern], agency: Likeness, number: int, count: int) -> None:
    """Write the cases of one agency; patterns differ in their days from agency to agency."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size = -1000000")  # a gigabyte: indexes are written all over
    moved = [_moved(one, agency, WEEKS[(number * 7 + at * 5) % len(WEEKS)]) for at, one in enumerate(patterns)]
    plans = [[[_planned(row, table, one) for row in table.rows] for table in one.tables] for one in moved]
    columns = {table.name: table.columns for one in moved for table in one.tables}
    following = {name: _last_id(connection, name) + 1 for name, names in columns.items() if "id" in names}
    written: dict[str, list[Cells]] = {name: [] for name in columns}
    entries = list[dict[str, Any]]()
    for sequence in range(1, count + 1):
        one, plan = moved[sequence % len(moved)], plans[sequence % len(moved)]
        case_id = following["case"]
        code = party_code(case_id)
        said = (_task_ids(case_id), f"{one.words[1][:6]}{agency.case_word}CF2026{sequence:06d}", party_name(case_id), code)
        base = dict(following)
        for table, rows in zip(one.tables, plan, strict=True):
            written[table.name] += [_copied(row, base, one.words, said) for row in rows]
            if table.places:
                following[table.name] += len(rows)
        entries += journal.chained(case_id, [(at, act, actor, _said(facts, one.words, said)) for at, act, actor, facts in one.acts])
    for name, cells in written.items():
        _write(connection, name, columns[name], cells)
    connection.execute(journal.ADD, entries)


def _moved(pattern: _Pattern, agency: Likeness, weeks: int) -> _Pattern:
    """The pattern in another agency and whole weeks later, so that working days mostly stay what they are."""
    names = {**agency.officers, pattern.agency_code: agency.code}

    def change(value: Any) -> Any:
        if isinstance(value, bytes):
            return change(value.decode()).encode()
        if isinstance(value, str):
            for old, new in names.items():
                value = value.replace(old, new)
            return _DAY_IN_WORDS.sub(_later(weeks, "{0.year}年{0.month}月{0.day}日"), _DAY.sub(_later(weeks, "{0:%Y-%m-%d}"), value))
        return value + timedelta(weeks=weeks) if isinstance(value, date) else value

    tables = tuple(
        _Table(one.name, one.columns, tuple(tuple(map(change, row)) for row in one.rows), one.points, one.places)
        for one in pattern.tables
    )
    acts = tuple((change(at), act, names.get(actor, actor), change(facts)) for at, act, actor, facts in pattern.acts)
    return _Pattern(agency.code, pattern.words, tables, acts)


def _later(weeks: int, form: str) -> Callable[[re.Match[str]], str]:
    def moved(found: re.Match[str]) -> str:
        try:
            day = date(*(int(part) for part in found.groups()))
        except ValueError:
            return found.group()
        return form.format(day + timedelta(weeks=weeks))

    return moved


def _planned(row: Cells, table: _Table, pattern: _Pattern) -> _Row:
    places = {one.name: one.places for one in pattern.tables}
    ids = tuple(
        (at, target, places[target][row[at]]) for at, target in table.points.items() if row[at] is not None
    )
    texts = tuple(
        (at, which) for at, value in enumerate(row)
        if isinstance(value, str) and (which := tuple(n for n, word in enumerate(pattern.words) if word and word in value))
    )
    return _Row(row, ids, texts)


def _copied(row: _Row, base: Mapping[str, int], words: Sequence[str], said: Sequence[str]) -> Cells:
    cells = list(row.cells)
    for at, target, place in row.ids:
        cells[at] = base[target] + place
    for at, which in row.texts:
        for one in which:
            cells[at] = cells[at].replace(words[one], said[one])
    return tuple(cells)


def _said(value: str, words: Sequence[str], said: Sequence[str]) -> str:
    for old, new in zip(words, said, strict=True):
        if old:
            value = value.replace(old, new)
    return value


def _task_ids(case_id: int) -> str:
    """What all task ids of a case begin with."""
    return str(UUID(int=case_id * NUMBERS))[:-10]


def _last_id(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f'SELECT coalesce(max(id), 0) FROM "{table}"')).scalar_one())  # noqa: S608 - our own metadata


def _write(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Cells]) -> None:
    """Insert rows in the database's own fastest way; PostgreSQL's counters are moved behind the ids that were given."""
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', list(rows))  # noqa: S608 - our own metadata
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
        if "id" in columns:
            cursor.execute(f"""SELECT setval(pg_get_serial_sequence('"{table}"', 'id'), max(id)) FROM "{table}" """)  # noqa: S608

