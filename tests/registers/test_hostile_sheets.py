"""Files that strangers send: broken, huge, lying or malicious ones are refused with a Chinese sentence, never with a crash."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from engine.errors import Invalid
from engine.registers import sheets
from engine.registers.sheets import read_rows, write_rows
from tests.registers.builders import an_xlsx


def packed(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_broken_files_are_refused(tmp_path: Path) -> None:
    good = an_xlsx(tmp_path / "good.xlsx", [{"甲": "1"}]).read_bytes()
    contents = {
        "a.csv": b"\xff\xfe\x00\x81\xff", "b.xlsx": b"not a workbook", "c.xlsx": good[: len(good) // 2], "d.txt": b"x",
        "e.csv": '甲\n"没有结束'.encode(), "f.csv": b"\n" * 10 + b"a\n" + b"," * 300 + b"x\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Invalid, match=name):
            list(read_rows(tmp_path / name))
    with pytest.raises(Invalid, match="没有文件"):
        list(read_rows(tmp_path / "none.csv"))


def test_a_workbook_without_sheets_or_with_entities_is_refused(tmp_path: Path) -> None:
    packed(tmp_path / "empty.xlsx", {"[Content_Types].xml": b"<Types/>"})
    with pytest.raises(Invalid, match="XLSX"):
        list(read_rows(tmp_path / "empty.xlsx"))
    with zipfile.ZipFile(an_xlsx(tmp_path / "good.xlsx", [{"甲": "1"}])) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    sheet = next(name for name in parts if name.startswith("xl/worksheets/"))
    laugh = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]>'
    packed(tmp_path / "laugh.xlsx", {**parts, sheet: laugh + parts[sheet].split(b"?>", 1)[-1]})
    with pytest.raises(Invalid, match="文档类型定义"):
        list(read_rows(tmp_path / "laugh.xlsx"))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "LARGEST_PART", 1 << 20)
    bomb = packed(tmp_path / "bomb.xlsx", {"xl/worksheets/sheet1.xml": b" " * (2 << 20)})
    assert bomb.stat().st_size < 10_000
    with pytest.raises(Invalid, match="过大"):
        list(read_rows(bomb))


def test_more_rows_than_anybody_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 10)
    (tmp_path / "long.csv").write_text("甲\n" * 11, encoding="utf-8")
    with pytest.raises(Invalid, match="10行"):
        list(read_rows(tmp_path / "long.csv"))


def test_an_export_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    write_rows(file, "表", [["甲"], ["1"]])
    old = file.read_bytes()

    def rows() -> object:
        yield ["甲"]
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError):
        write_rows(file, "表", rows())  # type: ignore[arg-type]
    assert file.read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    with pytest.raises(Invalid, match="无法写入"):
        write_rows(tmp_path / "no folder" / "x.csv", "表", [["甲"]])
