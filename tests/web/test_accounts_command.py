"""Accounts given, reset and taken away on the command line, by administrators only."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.accounts.identities import account_of, check_password
from engine.clock import SystemClock
from engine.database import Database
from engine.journal import entries
from tests.builders import host_in
from web.commands.main import main

ADMINISTRATOR, OFFICER = "YJ000801", "YJWH0101"


@pytest.fixture
def database(pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    shutil.copytree(pattern, tmp_path / "installation")
    host = host_in(tmp_path / "installation")
    monkeypatch.setenv("ZHIFA_DATABASE_URL", host.settings.database_url)
    yield host.database
    host.close()


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = main(["accounts", *words])
    told = capsys.readouterr()
    return status, told.out + told.err


def test_an_account_is_given_reset_and_taken_away(database: Database, capsys: pytest.CaptureFixture[str]) -> None:

    assert command(capsys, "create", OFFICER, "--by", OFFICER) == (1, "拒绝（account.administrator）：“YJWH0101”不是平台管理员\n")
    status, told = command(capsys, "create", OFFICER, "--by", ADMINISTRATOR)
    assert status == 0
    first = re.search(r"初始密码：(\S+?)（", told)
    assert first
    assert command(capsys, "create", OFFICER, "--by", ADMINISTRATOR)[0] == 1
    status, told = command(capsys, "reset", OFFICER, "--by", ADMINISTRATOR)
    second = re.search(r"初始密码：(\S+?)（", told)
    assert second
    with database.writing() as session:
        now = SystemClock().now()
        assert check_password(session, OFFICER.lower(), first[1], now) is None
        assert check_password(session, OFFICER.lower(), second[1], now) is not None
        account = account_of(session, OFFICER)
        assert account is not None
        assert account.must_change
    assert command(capsys, "disable", OFFICER, "--by", ADMINISTRATOR)[0] == 0
    assert "停用" in command(capsys, "list")[1]
    assert command(capsys, "enable", OFFICER, "--by", ADMINISTRATOR)[0] == 0
    assert "待更换初始密码" in command(capsys, "list")[1]
    assert command(capsys, "disable", "YJWH0102", "--by", ADMINISTRATOR)[0] == 1
    with database.reading() as session:
        acts = [entry.act for entry in entries(session, 0) if entry.act.startswith("account.")]
    refused = "account.administration_refused"
    assert acts == [refused, "account.create", refused, "account.reset", "account.disable", "account.enable", refused]


def test_the_first_account_of_all_is_the_only_one_that_an_administrator_opens_for_himself(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(capsys, "create", ADMINISTRATOR, "--by", ADMINISTRATOR)[0] == 0
    for action in ("reset", "disable", "enable", "create"):
        status, told = command(capsys, action, ADMINISTRATOR, "--by", ADMINISTRATOR)
        assert status == 1
        assert "account.own" in told
