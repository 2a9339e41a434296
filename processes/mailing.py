"""Mail to officers: single notices, the daily summary, and the link that confirms an address. Sent as jobs, one mail by its key.

A worker may die between handing a mail over and noting it, and another one then sends it again: both bear the same Message-ID,
reckoned from the key, by which mail systems keep one. A mail says case number, step and day, nothing of any party
(个人信息保护法 第六条: 最小范围).
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from html import escape
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import jobs
from engine.accounts.preferences import MAIL, Preference, address_token, due_for_digest, preference_of
from engine.cases.limits import CaseLimit
from engine.cases.superseding import standing
from engine.clock import SystemClock, legal_time
from engine.errors import Conflict, Invalid
from engine.journal import NO_CASE
from engine.oversight.notices import Notice
from engine.registers.absences import acting_for
from engine.settings import Settings
from engine.workflow.tasks import WorkItem, open_items
from processes.host import Host
from processes.noticed import visible
from processes.viewing import officer_in_session

SEND = "mail.send"
STARTTLS, TLS, PLAIN = "starttls", "tls", "none"
PATIENCE = 30.0  # seconds without an answer of the mail server
SENDER = "执法办案平台"
FOOT = "本邮件由执法办案平台自动发送，请勿回复。提醒方式可以在平台的“消息设置”中更改。"


@dataclass(frozen=True)
class Letter:
    """One mail before it is put into form; lines: (words, address of the page or "")."""

    key: str
    to: str
    name: str
    subject: str
    lines: Sequence[tuple[str, str]]


def is_possible(settings: Settings) -> bool:
    """Whether this installation sends mail."""
    return bool(settings.mail_host and settings.mail_from)


def send(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Send the mail of a job; what has no use any more (read, no longer visible, address taken away) is not sent."""
    letter = _letter(host, job.arguments) if is_possible(host.settings) else None
    if letter is not None:
        _hand_over(host.settings, in_form(host.settings, letter, SystemClock().now()))
    with host.database.writing() as session:
        jobs.finish(session, job.id, host.clock.now())
    return ()


def in_form(settings: Settings, letter: Letter, at: datetime) -> EmailMessage:
    """The mail as it is sent: plain text and simple HTML, its Message-ID reckoned from the key."""
    mail = EmailMessage()
    mail["From"] = formataddr((SENDER, settings.mail_from))
    mail["To"] = letter.to
    mail["Subject"] = f"【{SENDER}】{letter.subject}"
    mail["Date"] = format_datetime(legal_time(at))
    mail["Message-ID"] = message_id(settings, letter.key)
    mail["Auto-Submitted"] = "auto-generated"
    greeting = f"{letter.name}，您好："
    mail.set_content("\n".join([greeting, "", *(f"{words}\n{link}".strip() for words, link in letter.lines), "", FOOT, ""]))
    rows = "".join(
        f'<p>{escape(words)}{f"""<br><a href="{escape(link)}">打开</a>""" if link else ""}</p>' for words, link in letter.lines
    )
    mail.add_alternative(f'<html lang="zh-CN"><body><p>{escape(greeting)}</p>{rows}<p>{escape(FOOT)}</p></body></html>', subtype="html")
    return mail


