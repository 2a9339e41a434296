"""A parent changed: what does not conflict is taken over, what does is named, and nothing of the child's is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from processes.comparing import compare_file
from processes.overlay import resolve
from processes.rebasing import rebase, rebased
from tests.documents.words import with_paragraph, without_paragraph

Change = Callable[[dict[str, bytes]], None]
FILING, FORM, LABELS, TABLE = "procedures/filing.bpmn", "forms/propose_filing.toml", "labels.toml", "tables/periods.csv"
DECISION, SCENE, RULES = "templates/DOC-45.docx", "scenarios/05-not-filed.md", "decisions/tier.dmn"
DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="裁量" namespace="urn:x">
<decision id="tier" name="裁量阶次"><decisionTable id="t" hitPolicy="FIRST"><input id="i"><inputExpression id="ie" typeRef="number"><text>fine</text>
</inputExpression></input><output id="o" typeRef="string"/>
<rule id="r1"><inputEntry id="a1"><text>&lt; 100</text></inputEntry><outputEntry id="b1"><text>"轻"</text></outputEntry></rule>
<rule id="r2"><inputEntry id="a2"><text>&lt; 500</text></inputEntry><outputEntry id="b2"><text>"中"</text></outputEntry></rule>
<rule id="r3"><inputEntry id="a3"><text>-</text></inputEntry><outputEntry id="b3"><text>"重"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


@pytest.fixture(scope="module")
def national() -> dict[str, bytes]:
    return {**resolve("national"), TABLE: "limit,amount,note\nA,5,甲\nB,7,乙\n".encode(), RULES: DMN.encode()}


def text(path: str, *pairs: tuple[str, str]) -> Change:
    def change(contents: dict[str, bytes]) -> None:
        found = contents[path].decode()
        for old, new in pairs:
            assert old in found, old
            found = found.replace(old, new, 1)
        contents[path] = found.encode()

    return change


def added(path: str, data: bytes) -> Change:
    return lambda contents: contents.update({path: data})


def removed(path: str) -> Change:
    return lambda contents: contents.update({path: b""})  # emptied here, left out below


def word(path: str, edit: Callable[[bytes], bytes]) -> Change:
    return lambda contents: contents.update({path: edit(contents[path])})


def nothing(_: dict[str, bytes]) -> None:
    return


NAME = ('name="审批立案"', 'name="批准立案"')
FORM_REF = ('form="approve_filing"', 'form="approve_here"')
NEW_FIELD = ('[[field]]\nkey = "proposal"', '[[field]]\nkey = "more"\nlabel = "补充"\ntype = "text"\n\n[[field]]\nkey = "proposal"')
RULE = '<rule id="r9"><inputEntry id="a9"><text>&lt; 50</text></inputEntry><outputEntry id="b9"><text>"免"</text></outputEntry></rule>\n'
R1, R2 = DMN[DMN.index('<rule id="r1">'):DMN.index('<rule id="r2">')], DMN[DMN.index('<rule id="r2">'):DMN.index('<rule id="r3">')]
SWAPPED = (R1 + R2, R2 + R1)
CASES = [
    # name, file, what the parent did, what the child did, verdict, texts that must be in the child's file, texts that must not
    ("parent untouched", FILING, nothing, text(FILING, NAME), "untouched", ["批准立案"], []),
    ("both the same", FILING, text(FILING, NAME), text(FILING, NAME), "same", None, []),
    ("copy not touched", FILING, text(FILING, NAME), nothing, "taken_over", None, []),
    ("name here, form there", FILING, text(FILING, NAME), text(FILING, FORM_REF), "taken_over", ["批准立案", "approve_here"], []),
    ("two names", FILING, text(FILING, NAME), text(FILING, ('name="审批立案"', 'name="核准立案"')), "conflict", ["核准立案"], ["批准立案"]),
    ("guard changed by the parent", FILING, text(FILING, ('filing_result = "FILE"', 'filing_result != "NOT_FILE"')), text(FILING, NAME),
     "taken_over", ['filing_result != "NOT_FILE"', "批准立案"], ['filing_result = "FILE"']),
    ("guard changed by both", FILING, text(FILING, ('filing_result = "FILE"', 'filing_result != "NOT_FILE"')),
     text(FILING, ('filing_result = "FILE"', 'filing_result = "FILE" and real_name')), "conflict", ["real_name"], ["!="]),
    ("limit added by the parent", FILING, text(FILING, ('<zhifa:limit ref="TL_PEN_CLUE_VERIFY" />',
     '<zhifa:limit ref="TL_PEN_CLUE_VERIFY" />\n<zhifa:limit ref="TL_ASSIST" />')), text(FILING, NAME), "taken_over", ["TL_ASSIST", "批准立案"], []),
    ("document added by the parent", FILING, text(FILING, ('<zhifa:document kind="DOC-01" />',
     '<zhifa:document kind="DOC-01" /><zhifa:document kind="DOC-09" when="real_name" />')), text(FILING, NAME), "taken_over",
     ['when="real_name"', "批准立案"], []),
    ("only the drawing moved", FILING, text(FILING, ('<dc:Bounds x="', '<dc:Bounds x="1')), text(FILING, ('<dc:Bounds x="', '<dc:Bounds x="2')),
     "taken_over", ['<dc:Bounds x="2'], []),
    ("lane moved by the parent", FILING, text(FILING, ("        <bpmn:flowNodeRef>approve_filing</bpmn:flowNodeRef>\n", "")),
     text(FILING, NAME), "taken_over", ["批准立案"], ["<bpmn:flowNodeRef>approve_filing</bpmn:flowNodeRef>"]),
    ("file deleted, child untouched", SCENE, removed(SCENE), nothing, "taken_over", None, []),
    ("file deleted, child changed", SCENE, removed(SCENE), text(SCENE, ("底稿", "底 稿")), "conflict", ["底 稿"], []),
    ("same new path", "forms/new.toml", added("forms/new.toml", b"a = 1\n"), added("forms/new.toml", b"a = 2\n"), "conflict", ["a = 2"], []),
    ("field added by the parent", FORM, text(FORM, NEW_FIELD), text(FORM, ('label = "立案建议"', 'label = "办理建议"')), "taken_over",
     ['key = "more"', "办理建议"], []),
    ("field added by the child", FORM, text(FORM, ('label = "立案建议"', 'label = "办理建议"')), text(FORM, NEW_FIELD), "taken_over",
     ['key = "more"', "办理建议"], []),
    ("label changed by both", FORM, text(FORM, ('label = "立案建议"', 'label = "办理建议"')),
     text(FORM, ('label = "立案建议"', 'label = "承办建议"')), "conflict", ["承办建议"], ["办理建议"]),
    ("help by one, list by the other", FORM, text(FORM, ("四项条件都具备的，应当立案。", "写明理由。")),
     text(FORM, ('list = "FILING_RESULT"', 'list = "OWN_RESULT"')), "taken_over", ["写明理由。", "OWN_RESULT"], ["FILING_RESULT"]),
    ("field removed, child changed it", FORM, text(FORM, ('key = "proposal"', 'key = "renamed"')),
     text(FORM, ('label = "立案建议"', 'label = "办理建议"')), "conflict", ["办理建议", 'key = "renamed"'], []),
    ("required made by both", FORM, text(FORM, ("四项条件都具备的，应当立案。", "写明理由。")),
     text(FORM, ("四项条件都具备的，应当立案。", "写明理由。")), "same", None, []),
    ("own code beside a new one", LABELS, text(LABELS, ('COMPLAINT = "投诉"', 'COMPLAINT = "投诉"\nTIP = "提示"')),
     added(LABELS, '[code_lists.CASE_SOURCE]\nOWN = "自查"\n'.encode()), "taken_over", ['OWN = "自查"'], ["TIP"]),
    ("own wording of a changed code", LABELS, text(LABELS, ('COMPLAINT = "投诉"', 'COMPLAINT = "投诉件"')),
     added(LABELS, '[code_lists.CASE_SOURCE]\nCOMPLAINT = "群众投诉"\n'.encode()), "conflict", ["群众投诉"], ["投诉件"]),
    ("own row beside a changed row", TABLE, text(TABLE, ("A,5,甲", "A,6,甲")), added(TABLE, "limit,amount,note\nC,9,丙\n".encode()),
     "taken_over", ["C,9,丙"], ["A,6"]),
    ("own value of a changed row", TABLE, text(TABLE, ("A,5,甲", "A,6,甲")), added(TABLE, "limit,amount,note\nA,8,甲\n".encode()),
     "conflict", ["A,8"], ["A,6"]),
    ("rule added by the parent", RULES, text(RULES, ('<rule id="r1">', RULE + '<rule id="r1">')), text(RULES, ("&lt; 500", "&lt; 600")),
     "taken_over", ["&lt; 50<", "&lt; 600"], ["&lt; 500"]),
    ("rule changed by both", RULES, text(RULES, ("&lt; 500", "&lt; 550")), text(RULES, ("&lt; 500", "&lt; 600")), "conflict", ["&lt; 600"], ["550"]),
    ("rules reordered by the parent", RULES, text(RULES, SWAPPED), text(RULES, ('"重"', '"从重"')), "taken_over", ['"从重"'], []),
    ("hit policy changed by both", RULES, text(RULES, ('"FIRST"', '"UNIQUE"')), text(RULES, ('"FIRST"', '"ANY"')), "conflict", ['"ANY"'], ["UNIQUE"]),
    ("text lines apart", SCENE, lambda c: c.update({SCENE: c[SCENE] + "\n附：上级的说明\n".encode()}), text(SCENE, ("# ", "# 本市：")),
     "taken_over", ["附：上级的说明", "# 本市："], []),
    ("the same text line", SCENE, text(SCENE, ("# ", "# 全国：")), text(SCENE, ("# ", "# 本市：")), "conflict", ["# 本市："], ["# 全国："]),
    ("paragraphs apart", DECISION, word(DECISION, lambda d: with_paragraph(d, "上级加的话", first=True)),
     word(DECISION, lambda d: with_paragraph(d, "本市加的话")), "taken_over", ["上级加的话", "本市加的话"], []),
    ("the same paragraph", DECISION, word(DECISION, lambda d: with_paragraph(without_paragraph(d, 0), "上级的标题", first=True)),
     word(DECISION, lambda d: with_paragraph(without_paragraph(d, 0), "本市的标题", first=True)), "conflict", ["本市的标题"], ["上级的标题"]),
]


@pytest.mark.parametrize(("path", "theirs", "ours", "verdict", "kept", "gone"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_three_ways(
    national: dict[str, bytes], path: str, theirs: Change, ours: Change, verdict: str, kept: list[str] | None, gone: list[str]
) -> None:
    parent, whole = dict(national), dict(national)
    theirs(parent)
    ours(whole)
    parent = {name: data for name, data in parent.items() if data}
    child = {"package.toml": b'name = "city"\n', path: whole[path]}
    reports = {report.path: report for report in rebase(national, parent, child)}
    assert reports[path].verdict == verdict, reports[path]
    assert bool(reports[path].conflicts) == (verdict == "conflict")
    after = rebased(list(reports.values()), child)
    if kept is None:
        assert path not in after  # what the child never changed is inherited again
        return
    words = shown(path, after[path])
    assert all(part in words for part in kept), words
    assert not any(part in words for part in gone), words


def shown(path: str, data: bytes) -> str:
    if not path.endswith(".docx"):
        return data.decode()
    from processes.paragraphs import paragraph_texts

    return "\n".join(paragraph_texts(data, path))


def test_reordered_rules_stand_in_the_parents_order(national: dict[str, bytes]) -> None:
    parent, child = dict(national), {RULES: national[RULES].replace('"重"'.encode(), '"从重"'.encode())}
    text(RULES, SWAPPED)(parent)
    after = rebased(rebase(national, parent, child), child)[RULES].decode()
    assert after.index("r2") < after.index("r1") < after.index("r3")


def test_what_is_inherited_is_reported_too(national: dict[str, bytes]) -> None:
    parent = dict(national)
    text(FILING, NAME)(parent)
    (report,) = [one for one in rebase(national, parent, {"package.toml": b""}) if one.path == FILING]
    assert report.verdict == "inherited"
    assert any("批准立案" in line for line in report.taken)


def test_a_merged_procedure_still_runs(national: dict[str, bytes]) -> None:
    from processes.checks import check_package

    parent, whole = dict(national), dict(national)
    text(FILING, NAME)(parent)
    text(FILING, ('name="提出立案建议"', 'name="建议立案"'))(whole)
    after = rebased(rebase(national, parent, {FILING: whole[FILING]}), {FILING: whole[FILING]})
    merged = {**resolve("national"), FILING: after[FILING]}
    assert check_package(merged) == []
    assert compare_file(FILING, parent[FILING], after[FILING]) == compare_file(FILING, national[FILING], whole[FILING])
