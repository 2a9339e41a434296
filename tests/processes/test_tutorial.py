"""What docs/packages.md teaches in half an hour: a step, a form field, a discretion row, a wording, all as plain files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from documents.keys import create_authority, issue_seal
from engine.errors import Invalid
from processes.checks import check_package
from processes.host import Host, open_host
from processes.manifest import find_package
from processes.overlay import resolve
from processes.publishing import publish, signature_of
from processes.running import complete_by_step
from processes.starting import start_package
from tests.builders import a_case
from tests.documents.words import with_paragraph

STEP = """<bpmn:userTask id="ask_station" name="征求基层所意见">
      <bpmn:documentation>向违法行为发生地的基层所了解情况，如实记录答复。</bpmn:documentation>
      <bpmn:extensionElements>
        <zhifa:step form="ask_station" article="市场监督管理行政处罚程序规定 第十八条" />
        <zhifa:limit ref="TL_PEN_CLUE_VERIFY" />
      </bpmn:extensionElements>
      <bpmn:incoming>flow_propose_filing__ask_station</bpmn:incoming>
      <bpmn:outgoing>flow_propose_filing__review_filing</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:userTask id="review_filing\""""
FLOW = """<bpmn:sequenceFlow id="flow_propose_filing__ask_station" sourceRef="propose_filing" targetRef="ask_station" />
    <bpmn:sequenceFlow id="flow_propose_filing__review_filing" sourceRef="ask_station" targetRef="review_filing" />"""
FORM = """id = "ask_station"
title = "征求基层所意见"

[[field]]
key = "answer"
label = "基层所答复"
type = "longtext"
required = true
"""
FIELD = '[[field]]\nkey = "patrol"\nlabel = "巡查编号"\ntype = "text"\n\n[[field]]\nkey = "proposal"'


def a_department(shelf: Path) -> Path:
    """Copy what is to be changed to its own place, and change it there."""
    folder, national = start_package("city", "某市流程包", "national", shelf, (shelf,)), find_package("national")

    def change(path: str, *pairs: tuple[str, str]) -> None:
        text = (national / path).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new, 1)
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")

    change(
        "procedures/filing.bpmn", ('<bpmn:userTask id="review_filing"', STEP),
        ('<bpmn:outgoing>flow_propose_filing__review_filing', "<bpmn:outgoing>flow_propose_filing__ask_station"),
        ('<bpmn:sequenceFlow id="flow_propose_filing__review_filing" sourceRef="propose_filing" targetRef="review_filing" />', FLOW),
        ("<bpmn:flowNodeRef>propose_filing</bpmn:flowNodeRef>",
         "<bpmn:flowNodeRef>propose_filing</bpmn:flowNodeRef>\n        <bpmn:flowNodeRef>ask_station</bpmn:flowNodeRef>"),
    )
    change("forms/propose_filing.toml", ('[[field]]\nkey = "proposal"', FIELD))
    (folder / "forms" / "ask_station.toml").write_text(FORM, encoding="utf-8")
    change("decisions/unlicensed_food.dmn", ("造成食源性疾病", "造成食源性疾病（含疑似）"))
    shutil.copy(national / "decisions" / "unlicensed_food.toml", folder / "decisions")
    (folder / "templates").mkdir()
    for name in ("DOC-37.docx", "DOC-37.toml"):
        shutil.copy(national / "templates" / name, folder / "templates")
    notice = folder / "templates" / "DOC-37.docx"
    notice.write_bytes(with_paragraph(notice.read_bytes(), "咨询电话：{{ 机关电话 }}"))
    return folder


def test_a_department_changes_its_domain_with_plain_files(host: Host, tmp_path: Path) -> None:
    a_department(tmp_path)
    found = check_package(resolve("city", (tmp_path,)))
    assert {fault.code for fault in found} <= {"document.template_undeclared"}, found  # the wording names what no case knows
    notice = tmp_path / "city" / "templates" / "DOC-37.docx"
    shutil.copy(find_package("national") / "templates" / "DOC-37.docx", notice)
    notice.write_bytes(with_paragraph(notice.read_bytes(), "咨询可到本机关政务服务窗口。"))
    assert check_package(resolve("city", (tmp_path,))) == []
    city = open_host(replace(host.settings, shelves=(tmp_path,)), host.clock)
    publish(city, "city", "YJWH0001")
    case = a_case(city, package="city").until("review_filing")
    assert case.open_steps() == ["ask_station"]
    case.clock.set(case.clock.now() + timedelta(minutes=5))
    complete_by_step(city, case.case_id, "ask_station", "YJWH0101", {"answer": "情况属实。"})
    case.until("approve_filing")
    assert case.open_steps() == ["approve_filing"]
    city.close()


def test_a_release_is_signed_by_the_publisher(host: Host, tmp_path: Path) -> None:
    begin, end = host.clock.now() - timedelta(days=1), host.clock.now() + timedelta(days=300)
    create_authority(host.settings.keys_dir, "示范省电子印章认证机构（虚构）", begin, end)
    issue_seal(host.settings.keys_dir, "示范省司法厅", "9999000001", begin, end)
    start_package("city", "某市流程包", "national", tmp_path, (tmp_path,))
    city = open_host(replace(host.settings, shelves=(tmp_path,)), host.clock)
    release = publish(city, "city", "YJWH0001", seal="9999000001")
    found = signature_of(city, release)
    assert found is not None
    assert (found.valid, found.signer) == (True, "示范省司法厅")
    release.signature = (release.signature or b"")[:-3] + b"xyz"
    changed = signature_of(city, release)
    assert changed is not None
    assert not changed.valid
    with pytest.raises(Invalid, match="印章"):
        publish(city, "city", "YJWH0001", seal="0000000000")
    city.close()
