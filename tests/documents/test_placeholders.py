"""Our filler writes the same text as docxtpl on every national template, and says what it does not take."""

from __future__ import annotations

import io
import subprocess
import sys

import docx
import pytest
from docxtpl import DocxTemplate
from lxml import etree

from documents.authoring import Cell, add_loop, add_table, add_text, new_paper, to_bytes
from documents.kinds import DocumentKind, load_kind, template_data
from documents.merging import CompiledTemplate, check_template
from documents.sandbox import ClosedEnvironment
from tests.documents.entered import TEMPLATES, kind_of, snapshot_for

CODES = sorted(path.stem for path in TEMPLATES.glob("*.docx"))
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.mark.parametrize("code", CODES)
def test_same_text_as_docxtpl(code: str) -> None:
    kind = kind_of(code)
    template, data = (TEMPLATES / f"{code}.docx").read_bytes(), template_data(kind, snapshot_for(code))
    ours = CompiledTemplate(template, kind).fill(data)
    baseline = DocxTemplate(io.BytesIO(template))
    baseline.render(data, jinja_env=ClosedEnvironment())
    theirs = io.BytesIO()
    baseline.save(theirs)
    assert paragraphs(ours) == paragraphs(theirs.getvalue())
    assert ours == CompiledTemplate(template, kind).fill(data)


def test_placeholders_torn_over_runs_are_joined() -> None:
    paper = new_paper("试")
    paragraph = add_text(paper, "甲{")
    for piece in ("{ 名", "称 }", "}乙"):
        paragraph.add_run(piece)
    filled = CompiledTemplate(to_bytes(paper), kind("名称")).fill({"名称": "<某>&“店”"})
    assert paragraphs(filled) == ["甲<某>&“店”乙"]


def test_rows_repeat_and_lines_become_paragraphs() -> None:
    paper = new_paper("试")
    table = add_table(paper, (1, 1))
    add_loop(table, "行 in 各行", [Cell("{{ loop.index }}"), Cell("{{ 行.名 }}")])
    filled = CompiledTemplate(to_bytes(paper), kind("各行")).fill({"各行": [{"名": "一\n二"}, {"名": "三"}]})
    assert paragraphs(filled) == ["1", "一", "二", "2", "三"]
    assert len(docx.Document(io.BytesIO(filled)).tables[0].rows) == 2


@pytest.mark.parametrize("sign", ["{{r 名称 }}", "{{p 名称 }}", "{{tr 名称 }}", "{%tr for 行 in 名称 %}"])
def test_what_would_stand_outside_a_run_is_refused(sign: str) -> None:
    paper = new_paper("试")
    add_text(paper, sign)
    faults = check_template(to_bytes(paper), kind("名称"))
    assert {fault.code for fault in faults} == {"document.template_syntax"}
    assert "名称" in faults[0].message


def test_docxtpl_is_not_needed_to_run() -> None:
    code = "import sys, documents.merging, processes.bundles; sys.exit('docxtpl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def kind(*names: str) -> DocumentKind:
    fields = "".join(f'[[field]]\nname = "{name}"\nsource = "x"\n' for name in names)
    return load_kind(f'code = "T"\ntitle = "试"\n{fields}', "T.toml")


def paragraphs(filled: bytes) -> list[str]:
    """The text of each paragraph that has any, also inside tables."""
    body = etree.fromstring(etree.tostring(docx.Document(io.BytesIO(filled)).element))
    texts = ("".join(text.text or "" for text in part.iter(f"{_WORD}t")) for part in body.iter(f"{_WORD}p"))
    return [text for text in texts if text]
