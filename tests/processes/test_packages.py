"""Packages are hostile until checked: each fault is named with its file and element, and nothing of it runs."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import PackageFault, Unlawful
from engine.workflow import releases
from processes.checks import check_package
from processes.host import Host
from processes.manifest import find_package, read_contents
from processes.overlay import resolve
from processes.publishing import publish
from processes.scenarios import run_scenarios
from tests.builders import a_case, copied_package, host_in

FILING = "procedures/filing.bpmn"


@pytest.fixture(scope="module")
def national() -> dict[str, bytes]:
    return resolve("national")


def test_the_national_package_has_no_faults(national: dict[str, bytes]) -> None:
    assert check_package(national) == []


def replaced(path: str, old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    def spoil(contents: dict[str, bytes]) -> None:
        text = contents[path].decode()
        assert old in text
        contents[path] = text.replace(old, new, 1).encode()

    return spoil


SCRIPT_TASK = '<bpmn:scriptTask id="evil"><bpmn:script>import os</bpmn:script></bpmn:scriptTask>\n    <bpmn:startEvent id="start"'
SPOILT = [
    ("script", replaced(FILING, '<bpmn:startEvent id="start"', SCRIPT_TASK), "bpmn.script", "evil"),
    ("doctype", replaced(FILING, "<bpmn:definitions", '<!DOCTYPE x [<!ENTITY a "b">]>\n<bpmn:definitions'), "xml.doctype", FILING),
    ("not xml", replaced(FILING, "</bpmn:definitions>", ""), "xml.malformed", FILING),
    ("signal", replaced(FILING, "<bpmn:outgoing>", '<bpmn:signalEventDefinition id="s" /><bpmn:outgoing>'), "bpmn.start", FILING),
    ("operation", replaced(FILING, "cases.verify_clue", "os.system"), "bpmn.operation", "verify_clue"),
    ("form", replaced(FILING, 'form="verify_clue"', 'form="nothing"'), "bpmn.form", "verify_clue"),
    ("limit", replaced(FILING, "TL_PEN_CLUE_VERIFY", "TL_NOTHING"), "bpmn.limit", "register_source"),
    ("document", replaced(FILING, 'kind="DOC-01"', 'kind="DOC-99"'), "bpmn.document", "issue_source_form"),
    ("default", replaced(FILING, ' default="flow_is_filed__issue_refusal_form"', ""), "bpmn.default", "is_filed"),
    ("condition", replaced(FILING, 'filing_result = "FILE"', "().__class__"), "feel.", "flow_is_filed__assign_officers"),
    ("unknown fact", replaced(FILING, 'filing_result = "FILE"', 'result = "FILE"'), "feel.", "flow_is_filed__assign_officers"),
    ("called", replaced("procedures/ordinary.bpmn", 'calledElement="filing"', 'calledElement="nowhere"'), "bpmn.called", "file_case"),
    ("fact type", replaced("package.toml", 'fast_track = "boolean"', 'fast_track = "python"'), "package.fact_type", "package.toml"),
    ("suitability", replaced("package.toml", 'opened_by = ["lead_officer"]', 'opened = ["lead_officer"]'), "package.manifest", "package.toml"),
    ("own limit", replaced("package.toml", "[settings]\n", "[settings.limits]\nTL_PAY = 14\n\n[settings]\n"), "settings.limit", "TL_PAY"),
    ("form field", replaced("forms/prior_notice.toml", 'type = "longtext"', 'type = "lambda"'), "form.", "forms/prior_notice.toml"),
]


@pytest.mark.parametrize(("spoil", "code", "where"), [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_each_fault_is_named_with_its_place(
    national: dict[str, bytes], spoil: Callable[[dict[str, bytes]], None], code: str, where: str
) -> None:
    contents = dict(national)
    spoil(contents)
    faults = check_package(contents)
    assert any(fault.code.startswith(code) and where in fault.where for fault in faults), faults
    assert all(re.search("[\u4e00-\u9fff]", fault.message) for fault in faults)


def test_a_faulty_package_is_not_published_and_the_old_release_stays(host: Host, tmp_path: Path) -> None:
    folder = copied_package(tmp_path / "shelf")
    path = folder / FILING
    path.write_text(path.read_text().replace("cases.verify_clue", "os.system"))
    spoilt = host_in(tmp_path / "installation", shelves=(tmp_path / "shelf",))
    with spoilt.database.reading() as session:
        before = releases.current(session, "national", spoilt.clock.now()).digest
    with pytest.raises(PackageFault, match="不予发布"):
        publish(spoilt, "national", "YJWH0001")
    with spoilt.database.reading() as session:
        assert releases.current(session, "national", spoilt.clock.now()).digest == before
    spoilt.close()


def test_code_links_and_strange_files_are_refused(tmp_path: Path) -> None:
    folder = copied_package(tmp_path)
    (folder / "evil.py").write_text("print()")
    with pytest.raises(PackageFault, match="不含任何程序代码"):
        read_contents(folder)
    (folder / "evil.py").unlink()
    (folder / "tables").mkdir(exist_ok=True)
    (folder / "tables" / "passwd.csv").symlink_to("/etc/passwd")
    with pytest.raises(PackageFault, match="链接"):
        read_contents(folder)


@pytest.mark.parametrize("name", ["../national", "no-such", "sample_province"])
def test_unknown_names_lead_nowhere(name: str) -> None:
    with pytest.raises(PackageFault):
        find_package(name)


def test_a_template_that_reaches_for_python_is_refused(national: dict[str, bytes]) -> None:
    contents = dict(national)
    contents["templates/DOC-37.docx"] = with_text(national["templates/DOC-37.docx"], "{{ ''.__class__ }}")
    faults = check_package(contents)
    assert any(fault.code.startswith("document.template") and "DOC-37" in f"{fault.where}{fault.message}" for fault in faults), faults


def with_text(docx: bytes, text: str) -> bytes:
    """A Word document with one more paragraph."""
    import io

    source, out = zipfile.ZipFile(io.BytesIO(docx)), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename == "word/document.xml":
                data = data.replace(b"<w:body>", b"<w:body><w:p><w:r><w:t>" + text.encode() + b"</w:t></w:r></w:p>", 1)
            target.writestr(item, data)
    return out.getvalue()


@pytest.mark.rule("INV-P10")
def test_a_package_without_prior_notice_is_stopped_by_the_safeguards(host: Host, tmp_path: Path) -> None:
    """The gate refuses a procedure that leaves the notice out; even one that got past it cannot decide: the engine asks the law."""
    folder = copied_package(tmp_path / "shelf")
    decision = folder / "procedures" / "decision.bpmn"
    text = decision.read_text()
    call = re.search(r'\s*<bpmn:callActivity id="give_notice".*?</bpmn:callActivity>', text, re.DOTALL)
    assert call
    text = text.replace(call[0], call[0].replace("callActivity", "serviceTask").replace(' calledElement="notice"', "").replace(
        "<bpmn:incoming>", '<bpmn:extensionElements><zhifa:operation name="cases.check_item" /></bpmn:extensionElements><bpmn:incoming>', 1))
    decision.write_text(text)
    lawless = host_in(tmp_path / "installation", shelves=(tmp_path / "shelf",))
    lawless.clock.set(lawless.clock.now() + timedelta(minutes=1))  # type: ignore[attr-defined]
    with pytest.raises(PackageFault) as refused:
        publish(lawless, "national", "YJWH0001")
    assert any(fault.code == "law.INV-P10" and "行政处罚法 第四十四条" in fault.message for fault in refused.value.faults)
    with lawless.database.writing() as session:
        contents, now = resolve("national", lawless.settings.shelves), lawless.clock.now()
        releases.freeze(session, lawless.files, "national", "lawless", "绕过检查", contents, now, "YJWH0001")
    case = a_case(lawless).until("prior_notice")
    assert case.open_steps() == ["collective_discussion"]
    with pytest.raises(Unlawful) as caught:
        case.attempt("collective_discussion")
    assert "行政处罚法 第四十四条" in caught.value.article
    assert case.open_steps() == ["collective_discussion"]
    lawless.close()


@pytest.mark.rule("INV-A15")
def test_a_running_case_keeps_its_release(host: Host, tmp_path: Path) -> None:
    case = a_case(host).until("review_filing")
    folder = copied_package(tmp_path / "shelf")
    form = folder / "forms" / "review_filing.toml"
    form.write_text(form.read_text() + '\n[[field]]\nkey = "extra"\nlabel = "新增栏目"\ntype = "text"\nrequired = true\n')
    newer = host_in(tmp_path / "installation", shelves=(tmp_path / "shelf",))
    newer.clock.set(case.clock.now())  # type: ignore[attr-defined]
    publish(newer, "national", "YJWH0001")
    case.take()  # the old case does not know the new field
    assert case.open_steps() == ["approve_filing"]
    newer.close()


def test_the_scenario_tables_of_the_national_package_hold() -> None:
    from engine.settings import Settings

    results = list(run_scenarios("national", Settings()))
    assert len(results) >= 9
    assert [result.problem for result in results if result.problem] == []
