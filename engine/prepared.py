"""Statements of the hot path: compiled once per kind of database, then handed to the driver itself.

SQLAlchemy spends 40 µs around a statement that SQLite answers in 10. It still writes the SQL, converts the values, opens and ends
the transaction; what is left out is its result and its context. Use it where every step passes, not for comfort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

Convert = Callable[[Any], Any] | None
Stored = TypeVar("Stored")


@dataclass(frozen=True)
class _Compiled:
    """parameters: (name, how it is converted, value when none is given); results: how each column is converted."""

    text: str
    positional: bool
    parameters: tuple[tuple[str, Convert, Any], ...]
    results: tuple[tuple[int, Callable[[Any], Any]], ...]


class Prepared:
    """One statement. Every value that it writes must be given: a column's default in Python is not looked up."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[list[Any]]:
        """What a query finds, as Python values in the order of its columns."""
        connection = session.connection()
        compiled = self._for(connection.dialect)
        with self._run(connection, compiled, values) as cursor:
            found = [list(row) for row in cursor.fetchall()]
        for row in found:
            for place, convert in compiled.results:
                row[place] = convert(row[place])
        return found

    def change(self, session: Session, values: Mapping[str, Any]) -> int:
        """How many rows were written."""
        connection = session.connection()
        with self._run(connection, self._for(connection.dialect), values) as cursor:
            return int(cursor.rowcount)

    @contextmanager
    def _run(self, connection: Connection, compiled: _Compiled, values: Mapping[str, Any]) -> Iterator[Any]:
        given = {
            name: convert(value) if convert else value
            for name, convert, value in ((name, convert, values.get(name, default)) for name, convert, default in compiled.parameters)
        }
        parameters: Any = tuple(given[name] for name, _, _ in compiled.parameters) if compiled.positional else given
        cursor, text = connection.connection.cursor(), compiled.text
        for listener in connection.dispatch.before_cursor_execute:  # who counts statements counts these too
            listener(connection, cursor, text, parameters, context=None, executemany=False)
        driver = connection.dialect.loaded_dbapi
        try:
            cursor.execute(text, parameters)
            yield cursor
        except driver.Error as error:
            raise DBAPIError.instance(
                text, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect
            ) from error
        finally:
            cursor.close()

    def _for(self, dialect: Dialect) -> _Compiled:
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _compile(self._statement, dialect)
        return self._compiled[dialect.name]


def adopt(session: Session, stored: type[Stored], values: Mapping[str, Any], **related: Any) -> Stored:
    """A stored object from the row that was just read, as the session would have made it; the session must not hold it yet.

    values: every column by its attribute; related: relationships whose objects are at hand.
    """
    made: Stored = inspect(stored).class_manager.new_instance()
    vars(made).update(values)
    make_transient_to_detached(made)
    session.add(made)
    for name, value in related.items():
        set_committed_value(made, name, value)
    return made


def columns_of(stored: type[Any]) -> dict[str, InstrumentedAttribute[Any]]:
    """The mapped columns of a stored class by attribute, in order."""
    return {each.key: getattr(stored, each.key) for each in inspect(stored).column_attrs}


def _compile(statement: Any, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise TypeError(f"values without a default must be given: {[each.key for each in compiled.insert_prefetch]}")
    known = {name: bind for bind, name in compiled.bind_names.items()}
    parameters = []
    for name in compiled.positiontup if compiled.positional else known:
        kind = known[name].type
        parameters.append((name, kind.dialect_impl(dialect).bind_processor(dialect), compiled.params[name]))
    columns = statement.selected_columns if statement.is_select else statement._returning
    results = [
        (place, convert) for place, column in enumerate(columns)
        if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
    ]
    return _Compiled(str(compiled), compiled.positional, tuple(parameters), tuple(results))
