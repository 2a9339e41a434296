"""The whole schema in one place, and the way to bring a database up to it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from engine import jobs, journal, receipts, workers
from engine.accounts import devices, identities, passkeys, preferences, saved_lists, single_sign_on
from engine.cases import (
    cases,
    custody,
    document_records,
    draft_changes,
    evidence,
    evidence_files,
    execution,
    limits,
    made_documents,
    parties,
    penalties,
    pictures,
    service,
    stays,
    submissions,
    superseding,
)
from engine.database import Base, Database
from engine.oversight import archive, exchange, following, notices, publicity
from engine.registers import agencies, current, emergencies, items, numbers, reserved_numbers, versions
from engine.workflow import copies, incidents, instances, moves, opinions, releases, tasks, timers, unfinished

# Naming the modules here is what fills the metadata.
MODULES = (
    agencies, archive, cases, copies, current, custody, devices, document_records, draft_changes, emergencies,
    evidence, evidence_files, exchange, execution, following, identities, incidents, instances, items, jobs, journal,
    limits, made_documents, moves, notices, numbers, opinions, parties, passkeys, penalties, pictures, preferences,
    publicity, receipts, releases, reserved_numbers, saved_lists, service, single_sign_on, stays, submissions,
    superseding, tasks, timers, unfinished, versions, workers,
)


def metadata() -> MetaData:
    """The metadata of all stored classes."""
    return Base.metadata


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring a database, empty or older, to the newest migration, or to the one named."""
    with database.engine.begin() as connection:
        command.upgrade(_configuration(connection), revision)


def is_current(database: Database) -> bool:
    """Whether the database stands at the newest migration."""
    with database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
        return set(found) == set(ScriptDirectory.from_config(_configuration(connection)).get_heads())


def differences(database: Database) -> list[object]:
    """What the database lacks or has beside the metadata; empty when the migrations are complete."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata()))


def new_revision(database: Database, message: str, identifier: str) -> None:
    """Write a migration from the differences between the database and the metadata; for developers."""
    with database.engine.begin() as connection:
        command.revision(_configuration(connection), message=message, autogenerate=True, rev_id=identifier)


def _configuration(connection: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    configuration.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    configuration.attributes["metadata"] = metadata()
    return configuration
