"""Build Word templates with the look of official papers (GB/T 9704): page, type, tables and the place of the seal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

TITLE_FONT, BODY_FONT, HEADING_FONT, PART_FONT = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"
LATIN_FONT = "Times New Roman"
TEXT_WIDTH = 156.0
CENTRE, LEFT, RIGHT, JUSTIFIED = (
    WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY
)


@dataclass(frozen=True)
class Cell:
    """One cell of a table: a label is centred, a value stands left; several lines make several paragraphs."""

    text: str
    span: int = 1
    label: bool = False
    height: float = 0.0


def new_paper(title: str) -> Document:
    """An empty A4 paper with the margins, the body type and the page number of official documents."""
    paper = docx.Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(24)
    normal = paper.styles["Normal"]
    normal.font.size = Pt(16)
    normal.font.name = LATIN_FONT
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), BODY_FONT)
    paper.core_properties.title, paper.core_properties.author = title, ""
    _page_number(section.footer.paragraphs[0])
    return paper


def add_head(paper: Document, agency: str, title: str, number: str = "") -> None:
    """Name of the agency and title, centred in 小标宋 二号, and the number line below on the right or nothing."""
    for text in (agency, title):
        if text:
            _line(paper.add_paragraph(), text, TITLE_FONT, 22, CENTRE, spacing=35)
    if number:
        paragraph = _line(paper.add_paragraph(), number, BODY_FONT, 16, CENTRE)
        paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(10), Pt(14)
    else:
        paper.paragraphs[-1].paragraph_format.space_after = Pt(14)


def add_text(paper: Document, text: str, *, indent: bool = True, align: WD_ALIGN_PARAGRAPH = JUSTIFIED) -> Paragraph:
    """A paragraph of body text in 仿宋 三号, indented by two characters."""
    paragraph = _line(paper.add_paragraph(), text, BODY_FONT, 16, align)
    if indent:
        _indent_two(paragraph)
    return paragraph


def add_heading(paper: Document, text: str) -> Paragraph:
    """A heading of the first level in 黑体 三号."""
    paragraph = _line(paper.add_paragraph(), text, HEADING_FONT, 16, LEFT)
    paragraph.paragraph_format.keep_with_next = True
    _indent_two(paragraph)
    return paragraph


def add_tag(paper: Document, tag: str) -> None:
    """A paragraph that only steers the merging, e.g. {%p if 听证权 %}; it leaves nothing in the document."""
    paper.add_paragraph(tag)


def add_signature(paper: Document, agency: str, day: str, *, seal: bool) -> None:
    """Agency and date on the right; the agency's line carries the bookmark `seal` when the kind is sealed."""
    line = _line(paper.add_paragraph(), "", BODY_FONT, 16, RIGHT)
    line.paragraph_format.space_before = Pt(42)
    line.paragraph_format.right_indent = Pt(32)
    line.paragraph_format.keep_with_next = True
    if seal:
        _bookmarked(line, agency)
    else:
        _run(line, agency, BODY_FONT, 16)
    below = _line(paper.add_paragraph(), day, BODY_FONT, 16, RIGHT)
    below.paragraph_format.right_indent = Pt(48)


def add_table(paper: Document, widths: Sequence[float]) -> Table:
    """An empty table with thin borders; widths are shares of the text width."""
    table: Table = paper.add_table(rows=0, cols=len(widths))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for column, share in zip(table.columns, widths, strict=True):
        column.width = Mm(TEXT_WIDTH * share / sum(widths))
    return table


def add_row(table: Table, cells: Sequence[Cell], size: float = 12) -> None:
    """A row whose cells together span all columns; a row may break over the page."""
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]
    height = max(9.5, *(cell.height for cell in cells))
    row.height, row.height_rule = Mm(height), WD_ROW_HEIGHT_RULE.AT_LEAST
    position = 0
    for cell in cells:
        target = row.cells[position]
        if cell.span > 1:
            target = target.merge(row.cells[position + cell.span - 1])
        _fill(target, cell, size)
        position += cell.span


def add_loop(table: Table, loop: str, cells: Sequence[Cell], size: float = 12) -> None:
    """A row that is repeated, e.g. loop="证据 in 证据清单"."""
    columns = sum(cell.span for cell in cells)
    add_row(table, [Cell(f"{{%tr for {loop} %}}", columns)], size)
    add_row(table, cells, size)
    add_row(table, [Cell("{%tr endfor %}", columns)], size)


def to_bytes(paper: Document) -> bytes:
    """The paper as a docx file."""
    target = io.BytesIO()
    paper.save(target)
    return target.getvalue()


def _fill(target: _Cell, cell: Cell, size: float) -> None:
    target.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    for position, text in enumerate(cell.text.split("\n")):
        paragraph = target.paragraphs[0] if position == 0 else target.add_paragraph()
        last = text.startswith("→")
        _line(paragraph, text.removeprefix("→"), BODY_FONT, size, CENTRE if cell.label else RIGHT if last else LEFT, spacing=size + 7)


def _line(
    paragraph: Paragraph, text: str, font: str, size: float, align: WD_ALIGN_PARAGRAPH, *, spacing: float = 28
) -> Paragraph:
    style = paragraph.paragraph_format
    style.alignment = align
    style.line_spacing_rule, style.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(spacing)
    style.space_before = style.space_after = Pt(0)
    wrap = OxmlElement("w:wordWrap")  # long numbers may break, or justified lines are torn apart
    wrap.set(qn("w:val"), "0")
    properties: Any = paragraph._p.get_or_add_pPr()
    properties.append(wrap)
    if text:
        _run(paragraph, text, font, size)
    return paragraph


def _run(paragraph: Paragraph, text: str, font: str, size: float) -> Run:
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), LATIN_FONT
    fonts = run._element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:hint"), "eastAsia")
    return run


def _indent_two(paragraph: Paragraph) -> None:
    indent = paragraph._p.get_or_add_pPr().get_or_add_ind()
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), "640")


def _bookmarked(paragraph: Paragraph, text: str) -> None:
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    start.set(qn("w:id"), "1")
    start.set(qn("w:name"), "seal")
    end.set(qn("w:id"), "1")
    line: Any = paragraph._p
    line.append(start)
    _run(paragraph, text, BODY_FONT, 16)
    line.append(end)


def _page_number(paragraph: Paragraph) -> None:
    _line(paragraph, "— ", BODY_FONT, 14, CENTRE, spacing=20)
    for kind in ("begin", "", "end"):
        run = _run(paragraph, "", BODY_FONT, 14)
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.set(qn("xml:space"), "preserve")
            mark.text = "PAGE"
        inside: Any = run._element
        inside.append(mark)
    _run(paragraph, " —", BODY_FONT, 14)
