"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import UserMixin, current_user, login_required, login_user, logout_user

from engine import journal
from engine.accounts.identities import Account, sign_in
from engine.errors import NotPermitted
from engine.registers.agencies import ROLES
from web.current import the_host

desk = Blueprint("sign_in", __name__)


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]
    """The officer behind a session."""

    login: str
    officer_id: str
    name: str
    role_names: str

    def get_id(self) -> str:
        """What the session cookie carries."""
        return self.login


def load_user(login: str) -> SignedIn | None:
    """The signed-in officer of a session; None when the account is gone, disabled or its sessions were ended."""
    with the_host().database.reading() as database:
        account = database.get(Account, login)
        if account is None or not account.enabled or not account.officer.in_service or session.get("epoch") != account.session_epoch:
            return None
        return _signed_in(account)


@desk.get("/sign-in")
def form() -> ResponseReturnValue:
    """The sign-in page; in the demonstration it lists the fictitious persons."""
    if current_user.is_authenticated:
        return redirect(url_for("home"))
    people = []
    if current_app.config["DEMONSTRATION"]:
        with the_host().database.reading() as database:
            people = [_signed_in(account) for account in database.query(Account).order_by(Account.officer_id)]
    return render_template("sign_in/form.html", people=people, login=request.args.get("login", ""))


@desk.post("/sign-in")
def submit() -> ResponseReturnValue:
    """Check login and password; the session gets a new life so that an old cookie is worth nothing."""
    host = the_host()
    login, password = request.form.get("login", "").strip(), request.form.get("password", "")
    with host.database.writing() as database:
        try:
            account, reason = sign_in(database, login, password, host.clock.now()), ""
        except NotPermitted as locked:
            account, reason = None, locked.message
        act = "account.signed_in" if account else "account.refused"
        journal.append(database, None, act, account.officer_id if account else login[:40], host.clock.now(), {})
        user, epoch = (_signed_in(account), account.session_epoch) if account else (None, 0)
    if user is None:
        flash(reason or "用户名或者密码不正确", "error")
        return redirect(url_for("sign_in.form", login=login))
    session.clear()
    session["epoch"] = epoch
    session.permanent = True
    login_user(user)
    return redirect(url_for("my_tasks.tasks"))


@desk.post("/sign-out")
@login_required
def leave() -> ResponseReturnValue:
    """End the session and tell the browser to forget what it kept."""
    logout_user()
    session.clear()
    response = redirect(url_for("sign_in.form"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _signed_in(account: Account) -> SignedIn:
    names = "、".join(ROLES[role] for role in ROLES if role in account.officer.role_keys)
    return SignedIn(account.login, account.officer_id, account.officer.name, names)
