"""Files of evidence arrive whole or not at all: broken off and resumed, refused when changed, once however often they are sent."""

from __future__ import annotations

import base64
import hashlib
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from engine import journal
from engine.cases.custody import entries_of
from engine.cases.evidence import evidence_of
from engine.cases.evidence_files import OPEN, EvidenceFile, EvidenceUpload, files_of
from engine.errors import Invalid
from engine.jobs import DONE, Job
from processes.bundles import BundleCache
from processes.host import Host
from processes.receiving import KEPT_OPEN, expire
from processes.sample import install_sample
from processes.storing import EXAMINE, partial
from processes.working import Worker
from tests.builders import SQLITE, a_case, host_in, on_both_databases
from tests.conftest import fresh_postgres
from tests.web.evidence_builders import CO_OFFICER, LEAD, STRANGER, Sender, a_collected_case, photo, sha256, signed_in


@pytest.fixture(scope="module", params=[SQLITE])
def host(
    request: pytest.FixtureRequest, sample_pattern: Path, tmp_path_factory: pytest.TempPathFactory, bundles: BundleCache
) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("evidence") / "installation"
    if request.param == SQLITE:
        shutil.copytree(sample_pattern, folder)
        found = host_in(folder)
    else:
        found = host_in(folder, fresh_postgres(request.getfixturevalue("postgres_url"), "evidence"))
        install_sample(found)
    yield replace(found, bundles=bundles)
    found.close()


def examined(host: Host) -> None:
    Worker(host, threading.Event()).run(once=True)


def files(host: Host, case_id: int) -> list[EvidenceFile]:
    with host.database.reading() as session:
        return [file for rows in files_of(session, case_id).values() for file in rows]


@on_both_databases
@pytest.mark.rule("R-SC3-10-2-5")
def test_a_film_broken_off_at_sixty_percent_is_resumed_and_has_the_same_hash(host: Host) -> None:
    case, piece = a_collected_case(host)
    film = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 12_000
    sender, cut = Sender(signed_in(host), piece), len(film) * 6 // 10
    address = sender.create("现场录像.mp4", film, place="望海区").headers["Location"]
    assert sender.send(address, film[:cut], 0).headers["Upload-Offset"] == str(cut)

    again = Sender(signed_in(host), piece)  # the line broke; another device of the same officer asks what is here already
    known = again.client.get(f"/evidence/{piece}/uploads?sha256={sha256(film)}").get_json()
    assert known == {"received": False, "address": address}
    assert again.offset(address) == cut
    assert again.send(address, film[cut:], cut).status_code == 204
    (file,) = files(host, case.case_id)
    assert file.sha256 == file.device_sha256 == sha256(film) == sha256(host.files.get(file.sha256))
    assert (file.kind, file.media_type, file.place, file.size) == ("video", "video/mp4", "望海区", len(film))
    with host.database.reading() as session:
        assert [link.act for link in entries_of(session, piece)] == ["received"]
        entry = journal.entries(session, case.case_id)[-1]
        assert (entry.act, entry.read_facts()["sha256"]) == ("evidence.file_received", file.sha256)
        assert journal.verify(session, case.case_id)[1] == []


def test_what_came_behind_the_last_word_on_the_disk_is_written_over(host: Host) -> None:
    """A server killed in the middle of a piece has bytes on its disk of which no row knows."""
    case, piece = a_collected_case(host)
    data = b"\0" + b"evidence " * 5000
    sender = Sender(signed_in(host), piece)
    address = sender.create("数据.bin", data).headers["Location"]
    sender.send(address, data[:10_000], 0)
    with partial(host, address.rsplit("/", 1)[1]).open("ab") as torn:
        torn.write(b"half a piece")
    assert sender.offset(address) == 10_000
    sender.send(address, data[10_000:], 10_000)
    assert [file.sha256 for file in files(host, case.case_id)] == [sha256(data)]


