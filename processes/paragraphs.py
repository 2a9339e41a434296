"""Word templates compared and brought together paragraph by paragraph."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

from lxml import etree

from documents.upload_checks import MAIN_PART, check_upload, parts_of
from engine.errors import PackageFault
from engine.untrusted_xml import parse_xml
from processes.sequences import Clash, merge_sequences

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
# Marks of an editing session: they change with every save and say nothing.
_SESSION = re.compile(r' w:rsid\w*="[^"]*"')


def paragraph_texts(docx: bytes, where: str) -> list[str]:
    """The text of each paragraph and table of the body, in order."""
    return [_text(block) for block in _blocks(_parts(docx, where)[MAIN_PART], where)]


def merge_templates(before: bytes, parent: bytes, child: bytes, where: str) -> tuple[bytes, list[Clash]]:
    """The child's template with the parent's changed paragraphs taken over; clashes give the texts of both.

    Parts beside the body (styles, headers) are taken over when only the parent changed them, else they clash.
    """
    old, theirs, ours = (_parts(docx, where) for docx in (before, parent, child))
    clashes: list[Clash] = []
    merged = dict(ours)
    for name in dict.fromkeys([*theirs, *ours]):
        if name == MAIN_PART or theirs.get(name) in (old.get(name), ours.get(name)):
            continue
        if ours.get(name) != old.get(name):
            clashes.append(Clash((name,), (name,) if name in theirs else (), (name,) if name in ours else ()))
        elif name in theirs:
            merged[name] = theirs[name]
        else:
            merged.pop(name, None)
    bodies = [[_canonical(block) for block in _blocks(parts[MAIN_PART], where)] for parts in (old, theirs, ours)]
    blocks, differing = merge_sequences(*bodies)
    clashes += [Clash(_texts(clash.before), _texts(clash.parent), _texts(clash.child)) for clash in differing]
    merged[MAIN_PART] = _with_blocks(ours[MAIN_PART], blocks, where)
    return _packed(merged), clashes


def _parts(docx: bytes, where: str) -> dict[str, bytes]:
    if faults := check_upload(docx, where):
        raise PackageFault(faults[0].code, faults[0].message, faults=tuple(faults))
    return parts_of(docx)


def _blocks(main: bytes, where: str) -> list[etree._Element]:
    body = parse_xml(main, where).find(f"{{{WORD}}}body")
    return [] if body is None else list(body)


def _canonical(block: etree._Element) -> str:
    return _SESSION.sub("", etree.tostring(block, encoding="unicode", with_tail=False))


def _text(block: etree._Element) -> str:
    return "".join(str(node.text or "") for node in block.iter(f"{{{WORD}}}t"))


def _texts(blocks: Sequence[str]) -> tuple[str, ...]:
    return tuple(_text(etree.fromstring(block)) for block in blocks)  # our own words, from a file that was parsed safely


def _with_blocks(main: bytes, blocks: Sequence[str], where: str) -> bytes:
    root = parse_xml(main, where)
    body = root.find(f"{{{WORD}}}body")
    if body is not None:
        body[:] = [etree.fromstring(block) for block in blocks]
    text: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
    return text


def _packed(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target.getvalue()
