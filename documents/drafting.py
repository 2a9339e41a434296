"""A draft changed in Word: its text by paragraphs, how it differs from the text that we made, and what must not be missing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from documents.kinds import DocumentKind
from documents.merging import FILLED_PARTS, SEAL_BOOKMARK
from documents.upload_checks import MAIN_PART, check_upload, parts_of
from engine.errors import Fault
from engine.law import wording

MOST_PARAGRAPHS = 4000
KEPT_SHARE, SHORTEST_MATCH = 0.5, 3
OWN_WORDS = frozenset({"entered", "forms"})  # what an officer wrote may be reworded; what the case says stays as it is
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_REVISIONS = ("ins", "del", "moveFrom", "moveTo")
_BLANKS, _ANYTHING = re.compile(r"\s+"), re.compile(r"\w")


def paragraphs(docx: bytes) -> list[str]:
    """The text of each paragraph that says anything, headers and footers last; the file must have passed check_upload."""
    parts = parts_of(docx)
    names = [MAIN_PART, *sorted(name for name in parts if FILLED_PARTS.fullmatch(name) and name != MAIN_PART)]
    return [text for name in names for text in _texts(parts[name]) if _ANYTHING.search(text)]


def differences(before: Sequence[str], after: Sequence[str]) -> list[list[Any]]:
    """Rows of [number of the paragraph in the old text from 1, old text, new text]; an added one has no old text, a removed no new."""
    rows: list[list[Any]] = []
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for step in range(max(end - start, new_end - new_start)):
            old = before[start + step] if start + step < end else ""
            new = after[new_start + step] if new_start + step < new_end else ""
            rows.append([min(start + step, end) + 1 if start < end else start + 1, old, new])
    return rows


def check_changed(docx: bytes, kind: DocumentKind, data: Mapping[str, Any], made: Sequence[str]) -> list[Fault]:
    """What is wrong with a changed draft: as a file, or because a content that the law demands was taken out.

    data: what the draft was filled with; made: the paragraphs of the text that we made of it.
    """
    where = f"{kind.title}.docx"
    if faults := check_upload(docx, where):
        return faults
    try:
        texts, root = paragraphs(docx), etree.fromstring(parts_of(docx)[MAIN_PART], _parser())
    except etree.XMLSyntaxError:
        return [Fault(where, "document.upload_not_docx", f"文件 {where} 已经损坏，无法打开")]
    if len(texts) > MOST_PARAGRAPHS:
        return [Fault(where, "document.draft_long", f"文件 {where} 超过 {MOST_PARAGRAPHS} 段")]
    faults = []
    if any(next(root.iter(_WORD + mark), None) is not None for mark in _REVISIONS):
        faults.append(Fault(where, "document.draft_revisions", f"文件 {where} 还有没有接受的修订，请接受或者拒绝全部修订后再上传"))
    names = {mark.get(_WORD + "name") for mark in root.iter(_WORD + "bookmarkStart")}
    if kind.sealed and SEAL_BOOKMARK not in names:
        faults.append(Fault(where, "document.template_no_seal", f"文件 {where} 的用印位置（书签“{SEAL_BOOKMARK}”）被删去"))
    return faults + _missing(kind, data, _joined(made), _joined(texts))


def _missing(kind: DocumentKind, data: Mapping[str, Any], made: str, changed: str) -> list[Fault]:
    faults = []
    for field in kind.fields:
        if not (field.required or field.required_when):
            continue
        written = [text for text in (_joined([one]) for one in _forms(data.get(field.name))) if len(text) > 1 and text in made]
        own = isinstance(data.get(field.name), str) and all(source.split(".")[0] in OWN_WORDS for source in field.sources)
        gone = next((text for text in written if text not in changed and not (own and _mostly_kept(text, changed))), "")
        if gone:
            basis = f"（{kind.basis}）" if kind.basis else ""
            message = f"《{kind.title}》的法定内容“{field.element}”被删去或者改动：“{gone[:40]}”{basis}"
            faults.append(Fault(field.name, "document.draft_missing", message))
    return faults


def _mostly_kept(text: str, changed: str) -> bool:
    blocks = difflib.SequenceMatcher(None, text, changed, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= SHORTEST_MATCH) >= KEPT_SHARE * len(text)


def _forms(value: Any) -> Iterator[str]:
    """The ways in which a value may stand in a document."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _forms(one)
    elif isinstance(value, list):
        for one in value:
            yield from _forms(one)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, date):
        yield wording.chinese_date(value)
        yield wording.date_in_numerals(value)
    elif isinstance(value, Decimal):
        yield wording.money_figures(value)
        yield wording.amount_in_capitals(value)
    else:
        yield from str(value).splitlines()


def _joined(texts: Sequence[str]) -> str:
    return _BLANKS.sub("", "".join(texts))


def _texts(part: bytes) -> Iterator[str]:
    for paragraph in etree.fromstring(part, _parser()).iter(f"{_WORD}p"):
        runs = (text for text in paragraph.iter(f"{_WORD}t") if next(text.iterancestors(f"{_WORD}p")) is paragraph)
        yield "".join(text.text or "" for text in runs)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