@pytest.mark.parametrize("adopted", [False, True], ids=["before it was stored", "after it was stored"])
def test_a_server_killed_after_the_last_byte_is_found_out_when_asked(host: Host, adopted: bool) -> None:
    case, piece = a_collected_case(host)
    data = photo(colour="maroon" if adopted else "olive")
    sender = Sender(signed_in(host), piece)
    address = sender.create("照片.jpg", data).headers["Location"]
    key = address.rsplit("/", 1)[1]
    partial(host, key).write_bytes(data)
    with host.database.writing() as session:
        session.execute(update(EvidenceUpload).where(EvidenceUpload.id == key).values(received=len(data), arrived=sha256(data)))
    if adopted:
        host.files.adopt(partial(host, key))
    assert sender.offset(address) == len(data)
    assert [file.sha256 for file in files(host, case.case_id)] == [sha256(data)]
    assert sender.offset(address) == len(data)  # and asking again changes nothing
    assert len(files(host, case.case_id)) == 1


def test_a_wrong_hash_is_refused_and_journalled(host: Host) -> None:
    case, piece = a_collected_case(host)
    data = photo()
    sender = Sender(signed_in(host), piece)
    address = sender.create("照片.jpg", data, digest=sha256(b"another")).headers["Location"]
    answer = sender.send(address, data, 0)
    assert (answer.status_code, answer.mimetype) == (460, "text/plain")
    assert "SHA-256 不一致" in answer.text
    assert files(host, case.case_id) == []
    assert not partial(host, address.rsplit("/", 1)[1]).exists()
    assert sender.client.head(address, headers={"Tus-Resumable": "1.0.0"}).status_code == 410
    with host.database.reading() as session:
        assert journal.entries(session, case.case_id)[-1].act == "evidence.file_refused"


def test_a_piece_with_a_wrong_checksum_is_not_kept(host: Host) -> None:
    _, piece = a_collected_case(host)
    data = b"text of the interview"
    sender = Sender(signed_in(host), piece)
    address = sender.create("笔录.txt", data).headers["Location"]

    def checked(digest: bytes, algorithm: str) -> int:
        return sender.send(address, data[:5], 0, {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}).status_code

    assert checked(hashlib.sha256(b"other").digest(), "sha256") == 460
    assert checked(b"", "crc32") == 400
    assert sender.offset(address) == 0
    assert checked(hashlib.sha1(data[:5]).digest(), "sha1") == 204  # noqa: S324 - the protocol asks for it
    assert sender.offset(address) == 5


def test_the_same_file_is_one_file_whoever_sends_it(host: Host) -> None:
    case, piece = a_collected_case(host)
    data, name = photo(), "照片.jpg"
    first, second = Sender(signed_in(host, LEAD), piece), Sender(signed_in(host, CO_OFFICER), piece)
    begun = [sender.create(name, data).headers["Location"] for sender in (first, first, second)]
    assert begun[0] == begun[1] != begun[2]
    assert first.send(begun[0], data, 0).status_code == second.send(begun[2], data, 0).status_code == 204
    assert len(files(host, case.case_id)) == 1
    assert first.client.get(f"/evidence/{piece}/uploads?sha256={sha256(data)}").get_json()["received"] is True


def test_what_is_too_large_too_long_or_not_in_its_place_is_refused(host: Host) -> None:
    _, piece = a_collected_case(host)
    sender = Sender(signed_in(host), piece)
    assert sender.create("录像.mp4", b"x", size=2 * 1024**3 + 1).status_code == 413
    assert sender.create("录像.mp4", b"x", size=2 * 1024**3).status_code == 201
    address = sender.create("数据.bin", b"0123456789").headers["Location"]
    assert sender.send(address, b"12345", 5).status_code == 409
    assert sender.send(address, b"01234567890123", 0).status_code == 400
    assert sender.client.patch(address, data=b"0", headers={"Upload-Offset": "0"}).status_code == 412
    assert sender.client.delete(address, headers={"Tus-Resumable": "1.0.0"}).status_code == 204
    assert sender.client.head(address, headers={"Tus-Resumable": "1.0.0"}).status_code == 404


def test_nobody_else_goes_on_with_an_upload(host: Host) -> None:
    _, piece = a_collected_case(host)
    address = Sender(signed_in(host), piece).create("数据.bin", b"0123456789").headers["Location"]
    for officer in (CO_OFFICER, STRANGER, "YJWH0001"):
        other = Sender(signed_in(host, officer), piece)
        assert other.client.head(address, headers={"Tus-Resumable": "1.0.0"}).status_code == 404
        assert other.send(address, b"x", 0).status_code == 404
    assert Sender(signed_in(host, STRANGER), piece).create("a.txt", b"x").status_code == 404


