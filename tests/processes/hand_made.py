"""A package with kinds of documents that officers make by hand: a sealed letter, a note, and a decision that nobody may make so."""

from __future__ import annotations

import io
from pathlib import Path

import docx

from documents.authoring import add_head, add_signature, add_text, new_paper, to_bytes

NAME = "by_hand"
LETTER, NOTE, DECISION = "X-01", "X-02", "X-03"
ENTERED = {"organ": "云江市公安局望海分局", "reason": "涉案货值较大，可能需要移送。", "urgent": "false", "co_officer": "YJWH0102"}

_FORM = """
id = "x_01"
title = "案件移送函"

[[field]]
key = "organ"
label = "受移送机关"
type = "text"
required = true

[[field]]
key = "reason"
label = "移送理由"
type = "longtext"
required = true

[[field]]
key = "urgent"
label = "是否紧急"
type = "boolean"

[[field]]
key = "co_officer"
label = "联系的执法人员"
type = "officer"
required = true
"""

_FIELDS = """
[[field]]
name = "机关名称"
source = "agency.name"
required = true

[[field]]
name = "文号"
source = "document.number"

[[field]]
name = "日期"
source = "document.date"
required = true

[[field]]
name = "当事人"
element = "当事人姓名或者名称"
source = "party.name"
required = true

[[field]]
name = "立案日期"
source = "case.filed_on"

[[field]]
name = "受移送机关"
source = "entered.organ"
required = true

[[field]]
name = "理由"
element = "移送理由"
source = "entered.reason"
required = true

[[field]]
name = "联系人"
source = "entered.co_officer_name"

[[field]]
name = "主办签名"
source = "lead.signature"

[[field]]
name = "案件码"
source = "case.code"

[[field]]
name = "图片"
source = "pictures"
"""


def sidecar(code: str, title: str, more: str = "") -> str:
    return (
        f'code = "{code}"\ntitle = "{title}"\nnumber = "{{abbr}}{{dom}}{code[-1]}移〔{{year}}〕{{seq}}号"\n'
        f'basis = "市场监督管理行政处罚程序规定 第十四条"\nform = "x_01"\n{more}{_FIELDS}'
    )


def template(title: str, *, seal: bool = True) -> bytes:
    paper = new_paper(title)
    add_head(paper, "{{ 机关名称 }}", title, "{{ 文号 }}")
    add_text(paper, "{{ 受移送机关 }}：", indent=False)
    add_text(paper, "我局于{{ 立案日期 }}对{{ 当事人 }}立案调查。")
    add_text(paper, "移送理由：{{ 理由|富文本 }}")
    add_text(paper, "联系人：{{ 联系人 }}")
    add_text(paper, "主办：{{ 主办签名|图片(30) }}")
    add_text(paper, "{% for 图 in 图片 %}{{ 图|图片(50) }}{% endfor %}")
    add_text(paper, "{{ 案件码|二维码(22) }}", indent=False)
    add_signature(paper, "{{ 机关名称 }}", "{{ 日期 }}", seal=seal)
    return to_bytes(paper)


def write_package(shelf: Path) -> Path:
    """The package on a shelf, laid over the national one."""
    folder = shelf / NAME
    for part in ("templates", "forms"):
        (folder / part).mkdir(parents=True)
    (folder / "package.toml").write_text(
        f'name = "{NAME}"\ntitle = "手工文书"\nversion = "1.0.0"\nextends = "national"\n', encoding="utf-8"
    )
    (folder / "forms/x_01.toml").write_text(_FORM, encoding="utf-8")
    for code, title, more, seal in (
        (LETTER, "案件移送函", 'sealed = true\nsigners = ["agency_head"]\n', True), (NOTE, "联系记录", 'signers = ["lead_officer"]\n', False),
        (DECISION, "不予行政处罚决定书", "sealed = true\n", True),
    ):
        (folder / f"templates/{code}.toml").write_text(sidecar(code, title, more), encoding="utf-8")
        (folder / f"templates/{code}.docx").write_bytes(template(title, seal=seal))
    return folder


def reworded(word: bytes, old: str, new: str) -> bytes:
    """A Word file in which an officer has replaced words inside one paragraph; with new="" the paragraph is deleted."""
    document = docx.Document(io.BytesIO(word))
    paragraph = next(one for one in document.paragraphs if old in one.text)
    if new:
        paragraph.runs[0].text = paragraph.text.replace(old, new)
        for run in paragraph.runs[1:]:
            run.text = ""
    else:
        paragraph._element.getparent().remove(paragraph._element)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
