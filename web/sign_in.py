"""Signing in and out: password, then a code or a passkey; or a passkey alone; or the province's identity provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, g, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import UserMixin, current_user, login_required, login_user, logout_user
from werkzeug import Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from engine.accounts import passkeys
from engine.accounts.identities import Account
from engine.accounts.passkeys import Site
from engine.accounts.preferences import Preference
from engine.errors import NotPermitted
from engine.registers.agencies import ROLES
from processes import signing_in
from processes.signing_in import ADD_FACTOR, CHANGE_PASSWORD, PASSKEY, PASSWORD, PASSWORD_AND_CODE, PASSWORD_AND_PASSKEY
from web.current import the_host
from web.display import call_up

desk = Blueprint("sign_in", __name__)
WAITING = "waiting"  # in the session: whose password was right, and when
ASKED = "asked"  # in the session: the challenge that a passkey has to sign
DEVICE = "device"  # in the session: the secret of this device
NEXT = "next"  # in the session: the page that was asked for before signing in, such as the one that a mail links to
UNASKED = frozenset({"task_lists.counts", "notice_desk.count"})  # what an open page asks for without anybody's doing
PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]
    """The officer behind a session; owes: what must be done with the account before anything else."""

    login: str
    officer_id: str
    name: str
    role_names: str
    roles: frozenset[str] = frozenset()
    owes: str = ""

    def get_id(self) -> str:
        """What the session cookie carries."""
        return self.login


def load_user(login: str) -> SignedIn | None:
    """The signed-in officer of a session; None when the device was signed out, has waited too long, or the account is gone."""
    found = signing_in.present(the_host(), str(session.get(DEVICE, "")), unasked=request.endpoint in UNASKED)
    if found is None or found[0].login != login:
        return None
    account, device, owes = found
    g.device = device.key
    return _signed_in(account, owes)


def require_nothing_owed() -> ResponseReturnValue | None:
    """Before every request: who must change the password or add a second factor does so before anything else."""
    if request.endpoint in ("static", "settings_desk.size") or not current_user.is_authenticated or not current_user.owes:
        return None
    if request.blueprint in ("account_desk", "sign_in", "health", "help_desk"):
        return None
    words = {
        CHANGE_PASSWORD: "密码是初始密码或者已经到期，请先更换密码",
        ADD_FACTOR: "本平台要求两种登录方式（GB/T 22239 8.1.4.1），请先启用验证码或者添加通行密钥",
    }
    flash(words[current_user.owes], "warning")
    return redirect(url_for("account_desk.own"))


@desk.get("/sign-in")
def form() -> ResponseReturnValue:
    """The sign-in page; in the demonstration it lists the fictitious persons."""
    if current_user.is_authenticated:
        return redirect(url_for("home"))
    if (wanted := _ours(request.args.get("next", ""))):
        session[NEXT] = wanted
    people, settings = [], the_host().settings
    if current_app.config["DEMONSTRATION"]:
        with the_host().database.reading() as database:
            people = [_signed_in(account) for account in database.query(Account).order_by(Account.officer_id).limit(40)]
    return render_template(
        "sign_in/form.html", people=people, login=request.args.get("login", ""), outside=bool(settings.oidc_issuer),
        passkeys=bool(site().host),
    )


@desk.post("/sign-in")
def submit() -> ResponseReturnValue:
    """Check login and password; then ask for the second factor, if the account has one."""
    login, password = request.form.get("login", "").strip(), request.form.get("password", "")
    try:
        first, reason = signing_in.with_password(the_host(), login, password), ""
    except NotPermitted as locked:
        first, reason = None, locked.message
    if first is None:
        flash(reason or "用户名或者密码不正确", "error")
        return redirect(url_for("sign_in.form", login=login))
    if first.complete:
        return enter_as(first.login, PASSWORD)
    wanted = session.get(NEXT, "")
    session.clear()
    session[NEXT] = wanted
    session[WAITING] = [first.login, the_host().clock.now().isoformat(), first.by_code, first.by_passkey]
    return redirect(url_for("sign_in.second"))


@desk.get("/sign-in/second")
def second() -> ResponseReturnValue:
    """Ask for the second factor."""
    waiting = _waiting()
    if waiting is None:
        flash("请重新输入用户名和密码", "warning")
        return redirect(url_for("sign_in.form"))
    return render_template("sign_in/second.html", by_code=waiting[2], by_passkey=waiting[3] and bool(site().host))


@desk.post("/sign-in/second")
def submit_second() -> ResponseReturnValue:
    """Check the code."""
    waiting = _waiting()
    if waiting is None:
        flash("请重新输入用户名和密码", "warning")
        return redirect(url_for("sign_in.form"))
    if not signing_in.with_code(the_host(), waiting[0], request.form.get("code", "")):
        flash("验证码不正确或者已经用过", "error")
        return redirect(url_for("sign_in.second"))
    return enter_as(waiting[0], PASSWORD_AND_CODE)


@desk.post("/sign-in/passkey/challenge")
def passkey_challenge() -> ResponseReturnValue:
    """What the browser needs to sign with a passkey, of the account whose password was right or of any."""
    waiting = _waiting()
    known = []
    if waiting is not None:
        with the_host().database.reading() as database:
            known = passkeys.passkeys_of(database, waiting[0])
    options, session[ASKED] = passkeys.challenge(site(), known)
    return jsonify(options)


@desk.post("/sign-in/passkey")
def submit_passkey() -> ResponseReturnValue:
    """Check what the passkey has signed; the page follows the address in the answer."""
    waiting, asked, answer = _waiting(), session.pop(ASKED, ""), request.get_json(silent=True)
    if not isinstance(answer, dict) or not asked:
        return jsonify(message="请重新登录"), 400
    try:
        login = signing_in.with_passkey(the_host(), site(), asked, answer, waiting[0] if waiting else "")
    except NotPermitted as locked:
        return jsonify(message=locked.message), 400
    if login is None:
        return jsonify(message="通行密钥没有通过核对，请用其他方式登录"), 400
    return jsonify(next=enter_as(login, PASSWORD_AND_PASSKEY if waiting else PASSKEY).location)


@desk.post("/sign-out")
@login_required
def leave() -> ResponseReturnValue:
    """End this device's session and tell the browser to forget what it kept."""
    signing_in.leave(the_host(), current_user.login, g.device)
    logout_user()
    session.clear()
    response = redirect(url_for("sign_in.form"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def enter_as(login: str, how: str) -> Response:
    """Sign the browser in after all factors; the session gets a new life so that an old cookie is worth nothing."""
    secret = signing_in.enter(the_host(), login, how, request.headers.get("User-Agent", ""))
    wanted = _ours(session.get(NEXT, ""))
    session.clear()
    session[DEVICE] = secret
    session.permanent = True
    with the_host().database.reading() as database:
        account = database.get_one(Account, login)
        login_user(_signed_in(account))
        if (wish := database.get(Preference, account.officer_id)) is not None:
            call_up(wish)
    return redirect(wanted or url_for("my_tasks.tasks"))





def site() -> Site:
    """The address under which passkeys are made; on this machine only, the request's own will do."""
    configured = the_host().settings.public_address
    own = request.host_url if request.host.partition(":")[0] == "localhost" else ""
    return Site(configured or own)


def _ours(address: str) -> str:
    """The address when it is a page of ours that can be looked at, else nothing."""
    try:
        current_app.url_map.bind("").match(urlsplit(address).path, method="GET")
    except (HTTPException, RequestRedirect, ValueError):
        return ""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else ""


def _waiting() -> tuple[str, str, bool, bool] | None:
    kept: Any = session.get(WAITING)
    if not kept or the_host().clock.now() > datetime.fromisoformat(kept[1]) + PATIENCE:
        return None
    return kept[0], kept[1], bool(kept[2]), bool(kept[3])


def _signed_in(account: Account, owes: str = "") -> SignedIn:
    roles = account.officer.role_keys
    names = "、".join(ROLES[role] for role in ROLES if role in roles)
    return SignedIn(account.login, account.officer_id, account.officer.name, names, roles, owes)