def test_reviewed_evidence_takes_no_more_files(host: Host) -> None:
    case, piece = a_collected_case(host)
    sender = Sender(signed_in(host), piece)
    address = sender.create("数据.bin", b"0123456789").headers["Location"]
    case.take()
    sender = Sender(signed_in(host), piece)  # the day has moved on
    assert "已经审查" in sender.create("照片.jpg", photo()).text
    assert sender.send(address, b"0123456789", 0).status_code == 422
    assert files(host, case.case_id) == []


def test_who_verified_the_lead_sends_files_before_anybody_handles_the_case(host: Host) -> None:
    case = a_case(host).until("propose_filing")
    with host.database.reading() as session:
        piece = evidence_of(session, case.case_id)[0]
    assert piece.collected_by == LEAD
    assert Sender(signed_in(host), piece.id).whole("现场.jpg", photo()).status_code == 204
    assert Sender(signed_in(host, CO_OFFICER), piece.id).create("现场.jpg", photo()).status_code == 404


def test_abandoned_uploads_expire_and_leave_nothing_behind(host: Host) -> None:
    _, piece = a_collected_case(host)
    sender = Sender(signed_in(host), piece)
    old, young = (sender.create(name, name.encode()).headers["Location"].rsplit("/", 1)[1] for name in ("old.txt", "young.txt"))
    with host.database.writing() as session:
        touched = session.get_one(EvidenceUpload, old).touched_at
        session.execute(update(EvidenceUpload).where(EvidenceUpload.id == old).values(touched_at=touched - KEPT_OPEN - timedelta(hours=1)))
    assert expire(host) == 1
    assert not partial(host, old).exists()
    assert partial(host, young).exists()
    with host.database.reading() as session:
        assert session.get(EvidenceUpload, old) is None
        assert session.get_one(EvidenceUpload, young).state == OPEN


def test_a_worker_examines_each_file_once_and_makes_views_of_our_own_encoding(host: Host) -> None:
    case, piece = a_collected_case(host)
    data = photo(2400, 1500, taken="2026:05:09 10:20:30")
    Sender(signed_in(host), piece).whole("现场.jpg", data)
    examined(host)
    (file,) = files(host, case.case_id)
    assert file.examined is not None
    assert file.examined.verdict_name == "未查毒"
    preview = host.files.get(file.examined.preview)
    assert preview != data
    assert b"Exif" not in preview
    assert (file.details["Make"], f"{file.taken_at:%Y-%m-%d %H:%M}") == ("Trial Camera", "2026-05-09 10:20")
    assert file.place == "N23.125000，E113.250000"
    with host.database.reading() as session:
        assert set(session.scalars(select(Job.state).where(Job.operation == EXAMINE))) == {DONE}


@on_both_databases
def test_files_and_custody_can_only_be_added_to(host: Host) -> None:
    _, piece = a_collected_case(host)
    Sender(signed_in(host), piece).whole("照片.jpg", photo())
    examined(host)
    for statement in ("UPDATE custody_entry SET taker = 'x'", "DELETE FROM custody_entry", "UPDATE evidence_file SET sha256 = 'x'",
                      "DELETE FROM evidence_file", "UPDATE evidence_examination SET verdict = 'clean'", "DELETE FROM evidence_examination"):
        with pytest.raises(DatabaseError, match="append-only"), host.database.writing() as session:
            session.connection().exec_driver_sql(statement)


@pytest.mark.rule("R-SC3-10-2-5")
def test_a_changed_file_is_found_out(host: Host) -> None:
    case, piece = a_collected_case(host)
    Sender(signed_in(host), piece).whole("笔录.txt", "询问笔录正文".encode())
    (file,) = files(host, case.case_id)
    place = host.files.path(file.sha256)
    place.chmod(0o640)
    place.write_bytes("改过的正文".encode())
    with pytest.raises(Invalid, match="可能被改动"):
        host.files.check(file.sha256)
    assert "可能被改动" in signed_in(host).get(f"/evidence/{piece}").text
    place.unlink()
    with host.database.writing() as session:
        session.execute(delete(Job).where(Job.operation == EXAMINE, Job.state != DONE))
