"""证据：the gallery of a case's evidence, one piece with its files, review and custody, and a new piece outside a step."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from engine.cases import custody
from engine.cases.custody import custody_of, entries_of
from engine.cases.evidence import STATUS_NAMES, TYPE_NAMES
from engine.cases.evidence_files import files_of, find_file, unfinished
from engine.clock import LEGAL_TIME_ZONE
from engine.errors import Conflict, Invalid
from engine.registers.agencies import find_officer, officers_of
from processes.collecting import add_piece, may_add, may_handle, read_piece, record_custody, require_handling
from processes.fetching import fetched, require_openable, sound
from processes.receiving import Described, receive_whole
from processes.viewing import officer_in_session, view_case, view_evidence
from web import policies
from web.case_desk import may_take
from web.current import officer_id, the_host

desk = Blueprint("evidence_desk", __name__)
TAKERS = frozenset({"lead_officer", "co_officer"})
EXIF_NAMES = {
    "Make": "设备厂商", "Model": "设备型号", "Software": "软件", "DateTime": "文件写入时间", "DateTimeOriginal": "拍摄时间",
    "DateTimeDigitized": "数字化时间", "OffsetTime": "时区", "OffsetTimeOriginal": "拍摄时区", "Orientation": "方向", "Artist": "作者",
    "ImageDescription": "说明", "FNumber": "光圈", "ExposureTime": "曝光时间", "ISOSpeedRatings": "感光度", "FocalLength": "焦距",
    "LensModel": "镜头", "BodySerialNumber": "机身编号", "ExifImageWidth": "原宽", "ExifImageHeight": "原高", "Flash": "闪光灯",
}
WHOLE = 50 * 1024 * 1024
"""Bytes of a form with a file, from a browser without script."""
CHECKED_AT_ONCE = 64 * 1024 * 1024
"""Files up to this many bytes are held against their hash whenever their page is shown."""
PLAYED = frozenset({"video/mp4", "video/webm", "video/quicktime", "audio/mpeg", "audio/mp4", "audio/wav", "audio/ogg", "audio/flac", "audio/aac"})


@desk.url_value_preprocessor
def _larger_forms(endpoint: str | None, _values: dict[str, object] | None) -> None:
    """Before anything reads the form: who is signed in may send a whole file to the one address that takes it."""
    if endpoint == "evidence_desk.send" and current_user.is_authenticated:
        request.max_content_length = WHOLE + 65_536


@desk.get("/cases/<int:case_id>/evidence")
@login_required
def gallery(case_id: int) -> ResponseReturnValue:
    """The evidence of a case, by kind and state."""
    host, chosen = the_host(), {key: request.args.get(key, "") for key in ("kind", "state")}
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        shown = view_case(host, session, case_id, officer)
        rows = [
            row for row in shown.evidence
            if (not chosen["kind"] or row.type == chosen["kind"]) and (not chosen["state"] or row.status == chosen["state"])
        ]
        return render_template(
            "cases/evidence.html", view=shown, case=shown.case, tab="evidence", rows=rows, files=files_of(session, case_id), chosen=chosen,
            kinds=TYPE_NAMES, states=STATUS_NAMES, may_add=may_add(session, shown.case, officer),
            mine={item.id for item in shown.open_items if may_take(session, item, officer)},
        )


@desk.route("/cases/<int:case_id>/evidence/new", methods=["GET", "POST"])
@login_required
def new(case_id: int) -> ResponseReturnValue:
    """Register a piece outside a step."""
    host = the_host()
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        case = view_case(host, session, case_id, officer).case
        require_handling(case, officer)
        others = [each for each in officers_of(session, case.agency_code) if each.id != officer.id and TAKERS & each.role_keys]
        proposed = next((each for each in case.investigators if each != officer.id), "")
    values = dict(request.form) or {"co_officer": proposed, "collected_at": f"{host.clock.now().astimezone(LEGAL_TIME_ZONE):%Y-%m-%dT%H:%M}"}
    problem: Invalid | None = None
    if request.method == "POST":
        try:
            piece = add_piece(host, case_id, officer_id(), read_piece(values, _moment("collected_at", "取得时间")))
        except Invalid as error:
            problem = error
        else:
            flash("证据已经登记，可以上传文件", "success")
            return redirect(url_for("evidence_desk.piece", evidence_id=piece))
    page = render_template(
        "evidence/new.html", case=case, kinds=TYPE_NAMES, others=others, values=values, problem=problem,
        faults={fault.where: fault.message for fault in problem.faults} if problem else {},
    )
    return page, 400 if problem else 200


@desk.get("/evidence/<int:evidence_id>")
@login_required
def piece(evidence_id: int) -> ResponseReturnValue:
    """One piece of evidence."""
    host = the_host()
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        case, row = view_evidence(host, session, evidence_id, officer)
        files = files_of(session, case.id).get(row.id, [])
        chain = entries_of(session, row.id)
        collector = find_officer(session, row.collected_by)
        people = {row.collected_by, *(file.received_by for file in files), *(each.reviewer_id for each in row.reviews)}
        names = {person: find_officer(session, person).name for person in people}
        handles = may_handle(case, officer, row)
        page = render_template(
            "evidence/piece.html", case=case, row=row, files=files, chain=chain, state=custody_of(row, collector.name, chain), names=names,
            handles=handles, may_send=handles and row.status == "COLLECTED", acts={key: custody.ACT_NAMES[key] for key in custody.BY_HAND},
            waiting=unfinished(session, row.id, officer.id) if handles else (), now=host.clock.now().astimezone(LEGAL_TIME_ZONE),
            sound={file.id: sound(host, file) for file in files if file.size <= CHECKED_AT_ONCE or request.args.get("check") == str(file.id)},
            played=PLAYED, exif_names=EXIF_NAMES, scanner=bool(host.settings.malware_scanner),
        )
    response = Response(page)
    response.headers["Content-Security-Policy"] = policies.HASHING_PAGE
    return response


@desk.post("/evidence/<int:evidence_id>/custody")
@login_required
def keep(evidence_id: int) -> ResponseReturnValue:
    """Add a link to the chain of custody."""
    host = the_host()
    _handled(evidence_id)
    at = _moment("at", "时间")
    if at is None:
        raise Invalid("custody.at", "请填写时间")
    record_custody(
        host, evidence_id, officer_id(), request.form.get("act", ""), at=at, taker=request.form.get("taker", ""),
        place=request.form.get("place", ""), note=request.form.get("note", ""),
    )
    flash("保管环节已经登记", "success")
    return redirect(url_for("evidence_desk.piece", evidence_id=evidence_id))


@desk.post("/evidence/<int:evidence_id>/files")
@login_required
def send(evidence_id: int) -> ResponseReturnValue:
    """Take in files that a browser without script sends in one form."""
    host = the_host()
    _handled(evidence_id)
    taken_at = _moment("taken_at", "拍摄时间")
    sent = [file for key in ("file", "photo") for file in request.files.getlist(key) if file.filename]
    if not sent:
        raise Invalid("upload.none", "请选择文件")
    for file in sent:
        size = file.stream.seek(0, 2)
        file.stream.seek(0)
        described = Described(
            file.filename or "", size, taken_at=taken_at, place=request.form.get("place", ""), source=request.form.get("source", "")
        )
        receive_whole(host, evidence_id, officer_id(), described, file.stream)  # type: ignore[arg-type]
    flash(f"已收到{len(sent)}个文件", "success")
    return redirect(url_for("evidence_desk.piece", evidence_id=evidence_id))


@desk.get("/evidence-files/<int:file_id>/<any(original, thumbnail, preview, play):shape>")
@login_required
def file(file_id: int, shape: str) -> ResponseReturnValue:
    """A file: the original to keep, views of our own encoding to look at, sound and film in ranges to play."""
    host = the_host()
    with host.database.reading() as session:
        row = find_file(session, file_id)
        view_evidence(host, session, row.evidence_id, officer_in_session(session, officer_id()))
    if shape in ("thumbnail", "preview"):
        digest = getattr(row.examined, shape, "") if row.examined else ""
        if not digest:
            raise Conflict("evidence.no_view", "这个文件没有预览，或者预览还在制作")
        return _sent(host.files.found(digest), digest, "image/jpeg")
    require_openable(host, row)
    if shape == "play":
        if row.media_type not in PLAYED:
            raise Invalid("evidence.not_played", "浏览器不能播放这个文件，请下载后播放")
        return _sent(host.files.found(row.sha256), row.sha256, row.media_type)
    fetched(host, row, officer_id())
    response = _sent(host.files.found(row.sha256), row.sha256, row.media_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"
    return response


def _sent(path: object, digest: str, kind: str) -> Response:
    response = send_file(str(path), mimetype=kind, conditional=True, etag=digest)
    response.headers["Content-Security-Policy"] = policies.FILE
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _handled(evidence_id: int) -> None:
    """Who does not handle the case learns nothing from what else is wrong with a form."""
    host = the_host()
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        case, row = view_evidence(host, session, evidence_id, officer)
        require_handling(case, officer, row)


def _moment(key: str, name: str) -> datetime | None:
    text = request.form.get(key, "").strip()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=LEGAL_TIME_ZONE) if text else None
    except ValueError as error:
        raise Invalid("evidence.moment", f"{name}有误") from error
