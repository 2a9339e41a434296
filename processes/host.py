"""What every way into the house shares: database, files, clock, law tables, operations and parsed releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from documents.operations import OPERATIONS as DOCUMENT_OPERATIONS
from documents.pdf import OfficeConverter
from engine.cases.acts import Operation
from engine.cases.operations import OPERATIONS as CASE_OPERATIONS
from engine.clock import Clock, SystemClock
from engine.database import Database
from engine.errors import Invalid
from engine.files import FileStore
from engine.law.calendar import WorkingCalendar, parse_table
from engine.law.time_limits import TimeLimit, load_limits
from engine.oversight.publicity import OPERATIONS as OVERSIGHT_OPERATIONS
from engine.registers.current import DailyForwarding
from engine.settings import Settings
from engine.workflow import releases
from processes.bundles import Bundle, BundleCache

OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation for operation in (*CASE_OPERATIONS, *OVERSIGHT_OPERATIONS, *DOCUMENT_OPERATIONS)
}


@dataclass(frozen=True)
class Host:
    """One running installation. Make it with `open_host`, give it back with `close`."""

    settings: Settings
    database: Database
    files: FileStore
    clock: Clock
    calendar: WorkingCalendar
    limits: Mapping[str, TimeLimit]
    converter: OfficeConverter
    bundles: BundleCache = field(default_factory=BundleCache)
    forwarding: DailyForwarding = field(default_factory=DailyForwarding)

    def bundle(self, session: Session, digest: str) -> Bundle:
        """The parsed release of a digest."""
        return self.bundles.get(digest, lambda: releases.read(session, self.files, digest))

    def keep_registers_current(self) -> None:
        """Let what the registers said in advance take effect when its day has come: roles, ends of terms, new names."""
        self.forwarding.keep(self.database, self.clock.now().date())

    def close(self) -> None:
        """Stop LibreOffice and give back the connections."""
        self.converter.close()
        self.database.close()


def open_host(settings: Settings, clock: Clock | None = None) -> Host:
    """Open an installation; LibreOffice starts with the first document."""
    return Host(
        settings=settings, database=Database(settings.database_url), files=FileStore(settings.files_dir),
        clock=clock or SystemClock(), calendar=open_calendar(settings), limits=load_limits(),
        converter=OfficeConverter(
            fonts_dir=settings.fonts_dir, program=settings.office_program, processes=settings.office_processes,
        ),
    )


def open_calendar(settings: Settings) -> WorkingCalendar:
    """The working days of this installation: its own table, if it has one, corrects those that the library knows."""
    if not settings.working_days_file:
        return WorkingCalendar()
    try:
        return WorkingCalendar(parse_table(Path(settings.working_days_file).read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        message = f"放假安排表“{settings.working_days_file}”无法读取"
        raise Invalid("calendar.file", message) from None
