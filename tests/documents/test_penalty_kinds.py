"""The kinds of penalty papers that officers make by hand: each is filled, holds what the law demands, and says it in full."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from documents.kinds import is_empty, template_data
from documents.merging import CompiledTemplate
from documents.pdf import OfficeConverter
from engine.errors import Invalid
from engine.law import wording
from forms.definition import FormGroup
from tests.documents.entered import TEMPLATES, kind_of, samples, snapshot_for
from tests.documents.sample_snapshot import AGENCY
from tests.documents.test_placeholders import paragraphs
from tests.forms.samples import codes, national

SAMPLES = samples("entered_penalty.toml")
PRINTED = sorted(SAMPLES) if os.environ.get("ZHIFA_PROVE") == "full" else ["DOC-21", "DOC-24", "DOC-44", "DOC-46"]
DATED = re.compile(f"{AGENCY}|[0-9二〇]+年[0-9一二十]+月[0-9一二三十]+日")
STEERING = frozenset({"on_person"})  # answers that only decide which other question is asked


def filled(code: str, **changes: Any) -> bytes:
    template = CompiledTemplate((TEMPLATES / f"{code}.docx").read_bytes(), kind_of(code))
    return template.fill(template_data(kind_of(code), snapshot_for(code, changes)))


def text_of(code: str, **changes: Any) -> str:
    return "".join("".join(paragraphs(filled(code, **changes))).split())


def written(value: Any) -> Iterator[set[str]]:
    """For each part of a content the ways in which it may be written, without blanks."""
    if isinstance(value, bool) or is_empty(value):
        return
    if isinstance(value, dict):
        for key, one in value.items():
            yield from written(one) if key != "role_name" else ()
    elif isinstance(value, list):
        for one in value:
            yield from written(one)
    elif isinstance(value, datetime):
        yield {wording.chinese_date(value), wording.chinese_moment(value)}
    elif isinstance(value, date):
        yield {wording.chinese_date(value), wording.date_in_numerals(value)}
    elif isinstance(value, Decimal):
        yield {wording.money_figures(value) if value == round(value, 2) else str(value), str(value)}
    elif isinstance(value, int):
        yield {str(value), wording.chinese_numeral(value)}
    else:
        yield from ({"".join(line.split())} for line in value.split("\n"))


def missing(code: str, text: str) -> list[str]:
    """What the text lacks: contents that the kind requires, and words that the law wants said."""
    kind, snapshot = kind_of(code), snapshot_for(code)
    data = template_data(kind, snapshot)
    lacking = [
        f"{field.element}：{ways}" for field in kind.fields
        if field.required or snapshot["entered"].get(field.required_when.removeprefix("entered."))
        for ways in written(data[field.name]) if not any(way in text for way in ways)
    ]
    return lacking + [phrase for phrase in SAMPLES[code]["phrases"] if "".join(phrase.split()) not in text]


def test_every_kind_with_samples_is_one_that_is_made_by_hand() -> None:
    assert len(SAMPLES) == 39
    assert [code for code in SAMPLES if kind_of(code).form != code.lower().replace("-", "_")] == []


@pytest.mark.parametrize("code", sorted(SAMPLES))
def test_it_holds_every_required_content_and_says_what_the_law_wants_said(code: str) -> None:
    text = text_of(code)
    assert missing(code, text) == []
    assert [sign for sign in ("{{", "{%", "。。", "；。", "：。", "、、", "None") if sign in text] == []


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


# what another answer must change: kind, changed answers, words that must then stand there, words that must not
OTHERWISE: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("DOC-02", {"ground": "SUPERIOR"}, ["第十五条第二款"], ["第十三条"]),
    ("DOC-02", {"ground": "REPORT"}, ["第十五条第三款、第十六条"], ["第十三条"]),
    ("DOC-04", {"to_kind": "OTHER"}, ["第十七条第一款"], ["不得再自行移送"]),
    ("DOC-04", {"items": None}, ["移送回执"], ["涉案物品清单"]),
    ("DOC-21", {"measure_type": "SEAL_PLACE"}, ["查封地点", "任何人不得随意动用"], ["因扣押发生"]),
    ("DOC-21", {"recon_first": True}, ["应当先申请行政复议", "不得直接向"], ["6个月内"]),
    ("DOC-23", {"release_reason": "R6"}, ["《中华人民共和国行政强制法》第十九条"], ["第二十七条"]),
    ("DOC-31", {"measure_doc_no": None}, ["不计入案件办理期限"], ["查封、扣押期间不包括"]),
    ("DOC-39", {"open_mode": "CLOSED"}, ["不公开举行（涉及国家秘密、商业秘密或者个人隐私）"], ["听证公开举行"]),
    ("DOC-44", {"collect_onspot": True, "onspot_reason": "C2", "bank": None}, ["当场收缴", "专用票据", "第六十八条"], ["百分之三"]),
    ("DOC-44", {"penalty_kind": ["WARNING"], "fine_of_organisation": None, "bank": None},
     ["行政处罚：警告。", "四、救济途径"], ["罚款数额", "缴款途径"]),
    ("DOC-46", {"no_penalty_reason": "NP_NOT_ESTABLISHED", "education": None, "correction_state": None},
     ["违法事实不能成立", "第五十七条第一款第三项", "四、申请行政复议"], ["进行教育", "上述行为违反了"]),
    ("DOC-46", {"no_penalty_reason": "NP_MINOR_AGE"}, ["行政处罚法》第三十条和", "责令监护人加以管教"], ["第三十三条第一款", "第五十七条"]),
    ("DOC-46", {"no_penalty_reason": "NP_MENTAL"}, ["行政处罚法》第三十一条和", "严加看管和治疗"], ["加以管教", "第五十七条"]),
    ("DOC-46", {"no_penalty_reason": "NP_NO_FAULT"}, ["第三十三条第二款"], ["第三十三条第一款"]),
    ("DOC-46", {"no_penalty_reason": "NP_LIMITATION"}, ["行政处罚法》第三十六条和"], ["第三十三条第一款"]),
    ("DOC-47", {"approve": False, "schedule": None, "refuse_reason": "收入足以缴纳罚款。"},
     ["不同意", "收入足以缴纳罚款"], ["缴纳罚款，期限和金额如下"]),
    ("DOC-47", {"mode": "DEFER"}, ["延期缴纳罚款通知书", "暂缓缴纳罚款"], []),
    ("PEN-01", {"result": "YES"}, ["：同意何砚回避", "不再参与本案的办理"], ["不同意"]),
    ("PEN-08", {"change_kind": "REVOKE", "new_content": None, "source": "LITIGATION", "source_document": "行政判决书"},
     ["撤销行政处罚决定书", "行政判决书（行政诉讼）"], ["变更后的内容", "主动改正"]),
    ("PEN-09", {"record_true": False}, ["不得作为行政处罚的证据"], ["可以作为"]),
    ("PEN-12", {"history": [{"decided_on": "2025-05-06", "document": "云望市监处罚〔2025〕3号", "act": "无证经营"}]},
     ["不适用首违不罚", "云望市监处罚〔2025〕3号"], ["未查到"]),
]


@pytest.mark.parametrize(("code", "changes", "present", "absent"), OTHERWISE)
def test_another_answer_changes_what_it_says(code: str, changes: dict[str, Any], present: list[str], absent: list[str]) -> None:
    text = text_of(code, **changes)
    assert [words for words in present if words not in text] == []
    assert [words for words in absent if words in text] == []


@pytest.mark.rule("INV-S02")
@pytest.mark.parametrize(("person", "key", "most"), [(True, "fine_of_person", "200"), (False, "fine_of_organisation", "3000")])
def test_a_fine_on_the_spot_stays_within_the_limit_of_article_51(person: bool, key: str, most: str) -> None:
    answers = {**SAMPLES["DOC-44"]["entered"], "on_person": person, "fine_of_organisation": None, key: most}
    answers = {name: value for name, value in answers.items() if value is not None}
    assert codes(national("doc_44"), answers) == []
    assert codes(national("doc_44"), {**answers, key: f"{most}.01"}) == [(key, "form.out_of_range")]
    assert ("penalty_kind", "form.not_a_choice") in codes(national("doc_44"), {**answers, "penalty_kind": ["STOP_BUSINESS"]})


@pytest.mark.rule("INV-P35")
def test_a_decision_on_the_spot_always_says_that_reconsideration_comes_first() -> None:
    text = text_of("DOC-44")
    assert "依据《中华人民共和国行政复议法》第二十三条第一款第一项的规定，应当先申请行政复议" in text
    assert "个月内" not in text


def test_in_the_printed_papers_nothing_is_lost(fonts: Path) -> None:
    with OfficeConverter(fonts, timeout=60) as converter:
        for code in PRINTED:
            printed = pypdfium2.PdfDocument(converter.convert(filled(code)))
            pages = ["".join(page.get_textpage().get_text_range().split()) for page in printed]
            footers = [f"—{number}—" for number in range(1, len(pages) + 1)]
            text = "".join(page.removesuffix(footer) for page, footer in zip(pages, footers, strict=True))
            assert missing(code, text) == [], code
            assert code == "DOC-25" or all(page.endswith(footer) for page, footer in zip(pages, footers, strict=True)), code
            alone = [page for page in pages if len(DATED.sub("", page.removesuffix(f"—{len(pages)}—"))) < 10]
            assert alone == [], code  # no page holds a signature alone
