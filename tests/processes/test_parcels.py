"""Packages started, laid over each other, handed over as one signed file, published for a day and retired."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from documents.keys import create_authority, issue_seal, load_seal, trust_roots
from engine.clock import LEGAL_TIME_ZONE
from engine.errors import Conflict, Invalid, PackageFault
from engine.workflow import releases
from processes.checks import check_package
from processes.host import Host
from processes.manifest import read_contents, read_manifest
from processes.opening import open_case
from processes.overlay import resolve
from processes.parcels import pack, place, unpack
from processes.publishing import publish, retire
from processes.starting import start_package
from tests.builders import copied_package, host_in

AT = datetime(2026, 5, 12, 16, tzinfo=LEGAL_TIME_ZONE)


def on_shelf(folder: Path, name: str, files: dict[str, str], parent: str = "national") -> Path:
    """A package of a department with files of its own."""
    start_package(name, f"{name}流程包", parent, folder, (folder,))
    for path, text in files.items():
        target = folder / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder / name


def test_a_new_package_runs_as_its_parent_does(tmp_path: Path) -> None:
    on_shelf(tmp_path, "city", {})
    national, city = resolve("national"), resolve("city", (tmp_path,))
    assert check_package(city) == []
    assert {path for path in city if city[path] != national.get(path)} == {"package.toml", "CHANGELOG.md"}
    assert read_manifest(city).facts == read_manifest(national).facts
    assert read_manifest(city).name == "city"
    with pytest.raises(Conflict, match="已有"):
        start_package("city", "又一个", "national", tmp_path, (tmp_path,))


def test_rows_are_laid_over_rows_through_any_depth(tmp_path: Path) -> None:
    on_shelf(tmp_path, "province", {"labels.toml": '[code_lists.CASE_SOURCE]\nOWN = "自查发现"\n', "tables/a.csv": "key,value\nx,1\ny,2\n"})
    on_shelf(tmp_path, "city", {"labels.toml": '[code_lists.CASE_SOURCE]\nTIP = "提示"\nOWN = "自行检查"\n', "tables/a.csv": "key,value\ny,3\nz,4\n"},
             "province")
    found = resolve("city", (tmp_path,))
    assert check_package(found) == []
    labels = found["labels.toml"].decode()
    assert all(word in labels for word in ('INSPECTION = "监督检查发现"', 'TIP = "提示"', 'OWN = "自行检查"'))
    assert found["tables/a.csv"].decode() == "key,value\nx,1\ny,3\nz,4\n"


def test_a_circle_of_parents_is_refused(tmp_path: Path) -> None:
    for name, parent in (("one", "two"), ("two", "one")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "package.toml").write_text(f'name = "{name}"\ntitle = "甲"\nversion = "1"\nextends = "{parent}"\n')
    with pytest.raises(PackageFault, match="成环"):
        resolve("one", (tmp_path,))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    create_authority(folder, "示范省电子印章认证机构（虚构）", AT - timedelta(days=1), AT + timedelta(days=300))
    issue_seal(folder, "示范省司法厅", "9999000001", AT - timedelta(days=1), AT + timedelta(days=300))
    return folder


def test_a_signed_parcel_is_read_and_placed(tmp_path: Path, keys: Path) -> None:
    contents = read_contents(on_shelf(tmp_path, "city", {"labels.toml": '[code_lists.CASE_SOURCE]\nTIP = "提示"\n'}))
    parcel = unpack(pack(contents, load_seal(keys, "9999000001"), AT), trust_roots(keys))
    assert parcel.signature and parcel.signature.signer == "示范省司法厅"
    assert read_contents(place(parcel, tmp_path / "other")) == contents
    with pytest.raises(Conflict, match="已有"):
        place(parcel, tmp_path / "other")


def repacked(parcel: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(parcel)) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
    change(entries)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def renamed(note: bytes) -> bytes:
    return json.dumps({**json.loads(note), "version": "9"}).encode()


HOSTILE: list[tuple[str, Callable[[dict[str, bytes]], object], str]] = [
    ("changed", lambda e: e.update({"city/CHANGELOG.md": b"x"}), "parcel.changed"),
    ("added", lambda e: e.update({"city/more.md": b"x"}), "parcel.changed"),
    ("removed", lambda e: e.pop("city/CHANGELOG.md"), "parcel.changed"),
    ("note", lambda e: e.update({"RELEASE.json": renamed(e["RELEASE.json"])}), "parcel.signature"),
    ("no note", lambda e: e.pop("RELEASE.json"), "parcel.note"),
    ("junk signature", lambda e: e.update({"RELEASE.p7s": b"0\x82junk"}), "parcel.signature"),
    ("climbing", lambda e: e.update({"city/../../evil.md": b"x"}), "package.path"),
    ("absolute", lambda e: e.update({"/etc/evil.md": b"x"}), "package.path"),
    ("code", lambda e: e.update({"city/evil.py": b"x"}), "package.suffix"),
    ("large", lambda e: e.update({"city/big.md": bytes(5_000_001)}), "package.too_large"),
]


@pytest.mark.parametrize(("change", "code"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_parcel_is_refused(tmp_path: Path, keys: Path, change: Callable[[dict[str, bytes]], None], code: str) -> None:
    parcel = pack(read_contents(on_shelf(tmp_path, "city", {})), load_seal(keys, "9999000001"), AT)
    with pytest.raises(PackageFault) as refused:
        unpack(repacked(parcel, change), trust_roots(keys))
    assert refused.value.code == code


@pytest.mark.parametrize("junk", [b"", b"PK\x03\x04", b"junk" * 100])
def test_junk_is_no_parcel(junk: bytes) -> None:
    with pytest.raises(PackageFault, match="损坏"):
        unpack(junk, [])


@pytest.mark.rule("INV-A15")
def test_a_release_binds_cases_from_its_day_and_until_it_is_retired(host: Host, tmp_path: Path) -> None:
    folder = copied_package(tmp_path / "shelf")
    (folder / "package.toml").write_text((folder / "package.toml").read_text().replace('version = "0.1.0"', 'version = "0.2.0"'))
    later = host_in(tmp_path / "installation", shelves=(tmp_path / "shelf",))
    now = later.clock.now()
    with pytest.raises(Invalid, match="不得早于"):
        publish(later, "national", "YJWH0001", now - timedelta(days=1))
    new = publish(later, "national", "YJWH0001", now + timedelta(days=3))

    def bound_to() -> str:
        case_id = open_case(later, "YJWH0304", "ordinary", "SCJG-CF-0122-01")
        with later.database.reading() as session:
            from engine.cases.cases import find_case

            return find_case(session, case_id).release_digest

    old = bound_to()
    assert old != new.digest
    later.clock.set(now + timedelta(days=3))  # type: ignore[attr-defined]
    assert bound_to() == new.digest
    with pytest.raises(Invalid, match="理由"):
        retire(later, "national", new.digest[:12], "YJWH0001", " ")
    assert retire(later, "national", new.digest[:12], "YJWH0001", "条件写错").digest == old
    assert bound_to() == old
    with pytest.raises(Conflict, match="已经停用"):
        retire(later, "national", new.digest, "YJWH0001", "再停一次")
    with pytest.raises(Invalid, match="没有现行有效的版本"):
        retire(later, "national", old, "YJWH0001", "最后一个")
    with later.database.reading() as session:
        assert releases.current(session, "national", later.clock.now()).digest == old
    later.close()


def test_the_commands_walk_a_department_through(host: Host, tmp_path: Path) -> None:
    """new → change → diff → export → import → the parent changes → rebase → check, on the command line."""
    shelf = tmp_path / "shelf"
    environment = {
        **os.environ, "ZHIFA_SHELVES": str(shelf), "ZHIFA_DATABASE_URL": host.settings.database_url,
        "ZHIFA_FILES_DIR": str(host.settings.files_dir), "ZHIFA_KEYS_DIR": str(host.settings.keys_dir),
    }

    def zhifa(*arguments: str, status: int = 0) -> str:
        run = subprocess.run([sys.executable, "-m", "web.commands.main", "package", *arguments], capture_output=True, text=True,
                             check=False, env=environment)
        assert run.returncode == status, run.stdout + run.stderr
        return run.stdout

    zhifa("new", "city", "--title", "某市流程包")
    filing = shelf / "city" / "procedures" / "filing.bpmn"
    filing.parent.mkdir()
    filing.write_bytes(resolve("national")["procedures/filing.bpmn"].replace("审批立案".encode(), "批准立案".encode()))
    assert "由“审批立案”改为“批准立案”" in zhifa("diff", "national", "city")
    assert "没有发现错误" in zhifa("check", "city")
    zhifa("export", "city", str(tmp_path / "city.zip"))
    zhifa("import", str(tmp_path / "city.zip"), "--shelf", str(tmp_path / "other"), status=1)  # unsigned
    zhifa("import", str(tmp_path / "city.zip"), "--shelf", str(tmp_path / "other"), "--unsigned")
    copied_package(shelf)
    parent = shelf / "national" / "procedures" / "filing.bpmn"
    parent.write_bytes(parent.read_bytes().replace("提出立案建议".encode(), "建议立案".encode()))
    assert "没有冲突" in zhifa("rebase", "city", "--write")
    assert "批准立案" in filing.read_text() and "建议立案" in filing.read_text()
    assert json.loads(zhifa("check", "city", "--json"))["faults"] == []
    assert {row["name"] for row in json.loads(zhifa("list", "--json"))["packages"]} >= {"national", "city"}
