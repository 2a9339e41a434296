"""Files of evidence on their way in: begun, continued after a broken line or a killed server, checked, and kept for good.

What is told to a client as received lies on the disk (fsync) before its row says so. Whoever is killed in between loses at most
the piece under way: what stands behind the row's count is written over.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import func, select

from engine.cases.evidence_files import LARGEST, OPEN, EvidenceUpload
from engine.cases.media_types import require_name
from engine.clock import SystemClock
from engine.errors import Conflict, Invalid, NotPermitted, ZhifaError
from processes.host import Host
from processes.storing import folder, journal_refused, kept, note, partial, require_open

KEPT_OPEN = timedelta(days=3)
MOST_OPEN = 20
PIECE = 1 << 18
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]+")  # also what turns the order of letters round


@dataclass(frozen=True)
class Described:
    """A file as the sender describes it. size: bytes; sha256: computed by the device, empty when it cannot."""

    name: str
    size: int
    sha256: str = ""
    taken_at: datetime | None = None
    place: str = ""
    source: str = ""


def begin(host: Host, evidence_id: int, officer_id: str, file: Described) -> EvidenceUpload:
    """Begin an upload, or find the one that the same officer has begun with the same file."""
    name = _CONTROL.sub(" ", file.name).strip()[-200:] or "未命名"
    try:
        require_name(name)
        _require_sendable(file)
    except Invalid as refusal:
        journal_refused(host, evidence_id, officer_id, refusal, name)
        raise
    moment = SystemClock().now()
    with host.database.writing() as session:
        case_id = require_open(session, evidence_id, officer_id)
        open_ones = select(EvidenceUpload).where(EvidenceUpload.officer_id == officer_id, EvidenceUpload.state == OPEN)
        same = open_ones.where(
            EvidenceUpload.evidence_id == evidence_id, EvidenceUpload.size == file.size, EvidenceUpload.device_sha256 == file.sha256
        )
        if file.sha256 and (found := session.scalar(same.limit(1))) is not None:
            return found
        if (session.scalar(select(func.count()).select_from(open_ones.subquery())) or 0) >= MOST_OPEN:
            raise Conflict("upload.many", f"您还有{MOST_OPEN}个文件没有传完，请先传完或者放弃")
        upload = EvidenceUpload(
            id=secrets.token_hex(16), case_id=case_id, evidence_id=evidence_id, officer_id=officer_id, name=name, size=file.size, received=0,
            device_sha256=file.sha256, taken_at=file.taken_at, place=file.place.strip()[:200], source=file.source.strip()[:200], state=OPEN,
            fault="", begun_at=host.clock.now(), touched_at=moment,
        )
        session.add(upload)
    place = partial(host, upload.id)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch()
    return upload


def find_upload(host: Host, upload_id: str, officer_id: str) -> EvidenceUpload:
    """An officer's own upload; NotPermitted for anybody else's."""
    with host.database.reading() as session:
        upload = session.get(EvidenceUpload, upload_id)
        if upload is None or upload.officer_id != officer_id:
            raise NotPermitted("upload.unknown", "没有这个上传任务，可能已经过期")
        if upload.state == OPEN:
            require_open(session, upload.evidence_id, officer_id)
        return upload


def continued(host: Host, upload_id: str, officer_id: str, offset: int, read: Callable[[int], bytes]) -> EvidenceUpload:
    """Add bytes at an offset, as many as `read` gives before it ends or breaks; the upload as it stands then.

    Conflict when another request is at it, or the offset is not where we are. The last byte makes it a file of the evidence.
    """
    upload = find_upload(host, upload_id, officer_id)
    with _alone(host, upload) as stream:
        upload = find_upload(host, upload_id, officer_id)
        if (lying := os.fstat(stream.fileno()).st_size) < upload.received and upload.state == OPEN:
            upload = note(host, upload_id, received=lying)  # a restored installation has the row and not the bytes
        if upload.state != OPEN or offset != upload.received:
            raise Conflict("upload.offset", f"应当从第{upload.received}字节继续上传")
        stream.seek(offset)
        stream.truncate()
        try:
            while piece := read(min(PIECE, upload.size - stream.tell() + 1)):
                if stream.tell() + len(piece) > upload.size:
                    raise Invalid("upload.too_long", "传来的内容超过事先声明的大小")
                stream.write(piece)
        finally:  # also when the line broke: what has come need not be sent again
            stream.flush()
            os.fsync(stream.fileno())
            upload = note(host, upload_id, received=stream.tell())
        return kept(host, upload) if upload.received == upload.size else upload


def finish(host: Host, upload_id: str, officer_id: str) -> EvidenceUpload:
    """The upload as it stands; one that has all its bytes and was not made a file, because who did it was killed, is made one now."""
    upload = find_upload(host, upload_id, officer_id)
    if upload.state != OPEN or upload.received < upload.size:
        return upload
    if not partial(host, upload_id).exists():
        return kept(host, upload)
    with _alone(host, upload):
        upload = find_upload(host, upload_id, officer_id)
        return kept(host, upload) if upload.state == OPEN else upload


def give_up(host: Host, upload_id: str, officer_id: str) -> None:
    """Forget an upload that its officer no longer wants."""
    upload = find_upload(host, upload_id, officer_id)
    if upload.state == OPEN:
        _forget(host, upload.id)


def receive_whole(host: Host, evidence_id: int, officer_id: str, file: Described, stream: BinaryIO) -> EvidenceUpload:
    """Take in a file in one request, as a browser without script sends it."""
    upload = begin(host, evidence_id, officer_id, file)
    return continued(host, upload.id, officer_id, upload.received, _from(stream, upload.received))


def expire(host: Host) -> int:
    """Finish what has come whole, forget what nobody has touched for KEPT_OPEN, and clear away what no row knows; how many were forgotten."""
    now, gone = SystemClock().now(), 0
    with host.database.reading() as session:
        waiting = list(session.scalars(select(EvidenceUpload).where(EvidenceUpload.state == OPEN)))
    for upload in waiting:
        if upload.touched_at < now - KEPT_OPEN:
            _forget(host, upload.id)
            gone += 1
        elif upload.received == upload.size:
            with suppress(ZhifaError):  # what is refused now is told to who asks for it
                finish(host, upload.id, upload.officer_id)
    known = {upload.id for upload in waiting}
    for place in folder(host).glob("*.part"):
        if place.stem not in known and place.stat().st_mtime < (now - KEPT_OPEN).timestamp():
            place.unlink(missing_ok=True)
    return gone


def _require_sendable(file: Described) -> None:
    if file.size <= 0:
        raise Invalid("upload.empty", "文件是空的")
    if file.size > LARGEST:
        raise Invalid("upload.size", f"文件超过{LARGEST // 1024**3} GB 的上限，请分段录制或者刻录光盘，作为原始载体封存")
    if file.sha256 and not _DIGEST.fullmatch(file.sha256):
        raise Invalid("upload.digest", "设备上计算的 SHA-256 形式有误")


@contextmanager
def _alone(host: Host, upload: EvidenceUpload) -> Iterator[BinaryIO]:
    """The partial file, for one request at a time over all processes."""
    place = partial(host, upload.id)
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("r+b" if place.exists() else "w+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("upload.busy", "同一文件的另一次上传还没有结束，请稍候继续") from error
        yield stream


def _forget(host: Host, upload_id: str) -> None:
    with host.database.writing() as session:
        row = session.get(EvidenceUpload, upload_id)
        if row is not None:
            session.delete(row)
    partial(host, upload_id).unlink(missing_ok=True)


def _from(stream: BinaryIO, offset: int) -> Callable[[int], bytes]:
    stream.seek(offset)
    return stream.read
