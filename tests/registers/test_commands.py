"""The command line of the registers: what a data administrator types and reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.database import Database
from tests.registers.builders import COUNTY, FOOD, REGION_ADMIN, a_csv, an_officer, cells
from web.commands.main import main


@pytest.fixture(autouse=True)
def settings(province: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIFA_DATABASE_URL", province.url)


def told(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    status = main(["registers", *map(str, words)])
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def test_a_sheet_is_tried_out_imported_and_imported_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = a_csv(tmp_path / "人员.csv", [an_officer(n) for n in range(3)])
    by = ("--by", REGION_ADMIN)
    assert "检查通过，没有写入（试导入）。新增 3" in told(capsys, "import", "officer", file, *by, "--dry-run")[1]
    assert told(capsys, "import", "officer", file, *by)[1].strip() == "执法人员：3 行，导入完成。新增 3，变更 0，相同 0"
    assert "与登记簿一致，没有变化。新增 0，变更 0，相同 3" in told(capsys, "import", "officer", file, *by)[1]
    bad = a_csv(tmp_path / "b.csv", [an_officer(1, 姓名="")])
    status, text = told(capsys, "import", "officer", bad, *by)
    assert (status, text.splitlines()) == (1, ["执法人员：1 行中有 1 处错误，一行也没有写入", "  第 2 行“姓名”：必须填写"])
    report = json.loads(told(capsys, "import", "officer", bad, *by, "--json")[1])
    assert (report["accepted"], report["faults"][0]["where"]) == (False, "第 2 行“姓名”")
    status, text = told(capsys, "import", "officer", file)
    assert status == 1 and "拒绝（registers.no_administrator）" in text


def test_records_are_shown_exported_and_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, text = told(capsys, "show", "clause", "FL-SPAQ|35.1", "--on", "2020-05-01")
    assert status == 0 and "自 2018-12-29 起" in text and "预包装" not in text
    assert told(capsys, "show", "clause", "FL-SPAQ|35.1", "--history")[1].count("条款 FL-SPAQ|35.1 第") == 2
    status, text = told(capsys, "show", "clause", "FL-SPAQ|99")
    assert status == 1 and "没有主键为" in text
    assert "已导出 4 条" in told(capsys, "export", "region", tmp_path / "r.csv")[1]
    assert len(cells(tmp_path / "r.csv")) == 5
    assert told(capsys, "template", "item", tmp_path / "t.xlsx")[0] == 0
    assert "与全过程记录一致" in told(capsys, "verify")[1]
    status, text = told(capsys, "list")
    assert "officer 执法人员" in text and "执法证号" in text
    status, text = told(capsys, "watch")
    assert "项需要处理" in text


def test_who_may_act_is_answered_with_the_article(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "may-act", COUNTY, FOOD, "--on", "2026-03-02") == (0, f"可以办理（法定职权，以 {COUNTY} 的名义）\n")
    status, text = told(capsys, "may-act", COUNTY, "NONE", "--on", "2026-03-02")
    assert status == 1 and "粤府〔2023〕73号 第十三条" in text
    with pytest.raises(SystemExit):
        main(["registers", "may-act", COUNTY, FOOD, "--on", "昨天"])


def test_single_acts_are_done_by_a_named_administrator_for_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    by = ("--by", REGION_ADMIN, "--reason", "岗位调整")
    assert "officer YJWH0101 第 2 版" in told(capsys, "set", "officer", "YJWH0101", "职务=中队长", "roles=主办执法人员；档案员", *by)[1]
    assert "职务：中队长" in told(capsys, "show", "officer", "YJWH0101")[1]
    for words, refusal in [
        (("set", "officer", "YJWH0101", "身高=1", *by), "没有名为“身高”的列"),
        (("set", "officer", "YJWH0101", "角色=皇帝", *by), "不在可选范围内"),
        (("set", "officer", "YJWH0101", "职务=x", "--by", REGION_ADMIN), "写明理由"),
        (("set", "officer", "YJWH0101", "职务=x", "--by", "YJWH0304", "--reason", "x"), "不是地区管理员"),
        (("certificate", "issue", "YJWH0304", *by), "--number"),
        (("certificate", "issue", "YJWH0101", "--number", "77", "--begins", "2026-01-01", "--ends", "2030-01-01", *by), "一人一证"),
    ]:
        status, text = told(capsys, *words)
        assert status == 1 and refusal in text
    assert told(capsys, "certificate", "suspend", "YJWH0101", *by)[0] == 0
    assert "终止" in told(capsys, "end", "seal", "9999010001", *by)[1]


def test_the_catalogue_is_changed_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "暂停.toml"
    file.write_text(f'kind = "SUSPEND"\nitem = "{FOOD}"\nagency = "{COUNTY}"\ncause = "两年没有使用"\n', encoding="utf-8")
    assert "状态 APPLIED" in told(capsys, "change", "apply", "TZ-1", "--by", "YJWH0101", "--content", file)[1]
    status, text = told(capsys, "change", "review", "TZ-1", "--by", "YJWH0101")
    assert status == 1 and "地区管理员" in text
    assert "状态 PUBLISHED" in told(capsys, "change", "review", "TZ-1", "--by", REGION_ADMIN)[1]
    assert "暂停行使" in told(capsys, "may-act", COUNTY, FOOD)[1]
    for content, refusal in [("kind =", "无法读取"), ("x = 1", "“x”不认识"), ('kind = "ADD"', "缺少“item”")]:
        file.write_text(content, encoding="utf-8")
        status, text = told(capsys, "change", "apply", "TZ-2", "--by", "YJWH0101", "--content", file)
        assert status == 1 and refusal in text
    status, text = told(capsys, "change", "confirm", FOOD, "--by", "YJWH0001", "--sequence", "2", "--reason", "处罚幅度没有变化")
    assert status == 0 and f"basis {FOOD}|2|{COUNTY}" in text
