"""The kinds of inspection, enforcement, platform, supervision and remedy: each is filled and says in full what it must."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from documents.kinds import template_data
from documents.merging import CompiledTemplate
from documents.pdf import OfficeConverter
from engine.errors import Invalid
from forms.definition import FormGroup
from forms.validation import clean
from tests.documents.entered import TEMPLATES, kind_of, labelled, samples, snapshot_for
from tests.documents.sample_snapshot import AGENCY
from tests.documents.test_penalty_kinds import DATED, filled, text_of, written
from tests.documents.test_placeholders import paragraphs
from tests.forms.samples import OFFICERS as OFFICER_IDS
from tests.forms.samples import answers, codes, national

SAMPLES = samples("entered_platform.toml")
PRINTED = sorted(SAMPLES) if os.environ.get("ZHIFA_PROVE") == "full" else ["ENF-06", "INS-03", "PLT-04", "REM-02"]
STEERING = frozenset({"vetoed"})  # answers that only decide which other question is asked
CASE = "YW-2026-0027"
GROUPS = {"INS": 11, "ENF": 10, "PLT": 9, "SUP": 11, "REM": 3}
WITHOUT_CASE = sorted(code for code in SAMPLES if code.startswith(("INS", "PLT", "SUP")))
INSTEAD: dict[str, Any] = {  # what the case would tell
    "party_name": "云江市南屿食堂管理有限公司", "party_type": "LEGAL", "party_usci": "91999901MA0WBX001N", "legal_rep": "温若谷",
    "party_address": "云江市望海区南屿路3号", "contact_person": "秦岸", "case_ref": "YW-2025-0311",
}
OFFICERS = [{"name": "秦岸", "certificate": "YJWH0103"}, {"name": "叶澜", "certificate": "YJWH0104"}]


def missing(code: str, text: str) -> list[str]:
    """What the text lacks: contents that the kind requires, what was entered, and words that the law wants said."""
    kind, snapshot = kind_of(code), snapshot_for(code)
    data = template_data(kind, snapshot)
    entered = {field.name for field in kind.fields if any(path.startswith("entered.") and path.endswith("_name") for path in field.sources)}
    lacking = [
        f"{field.element}：{ways}" for field in kind.fields if field.required or field.name in entered
        for ways in written(_shown(data[field.name])) if not any(way in text for way in ways)
    ]
    return lacking + [phrase for phrase in SAMPLES[code]["phrases"] if "".join(phrase.split()) not in text]


def _shown(value: Any) -> Any:
    """The rows of a list without the codes that stand beside their labels."""
    if not isinstance(value, list):
        return value
    return [{key: one for key, one in row.items() if f"{key}_name" not in row} if isinstance(row, dict) else row for row in value]


def test_every_kind_of_these_groups_has_a_sample_and_a_form() -> None:
    assert {group: sum(code.startswith(group) for code in SAMPLES) for group in GROUPS} == GROUPS
    assert [code for code in SAMPLES if kind_of(code).form != code.lower().replace("-", "_")] == []


@pytest.mark.parametrize("code", sorted(SAMPLES))
def test_it_holds_every_required_content_and_says_what_the_law_wants_said(code: str) -> None:
    text = text_of(code)
    assert missing(code, text) == []
    assert [sign for sign in ("{{", "{%", "。。", "；。", "：。", "、、", "None", "的规定的规定") if sign in text] == []


@pytest.mark.parametrize("code", sorted(SAMPLES))
def test_it_reads_every_answer_of_its_form(code: str) -> None:
    read = {source.split(".")[1] for field in kind_of(code).fields for source in field.sources if source.startswith("entered.")}
    asked = [field for field in national(kind_of(code).form).fields if not field.must]
    assert {field.key for field in asked} - STEERING <= read | {key.removesuffix("_name") for key in read}
    assert all(field.fields for field in asked if isinstance(field, FormGroup))


@pytest.mark.parametrize("code", sorted(SAMPLES))
def test_a_missing_required_content_is_refused_by_name_and_article(code: str) -> None:
    kind = kind_of(code)
    only_entered = [field for field in kind.fields if field.required and all(path.startswith("entered.") for path in field.sources)]
    for field in only_entered:
        snapshot = snapshot_for(code)
        for source in field.sources:
            snapshot["entered"].pop(source.split(".")[1], None)
        with pytest.raises(Invalid, match="缺少法定内容") as refusal:
            template_data(kind, snapshot)
        assert f"《{kind.title}》缺少法定内容“{field.element}”（{kind.basis}）" in refusal.value.message
        assert refusal.value.facts["article"] == kind.basis
    assert kind.basis


@pytest.mark.parametrize("code", sorted(SAMPLES))
@pytest.mark.parametrize("variant", [{}, {"optional": True}, {"yes": True, "last": True, "optional": True}])
def test_it_is_filled_from_the_least_and_from_the_most_that_its_form_accepts(code: str, variant: dict[str, bool]) -> None:
    kind, form, snapshot = kind_of(code), national(kind_of(code).form), snapshot_for(code)
    snapshot["entered"] = labelled(form.fields, clean(form, answers(form, **variant), officer_ids=OFFICER_IDS))
    made = CompiledTemplate((TEMPLATES / f"{code}.docx").read_bytes(), kind).fill(template_data(kind, snapshot))
    assert "None" not in "".join(paragraphs(made))


@pytest.mark.parametrize("code", WITHOUT_CASE)
def test_what_belongs_to_an_agency_is_made_without_a_case(code: str) -> None:
    asked = {field.key for field in national(kind_of(code).form).fields}
    instead = {key: value for key, value in {**INSTEAD, "officers": OFFICERS}.items() if key in asked}
    snapshot = snapshot_for(code, instead)
    bare = {key: snapshot[key] for key in ("agency", "document", "entered")}
    made = CompiledTemplate((TEMPLATES / f"{code}.docx").read_bytes(), kind_of(code)).fill(template_data(kind_of(code), bare))
    text = "".join(paragraphs(made))
    assert AGENCY in text
    assert CASE not in text
    assert all(instead[key] in text for key in ("party_name", "case_ref") if key in instead)


@pytest.mark.parametrize("code", ["INS-03", "INS-06"])
def test_outside_a_case_the_party_and_the_officers_are_asked_for(code: str) -> None:
    snapshot = snapshot_for(code)
    with pytest.raises(Invalid, match=r"“姓名或者名称”.*“住所（住址）”.*“执法人员（姓名、执法证号）”"):
        template_data(kind_of(code), {key: snapshot[key] for key in ("agency", "document", "entered")})
    assert ("officers", "form.too_few_rows") in codes(national(kind_of(code).form), {**SAMPLES[code]["entered"], "officers": OFFICERS[:1]})


# what another answer must change: kind, changed answers, words that must then stand there, words that must not
OTHERWISE: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("INS-01", {"head_opinion": "DISAGREE", "head_opinion_text": "可以书面核查。", "head_opinion_person": "江屿"},
     ["不同意：可以书面核查。", "签名：江屿"], ["☐同意"]),
    ("INS-07", {"handling": "CASE_CLUE", "correct_deadline": None}, ["决定是否立案", "享有陈述、申辩等权利"], ["第二十八条第一款"]),
    ("INS-07", {"result": "NO_PROBLEM", "problems": None, "handling": "NONE", "correct_deadline": None, "guidance": None},
     ["未发现问题。", "有异议的，可以向本局提出"], ["发现的问题：", "三、合规指导"]),
    ("INS-11", {"anonymous": False}, ["签名或者盖章"], ["匿名评价，不签名"]),
    ("ENF-01", {"amount": None, "pay_way": None}, ["二、履行方式"], ["应当给付的金额"]),
    ("ENF-02", {"immediate": True, "immediate_evidence": [{"name": "当日转出大额款项的流水"}]},
     ["在催告期间", "第三十七条第三款", "当日转出大额款项的流水", "立即强制执行"], []),
    ("ENF-02", {"recon_first": True}, ["应当先申请行政复议", "不得直接向"], ["6个月内"]),
    ("ENF-06", {"object": "REMITTANCE"}, ["冻结汇款决定书", "下列汇款"], ["冻结存款"]),
    ("ENF-07", {"notice_type": "UNFREEZE", "start_date": None, "end_date": None},
     ["解除冻结存款/汇款通知书", "第三十三条第二款", "立即解除冻结"], ["立即予以冻结"]),
    ("ENF-07", {"notice_type": "TRANSFER", "start_date": None, "end_date": None, "treasury_account": "云江市财政专户9901"},
     ["划拨存款/汇款通知书", "第四十七条", "立即划拨", "云江市财政专户9901"], ["冻结期限"]),
    ("ENF-08", {"notice_type": "RESUME", "reason": None}, ["恢复执行通知书", "第三十九条第二款"], ["上述情形属于"]),
    ("ENF-08", {"notice_type": "TERMINATE", "reason": None, "end_reason": "T3"}, ["终结执行通知书", "第四十条", "执行标的灭失"], ["第三十九条"]),
    ("ENF-09", {"surcharge_relief": None, "remedial": None}, ["不减免加处的罚款或者滞纳金", "恢复强制执行"], ["乙方采取补救措施"]),
    ("ENF-10", {"recon_first": True}, ["应当先申请行政复议"], ["6个月内"]),
    ("PLT-05", {"action": "RESUME"}, ["恢复行使申请表"], ["事项暂停行使"]),
    ("PLT-09", {"reuse": False}, ["五、使用次数：一次使用。"], ["可以多次使用"]),
    ("SUP-03", {"cleared": None, "transfer_discipline": True, "light": "RED"}, ["红灯报警", "未解除"], ["不移送"]),
    ("SUP-04", {"ext_due": None}, ["延长期限不得超过十个工作日"], ["办结期限延长至"]),
    ("SUP-06", {"vetoed": True, "veto_hits": ["V2", "V10"], "grade": "FAIL"}, ["人员无资格或少于两人、超过处罚时效", "不合格"], []),
    ("REM-03", {"source": "LITIGATION", "result": "UPHOLD"}, ["行政诉讼", "维持、驳回诉讼请求"], []),
]


@pytest.mark.parametrize(("code", "changes", "present", "absent"), OTHERWISE)
def test_another_answer_changes_what_it_says(code: str, changes: dict[str, Any], present: list[str], absent: list[str]) -> None:
    asked = {field.key for field in national(kind_of(code).form).fields}
    text = text_of(code, **{key: value for key, value in changes.items() if key in asked})
    assert [words for words in present if words not in text] == []
    assert [words for words in absent if words in text] == []


# what the form itself refuses: kind, changed answers, field and fault
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("INS-01", {"onsite_reason": None}, "onsite_reason", "form.missing"),
    ("INS-01", {"year_count": 2}, "over_cap_reason", "form.missing"),
    ("INS-03", {"cert_shown": False}, "cert_shown", "form.must_confirm"),
    ("INS-07", {"correct_deadline": None}, "correct_deadline", "form.missing"),
    ("INS-09", {"special_count": 4}, "special_cap", "form.below"),
    ("INS-10", {"unit_replies": [{"unit": "区城市管理局", "accepted": False}]}, "unit_replies[0].reason", "form.missing"),
    ("ENF-01", {"pay_way": None}, "pay_way", "form.missing"),
    ("ENF-02", {"own_power": False}, "own_power", "form.must_confirm"),
    ("ENF-02", {"immediate": True}, "immediate_evidence", "form.missing"),
    ("ENF-05", {"performer": None}, "performer", "form.missing"),
    ("ENF-06", {"end_date": "2026-03-09"}, "end_date", "form.below"),
    ("ENF-07", {"notice_type": "TRANSFER"}, "treasury_account", "form.missing"),
    ("ENF-08", {"reason": None}, "reason", "form.missing"),
    ("ENF-08", {"reason": "T4"}, "reason", "form.not_a_choice"),
    ("ENF-09", {"remedial": None}, "remedial", "form.missing"),
    ("PLT-01", {"late": True}, "late_reason", "form.missing"),
    ("PLT-03", {"case_state_checked": False}, "case_state_checked", "form.must_confirm"),
    ("SUP-01", {"contact": None}, "contact", "form.missing"),
    ("SUP-06", {"reviewers": [{"name": "莫听雨"}]}, "reviewers", "form.too_few_rows"),
]


def refused(code: str, **changes: Any) -> list[tuple[str, str]]:
    raw = {key: value for key, value in {**SAMPLES[code]["entered"], **changes}.items() if value is not None}
    return codes(national(kind_of(code).form), raw)


@pytest.mark.parametrize(("code", "changes", "where", "fault"), REFUSED)
def test_the_form_refuses_what_the_law_does_not_allow(code: str, changes: dict[str, Any], where: str, fault: str) -> None:
    assert refused(code) == []
    assert refused(code, **changes) == [(where, fault)]


@pytest.mark.rule("R-AB-30-4")
@pytest.mark.rule("INV-A04")
@pytest.mark.parametrize("code", ["INS-01", "INS-09", "PLT-01", "PLT-02", "PLT-05", "PLT-07", "SUP-03"])
def test_a_negative_opinion_needs_its_reason(code: str) -> None:
    reasons = [field.key for field in national(kind_of(code).form).fields if field.key.endswith("_text") and field.required_when]
    assert reasons
    for reason in reasons:
        for value in ("DISAGREE", "RETURN"):
            assert refused(code, **{reason.removesuffix("_text"): value}) == [(reason, "form.missing")]


@pytest.mark.rule("R-SC2-3b")
@pytest.mark.rule("R-SC2-3c")
@pytest.mark.rule("R-SC2-3d")
def test_a_change_of_the_catalogue_brings_what_its_kind_demands() -> None:
    without = {"old_item": None, "external_flow": None, "internal_flow": None, "discretion": None}
    drawn = [("external_flow", "form.missing"), ("internal_flow", "form.missing"), ("discretion", "form.missing")]
    assert refused("PLT-04", **without) == [("old_item", "form.missing"), *drawn]
    assert refused("PLT-04", **without, change_kind="ADD") == drawn
    assert refused("PLT-04", **without, change_kind="CANCEL") == [("old_item", "form.missing"), ("cancel_reason", "form.missing")]
    for key in ("power_name", "implementer", "basis", "remedy_channel"):
        assert refused("PLT-04", **{key: None}) == [(key, "form.missing")]


@pytest.mark.rule("R-GD-22a")
def test_paper_is_allowed_for_four_causes_only() -> None:
    assert len(national("plt_01").field("cause").choices) == 4
    assert refused("PLT-01", cause="CONVENIENT") == [("cause", "form.not_a_choice")]


def test_in_the_printed_papers_nothing_is_lost(fonts: Path) -> None:
    with OfficeConverter(fonts, timeout=60) as converter:
        for code in PRINTED:
            printed = pypdfium2.PdfDocument(converter.convert(filled(code)))
            pages = ["".join(page.get_textpage().get_text_range().split()) for page in printed]
            footers = [f"—{number}—" for number in range(1, len(pages) + 1)]
            assert all(page.endswith(footer) for page, footer in zip(pages, footers, strict=True)), code
            bodies = [page.removesuffix(footer) for page, footer in zip(pages, footers, strict=True)]
            assert missing(code, "".join(bodies)) == [], code
            assert [body for body in bodies if len(DATED.sub("", body)) < 10] == [], code  # no page holds a signature alone
