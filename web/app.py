"""The web application: one Flask app over one host, with its safety rules and the mapping of errors to pages."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from engine import logs
from engine.errors import Conflict, Invalid, NotPermitted, PackageFault, Unlawful, ZhifaError
from engine.settings import Settings
from processes.host import Host, open_host
from processes.noticed import unread_count
from web import (
    absence_desk,
    account_desk,
    case_desk,
    case_lists,
    copy_desk,
    display,
    document_desk,
    evidence_desk,
    filters,
    health,
    help_desk,
    incident_desk,
    making_desk,
    my_tasks,
    notice_desk,
    number_desk,
    people_desk,
    picture_desk,
    policies,
    routing_desk,
    settings_desk,
    sign_in,
    single_sign_on,
    task_lists,
    upload_desk,
)
from web.current import officer_id, the_host

STATUS: dict[type[ZhifaError], tuple[int, str]] = {
    Unlawful: (422, "不符合法定程序"),
    NotPermitted: (404, "无法查看或者办理"),
    Invalid: (400, "填写有误"),
    Conflict: (409, "状态已经变化"),
    PackageFault: (422, "流程包有误"),
}
ADVICE = {
    401: ["重新登录，再从“待办”进入原来的环节；下面保留着您写过的文字。"],
    400: ["返回上一页并刷新，再填写一次；下面保留着您写过的文字。", "仍然不行的，退出后重新登录。"],
    404: ["从“待办”或者“案件”重新进入。", "办理人已经变更的，内容不再显示给您；确需查看的，请联系本机关负责人。"],
    409: ["返回上一页并刷新，看现在办到哪一步、由谁办理；还需要您办理的，会在“待办”中。",
          "已经由他人办结的，不必再办；内容有出入的，与办理人商量后由后续环节退回。"],
    413: ["返回上一页，换一个较小的文件，或者分几次提交。"],
    422: ["返回上一页，按照上面的原因更正后重新提交。", "认为结果不对的，请向本机关法制审核人员咨询。"],
    500: ["返回上一页，稍后重试。", "再次出错的，请联系本机关平台管理员，并告知本页的时间和地址。"],
}
WORTH_KEEPING = 8  # characters: shorter texts are choices, numbers and names, quickly given again
KEPT_BACK = frozenset({"csrf_token", "key", "revision", "password", "old", "new", "again", "code", "next"})  # secrets, and what no person wrote
LOG = logging.getLogger("zhifa.web")
MAXIMUM_REQUEST = 2_000_000


def create_app(host: Host, *, demonstration: bool = False) -> Flask:
    """The application over an open host; demonstration: say so on every page and offer the demo accounts."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=host.settings.secret_key or secrets.token_hex(32), MAX_CONTENT_LENGTH=MAXIMUM_REQUEST,
        SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=host.settings.public_address.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=host.settings.session_hours),
        WTF_CSRF_TIME_LIMIT=None, DEMONSTRATION=demonstration,
    )
    app.extensions["zhifa"] = host
    app.after_request(_protect)
    health.watch(app, host)  # first, so that what is refused early is measured and logged too
    app.after_request(display.remember)
    CSRFProtect(app)
    login = LoginManager(app)
    login.unauthorized_handler(_signed_out)
    login.user_loader(sign_in.load_user)
    app.before_request(sign_in.require_nothing_owed)
    single_sign_on.prepare(app, host.settings)
    filters.register(app)
    for desk in (
        sign_in, single_sign_on, account_desk, my_tasks, routing_desk, absence_desk, incident_desk, case_desk, document_desk,
        making_desk, number_desk, picture_desk, evidence_desk, upload_desk, task_lists, case_lists, copy_desk,
        notice_desk, people_desk, settings_desk, help_desk, health,
    ):
        app.register_blueprint(desk.desk)
    app.register_error_handler(ZhifaError, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _failed)
    app.context_processor(lambda: {
        "demonstration": demonstration, "today": host.clock.now(), "display": display.shown(), "unread_notices": _unread,
    })
    app.add_url_rule("/", "home", home)
    return app


def from_environment() -> Flask:
    """The application of this installation, for a server such as gunicorn: `gunicorn 'web.app:from_environment()'`."""
    settings = Settings.from_environment()
    logs.configure(settings.log_format, logs.level_of(settings.log_level, logging.INFO))
    return create_app(open_host(settings))


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", policies.PAGE)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _refused(error: ZhifaError) -> ResponseReturnValue:
    status, title = next(value for family, value in STATUS.items() if isinstance(error, family))
    return _error_page(
        status, title, error.message, code=error.code, article=error.facts.get("article", ""),
        faults=error.facts.get("faults", ()),
    )


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    return _error_page(400, "页面已经过期", "页面停留过久或者登录已经更换，本次提交没有生效。")


def _signed_out() -> ResponseReturnValue:
    if request.method != "GET":
        return _error_page(401, "登录已经失效", "登录已经超过时限或者在别处退出，本次提交没有生效。")
    flash("请先登录", "info")
    return redirect(url_for("sign_in.form", next=request.full_path.removesuffix("?")))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    words = {404: ("没有这个页面", "地址有误，或者内容已经移动。"), 405: ("不支持的操作", "请从页面上的按钮进入。"),
             413: ("提交内容过大", "一次提交的内容超过 2 MB 的上限。")}
    title, message = words.get(error.code or 500, ("无法处理", "请求无法处理，请返回后重试。"))
    return _error_page(error.code or 500, title, message)


def _failed(error: Exception) -> ResponseReturnValue:
    LOG.error("request.failed", exc_info=error)
    return _error_page(500, "系统出错", "系统内部出错，本次操作没有生效，已记录供管理员查看。请稍后重试。")


def _error_page(status: int, title: str, message: str, **more: Any) -> ResponseReturnValue:
    return render_template(
        "errors/error.html", status=status, title=title, message=message, written=_written() if status != 413 else [],
        advice=ADVICE.get(status, ADVICE[500]), back=_back(), **more,
    ), status


def _back() -> str:
    """The page of this site that led here; empty when there was none, or it is the very page that was refused."""
    came = urlsplit(request.referrer or "")
    here = came.netloc == request.host and not (request.method == "GET" and came.path == request.path)
    return f"{came.path}?{came.query}" if here and came.query else came.path if here else ""


def _written() -> list[str]:
    """The longer texts of a form that was refused, so that nobody has to write them a second time; never a password."""
    return [
        text for name in request.form if name not in KEPT_BACK for text in request.form.getlist(name) if len(text.strip()) >= WORTH_KEEPING
    ]


def _unread() -> int:
    """How many notices the person behind the request has not read; asked by the frame of every page, also of one that tells a failure."""
    try:
        return unread_count(the_host(), officer_id())
    except (SQLAlchemyError, ZhifaError):
        return 0


def home() -> ResponseReturnValue:
    """The first page: the to-do list, or the sign-in."""
    return redirect(url_for("my_tasks.tasks" if current_user.is_authenticated else "sign_in.form"))
