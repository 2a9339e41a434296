"""Mail: each key once for who drops equal Message-IDs, whoever is killed; nothing of parties in it; tried again, given up, not sent."""

from __future__ import annotations

import os
import random
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select, update

from engine import jobs
from engine.accounts.preferences import (
    MAIL,
    ask_address,
    confirm_address,
    forget_address,
    preference_of,
    preference_to_change,
    set_told,
)
from engine.cases.parties import party_of
from engine.clock import SystemClock
from engine.errors import Conflict, Invalid
from engine.oversight.notices import KINDS, Notice
from processes import mailing
from processes.host import Host
from processes.mailing import ask_to_confirm, give_digests
from processes.notifying import told_more
from processes.queue import JobDone, JobFailed, do_job
from processes.schedules import SCHEDULED_KINDS
from tests.builders import CaseBuilder, a_case, on_both_databases
from tests.processes.mail_server import Post, mail_worker, post_office, with_mail

FULL = os.environ.get("ZHIFA_PROVE") == "full"
MAILS, KILLS = (400, 60) if FULL else (24, 5)
UNIT_HEAD, ADDRESS = "YJWH0100", "unit.head@example.gov.cn"


def wants_mail(host: Host, kinds: tuple[str, ...] = ("step", "moved"), hour: int | None = None) -> None:
    with host.database.writing() as session:
        wish = preference_to_change(session, UNIT_HEAD)
        wish.mail_address = ADDRESS
        set_told(wish, dict.fromkeys(kinds, MAIL), KINDS, hour)


def waiting_case(host: Host) -> CaseBuilder:
    while told_more(host):
        pass
    case = a_case(host).until("review_filing")
    while told_more(host):
        pass
    return case


def queued(host: Host) -> list[int]:
    with host.database.reading() as session:
        return list(session.scalars(select(jobs.Job.id).where(jobs.Job.operation == mailing.SEND).order_by(jobs.Job.id)))


def do(host: Host, job_id: int) -> JobDone | JobFailed:
    """One attempt, whenever the next one would be due."""
    with host.database.writing() as session:
        session.execute(update(jobs.Job).where(jobs.Job.id == job_id).values(free_at=None, attempts=jobs.Job.attempts + 1, claimed_by="test"))
    with host.database.reading() as session:
        job = session.get_one(jobs.Job, job_id)
    return do_job(host, job, "test", SCHEDULED_KINDS)


@on_both_databases
def test_a_mail_is_there_once_though_workers_are_killed_while_they_send(host: Host) -> None:
    """Promise T11."""
    with post_office() as (post, settings):
        host = with_mail(host, settings)
        wants_mail(host)
        case = waiting_case(host)
        with host.database.writing() as session:
            first = session.scalars(select(Notice).where(Notice.officer_id == UNIT_HEAD, Notice.kind == "step")).one()
            for number in range(MAILS):
                session.add(Notice(key=f"test:{number}", officer_id=UNIT_HEAD, kind="step", case_id=case.case_id, item_id=first.item_id,
                                   words=f"第{number}条", at=first.at))
            session.flush()
            for notice in session.scalars(select(Notice).where(Notice.key.like("test:%"))):
                jobs.enqueue(session, 0, mailing.SEND, {"what": "notice", "notice": notice.id}, first.at)
        post.slow, chance, killed = 0.05, random.Random(11), 0  # noqa: S311
        while killed < KILLS and len(post.kept()) < MAILS + 1:
            with mail_worker(host.settings) as run:
                before, until = len(post.got), time.monotonic() + 30
                while len(post.got) == before and time.monotonic() < until:
                    time.sleep(0.002)
                time.sleep(chance.random() * 0.06)
                run.kill()
                run.join()
                killed += 1
        post.slow = 0.0
        with mail_worker(host.settings):
            until = time.monotonic() + 60
            while not all_done(host) and time.monotonic() < until:
                time.sleep(0.1)
        assert all_done(host)
        assert len(post.kept()) == MAILS + 1  # every key, each once
        assert {str(mail["To"]) for mail in post.got} == {ADDRESS}
        twice = len(post.got) - len(post.kept())
        print(f"{host.database.engine.dialect.name}: {MAILS + 1} mails, {killed} workers killed, {twice} sent twice and dropped, lost 0")


def all_done(host: Host) -> bool:
    with host.database.reading() as session:
        return set(session.scalars(select(jobs.Job.state).where(jobs.Job.operation == mailing.SEND))) == {jobs.DONE}


def test_a_mail_says_case_and_step_and_nothing_of_the_party(host: Host) -> None:
    with post_office() as (post, settings):
        host = with_mail(host, settings)
        wants_mail(host)
        case = waiting_case(host)
        (job,) = queued(host)
        assert isinstance(do(host, job), JobDone)
        (mail,) = post.got
        with host.database.reading() as session:
            party, number = party_of(session, case.case_id), case.open_items()[0].case.number
        assert party is not None
        text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
        for part in (text, html):
            assert number in part
            assert "审核立案建议" in part
            assert "https://zhifa.example.gov.cn/notices/" in part
        for word in (party.name, party.name[:4], case.open_items()[0].case.title):
            assert word not in text + html + str(mail["Subject"])
        assert mail["Auto-Submitted"] == "auto-generated"


