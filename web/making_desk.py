"""制作文书：making a document by hand, changing a draft in Word, approving it, declaring it void, and why it says what it says."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from sqlalchemy.orm import Session

from engine.cases.cases import find_case
from engine.cases.document_records import CHANGEABLE_IN_WORD, DocumentRecord, find_document
from engine.cases.draft_changes import changes_of
from engine.errors import Invalid
from engine.registers.agencies import ROLES, officers_of
from forms.definition import Choice
from forms.rendering import initial, parse_posted, row_command, view, with_row_command
from processes.approving import approve, change_draft, declare_void
from processes.making import approver_of, begin, make_by_hand, offered, preview
from processes.viewing import officer_in_session, view_case, view_document
from web.current import officer_id, the_host

desk = Blueprint("making_desk", __name__)


@desk.get("/cases/<int:case_id>/documents/new")
@login_required
def choose(case_id: int) -> ResponseReturnValue:
    """The kinds of documents that the officer may make by hand in this case now."""
    host = the_host()
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        case = view_case(host, session, case_id, officer).case
        kinds = offered(host.bundle(session, case.release_digest), case, officer, host)
    return render_template("documents/choose.html", case=case, kinds=kinds)


@desk.get("/cases/<int:case_id>/documents/new/<code>")
@login_required
def blank(case_id: int, code: str) -> ResponseReturnValue:
    """The form of a kind, empty, or with what was entered for the version that is to be replaced."""
    return _page(case_id, code, None, ())


@desk.post("/cases/<int:case_id>/documents/new/<code>")
@login_required
def make(case_id: int, code: str) -> ResponseReturnValue:
    """Show the form again, show the document as it would be, or make it."""
    host = the_host()
    with host.database.reading() as session:
        _, bundle, kind = begin(host, session, case_id, officer_id(), code)
        form = bundle.forms[kind.form]
    command = row_command(request.form)
    if command is not None:
        return _page(case_id, code, with_row_command(form, request.form, command), ())
    raw = parse_posted(form, request.form)
    try:
        if "make" not in request.form:
            return _page(case_id, code, raw, (), shown=preview(host, case_id, officer_id(), code, raw))
        document_id = make_by_hand(host, case_id, officer_id(), code, raw, replaces=_replaces())
    except Invalid as refusal:
        return _page(case_id, code, raw, refusal.faults, message=refusal.message), 400
    flash(f"《{kind.title}》正在制作", "success")
    return redirect(url_for("document_desk.document", document_id=document_id))


@desk.post("/documents/<int:document_id>/draft")
@login_required
def upload(document_id: int) -> ResponseReturnValue:
    """A draft that was changed in Word."""
    file = request.files.get("file")
    data = file.read() if file else b""
    if not data:
        raise Invalid("document.no_file", "请选择修改后的 Word 文件（docx）")
    count = change_draft(the_host(), document_id, officer_id(), data, request.form.get("seen", ""))
    flash(f"已上传，与系统生成的文本有 {count} 处不同" if count else "已上传，与系统生成的文本没有不同", "success")
    return _back(document_id)


@desk.post("/documents/<int:document_id>/approve")
@login_required
def agree(document_id: int) -> ResponseReturnValue:
    """核准."""
    if request.form.get("sure") != "yes":
        raise Invalid("routing.sure", "核准之后文书随即生效或者用印，请勾选确认")
    approve(the_host(), document_id, officer_id(), request.form.get("seen", ""))
    flash("已核准", "success")
    return _back(document_id)


@desk.post("/documents/<int:document_id>/void")
@login_required
def void(document_id: int) -> ResponseReturnValue:
    """作废."""
    declare_void(the_host(), document_id, officer_id(), request.form.get("reason", ""))
    flash("已作废，文号保留，不再使用", "success")
    return _back(document_id)


@desk.get("/documents/<int:document_id>/why")
@login_required
def why(document_id: int) -> ResponseReturnValue:
    """为什么这样写: what was stored with the document, never computed again."""
    host = the_host()
    with host.database.reading() as session:
        record = view_document(host, session, document_id, officer_in_session(session, officer_id()))
        case = find_case(session, record.case_id)
        bundle = host.bundle(session, case.release_digest)
        changes = changes_of(session, document_id)
    steps = {node.id: node.name for procedure in bundle.procedures.values() for node in procedure.nodes.values()}
    return render_template("documents/why.html", record=record, case=case, known=record.provenance, steps=steps, changes=changes)


def changed_drafts(session: Session, documents: list[DocumentRecord]) -> list[tuple[DocumentRecord, list[list[object]]]]:
    """Drafts that wait for approval or the seal and were changed in Word, each with its differences from the generated text."""
    waiting = [row for row in documents if row.state in CHANGEABLE_IN_WORD]
    return [(row, changes[-1].differences) for row in waiting if (changes := changes_of(session, row.id))]


def _page(
    case_id: int, code: str, raw: dict[str, object] | None, faults: object, *, message: str = "", shown: list[str] | None = None
) -> str:
    host = the_host()
    with host.database.reading() as session:
        case, bundle, kind = begin(host, session, case_id, officer_id(), code)
        form, replaces = bundle.forms[kind.form], _replaces()
        old = find_document(session, replaces) if replaces else None
        people = [Choice(person.id, f"{person.name}（{person.id}）") for person in officers_of(session, case.agency_code)]
    return render_template(
        "documents/make.html", case=case, kind=kind, view=view(form, initial(form) if raw is None else raw, faults, {"officer": people}),  # type: ignore[arg-type]
        message=message, shown=shown, old=old, approver=ROLES.get(approver_of(kind), ""),
    )


def _replaces() -> int | None:
    text = request.values.get("replaces", "")
    return int(text) if text.isdigit() else None


def _back(document_id: int) -> ResponseReturnValue:
    return redirect(url_for("document_desk.document", document_id=document_id))
