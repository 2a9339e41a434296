"""文书：reading a document, downloading it, and verifying its seal and file."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import quote

from flask import Blueprint, Response, render_template, send_file
from flask.typing import ResponseReturnValue
from flask_login import login_required
from sqlalchemy.orm import Session

from documents.keys import trust_roots
from documents.verifying import Verification, verify
from engine.cases.cases import find_case
from engine.cases.document_records import DocumentRecord, versions_of
from engine.cases.draft_changes import changes_of
from engine.errors import Invalid, ZhifaError
from engine.registers.agencies import ROLES, Officer
from processes.approving import may_approve, may_change, may_void
from processes.making import begin
from processes.viewing import officer_in_session, view_document
from web.current import officer_id, the_host

desk = Blueprint("document_desk", __name__)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@desk.get("/documents/<int:document_id>")
@login_required
def document(document_id: int) -> ResponseReturnValue:
    """A document with what the verification of its seal and file finds now."""
    host = the_host()
    with host.database.reading() as session:
        record = _record(session, document_id)
        case, officer = find_case(session, record.case_id), officer_in_session(session, officer_id())
        may = {
            "change": may_change(host, record, case, officer), "approve": may_approve(session, record, case, officer),
            "void": may_void(session, record, case, officer), "replace": record.by_hand and _may_replace(session, record, officer),
        }
        changes, versions = changes_of(session, document_id), versions_of(session, record)
    found, problem = _check(record)
    return render_template(
        "documents/document.html", record=record, case=case, found=found, problem=problem, may=may, changes=changes, versions=versions,
        approver=ROLES.get(record.approver_role, ""),
    )


@desk.get("/documents/<int:document_id>/<any(pdf, word):form>")
@login_required
def download(document_id: int, form: str) -> ResponseReturnValue:
    """The stored bytes themselves: PDF to read, Word to keep."""
    host = the_host()
    with host.database.reading() as session:
        record = _record(session, document_id)
    digest = record.word if form == "word" else record.final
    if not digest:
        raise Invalid("document.not_made", f"《{record.title}》还在制作，请稍后刷新")
    suffix, kind = ("docx", WORD) if form == "word" else ("pdf", "application/pdf")
    response: Response = send_file(BytesIO(host.files.get(digest)), mimetype=kind)
    name = quote(f"{record.title}{record.number}.{suffix}")
    place = "attachment" if form == "word" else "inline"
    response.headers["Content-Disposition"] = f"{place}; filename*=UTF-8''{name}"
    return response


def _may_replace(session: Session, record: DocumentRecord, officer: Officer) -> bool:
    try:
        begin(the_host(), session, record.case_id, officer.id, record.kind)
    except ZhifaError:
        return False
    return bool(record.final) and not record.void_reason


def _record(session: Session, document_id: int) -> DocumentRecord:
    return view_document(the_host(), session, document_id, officer_in_session(session, officer_id()))


def _check(record: DocumentRecord) -> tuple[Verification | None, str]:
    host = the_host()
    if not record.final:
        return None, ""
    try:
        data = host.files.get(record.final)
    except Invalid as error:
        return None, error.message
    return (verify(data, trust_roots(host.settings.keys_dir)) if record.sealed else None), ""
