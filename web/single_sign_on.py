"""统一身份认证：signing in through the province's identity provider (OpenID Connect, authorization code with PKCE)."""

from __future__ import annotations

from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from requests import RequestException

from engine.errors import NotPermitted
from engine.settings import Settings
from processes import signing_in
from processes.signing_in import OUTSIDE
from web.current import the_host
from web.sign_in import enter_as

desk = Blueprint("single_sign_on", __name__, url_prefix="/sign-in/outside")
PROVIDER = "single_sign_on"


def prepare(app: Flask, settings: Settings) -> None:
    """Make the provider known to the application, if there is one."""
    if not settings.oidc_issuer:
        return
    found: Any = OAuth(app)
    found.register(
        "provider", client_id=settings.oidc_client_id, client_secret=settings.oidc_client_secret,
        server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "timeout": 10},
    )
    app.extensions[PROVIDER] = found.provider


@desk.get("")
def begin() -> ResponseReturnValue:
    """Send the browser to the provider."""
    try:
        answer: ResponseReturnValue = _provider().authorize_redirect(_return_address())
    except (RequestException, AuthlibBaseError):
        return _failed("统一身份认证暂时无法连接，请稍后再试或者用密码登录")
    return answer


@desk.get("/return")
def come_back() -> ResponseReturnValue:
    """The browser comes back with a code: the provider says who it is, the register says whether that is one of us."""
    host = the_host()
    try:
        token = _provider().authorize_access_token()
    except (RequestException, AuthlibBaseError):
        return _failed("统一身份认证没有完成，请重新登录")
    person = token.get("userinfo") or {}
    issuer, subject = str(person.get("iss", "")), str(person.get("sub", ""))
    if not subject:
        return _failed("统一身份认证没有返回人员标识")
    officer = str(person.get(host.settings.oidc_officer_claim, ""))
    login = signing_in.with_outside_identity(host, issuer or host.settings.oidc_issuer, subject, officer)
    if login is None:
        return _failed("统一身份认证中的人员在本平台没有可以使用的账号，请联系管理员")
    return enter_as(login, OUTSIDE)


def _provider() -> Any:
    found = current_app.extensions.get(PROVIDER)
    if found is None:
        raise NotPermitted("sign_in.no_provider", "本平台没有接入统一身份认证")
    return found


def _return_address() -> str:
    base = the_host().settings.public_address.rstrip("/")
    path = url_for("single_sign_on.come_back")
    return f"{base}{path}" if base else url_for("single_sign_on.come_back", _external=True)


def _failed(message: str) -> ResponseReturnValue:
    flash(message, "error")
    return redirect(url_for("sign_in.form"))
