"""A template of a penalty decision that leaves out what the law wants said is refused, item by item."""

from __future__ import annotations

import io
import re
from pathlib import Path

import docx
import pytest

from documents.authoring import add_head, add_signature, add_text, new_paper, to_bytes
from documents.kinds import DocumentKind, load_kind
from documents.merging import check_template
from documents.statutory_contents import ARTICLE_52

TEMPLATES = Path(__file__).parents[2] / "processes/national/templates"
SIDECAR, WORD = (TEMPLATES / "DOC-45.toml").read_text(encoding="utf-8"), (TEMPLATES / "DOC-45.docx").read_bytes()
CONTENTS = [
    ("当事人", "第一款第（一）项", "姓名或者名称"), ("住所", "第一款第（一）项", "地址"), ("违法事实", "第一款第（二）项", "事实"),
    ("采信证据", "第一款第（二）项", "证据"), ("处罚内容", "第一款第（三）项", "种类"), ("处罚依据", "第一款第（三）项", "依据"),
    ("履行方式和期限", "第一款第（四）项", "履行方式和期限"), ("复议机关", "第一款第（五）项", "复议的途径"),
    ("复议期限", "第一款第（五）项", "复议的期限"), ("法院", "第一款第（五）项", "诉讼的途径"), ("起诉期限", "第一款第（五）项", "诉讼的期限"),
    ("机关名称", "第一款第（六）项", "行政机关名称"), ("日期", "第一款第（六）项", "日期"),
]
ALSO = {"采信证据": ("证据说明",), "处罚内容": ("处罚摘要",), "起诉期限": ("复议后起诉期限",)}  # contents that say the same


def test_the_national_decision_says_all() -> None:
    assert check_template(WORD, load_kind(SIDECAR, "DOC-45.toml")) == []


@pytest.mark.parametrize(("name", "place", "words"), CONTENTS)
def test_a_content_that_is_not_required_or_not_written_is_named_with_its_item(name: str, place: str, words: str) -> None:
    text = SIDECAR
    for each in (name, *ALSO.get(name, ())):
        text = re.sub(rf'(name = "{each}"\n(?:element|source) = .*\n(?:source = .*\n)?)required = true\n', r"\1", text)
    assert text != SIDECAR
    messages = [fault.message for fault in check_template(WORD, load_kind(text, "DOC-45.toml"))]
    assert any(f"第五十九条{place}" in message and words in message for message in messages), messages
    bare = [fault.message for fault in check_template(without(name, *ALSO.get(name, ())), load_kind(SIDECAR, "DOC-45.toml"))]
    assert any(f"第五十九条{place}" in message and words in message and "模板没有写入" in message for message in bare), bare


def without(*names: str) -> bytes:
    """The national decision whose template no longer writes some contents."""
    document = docx.Document(io.BytesIO(WORD))
    for part in document.element.body.iter("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t"):
        for name in names:
            part.text = re.sub(rf"(?<![\w|]){name}(?!\w)", "案件编号", part.text or "")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_decision_without_seal_is_refused() -> None:
    faults = check_template(WORD, load_kind(SIDECAR.replace("sealed = true", "sealed = false"), "DOC-45.toml"))
    assert ["第五十九条第二款" in fault.message for fault in faults] == [True]


def kind(title: str, *contents: tuple[str, str]) -> DocumentKind:
    fields = "".join(f'[[field]]\nname = "{name}"\nsource = "{source}"\nrequired = true\n' for name, source in contents)
    return load_kind(f'code = "T"\ntitle = "{title}"\nsealed = true\n{fields}', "T.toml")


def test_a_decision_on_the_spot_and_one_without_penalty_have_rules_of_their_own() -> None:
    paper = new_paper("试")
    add_head(paper, "{{ 机关名称 }}", "试")
    add_signature(paper, "{{ 机关名称 }}", "某日", seal=True)
    name = ("机关名称", "agency.name")
    found = check_template(to_bytes(paper), kind("当场行政处罚决定书", name))
    assert len(found) == len(ARTICLE_52) - 1
    assert all("第五十二条第二款" in fault.message for fault in found)
    assert check_template(to_bytes(paper), kind("不予行政处罚决定书", name)) == []
    assert check_template(to_bytes(paper), kind("撤销行政处罚决定书", name)) == []


def test_a_fault_names_the_paragraph_as_word_counts_it() -> None:
    paper = new_paper("试")
    for text in ("一", "{%p if 甲 %}", "三", "{%p endif %}", "五 {{ 未知 }}", "六 ｛｛甲｝｝"):
        add_text(paper, text)
    messages = [fault.message for fault in check_template(to_bytes(paper), kind("试", ("甲", "agency.name")))]
    assert any("第 5 段中的“{{ 未知 }}”使用了没有声明的内容“未知”" in message for message in messages), messages
    assert any("第 6 段" in message and "全角括号" in message for message in messages), messages
