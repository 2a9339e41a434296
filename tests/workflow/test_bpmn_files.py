"""Any BPMN file opens as a draft whoever drew it; what is no BPMN, or is meant to harm, is refused by name and at once."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from engine.workflow.reading import read_draft
from engine.workflow.trials import check_files
from tests.workflow.sketches import draw
from web.commands.main import main

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
LINE = "startEvent s\nuserTask a\nendEvent e\ns -> a -> e\n"

COLLABORATION = Path(__file__).with_name("collaboration.bpmn").read_text(encoding="utf-8")


def test_a_collaboration_with_everything_in_it_opens() -> None:
    draft = read_draft(COLLABORATION.encode(), "all.bpmn")
    assert [scope.id for scope in draft.processes()] == ["citizen", "agency"]
    assert draft.pools == ("群众", "机关", "法院")
    assert draft.scopes["tx"].parent == "outer_sub"
    assert draft.roles["agency_task"] == ("inner", "一中队")
    assert draft.elements["got"].triggers[0].name == "投诉材料"
    assert draft.elements["cs"].label == "发现问题 （线索）"
    assert {kind for kind, _ in draft.annotations} >= {"dataObject", "dataObjectReference", "dataStoreReference", "textAnnotation", "group"}
    assert draft.unknown == ()
    report = check_files({"all.bpmn": COLLABORATION.encode()})[0]
    assert report.opens
    assert report.diagram
    assert not report.runs
    refused = {fault.rule for fault in report.faults}
    assert refused >= {"bpmn.link", "bpmn.compensation", "bpmn.ad_hoc", "bpmn.complex_gateway", "bpmn.script", "bpmn.multi_instance"}
    assert any("http://www.example.org/model/extras" in note for note in report.notes)


ENCODED = {
    "utf-8 with mark": b"\xef\xbb\xbf" + draw(LINE),
    "latin": b'<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>' + draw(LINE).decode().replace("流程", "proc\xe9d\xe9").encode("latin-1"),
    "gb18030": b'<?xml version="1.0" encoding="GB18030"?>' + draw(LINE).decode().encode("gb18030"),
    "utf-16": ('<?xml version="1.0" encoding="UTF-16"?>' + draw(LINE).decode()).encode("utf-16"),
    "no diagram, no namespace prefix": draw(LINE),
    "only a collaboration": f'<definitions xmlns="{MODEL}"><collaboration id="c"><participant id="p"/></collaboration></definitions>'.encode(),
    "only a choreography": f'<definitions xmlns="{MODEL}" targetNamespace="x"><choreography id="c"/></definitions>'.encode(),
    "an empty process": f'<definitions xmlns="{MODEL}" targetNamespace="x"><process id="p"/></definitions>'.encode(),
    "no ids": f'<definitions xmlns="{MODEL}"><process><startEvent/><task/><sequenceFlow/></process></definitions>'.encode(),
    "doubled ids": draw(LINE + LINE),
}


@pytest.mark.parametrize("name", ENCODED)
def test_files_of_every_make_open(name: str) -> None:
    report = check_files({"x.bpmn": ENCODED[name]})[0]
    assert report.opens, report.faults


BOMB = "".join(f'<!ENTITY a{number + 1} "{f"&a{number};" * 10}">' for number in range(12))
DEEP = b"<a>" * 5000 + b"</a>" * 5000
NESTED = draw(LINE).replace(b"<userTask", b"<extensionElements>" * 120 + b"</extensionElements>" * 120 + b"<userTask")
HOSTILE = {
    "empty": (b"", "xml.malformed"),
    "no XML": ("这不是流程图".encode(), "xml.malformed"),
    "zip": (b"PK\x03\x04" + bytes(200), "xml.malformed"),
    "cut off": (draw(LINE)[:-20], "xml.malformed"),
    "HTML": (b"<html><body/></html>", "bpmn.process"),
    "BPMN 1": (b'<definitions xmlns="http://schema.omg.org/spec/BPMN/1.2"/>', "bpmn.process"),
    "DMN": (b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "bpmn.process"),
    "no process": (f'<definitions xmlns="{MODEL}"/>'.encode(), "bpmn.process"),
    "doctype": (b"<!DOCTYPE definitions>" + draw(LINE), "xml.doctype"),
    "external file": (b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>', "xml.doctype"),
    "external address": (b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd"><d/>', "xml.doctype"),
    "parameter entity": (b'<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]><d/>', "xml.doctype"),
    "billion laughs": (f'<!DOCTYPE d [<!ENTITY a0 "ha">{BOMB}]><d>&a12;</d>'.encode(), "xml.doctype"),
    "quadratic": (b'<!DOCTYPE d [<!ENTITY a "' + b"x" * 100_000 + b'">]><d>' + b"&a;" * 10_000 + b"</d>", "xml.doctype"),
    "entity in an attribute": (b'<!DOCTYPE d [<!ENTITY a "x">]><d b="&a;"/>', "xml.doctype"),
    "doctype in a comment's shadow": (b"<?a <!-- ?><!DOCTYPE d [<!ENTITY x 'y'>]><?b --> ?><d>&x;</d>", "xml.doctype"),
    "doctype in UTF-16": ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d [<!ENTITY x "y">]><d>&x;</d>'.encode("utf-16"), "xml.doctype"),
    "doctype in UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE d+AD4-<d/>', "xml.encoding"),
    "unknown entity": (draw(LINE).replace(b"<userTask", b"&nbsp;<userTask"), "xml.malformed"),
    "wrong encoding": (b'<?xml version="1.0" encoding="UTF-8"?><d a="\xff\xfe"/>', "xml.encoding"),
    "zero bytes": (draw(LINE).replace(b"<userTask", b"\x00<userTask"), "xml.malformed"),
    "too large": (draw(LINE) + b" " * 2_000_001, "xml.too_large"),
    "too many elements": (draw(LINE).replace(b"<userTask", b"<incoming/>" * 20_001 + b"<userTask"), "xml.too_many_elements"),
    "too deep": (DEEP, "xml.malformed"),
    "rather deep": (NESTED, "xml.too_deep"),
    "long attribute": (draw(LINE).replace(b'id="a"', b'id="' + b"a" * 200_001 + b'"'), "xml.too_large"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_diagram_or_means_harm_does_not_open(name: str) -> None:
    data, rule = HOSTILE[name]
    began = time.process_time()
    report = check_files({"x.bpmn": data})[0]
    assert (report.opens, report.runs, [fault.rule for fault in report.faults]) == (False, False, [rule])
    assert time.process_time() - began < 2


def test_the_command_tells_programs_and_people_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, closed = tmp_path / "good.bpmn", tmp_path / "bad.bpmn", tmp_path / "closed.bpmn"
    good.write_bytes(draw(LINE))
    bad.write_bytes(draw(LINE.replace("userTask a", "scriptTask a name=计算")))
    closed.write_bytes(b"<html/>")
    assert main(["bpmn", "check", str(good)]) == 0
    assert "能打开，能运行" in capsys.readouterr().out
    assert main(["bpmn", "check", str(good), str(bad), str(closed), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(one["opens"], one["runs"]) for one in told] == [(True, True), (True, False), (False, False)]
    remedy = "删除脚本；改用已登记的操作、决策表或者 FEEL 条件"
    assert told[1]["faults"] == [
        {"element": "a", "name": "计算", "rule": "bpmn.script", "text": "脚本任务“计算”不能运行", "remedy": remedy}
    ]
    assert main(["bpmn", "check", str(bad)]) == 1
    assert "改正：" in capsys.readouterr().out
    for wrong in (["bpmn", "check", str(tmp_path / "nothing.bpmn")], ["bpmn", "check"], ["bpmn"]):
        with pytest.raises(SystemExit) as left:
            main(wrong)
        assert left.value.code == 2


def test_the_command_drives_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, facts = tmp_path / "a.bpmn", tmp_path / "facts.json"
    fork = "startEvent s\nuserTask a\nexclusiveGateway g default=g_e\nendEvent e\ns -> a -> g\ng -> e\n"
    file.write_bytes(draw(f"{fork}endEvent f\ng -> f if fine > 100"))
    facts.write_text('{"tasks": {"a": {"fine": 150.5}}}')
    assert main(["bpmn", "run", str(file), "--facts", str(facts), "--trace"]) == 0
    assert capsys.readouterr().out.splitlines() == ["s", "a", "g", "f", "状态：completed（已走完）f"]
    facts.write_text('{"facts": {"fine": 1}, "tasks": {"a": null}}')
    assert main(["bpmn", "run", str(file), "--facts", str(facts), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["trace"], told["waiting"], told["facts"]) == ("waiting", ["s"], ["a"], {"fine": 1})
    file.write_bytes(draw(f"{fork}g -> a if ${{again}}"))
    assert main(["bpmn", "run", str(file), "--facts", str(facts), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], [fault["rule"] for fault in told["faults"]]) == ("refused", ["bpmn.expression"])
    assert main(["bpmn", "run", str(file), "--facts", str(facts)]) == 1
    assert "Camunda" in capsys.readouterr().err
    facts.write_text("[]")
    assert main(["bpmn", "run", str(file), "--facts", str(facts)]) == 1


def test_one_pool_of_several_is_driven_though_another_could_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "all.bpmn"
    file.write_text(COLLABORATION, encoding="utf-8")
    assert main(["bpmn", "run", str(file), "--process", "citizen", "--trace"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == ["cs", "ask", "ce"]
    assert main(["bpmn", "run", str(file), "--process", "agency"]) == 1
    assert main(["bpmn", "run", str(file), "--process", "nobody"]) == 1