def test_what_was_read_or_is_hidden_now_is_not_sent(host: Host) -> None:
    with post_office() as (post, settings):
        host = with_mail(host, settings)
        wants_mail(host)
        waiting_case(host)
        with host.database.writing() as session:
            forget_address(preference_to_change(session, UNIT_HEAD))
        assert isinstance(do(host, queued(host)[0]), JobDone)
        assert post.got == []


def test_a_busy_server_is_asked_again_and_a_refused_address_is_not(host: Host) -> None:
    with post_office() as (post, settings):
        host = with_mail(host, settings)
        wants_mail(host)
        waiting_case(host)
        (job,) = queued(host)
        post.answers = ["451 later", "550 nobody here"]
        assert do(host, job) == JobFailed(job, mailing.SEND, final=False)
        with host.database.reading() as session:
            found = session.get_one(jobs.Job, job)
            assert found.free_at is not None
            assert found.free_at > SystemClock().now() + timedelta(seconds=20)
            assert ADDRESS not in found.error
        assert do(host, job) == JobFailed(job, mailing.SEND, final=True)
        assert post.got == []


def test_a_server_that_cannot_prove_who_it_is_gets_nothing(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with post_office(tls) as (post, settings):
        host = with_mail(host, settings)
        wants_mail(host)
        waiting_case(host)
        (job,) = queued(host)
        assert isinstance(do(host, job), JobFailed)
        assert post.got == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert isinstance(do(host, job), JobDone)
        assert len(post.got) == 1


def test_the_daily_summary_comes_once_on_working_days_at_the_hour(host: Host) -> None:
    with post_office() as (post, settings):
        host = with_mail(host, settings)
        wants_mail(host, (), hour=8)
        case = waiting_case(host)
        item = case.open_items()[0]
        assert item.due_at is not None
        last = (item.due_at - timedelta(seconds=1)).replace(hour=7, minute=50)
        case.clock.set(last)
        ticks(host)
        assert queued(host) == []
        case.clock.set(last.replace(hour=10))  # nobody was there at eight: caught up
        ticks(host)
        ticks(host)
        (job,) = queued(host)
        assert isinstance(do(host, job), JobDone)
        text = digest(post, 0)
        assert f"案件{item.case.number}：审核立案建议，期限{last.date().isoformat()}，还有0个工作日" in text
        saturday = last + timedelta(days=(5 - last.weekday()) % 7)
        case.clock.set(saturday.replace(hour=10))
        ticks(host)
        assert queued(host) == [job]
        case.clock.set((saturday + timedelta(days=2)).replace(hour=9))
        ticks(host)
        do(host, queued(host)[-1])
        assert "已经逾期" in digest(post, 1)


def digest(post: Post, place: int) -> str:
    body = post.got[place].get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def ticks(host: Host) -> None:
    with host.database.writing() as session:
        job = jobs.enqueue(session, 0, "mail.digests", {}, host.clock.now())
    give_digests(host, job)


def test_an_address_is_used_once_its_owner_has_confirmed_it(host: Host) -> None:
    with post_office() as (post, settings):
        host = with_mail(host, settings)
        keys = host.settings.keys_dir
        with host.database.writing() as session:
            wish = preference_to_change(session, UNIT_HEAD)
            for wrong in ("", "a@b", "a@example.gov.cn\nBcc: x@example.com", "a b@example.gov.cn"):
                with pytest.raises(Invalid):
                    ask_address(wish, wrong, host.clock.now())
            with pytest.raises(Invalid, match="先登记"):
                set_told(wish, {"step": MAIL}, KINDS, None)
            ask_address(wish, ADDRESS, host.clock.now())
            ask_to_confirm(host, session, wish)
        assert isinstance(do(host, queued(host)[0]), JobDone)
        link = next(line for line in digest(post, 0).splitlines() if line.startswith("https://"))
        token = link.rpartition("/")[2]
        with host.database.writing() as session:
            wish = preference_to_change(session, UNIT_HEAD)
            for other, at in ((token[::-1], host.clock.now()), (token, host.clock.now() + timedelta(days=3))):
                with pytest.raises(Conflict):
                    confirm_address(keys, wish, other, at)
            confirm_address(keys, wish, token, host.clock.now())
        with host.database.reading() as session:
            assert preference_of(session, UNIT_HEAD).mail_address == ADDRESS
            with pytest.raises(Conflict):
                confirm_address(keys, preference_of(session, UNIT_HEAD), token, host.clock.now())


def self_signed(folder: Path) -> Path:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2046, 1, 1, tzinfo=UTC)).add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)  # noqa: FBT003
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
