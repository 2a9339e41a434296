"""Turn the text of a Word part into a jinja source and the filled source back into Word paragraphs.

The signs are those of docxtpl: {{ 内容 }}, {% if %}, and {%tr %}, {%tc %}, {%p %}, {%r %}, which replace the table row, the
cell, the paragraph or the run in which they stand. What would put text outside a run ({{r }}, {{p }}) is left as it
stands, so that the check of the template names it as a fault of writing.
"""

from __future__ import annotations

import html
import re

from lxml import etree

from documents.pictures import MARK as PICTURE
from documents.pictures import Album

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_REPLACING = re.compile(r"\{([%#])(tr|tc|p|r) (.*?[%#]\})", re.DOTALL)
_QUOTES = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})
_PARAGRAPH_START = re.compile(r"<w:p([ >])")
_PARAGRAPH = re.compile(r"<w:p[ >](?:(?!<w:p[ >]).)*?</w:p>", re.DOTALL)
_RUN = re.compile(r"<w:r[ >].*?</w:r>", re.DOTALL)
_PARAGRAPH_STYLE, _RUN_STYLE = re.compile(r"<w:pPr>.*?</w:pPr>", re.DOTALL), re.compile(r"<w:rPr>.*?</w:rPr>", re.DOTALL)
_GONE = "\ufdd0"  # stands for a paragraph that a sign has replaced, so that those after it keep their number
BOLD, STRUCK, UNDERLINED = "\ufdd1", "\ufdd2", "\ufdd3"  # each begins its look and ends it
LOOKS = {BOLD: "<w:b/>", STRUCK: "<w:strike/>", UNDERLINED: '<w:u w:val="single"/>'}
_MARKS = re.compile(f"[\\a\\t{BOLD}{STRUCK}{UNDERLINED}]|{PICTURE.pattern}")
_BEFORE_LOOKS = re.compile(r"(?:<w:rStyle [^>]*/>)?(?:<w:rFonts [^>]*/>)?")
_AFTER_UNDERLINE = re.compile(r"<w:(?:effect|bdr|shd|fitText|vertAlign|rtl|cs|em|lang|eastAsianLayout|specVanish|oMath)\b")
_TEXT = '<w:t xml:space="preserve">'
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def jinja_source(part: bytes) -> str:
    """The part as a jinja source, paragraph n on line n + 1 as Word counts them; ValueError when the part is not XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(part, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None
    for paragraph in list(root.iter(f"{_WORD}p")):
        _gather(paragraph)
    for text in list(root.iter(f"{_WORD}t")):
        _replace_holder(text)
    source = etree.tostring(root, encoding="unicode").replace("\r", " ").replace("\n", " ")
    source = _TAG.sub(lambda found: html.unescape(found.group()).translate(_QUOTES), source)
    return _DECLARATION + _PARAGRAPH_START.sub(r"\n<w:p\1", source).replace(_GONE, "\n")


def word_text(filled: str, album: Album) -> str:
    """The filled source as a Word part: line ends of values (\\a) become paragraphs, tabs Word's tabs, marks looks and pictures."""
    filled = filled.replace("\n", "")
    if not _MARKS.search(filled):
        return filled
    return _PARAGRAPH.sub(lambda found: _resolved(found.group(), album), filled)


def _gather(paragraph: etree._Element) -> None:
    """Move each placeholder that Word has torn over several runs into the text in which it begins."""
    texts = [text for text in paragraph.iter(f"{_WORD}t") if next(text.iterancestors(f"{_WORD}p")) is paragraph]
    whole = "".join(text.text or "" for text in texts)
    if "{" not in whole:
        return
    owner: list[int] = []
    for position, text in enumerate(texts):
        owner += [position] * len(text.text or "")
    for found in _TAG.finditer(whole):
        owner[found.start():found.end()] = [owner[found.start()]] * (found.end() - found.start())
    pieces: list[list[str]] = [[] for _ in texts]
    for sign, position in zip(whole, owner, strict=True):
        pieces[position].append(sign)
    for text, piece in zip(texts, pieces, strict=True):
        text.text = "".join(piece)
        text.set(_SPACE, "preserve")


def _replace_holder(text: etree._Element) -> None:
    found = _REPLACING.search(text.text or "")
    holder = next(text.iterancestors(_WORD + found.group(2)), None) if found else None
    parent = holder.getparent() if holder is not None else None
    if found is None or holder is None or parent is None:
        return
    gone = sum(1 for _ in holder.iter(f"{_WORD}p"))
    tag = f"{_GONE * min(gone, 1)}{{{found.group(1)} {found.group(3)}{_GONE * (gone - 1)}{holder.tail or ''}"
    before = holder.getprevious()
    if before is None:
        parent.text = (parent.text or "") + tag
    else:
        before.tail = (before.tail or "") + tag
    holder.tail = None
    parent.remove(holder)


def _resolved(paragraph: str, album: Album) -> str:
    if not _MARKS.search(paragraph):
        return paragraph
    style = _PARAGRAPH_STYLE.search(paragraph)
    opening = f"<w:p>{style.group() if style else ''}"
    resolved = _RUN.sub(lambda run: _resolved_run(run.group(), opening, album), paragraph)
    if "<w:drawing>" in resolved:  # a line of fixed height would cut the picture off
        return resolved.replace('w:lineRule="exact"', 'w:lineRule="atLeast"')
    return resolved


def _resolved_run(run: str, opening: str, album: Album) -> str:
    found, looks, pieces, end = _RUN_STYLE.search(run), set[str](), list[str](), 0
    style = found.group() if found else ""
    for mark in _MARKS.finditer(run):
        pieces.append(run[end:mark.start()])
        end, sign = mark.end(), mark.group()
        if sign in LOOKS:
            looks ^= {sign}
        start = f"<w:r>{_with_looks(style, looks)}"
        if sign == "\a":
            pieces.append(f"</w:t></w:r></w:p>{opening}{start}{_TEXT}")
        elif sign == "\t":
            pieces.append(f"</w:t></w:r>{start}<w:tab/></w:r>{start}{_TEXT}")
        elif picture := PICTURE.fullmatch(sign):
            pieces.append(f"</w:t></w:r>{start}{album.place(picture)}</w:r>{start}{_TEXT}")
        else:
            pieces.append(f"</w:t></w:r>{start}{_TEXT}")
    return "".join(pieces) + run[end:]


def _with_looks(style: str, looks: set[str]) -> str:
    """The look of a run with further looks, each where Word's schema wants it."""
    if not looks:
        return style
    inside = style.removeprefix("<w:rPr>").removesuffix("</w:rPr>")
    head = _BEFORE_LOOKS.match(inside)
    cut = head.end() if head else 0
    early = "".join(LOOKS[each] for each in sorted(looks) if each != UNDERLINED)
    tail = _AFTER_UNDERLINE.search(inside, cut)
    last = tail.start() if tail else len(inside)
    late = LOOKS[UNDERLINED] if UNDERLINED in looks else ""
    return f"<w:rPr>{inside[:cut]}{early}{inside[cut:last]}{late}{inside[last:]}</w:rPr>"
