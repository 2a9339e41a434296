"""Signing in: lock, second factor by code and passkey, devices, forced changes, and a real OpenID provider."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine import journal
from engine.accounts.identities import Account, create_account, reset
from engine.accounts.passwords import PasswordPolicy, require_good
from engine.clock import SettableClock
from engine.errors import Invalid
from engine.journal import JournalEntry
from processes.host import Host
from tests.builders import host_in
from web.app import create_app

LOGIN, OFFICER, SECRET = "lin", "YJWH0101", "Wang-hai 7 shi jian"


@pytest.fixture
def host(pattern: Path, tmp_path: Path) -> Iterator[Host]:
    """One officer with an account; nothing is owed."""
    shutil.copytree(pattern, tmp_path / "installation")
    found = host_in(tmp_path / "installation")
    with found.database.writing() as session:
        create_account(session, LOGIN, OFFICER, SECRET, found.clock.now())
    yield found
    found.close()


def strict(host: Host, **settings: object) -> Host:
    """The same installation under other settings."""
    return replace(host, settings=replace(host.settings, **settings))  # type: ignore[arg-type]


def app_of(host: Host) -> Flask:
    found = create_app(host)
    found.config["WTF_CSRF_ENABLED"] = False
    return found


def signed_in(client: FlaskClient, password: str = SECRET) -> str:
    """Where the sign-in leads."""
    return str(client.post("/sign-in", data={"login": LOGIN, "password": password}).headers["Location"])


def later(host: Host, **time: int) -> None:
    clock = host.clock
    assert isinstance(clock, SettableClock)
    clock.set(clock.now() + timedelta(**time))


def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour_and_tell_nobody(host: Host) -> None:
    client = app_of(host).test_client()
    for _ in range(5):
        assert signed_in(client, "wrong").startswith("/sign-in")
    assert "正确" in client.get("/sign-in").text
    signed_in(client, "wrong")
    assert "锁定" not in client.get("/sign-in").text
    signed_in(client)
    assert "锁定至" in client.get("/sign-in").text
    later(host, minutes=16)
    assert signed_in(client) == "/tasks"
    with host.database.reading() as session:
        acts = [row.act for row in session.scalars(select(JournalEntry).where(JournalEntry.act.like("account.%")))]
        assert acts.count("account.refused") == 7
        assert journal.verify(session)[1] == []


def test_a_device_lives_half_an_hour_without_a_request_and_eight_hours_at_most(host: Host) -> None:
    client = app_of(host).test_client()
    signed_in(client)
    for _ in range(16):
        later(host, minutes=29)
        assert client.get("/tasks").status_code == 200
    later(host, minutes=20)
    assert client.get("/tasks").status_code == 302
    signed_in(client)
    later(host, minutes=31)
    assert client.get("/tasks").status_code == 302


def test_a_copied_cookie_is_worth_nothing_after_signing_out(host: Host) -> None:
    app = app_of(host)
    client, thief = app.test_client(), app.test_client()
    signed_in(client)
    cookie = client.get_cookie("session")
    assert cookie is not None
    thief.set_cookie("session", cookie.value)
    assert thief.get("/tasks").status_code == 200
    client.post("/sign-out")
    assert thief.get("/tasks").status_code == 302


def test_other_devices_can_be_ended_one_by_one_or_all_and_nobody_ends_a_strangers(host: Host) -> None:
    app = app_of(host)
    here, there, third = app.test_client(), app.test_client(), app.test_client()
    for client in (here, there, third):
        signed_in(client)
    keys = re.findall(r'name="device" value="([0-9a-f]{64})"', here.get("/account").text)
    assert len(keys) == 2
    here.post("/account/devices/end", data={"device": keys[0]})
    assert sorted(client.get("/tasks").status_code for client in (there, third)) == [200, 302]
    here.post("/account/devices/end")
    assert [client.get("/tasks").status_code for client in (here, there, third)] == [200, 302, 302]
    with host.database.writing() as session:
        create_account(session, "other", "YJWH0102", SECRET, host.clock.now())
    stranger = app.test_client()
    stranger.post("/sign-in", data={"login": "other", "password": SECRET})
    own = re.findall(r'name="device" value="([0-9a-f]{64})"', here.get("/account").text)
    assert own == []
    assert stranger.post("/account/devices/end", data={"device": keys[1]}).status_code == 404


def test_who_is_disabled_is_out_at_once(host: Host) -> None:
    client = app_of(host).test_client()
    signed_in(client)
    with host.database.writing() as session:
        session.get_one(Account, LOGIN).enabled = False
    assert client.get("/tasks").status_code == 302
    assert signed_in(client).startswith("/sign-in")


def test_a_code_is_asked_for_and_accepted_once(host: Host) -> None:
    app = app_of(host)
    client = app.test_client()
    signed_in(client)
    client.post("/account/generator")
    page = client.get("/account/generator").text
    assert "data:image/png;base64," in page
    secret = re.search(r'class="hash">([A-Z2-7 ]{39})<', page)
    assert secret
    generator = pyotp.TOTP(secret[1].replace(" ", ""))
    assert client.post("/account/generator/confirm", data={"code": "000000"}).status_code == 302
    codes = re.findall(r'class="number">([0-9A-Z]{5}-[0-9A-Z]{5})<', client.post(
        "/account/generator/confirm", data={"code": generator.at(host.clock.now())}).text)
    assert len(codes) == 10
    with host.database.reading() as session:
        kept = session.get_one(Account, LOGIN)
        assert secret[1].replace(" ", "") not in kept.one_time_secret
    client.post("/sign-out")

    later(host, minutes=2)
    assert signed_in(client) == "/sign-in/second"
    assert client.get("/tasks").status_code == 302
    code = generator.at(host.clock.now())
    assert client.post("/sign-in/second", data={"code": code}).headers["Location"] == "/tasks"
    assert client.get("/tasks").status_code == 200
    again = app.test_client()
    signed_in(again)
    assert again.post("/sign-in/second", data={"code": code}).headers["Location"] == "/sign-in/second"
    assert again.post("/sign-in/second", data={"code": codes[0]}).headers["Location"] == "/tasks"
    third = app.test_client()
    signed_in(third)
    assert third.post("/sign-in/second", data={"code": codes[0]}).headers["Location"] == "/sign-in/second"
    later(host, minutes=6)
    assert third.post("/sign-in/second", data={"code": codes[1]}).headers["Location"] == "/sign-in"


def test_guessing_codes_locks_the_account(host: Host) -> None:
    test_a_code_is_asked_for_and_accepted_once(host)
    client = app_of(host).test_client()
    signed_in(client)
    for _ in range(5):
        client.post("/sign-in/second", data={"code": "123456"})
    with host.database.reading() as session:
        assert session.get_one(Account, LOGIN).locked_until is not None


def test_strict_settings_let_nobody_work_before_a_second_factor_and_after_the_term_of_the_password(host: Host) -> None:
    demanding = strict(host, second_factor="required", password_days=90)
    client = app_of(demanding).test_client()
    signed_in(client)
    assert client.get("/tasks").headers["Location"] == "/account"
    assert "GB/T 22239 8.1.4.1" in client.get("/account").text
    later(host, days=91)
    signed_in(client)
    assert client.get("/cases").headers["Location"] == "/account"
    assert "请先更换密码" in client.get("/account").text
    weak = client.post("/account/password", data={"old": SECRET, "new": "Lin-123456-x", "again": "Lin-123456-x"})
    assert weak.status_code == 400
    assert "包含用户名、有6个以上连续或者重复的字符" in weak.text
    client.post("/account/password", data={"old": SECRET, "new": "Qing shi zhen 9", "again": "Qing shi zhen 9"})
    assert "启用验证码" in client.get("/account").text
    assert signed_in(client, "Qing shi zhen 9") == "/tasks"


def test_a_password_given_by_an_administrator_is_good_for_one_thing_only(host: Host) -> None:
    with host.database.writing() as session:
        reset(session.get_one(Account, LOGIN), "Given once 1", host.clock.now())
    client = app_of(host).test_client()
    signed_in(client, "Given once 1")
    assert client.get("/tasks").headers["Location"] == "/account"
    client.post("/account/password", data={"old": "Given once 1", "new": SECRET, "again": SECRET})
    assert client.get("/tasks").status_code == 200


@pytest.mark.parametrize(("password", "fault"), [
    ("Short 1", "少于12个字符"), ("alllowercaseletters", "不足3种"), ("Lin Wang-hai 1", "包含用户名"), ("Password-2026-x", "常见密码"),
    ("Abcdefg-8 x9y", "连续或者重复"), ("Xx-777777-Yy-a", "连续或者重复"), ("Zhe 9-" + "x?y" * 80, "超过200个字符"),
])
def test_weak_passwords_are_refused_by_name(password: str, fault: str) -> None:
    with pytest.raises(Invalid) as caught:
        require_good(PasswordPolicy(12, 3, 90), password, LOGIN)
    assert fault in caught.value.message
    assert password not in caught.value.message


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real OpenID provider on a free port; the library on which it stands announces its own retirement."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock

        with oidc_provider_mock.run_server_in_thread() as server:
            yield f"http://localhost:{server.server_port}"


@pytest.mark.filterwarnings("ignore")
def test_the_provinces_identity_provider_vouches_for_an_officer(host: Host, provider: str) -> None:
    import requests

    joined = strict(host, oidc_issuer=provider, oidc_client_id="zhifa", oidc_client_secret="a secret", public_address="http://localhost:8000")
    app = app_of(joined)
    for subject, officer in (("p-1", OFFICER), ("p-2", "NOBODY01")):
        requests.put(f"{provider}/users/{subject}", json={"preferred_username": officer}, timeout=10).raise_for_status()

    def through(client: FlaskClient, subject: str, *, spoil: str = "") -> str:
        sent = client.get("/sign-in/outside").headers["Location"]
        assert "code_challenge_method=S256" in sent
        answer = requests.post(sent, data={"sub": subject}, allow_redirects=False, timeout=10)
        back = answer.headers["Location"].removeprefix("http://localhost:8000") + spoil
        return str(client.get(back).headers["Location"])

    client = app.test_client()
    assert "统一身份认证登录" in client.get("/sign-in").text
    assert through(client, "p-1") == "/tasks"
    assert client.get("/tasks").status_code == 200
    assert through(app.test_client(), "p-2") == "/sign-in"
    requests.put(f"{provider}/users/p-1", json={"preferred_username": "YJWH0102"}, timeout=10)  # a changed claim changes nobody
    assert through(app.test_client(), "p-1") == "/tasks"
    with host.database.reading() as session:
        entries = session.scalars(select(JournalEntry).where(JournalEntry.act == "account.signed_in")).all()
        assert [entry.actor_id for entry in entries] == [OFFICER, OFFICER]
    fresh = app.test_client()
    assert fresh.get("/sign-in/outside/return?code=stolen&state=guessed").headers["Location"] == "/sign-in"
    assert app_of(host).test_client().get("/sign-in/outside").status_code == 404
