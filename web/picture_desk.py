"""图片：pictures of a case for its documents, and the officer's own written signature."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from documents.pictures import extension
from engine.cases.pictures import Picture, pictures_of, signature_of
from engine.errors import Invalid, NotPermitted
from processes.picturing import add_picture, set_signature
from processes.viewing import officer_in_session, view_case
from web.current import officer_id, the_host

desk = Blueprint("picture_desk", __name__)


@desk.get("/cases/<int:case_id>/pictures")
@login_required
def pictures(case_id: int) -> ResponseReturnValue:
    """The pictures of a case."""
    host = the_host()
    with host.database.reading() as session:
        officer = officer_in_session(session, officer_id())
        case = view_case(host, session, case_id, officer).case
        rows = pictures_of(session, case_id)
    return render_template("documents/pictures.html", case=case, rows=rows, in_charge=officer.id in case.investigators)


@desk.post("/cases/<int:case_id>/pictures")
@login_required
def add(case_id: int) -> ResponseReturnValue:
    """Add a picture."""
    add_picture(the_host(), case_id, officer_id(), request.form.get("title", ""), _file())
    flash("图片已保存，可以用于本案文书", "success")
    return redirect(url_for("picture_desk.pictures", case_id=case_id))


@desk.get("/pictures/<int:picture_id>")
@login_required
def show(picture_id: int) -> ResponseReturnValue:
    """The picture itself, for who may see its case or is its owner."""
    host = the_host()
    with host.database.reading() as session:
        row, officer = session.get(Picture, picture_id), officer_in_session(session, officer_id())
        if row is None or (row.case_id is None and row.officer_id != officer.id):
            raise NotPermitted("picture.hidden", "没有这张图片，或者您无权查看")
        if row.case_id is not None:
            view_case(host, session, row.case_id, officer)
    data = host.files.get(row.sha256)
    response: Response = send_file(BytesIO(data), mimetype=f"image/{extension(data)}")
    return response


@desk.get("/signature")
@login_required
def signature() -> ResponseReturnValue:
    """The officer's own written signature."""
    with the_host().database.reading() as session:
        return render_template("documents/signature.html", row=signature_of(session, officer_id()))


@desk.post("/signature")
@login_required
def replace() -> ResponseReturnValue:
    """Set it."""
    set_signature(the_host(), officer_id(), _file())
    flash("签名图片已保存，用于今后制作的文书", "success")
    return redirect(url_for("picture_desk.signature"))


def _file() -> bytes:
    file = request.files.get("file")
    data = file.read() if file else b""
    if not data:
        raise Invalid("picture.none", "请选择图片（PNG 或者 JPEG）")
    return data
