"""Back up a running installation and bring it back: the database first, then the files, so that no row lacks its file."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy import inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from engine import journal
from engine.cases.document_records import DocumentRecord
from engine.cases.draft_changes import DraftChange
from engine.cases.evidence_files import EvidenceFile, Examination
from engine.cases.pictures import Picture
from engine.cases.superseding import everything
from engine.clock import Clock, SystemClock
from engine.database import Database
from engine.errors import Conflict, Invalid
from engine.files import FileStore
from engine.oversight.archive import ArchivedCase
from engine.settings import Settings
from engine.workflow.releases import Release

NOTE, FILES = "backup.json", "files"
DUMPS = {"sqlite": "zhifa.db", "postgresql": "zhifa.dump"}


@dataclass(frozen=True)
class Backup:
    """What a backup holds: when it was begun, of which kind of database, the dump's SHA-256, and where the journal stood."""

    begun_at: str
    database: str
    dump: str
    entries: int
    heads: str
    files: int


@dataclass(frozen=True)
class Restored:
    """What the verification of a restored installation found; problems are Chinese sentences, empty when all is well."""

    entries: int
    files: int
    problems: tuple[str, ...]


def back_up(settings: Settings, folder: Path, clock: Clock | None = None) -> Backup:
    """Copy database and file store into a folder while work goes on; files that are there already are not copied again.

    Keys are not part of it: they are kept apart. The note is written last, so that a broken-off backup has none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NOTE).unlink(missing_ok=True)
    begun, kind = (clock or SystemClock()).now(), _kind(settings.database_url)
    dump = folder / DUMPS[kind]
    dump.unlink(missing_ok=True)
    if kind == "sqlite":
        _dump_sqlite(settings.database_url, dump)
    else:
        _run(settings, "pg_dump", "--format=custom", f"--file={dump}", _plain(settings.database_url))
    copied = _copy_files(settings.files_dir, folder / FILES)
    entries, heads = _journal_heads(_dumped(settings, dump)) if kind == "sqlite" else (0, "")
    note = Backup(begun.isoformat(), kind, _digest(dump), entries, heads, copied)
    (folder / NOTE).write_text(json.dumps(asdict(note), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return note


def restore(settings: Settings, folder: Path) -> Backup:
    """Bring a backup into an empty installation; Conflict when there is anything that it would overwrite."""
    note = read_note(folder)
    kind, dump = _kind(settings.database_url), folder / DUMPS[note.database]
    if kind != note.database:
        raise Invalid("backup.kind", f"备份来自 {note.database}，不能恢复到 {kind} 数据库")
    if _digest(dump) != note.dump:
        raise Invalid("backup.changed", "备份中的数据库文件与备份说明不符，可能被改动或者没有复制完整")
    _require_empty(settings)
    if kind == "sqlite":
        target = Path(make_url(settings.database_url).database or "")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(dump, target)
    else:
        _run(settings, "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={_plain(settings.database_url)}", str(dump))
    _copy_files(folder / FILES, settings.files_dir)
    return note


def verify(settings: Settings, note: Backup | None = None) -> Restored:
    """Check an installation as a whole: database, every chain of the journal, every file that a row names."""
    database, files = Database(settings.database_url), FileStore(settings.files_dir)
    problems: list[str] = []
    try:
        with database.reading() as session:
            if _kind(settings.database_url) == "sqlite":
                said = session.connection().exec_driver_sql("PRAGMA integrity_check").scalar()
                problems += [] if said == "ok" else [f"数据库不完整：{said}"]
            entries, broken = journal.verify(session)
            problems += [f"全过程记录第 {link.chain} 号链第 {link.sequence} 条断裂：{link.reason}" for link in broken]
            digests = set(referenced(session))
    finally:
        database.close()
    for digest in sorted(digests):
        try:
            files.check(digest)
        except Invalid as error:
            problems.append(error.message)
    if note and note.heads and _journal_heads(settings) != (note.entries, note.heads):
        problems.append("全过程记录的链尾与备份时不同")
    return Restored(entries, len(digests), tuple(problems))


def referenced(session: Session) -> Iterator[str]:
    """The digest of every file that a row names."""
    made = select(DocumentRecord.word, DocumentRecord.pdf, DocumentRecord.sealed)
    for row in session.execute(made, execution_options=everything()):
        yield from (digest for digest in row if digest)
    for change in session.execute(select(DraftChange.before, DraftChange.after)):
        yield from change
    yield from session.scalars(select(Picture.sha256))
    yield from session.scalars(select(EvidenceFile.sha256))
    for views in session.execute(select(Examination.thumbnail, Examination.preview)):
        yield from (digest for digest in views if digest)
    for pair in session.execute(select(ArchivedCase.volume, ArchivedCase.package)):
        yield from pair
    for manifest in session.scalars(select(Release.manifest)):
        yield from manifest.values()


def read_note(folder: Path) -> Backup:
    """The note of a finished backup; Invalid when there is none."""
    try:
        return Backup(**json.loads((folder / NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise Invalid("backup.note", f"{folder} 中没有完成的备份（缺少 {NOTE}）") from error


def _dump_sqlite(url: str, dump: Path) -> None:
    """One consistent snapshot while others write; copying the file would lose what still stands in the write-ahead log."""
    database = Database(url)
    connection = database.engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(dump),))
    finally:
        connection.close()
        database.close()


def _dumped(settings: Settings, dump: Path) -> Settings:
    return replace(settings, database_url=f"sqlite:///{dump.absolute()}")


def _journal_heads(settings: Settings) -> tuple[int, str]:
    """Number of entries, and one digest over the last entry of every chain."""
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            heads = journal.heads(session)
    finally:
        database.close()
    text = json.dumps(sorted(heads), separators=(",", ":"))
    return sum(length for _, length, _ in heads), hashlib.sha256(text.encode()).hexdigest()


def _require_empty(settings: Settings) -> None:
    target = make_url(settings.database_url)
    if target.get_backend_name() == "sqlite":
        empty = not Path(target.database or "").exists()
    else:
        database = Database(settings.database_url)
        empty = not inspect(database.engine).get_table_names()
        database.close()
    if not empty:
        raise Conflict("backup.not_empty", "要恢复到的数据库不是空的：请换一个空的数据库，不要覆盖现有数据")


def _copy_files(source: Path, target: Path) -> int:
    """Copy what is not there yet; how many files the target then holds is returned."""
    count = 0
    for path in sorted(source.glob("??/*")):
        if path.name.startswith("."):
            continue  # still being written: no row names it yet
        count += 1
        place = target / path.parent.name / path.name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place.with_name(f".copying-{path.name}"))
            place.with_name(f".copying-{path.name}").replace(place)
    return count


def _run(settings: Settings, program: str, *arguments: str) -> None:
    folder = str(settings.postgres_programs)
    found = shutil.which(program, path=folder if settings.postgres_programs.parts else None)
    if found is None:
        raise Invalid("backup.program", f"没有找到 {program}，请安装与服务器同版本的 PostgreSQL 客户端，或者设置 ZHIFA_POSTGRES_PROGRAMS")
    password = make_url(settings.database_url).password
    environment = {**os.environ, "PGPASSWORD": password} if password else None
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode:
        raise Invalid("backup.failed", f"{program} 没有成功：{done.stderr.strip()[-500:]}")


def _plain(url: str) -> str:
    """The URL as PostgreSQL's own programs read it, without the password."""
    return make_url(url).set(drivername="postgresql", password=None).render_as_string()


def _kind(url: str) -> str:
    return make_url(url).get_backend_name()


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