def message_id(settings: Settings, key: str) -> str:
    """The same for the same key, and for no other."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{settings.mail_from.rpartition('@')[2]}>"


def give_digests(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """The tick of the schedule: on working days, everybody whose hour has come and who has had none today gets the daily summary."""
    now = host.clock.now()
    today = legal_time(now).date()
    with host.database.writing() as session:
        if jobs.finish(session, job.id, now) and is_possible(host.settings) and host.calendar.is_working_day(today):
            for wish in due_for_digest(session, today, legal_time(now).hour):
                wish.digest_on = today
                jobs.enqueue(session, NO_CASE, SEND, {"what": "digest", "officer": wish.officer_id, "day": today}, now)
    return ()


def ask_to_confirm(host: Host, session: Session, wish: Preference) -> None:
    """Queue the mail with the link that confirms an address; Conflict where no mail is sent at all."""
    if not is_possible(host.settings) or not host.settings.public_address:
        raise Conflict("mail.off", "平台还没有设置邮件服务器或者访问地址，暂时不能用邮件提醒，请联系管理员")
    at = wish.mail_asked_at.timestamp() if wish.mail_asked_at else 0
    jobs.enqueue(session, NO_CASE, SEND, {"what": "confirm", "officer": wish.officer_id, "asked": f"{at:.6f}"}, host.clock.now())


def _letter(host: Host, arguments: dict[str, Any]) -> Letter | None:
    with host.database.reading() as session:
        if arguments["what"] == "notice":
            return _notice(host, session, int(arguments["notice"]))
        wish = preference_of(session, str(arguments["officer"]))
        if arguments["what"] == "confirm":
            return _confirmation(host, session, wish, str(arguments["asked"]))
        return _digest(host, session, wish, arguments["day"].isoformat())


def _notice(host: Host, session: Session, notice_id: int) -> Letter | None:
    notice = session.get(Notice, notice_id)
    if notice is None or notice.read_at is not None:
        return None
    wish, officer = preference_of(session, notice.officer_id), officer_in_session(session, notice.officer_id)
    if not wish.mail_address or wish.way(notice.kind) != MAIL or not visible(host, session, officer, [notice]):
        return None
    words = f"案件{notice.case.number}：{notice.words}"
    return Letter(f"notice:{notice.key}", wish.mail_address, officer.name, f"{notice.kind_name} {notice.case.number}",
                  [(words, _page(host, f"/notices/{notice.id}"))])


def _digest(host: Host, session: Session, wish: Preference, day: str) -> Letter | None:
    """What is overdue or due soon on the officer's own list, the most urgent first, with the working days that are left."""
    officer, now = officer_in_session(session, wish.officer_id), host.clock.now()
    items = [item for item in open_items(session, officer, acting_for(session, officer, now)) if item.due_at is not None]
    numbers = {item.case_id for item in items}
    warned = {
        (case_id, due_at): warn_at for case_id, due_at, warn_at in session.execute(
            select(CaseLimit.case_id, CaseLimit.due_at, CaseLimit.warn_at).where(
                CaseLimit.case_id.in_(numbers), CaseLimit.ended_at.is_(None), standing(CaseLimit)
            )
        )
    }
    lines = [
        (_told(host, item, now), _page(host, f"/tasks/{item.id}")) for item in items
        if item.due_at is not None and (item.due_at <= now or warned.get((item.case_id, item.due_at), item.due_at) <= now)
        and item.case.stayed_at is None
    ]
    if not lines or not wish.mail_address:
        return None
    return Letter(f"digest:{wish.officer_id}:{day}", wish.mail_address, officer.name, f"{day} 临期和逾期的待办（{len(lines)}项）", lines)


def _told(host: Host, item: WorkItem, now: datetime) -> str:
    due_at: Any = item.due_at
    last_day, today = (due_at - timedelta(seconds=1)).date(), legal_time(now).date()
    left = "已经逾期" if due_at <= now else f"还有{host.calendar.working_days_between(today, last_day)}个工作日"
    return f"案件{item.case.number}：{item.name}，期限{last_day.isoformat()}，{left}"


def _confirmation(host: Host, session: Session, wish: Preference, asked: str) -> Letter | None:
    if wish.mail_asked_at is None or f"{wish.mail_asked_at.timestamp():.6f}" != asked:
        return None  # asked for anew, or confirmed in the meantime
    link = _page(host, f"/settings/mail/{address_token(host.settings.keys_dir, wish)}")
    officer = officer_in_session(session, wish.officer_id)
    return Letter(f"confirm:{wish.officer_id}:{asked}", wish.mail_asked, officer.name, "确认邮箱地址",
                  [("请在两天之内登录平台并打开下面的链接，确认用这个邮箱接收提醒。没有登记过的，不必理会。", link)])


def _page(host: Host, path: str) -> str:
    return host.settings.public_address.rstrip("/") + path if host.settings.public_address else ""


def _hand_over(settings: Settings, mail: EmailMessage) -> None:
    """Hand the mail to the server. Invalid when it will never be taken; Conflict, to be tried again, when it was not taken now."""
    try:
        with _connection(settings) as server:
            if settings.mail_security == STARTTLS:
                server.starttls(context=ssl.create_default_context())
            if settings.mail_user:
                server.login(settings.mail_user, settings.mail_password)
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refused:
        if all(code >= 500 for code, _ in refused.recipients.values()):
            raise Invalid("mail.refused", "邮件服务器不接受收件地址") from refused
        raise Conflict("mail.later", "邮件服务器暂时不接受收件地址") from refused
    except (OSError, smtplib.SMTPException) as error:
        told = f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()  # without the address
        raise Conflict("mail.server", f"邮件没有送到邮件服务器：{told}") from error


def _connection(settings: Settings) -> smtplib.SMTP:
    if settings.mail_security == TLS:
        return smtplib.SMTP_SSL(settings.mail_host, settings.mail_port, timeout=PATIENCE, context=ssl.create_default_context())
    if settings.mail_security not in (STARTTLS, PLAIN):
        raise Invalid("mail.security", f"邮件服务器的加密方式“{settings.mail_security}”有误，应当是 starttls、tls 或者 none")
    return smtplib.SMTP(settings.mail_host, settings.mail_port, timeout=PATIENCE)
