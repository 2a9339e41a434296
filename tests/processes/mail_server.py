"""A real SMTP server that keeps what it gets, and workers in processes of their own that send to it."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from multiprocessing.context import ForkServerProcess
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from engine.settings import Settings
from processes.host import Host, open_host
from processes.working import Worker


@dataclass
class Post:
    """What the server got, and how it behaves: slow to say that it took a mail, or answering something else first."""

    got: list[EmailMessage] = field(default_factory=list)
    slow: float = 0.0
    answers: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.answers and self.answers[0].startswith("550"):
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.got.append(found)
        time.sleep(self.slow)  # it has the mail, and the sender does not know yet
        return "250 OK"

    def kept(self) -> dict[str, EmailMessage]:
        """What a mail system keeps that drops equal Message-IDs."""
        return {str(mail["Message-ID"]): mail for mail in self.got}


@contextmanager
def post_office(tls: Any = None) -> Iterator[tuple[Post, dict[str, Any]]]:
    """The server and the settings with which it is reached."""
    post = Post()

    class OnAnyPort(Controller):
        def factory(self) -> SMTP:
            return SMTP(post, tls_context=tls, require_starttls=tls is not None, enable_SMTPUTF8=True)

        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    controller = OnAnyPort(post, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield post, {
            "mail_host": "localhost" if tls else "127.0.0.1", "mail_port": controller.port, "mail_from": "zhifa@example.gov.cn",
            "mail_security": "starttls" if tls else "none", "public_address": "https://zhifa.example.gov.cn",
        }
    finally:
        controller.stop()


def with_mail(host: Host, settings: dict[str, Any]) -> Host:
    """The same installation with a mail server."""
    return replace(host, settings=replace(host.settings, **settings))


FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.processes.mail_server"])


@contextmanager
def mail_worker(settings: Settings) -> Iterator[ForkServerProcess]:
    run = FORKS.Process(target=_work, args=(settings,))
    run.start()
    try:
        yield run
    finally:
        run.kill()
        run.join()


def _work(settings: Settings) -> None:
    logging.disable()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    host = open_host(settings)
    Worker(host, stop, schedules=(), lease=timedelta(seconds=2), exits=True).run()
    host.close()
