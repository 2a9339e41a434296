"""Statements of the hot path: compiled once per kind of database, then handed to the driver itself, several in one exchange.

SQLAlchemy spends 40 µs around a statement that SQLite answers in 10. It still writes the SQL, converts the values, opens and ends
the transaction; what is left out is its result and its context. PostgreSQL is far away: what does not wait for an answer is sent
together (psycopg's pipeline). Use it where every step passes, not for comfort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

Convert = Callable[[Any], Any] | None
Stored = TypeVar("Stored")


@dataclass(frozen=True)
class _Compiled:
    """parameters: (name, how it is converted, value when none is given); results: how each column is converted."""

    text: str
    positional: bool
    answers: bool
    parameters: tuple[tuple[str, Convert, Any], ...]
    results: tuple[tuple[int, Callable[[Any], Any]], ...]

    def bound(self, values: Mapping[str, Any]) -> Any:
        given = [
            (name, convert(value) if convert else value)
            for name, convert, value in ((name, convert, values.get(name, default)) for name, convert, default in self.parameters)
        ]
        return tuple(value for _, value in given) if self.positional else dict(given)

    def read(self, cursor: Any) -> list[list[Any]]:
        found = [list(row) for row in cursor.fetchall()] if self.answers else []
        for row in found:
            for place, convert in self.results:
                row[place] = convert(row[place])
        return found


class Prepared:
    """One statement. Every value that it writes must be given: a column's default in Python is not looked up."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}
        self.table = "" if statement.is_select else str(statement.table.name)

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[list[Any]]:
        """What a query finds or an insert gives back, as Python values in the order of the columns."""
        return together(session, [Said(self, values)])[0]

    def compiled(self, dialect: Dialect) -> _Compiled:
        """The statement as this kind of database takes it."""
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _compile(self._statement, dialect)
        return self._compiled[dialect.name]


@dataclass(frozen=True)
class Said:
    """A statement with its values. unchanged: raised when it must write a row and wrote none; taken: when its row exists already."""

    statement: Prepared
    values: Mapping[str, Any]
    unchanged: Exception | None = None
    taken: Exception | None = None


def together(session: Session, said: Sequence[Said]) -> list[list[list[Any]]]:
    """Run statements in order, in one exchange where the driver can; the rows that each gave."""
    connection = session.connection()
    driver = connection.connection.driver_connection
    piped = len(said) > 1 and connection.dialect.driver == "psycopg" and connection.dialect.loaded_dbapi.Pipeline.is_supported()
    answers, cursors = list[list[list[Any]]](), list[Any]()
    with _errors(connection, said, cursors), driver.pipeline() if piped and driver is not None else nullcontext() as pipe:
        for one in said:
            cursor = connection.connection.cursor()
            cursors.append(cursor)
            compiled = one.statement.compiled(connection.dialect)
            parameters = compiled.bound(one.values)
            for listener in connection.dispatch.before_cursor_execute:  # who counts statements counts these too
                listener(connection, cursor, compiled.text, parameters, context=None, executemany=False)
            cursor.execute(compiled.text, parameters)
            if pipe is None:
                answers.append(_answer(one, compiled, cursor))
        if pipe is not None:
            pipe.sync()
            answers = [_answer(one, one.statement.compiled(connection.dialect), cursor) for one, cursor in zip(said, cursors, strict=True)]
    return answers


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


def _answer(said: Said, compiled: _Compiled, cursor: Any) -> list[list[Any]]:
    if said.unchanged is not None and cursor.rowcount == 0:
        raise said.unchanged
    return compiled.read(cursor)


@contextmanager
def _errors(connection: Connection, said: Sequence[Said], cursors: list[Any]) -> Iterator[None]:
    """Errors of the driver as SQLAlchemy words them; a lost connection goes back to nobody."""
    dialect = connection.dialect
    family = dialect.loaded_dbapi.Error
    try:
        yield
    except family as error:
        if dialect.is_disconnect(error, connection.connection, None):
            connection.invalidate(error)
        found = DBAPIError.instance(None, None, error, family, hide_parameters=True, dialect=dialect)
        taken = _taken(error, said[:len(cursors)]) if isinstance(found, IntegrityError) else None
        raise (taken or found) from error
    finally:
        for cursor in cursors:
            cursor.close()


def _taken(error: Exception, said: Sequence[Said]) -> Exception | None:
    """What to say of a row that exists already: of the last statement, or of the one whose table the server names."""
    table = getattr(getattr(error, "diag", None), "table_name", None)
    return next((one.taken for one in reversed(said) if table in (None, one.statement.table)), None)


def _compile(statement: Any, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise TypeError(f"values without a default must be given: {[each.key for each in compiled.insert_prefetch]}")
    known = {name: bind for bind, name in compiled.bind_names.items()}
    parameters = []
    for name in compiled.positiontup if compiled.positional else known:
        parameters.append((name, known[name].type.dialect_impl(dialect).bind_processor(dialect), compiled.params[name]))
    columns = statement.selected_columns if statement.is_select else statement._returning
    results = [
        (place, convert) for place, column in enumerate(columns)
        if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
    ]
    return _Compiled(str(compiled), compiled.positional, bool(columns), tuple(parameters), tuple(results))
