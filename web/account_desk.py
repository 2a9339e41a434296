"""我的账号：password, code generator, passkeys, and the devices on which the person is signed in."""

from __future__ import annotations

import base64
import io

import segno
from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from engine.accounts import passkeys, second_factors
from engine.errors import Invalid
from processes import signing_in
from web.current import the_host
from web.sign_in import ASKED, DEVICE, site

desk = Blueprint("account_desk", __name__, url_prefix="/account")
SECRET = "generator"  # noqa: S105 - in the session: the secret of a generator that is not confirmed yet


@desk.get("")
@login_required
def own() -> ResponseReturnValue:
    """The own account."""
    return _page()


@desk.post("/password")
@login_required
def change_password() -> ResponseReturnValue:
    """Change the password; other devices are signed out."""
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        raise Invalid("password.again", "两次输入的新密码不一致")
    try:
        signing_in.set_password(the_host(), current_user.login, request.form.get("old", ""), new, g.device)
    except Invalid as refusal:
        flash(refusal.message, "error")
        return _page(), 400
    flash("密码已经更换，其他设备已经退出", "success")
    return redirect(url_for("account_desk.own"))


@desk.post("/generator")
@login_required
def begin_generator() -> ResponseReturnValue:
    """Show the QR code of a new code generator."""
    session[SECRET] = second_factors.fresh_secret()
    return redirect(url_for("account_desk.generator"))


@desk.get("/generator")
@login_required
def generator() -> ResponseReturnValue:
    """The QR code, its secret in letters, and the field for the first code."""
    secret = session.get(SECRET)
    if not secret:
        return redirect(url_for("account_desk.own"))
    with the_host().database.reading() as database:
        account = signing_in.own_account(the_host(), database, session[DEVICE]).account
        picture = _picture(second_factors.address(account, secret))
    return render_template("account/generator.html", picture=picture, secret=" ".join(secret[at:at + 4] for at in range(0, len(secret), 4)))


@desk.post("/generator/confirm")
@login_required
def confirm_generator() -> ResponseReturnValue:
    """Take the generator into use and show the recovery codes, this once."""
    try:
        codes = signing_in.add_generator(the_host(), current_user.login, session.get(SECRET, ""), request.form.get("code", ""))
    except Invalid as refusal:
        flash(refusal.message, "error")
        return redirect(url_for("account_desk.generator"))
    session.pop(SECRET)
    return render_template("account/recovery.html", codes=codes)


@desk.post("/generator/remove")
@login_required
def remove_generator() -> ResponseReturnValue:
    """Give the generator up."""
    signing_in.remove_generator(the_host(), current_user.login, request.form.get("password", ""))
    flash("验证码登录已经停用", "success")
    return redirect(url_for("account_desk.own"))


@desk.post("/passkeys/challenge")
@login_required
def passkey_challenge() -> ResponseReturnValue:
    """What the browser needs to make a passkey."""
    with the_host().database.reading() as database:
        found = signing_in.own_account(the_host(), database, session[DEVICE])
        options, session[ASKED] = passkeys.registration(site(), found.account, list(found.passkeys))
    return jsonify(options)


@desk.post("/passkeys")
@login_required
def add_passkey() -> ResponseReturnValue:
    """Keep the passkey that the browser made."""
    asked, answer = session.pop(ASKED, ""), request.get_json(silent=True)
    if not isinstance(answer, dict) or not isinstance(answer.get("credential"), dict) or not asked:
        return jsonify(message="请刷新页面后重试"), 400
    try:
        signing_in.add_passkey(the_host(), site(), current_user.login, asked, answer["credential"], str(answer.get("name", "")))
    except Invalid as refusal:
        return jsonify(message=refusal.message), 400
    flash("通行密钥已经添加", "success")
    return jsonify(next=url_for("account_desk.own"))


@desk.post("/passkeys/remove")
@login_required
def remove_passkey() -> ResponseReturnValue:
    """Delete a passkey."""
    signing_in.remove_passkey(the_host(), current_user.login, request.form.get("password", ""), request.form.get("credential", ""))
    flash("通行密钥已经删除", "success")
    return redirect(url_for("account_desk.own"))


@desk.post("/devices/end")
@login_required
def end_device() -> ResponseReturnValue:
    """Sign one other device out, or all of them."""
    key = request.form.get("device", "")
    if key:
        signing_in.leave(the_host(), current_user.login, key)
        flash("该设备已经退出", "success")
    else:
        flash(f"已退出其他{signing_in.leave_everywhere_else(the_host(), current_user.login, g.device)}台设备", "success")
    return redirect(url_for("account_desk.own"))


def _page() -> str:
    host = the_host()
    with host.database.reading() as database:
        found = signing_in.own_account(host, database, session[DEVICE])
        return render_template("account/own.html", own=found, ways=signing_in.WAYS, passkeys_possible=bool(site().host))


def _picture(address: str) -> str:
    """The QR code as a data address: nothing of it is stored."""
    kept = io.BytesIO()
    segno.make(address, error="m").save(kept, kind="png", scale=5)
    return "data:image/png;base64," + base64.b64encode(kept.getvalue()).decode()
