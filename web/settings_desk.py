"""设置：how pages look (also before signing in), what the officer is told of and how, and his mail address. No script."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from engine.accounts.preferences import (
    APP,
    HOURS,
    PAGE_SIZES,
    SIZES,
    THEMES,
    WAYS,
    ask_address,
    confirm_address,
    forget_address,
    preference_of,
    preference_to_change,
    set_display,
    set_told,
)
from engine.errors import Invalid, ZhifaError
from engine.oversight.notices import KINDS
from processes.mailing import ask_to_confirm, is_possible
from web.current import officer_id, the_host
from web.display import Display, keep, shown

desk = Blueprint("settings_desk", __name__)


@desk.get("/settings")
def display() -> ResponseReturnValue:
    """显示设置."""
    return render_template("settings/display.html", sizes=SIZES, themes=THEMES, page_sizes=PAGE_SIZES, next=_inside(request.args.get("next", "")))


@desk.post("/settings")
def save_display() -> ResponseReturnValue:
    """Keep how pages look: in the browser, and with the account of who is signed in."""
    form = request.form
    rows = form.get("page_size", str(PAGE_SIZES[0]))
    if form.get("text_size") not in SIZES or form.get("theme") not in THEMES or rows not in {str(each) for each in PAGE_SIZES}:
        raise Invalid("preference.display", "请从列出的字号、颜色和每页条数中选择")
    wanted = Display(form["text_size"], form["theme"], int(rows), form.get("shortcuts") == "on")
    flash("显示设置已经保存", "success")
    return _kept(wanted, _inside(form.get("next", "")) or url_for("settings_desk.display"))


@desk.post("/preferences/size")
def size() -> ResponseReturnValue:
    """大字版 on and off, from every page."""
    wanted = replace(shown(), text_size="large" if request.form.get("size") == "large" else "normal")
    return _kept(wanted, _inside(request.form.get("next", "")) or "/")


@desk.get("/settings/notices")
@login_required
def notices() -> ResponseReturnValue:
    """消息设置: which kinds, by mail or not, when the daily summary comes, and the address."""
    return _notices_page()


@desk.post("/settings/notices")
@login_required
def save_notices() -> ResponseReturnValue:
    """Keep what the officer is told of."""
    form, hour = request.form, request.form.get("digest_hour", "")
    ways = {kind: form.get(f"way_{kind}", APP) for kind in KINDS}
    try:
        with the_host().database.writing() as session:
            wish = preference_to_change(session, officer_id())
            set_told(wish, {kind: way for kind, way in ways.items() if way != APP}, KINDS, int(hour) if hour.isdecimal() else None)
    except Invalid as refusal:
        return _notices_page(refusal.message), 400
    flash("消息设置已经保存", "success")
    return redirect(url_for("settings_desk.notices"))


@desk.post("/settings/mail")
@login_required
def ask_mail() -> ResponseReturnValue:
    """Send the confirming link to an address, or give the address up."""
    host, address = the_host(), request.form.get("address", "").strip()
    try:
        with host.database.writing() as session:
            wish = preference_to_change(session, officer_id())
            if request.form.get("act") == "forget":
                forget_address(wish)
            else:
                ask_address(wish, address, host.clock.now())
                ask_to_confirm(host, session, wish)
    except ZhifaError as refusal:
        return _notices_page(refusal.message), 400
    words = "不再用邮件提醒" if request.form.get("act") == "forget" else f"确认邮件已经发往{address}，请在两天之内打开其中的链接"
    flash(words, "success")
    return redirect(url_for("settings_desk.notices"))


@desk.get("/settings/mail/<token>")
@login_required
def confirm(token: str) -> ResponseReturnValue:
    """Where the link in the mail leads: a button, because machines that check mails open links too."""
    with the_host().database.reading() as session:
        return render_template("settings/confirm.html", token=token[:80], address=preference_of(session, officer_id()).mail_asked)


@desk.post("/settings/mail/<token>")
@login_required
def confirm_mail(token: str) -> ResponseReturnValue:
    """Take the address into use."""
    host = the_host()
    with host.database.writing() as session:
        confirm_address(host.settings.keys_dir, preference_to_change(session, officer_id()), token, host.clock.now())
    flash("邮箱地址已经确认", "success")
    return redirect(url_for("settings_desk.notices"))


def _notices_page(message: str = "") -> str:
    with the_host().database.reading() as session:
        wish = preference_of(session, officer_id())
    return render_template(
        "settings/notices.html", wish=wish, kinds=KINDS, ways=WAYS, hours=HOURS, message=message, possible=is_possible(the_host().settings),
        address=request.form.get("address", wish.mail_asked or wish.mail_address),
    )


def _kept(wanted: Display, target: str) -> Response:
    if current_user.is_authenticated:
        with the_host().database.writing() as session:
            wish = preference_to_change(session, officer_id())
            set_display(wish, wanted.text_size, wanted.theme, wanted.page_size, shortcuts=wanted.shortcuts)
    return keep(make_response(redirect(target)), wanted)


def _inside(address: str) -> str:
    """An address of ours, or nothing."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else ""
