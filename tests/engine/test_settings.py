"""A setting that cannot be is refused by its name, at start and by every command."""

from __future__ import annotations

import pytest

from engine.errors import Invalid
from engine.settings import Settings
from web.commands.main import main


@pytest.mark.parametrize("value", ["zwei", "0", "-1", "1.5", "", "99999999999", "十"])
def test_a_number_of_processes_that_cannot_be(value: str) -> None:
    with pytest.raises(Invalid, match="ZHIFA_OFFICE_PROCESSES"):
        Settings.from_environment({"ZHIFA_OFFICE_PROCESSES": value})


def test_a_number_that_can_be() -> None:
    assert Settings.from_environment({"ZHIFA_OFFICE_PROCESSES": "2"}).office_processes == 2


def test_a_command_says_so_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ZHIFA_OFFICE_PROCESSES", "zwei")
    assert main(["document", "verify", "none.pdf"]) == 1
    assert "环境变量 ZHIFA_OFFICE_PROCESSES 应当是不小于零的整数" in capsys.readouterr().err
