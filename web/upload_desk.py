"""分段上传：files of evidence by the tus protocol 1.0.0 (creation, checksum, expiration, termination), for lines that break."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from flask_login import current_user
from werkzeug.http import http_date

from engine.cases.evidence_files import KEPT, LARGEST, REFUSED, EvidenceUpload, same_file, unfinished
from engine.clock import LEGAL_TIME_ZONE
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful, ZhifaError
from processes.receiving import KEPT_OPEN, Described, begin, continued, find_upload, finish, give_up
from processes.storing import require_open
from processes.viewing import officer_in_session
from web.current import officer_id, the_host

desk = Blueprint("upload_desk", __name__)
VERSION = "1.0.0"
CHUNK = 8 * 1024 * 1024
MISMATCH = 460  # the protocol's own status for a checksum that does not fit
ALGORITHMS = ("sha256", "sha1")
STATUS: dict[type[ZhifaError], int] = {Unlawful: 422, NotPermitted: 404, Invalid: 400, Conflict: 409}


@desk.url_value_preprocessor
def _larger_pieces(endpoint: str | None, _values: dict[str, object] | None) -> None:
    """Before anything reads the body: who is signed in may send pieces of CHUNK bytes."""
    if endpoint == "upload_desk.upload" and request.method == "PATCH" and current_user.is_authenticated:
        request.max_content_length = CHUNK


def _told(view: Callable[..., Response]) -> Callable[..., Response]:
    """A program is at the other end: refusals are one sentence of plain text, never a page."""

    @wraps(view)
    def answer(**values: Any) -> Response:
        if not current_user.is_authenticated:
            return _text(401, "登录已经结束，请重新登录后继续上传")
        try:
            response = view(**values)
        except ZhifaError as error:
            status = MISMATCH if error.code == "evidence.digest" else 413 if error.code == "upload.size" else \
                423 if error.code == "upload.busy" else next(code for family, code in STATUS.items() if isinstance(error, family))
            response = _text(status, error.message)
        response.headers["Tus-Resumable"] = VERSION
        return response

    return answer


@desk.route("/evidence/<int:evidence_id>/uploads", methods=["OPTIONS", "GET", "POST"], provide_automatic_options=False)
@_told
def uploads(evidence_id: int) -> Response:
    """OPTIONS: what we can; GET ?sha256=&size=: whether these bytes are here already or on their way; POST: begin an upload."""
    if request.method == "OPTIONS":
        return Response(status=204, headers={
            "Tus-Version": VERSION, "Tus-Extension": "creation,checksum,expiration,termination", "Tus-Max-Size": str(LARGEST),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        })
    host = the_host()
    with host.database.reading() as session:
        require_open(session, evidence_id, officer_in_session(session, officer_id()).id)
        if request.method == "GET":
            digest = request.args.get("sha256", "")
            found = next((one for one in unfinished(session, evidence_id, officer_id()) if digest and one.device_sha256 == digest), None)
            return jsonify(
                received=bool(digest) and same_file(session, evidence_id, digest) is not None,
                address=url_for("upload_desk.upload", upload_id=found.id) if found else None,
            )
    if refused := _other_version():
        return refused
    said = _metadata(request.headers.get("Upload-Metadata", ""))
    made = begin(host, evidence_id, officer_id(), Described(
        said.get("filename", ""), _whole("Upload-Length"), sha256=said.get("sha256", ""), taken_at=_moment(said.get("taken_at", "")),
        place=said.get("place", ""), source=said.get("source", ""),
    ))
    response = Response(status=201, headers={"Location": url_for("upload_desk.upload", upload_id=made.id), "Upload-Offset": str(made.received)})
    return _with_expiry(response, made)


@desk.route("/uploads/<upload_id>", methods=["HEAD", "PATCH", "DELETE"], provide_automatic_options=False)
@_told
def upload(upload_id: str) -> Response:
    """HEAD: how far we are; PATCH: more bytes; DELETE: give it up."""
    host = the_host()
    if refused := _other_version():
        return refused
    if request.method == "DELETE":
        give_up(host, upload_id, officer_id())
        return Response(status=204)
    if request.method == "HEAD":
        found = finish(host, upload_id, officer_id())
        if found.state == REFUSED:
            return _text(410, found.fault)
        headers = {"Upload-Offset": str(found.received), "Upload-Length": str(found.size), "Cache-Control": "no-store"}
        return _with_expiry(Response(status=200, headers=headers), found)
    if request.mimetype != "application/offset+octet-stream":
        return _text(415, "分段上传的内容类型应为 application/offset+octet-stream")
    offset, read = _whole("Upload-Offset"), request.stream.read
    find_upload(host, upload_id, officer_id())
    if "Upload-Checksum" in request.headers:
        data = request.stream.read()
        if not _fits(request.headers["Upload-Checksum"], data):
            return _text(MISMATCH, "这一段在传输中发生变化，请重新发送")
        read = BytesIO(data).read
    found = continued(host, upload_id, officer_id(), offset, read)
    return _with_expiry(Response(status=204, headers={"Upload-Offset": str(found.received)}), found)


def _other_version() -> Response | None:
    if request.headers.get("Tus-Resumable") == VERSION:
        return None
    response = _text(412, "上传协议的版本不符")
    response.headers["Tus-Version"] = VERSION
    return response


def _fits(header: str, data: bytes) -> bool:
    algorithm, _, digest = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Invalid("upload.algorithm", "不支持这种校验算法")
    try:
        return hmac.compare_digest(hashlib.new(algorithm, data).digest(), base64.b64decode(digest, validate=True))
    except binascii.Error as error:
        raise Invalid("upload.checksum", "校验值形式有误") from error


def _metadata(header: str) -> dict[str, str]:
    found = {}
    for pair in header.split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Invalid("upload.metadata", "上传的说明形式有误") from error
    return found


def _whole(header: str) -> int:
    text = request.headers.get(header, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise Invalid("upload.number", f"请求头 {header} 应当是整数")
    return int(text)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=LEGAL_TIME_ZONE) if text else None
    except ValueError as error:
        raise Invalid("evidence.moment", "拍摄时间有误") from error


def _with_expiry(response: Response, found: EvidenceUpload) -> Response:
    if found.state != KEPT:
        response.headers["Upload-Expires"] = http_date(found.touched_at + KEPT_OPEN)
    return response


def _text(status: int, words: str) -> Response:
    return Response(words, status=status, mimetype="text/plain")
