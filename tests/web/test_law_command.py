"""`zhifa law`: the deadline and its explanation on the command line, wrong usage in Chinese with exit status 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.law.time_limits import load_limits
from web.commands.main import main


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["law", "explain", *arguments, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize(
    ("arguments", "due", "yellow", "red"),
    [
        ("TL_PEN_DECISION --from 2026-03-02 --suspend 2026-03-10:2026-03-22", "2026-06-12", "2026-05-23", "2026-06-13"),
        ("TL_PEN_DECISION --from 2026-03-02", "2026-06-01", "2026-05-12", "2026-06-02"),
        ("TL_PEN_DECISION --from 2026-03-02 --at 16:30", "2026-06-01", "2026-05-12", "2026-06-02"),
        ("TL_PEN_DECISION --from 2026-03-05 --extend 30", "2026-07-03", "2026-06-13", "2026-07-04"),
        ("TL_PEN_DECISION --from 2026-03-05 --extend 30 --extend 60", "2026-09-01", "2026-08-12", "2026-09-02"),
        ("TL_PEN_DECISION --from 2026-03-02 --suspend 2026-03-10:2026-03-22 2026-04-02:2026-04-28 --suspend-code SUSP_TEST "
         "SUSP_HEARING", "2026-07-08", "2026-06-18", "2026-07-09"),
        ("TL_PEN_CLUE_VERIFY --from 2026-03-02 --suspend 2026-03-10:2026-03-22", "2026-04-03", "2026-03-31", "2026-04-04"),
        ("TL_COER_SEIZE --from 2026-03-06 --setting measure_period_rolls=true", "2026-04-07", "2026-04-02", "2026-04-08"),
        ("TL_HEARING_NOTICE --from 2026-07-22", "2026-07-12", "2026-07-08", "2026-07-13"),
        ("TL_COER_REPORT --from 2026-04-03 --at 16:30", "2026-04-04T16:30:00+08:00", "2026-04-04T10:30:00+08:00",
         "2026-04-04T16:30:00+08:00"),
    ],
)
def test_explain_tells_the_last_day_and_the_lamps(
    capsys: pytest.CaptureFixture[str], arguments: str, due: str, yellow: str, red: str
) -> None:
    told = explained(capsys, *arguments.split())
    assert (told["due"], told["yellow_from"], told["red_from"]) == (due, yellow, red)
    assert told["article"] == load_limits()[told["limit"]].basis
    assert told["trace"][-1]["to"] == due[:10]


def test_the_trace_says_how_many_days_were_taken_out(capsys: pytest.CaptureFixture[str]) -> None:
    trace = explained(capsys, *["TL_PEN_DECISION", "--from", "2026-03-02", "--suspend", "2026-03-10:2026-03-22"])["trace"]
    stops = [step for step in trace if step["kind"] == "suspension"]
    assert [(step["from"], step["to"], step["days"]) for step in stops] == [("2026-03-10", "2026-03-21", 12)]
    assert "扣除12日" in stops[0]["text"]


def test_people_read_sentences_with_their_articles(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["law", "explain", "TL_PAY", "--from", "2026-07-10"]) == 0
    text = capsys.readouterr().out
    assert "顺延至2026年7月27日（民事诉讼法 第八十五条" in text
    assert "届满：2026年7月27日" in text
    assert "黄灯：2026年7月24日起；红灯：2026年7月28日起" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "请写明期限编号"), ("TL_NOBODY --from 2026-03-02", "TL_NOBODY"), ("TL_PAY", "--from"),
        ("TL_PAY --from 2026-02-30", "2026-02-30"), ("TL_PAY --from 2026-03-02 --at 25:00", "25:00"),
        ("TL_CLOSE --from 2026-03-02 --suspend 2026-03-10:2026-03-22", "没有可以扣除的期间"),
        ("TL_HEARING_NOTICE --from 2026-03-02 --suspend 2026-03-10:2026-03-22", "没有可以扣除的期间"),
        ("TL_PAY --from 2026-03-02 --suspend 2026-03-10", "2026-03-10:2026-03-22"),
        ("TL_PAY --from 2026-03-02 --suspend 2026-03-10:2026-03-01", "早于"),
        ("TL_PAY --from 2026-03-02 --suspend 2026-03-10:2026-03-22 --suspend-code SUSP_TEST", "SUSP_DEFER"),
        ("TL_PAY --from 2026-03-02 --suspend 2026-03-10:2026-03-22 --suspend-code SUSP_DEFER SUSP_DEFER", "一一对应"),
        ("TL_PEN_DECISION --from 2026-03-02 --extend ten", "正整数"), ("TL_PEN_DECISION --from 2026-03-02 --extend -5", ""),
        ("TL_PAY --from 2026-03-02 --setting measure_period_rolls=true", "可以选择：无"),
    ],
)
def test_wrong_usage_is_told_in_chinese(capsys: pytest.CaptureFixture[str], arguments: str, said: str) -> None:
    try:
        status = main(["law", "explain", *arguments.split()])
    except SystemExit as stop:  # argparse itself takes -5 for an option
        status = int(str(stop.code))
    assert status == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("arguments", ["--extend 31", "--extend 30 60 10", "--extend 0"])
def test_an_extension_that_the_law_does_not_grant_is_refused(capsys: pytest.CaptureFixture[str], arguments: str) -> None:
    assert main(["law", "explain", "TL_PEN_DECISION", "--from", "2026-03-02", *arguments.split()]) == 1
    assert "依据：市场监督管理行政处罚程序规定 第六十四条第一款" in capsys.readouterr().err


def test_list_shows_every_limit_and_what_holds_in_a_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["law", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == list(load_limits())
    assert all(row["basis"] and row["confidence"] for row in rows)
    assert main(["law", "list", "--domain", "agriculture", "--region", "440300"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    held = {line[0] for line in lines}
    assert {"TL_PEN_DECISION_AGRI", "TL_BACKFILL_GD", "TL_QR_SUPPLEMENT_SZ"} <= held
    assert {"TL_PEN_DECISION", "TL_BACKFILL_FJ", "TL_CAT_APPLY_SC"}.isdisjoint(held)


def test_a_table_of_this_installation_corrects_the_calendar(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert explained(capsys, "TL_CASE_REVIEW", "--from", "2026-12-25")["provisional"] is True
    table = tmp_path / "days.csv"
    table.write_text("day,kind\n2027-01-01,holiday\n2027-05-01,holiday\n2027-10-01,holiday\n", encoding="utf-8")
    monkeypatch.setenv("ZHIFA_WORKING_DAYS_FILE", str(table))
    told = explained(capsys, "TL_CASE_REVIEW", "--from", "2026-12-25")
    assert (told["provisional"], told["due"]) == (False, "2027-01-11")
    table.write_text("day,kind\n2027-01-01,free\n", encoding="utf-8")
    assert main(["law", "explain", "TL_CASE_REVIEW", "--from", "2026-12-25"]) == 2
    assert "第2行" in capsys.readouterr().err
