"""A hostile Word file is refused with a named reason before anything of it is used."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile
from collections.abc import Callable

import pytest

from documents.authoring import add_text, new_paper, to_bytes
from documents.kinds import load_kind
from documents.merging import check_template
from documents.upload_checks import LARGEST_FILE, check_upload, parts_of

KIND = load_kind('code = "T"\ntitle = "试"\n[[field]]\nname = "甲"\nsource = "x"\n', "T.toml")
RELATIONS, MAIN, TYPES = "word/_rels/document.xml.rels", "word/document.xml", "[Content_Types].xml"

# what an expression of a template tries, and the code of the refusal
EXPRESSIONS = [
    ("{{ 甲.__class__ }}", "forbidden"), ("{{ 甲.__class__.__mro__[1].__subclasses__() }}", "forbidden"),
    ("{{ ''.__class__ }}", "forbidden"), ("{{ 甲|attr('__class__') }}", "filter"), ("{{ 甲|map('upper') }}", "filter"),
    ("{{ 甲|pprint }}", "filter"), ("{{ 甲|xmlattr }}", "filter"), ("{{ 甲|safe }}", "filter"), ("{{ 甲|format(1) }}", "filter"),
    ("{{ self }}", "undeclared"), ("{{ self.__init__.__globals__ }}", "undeclared"), ("{{ cycler }}", "undeclared"),
    ("{{ lipsum() }}", "forbidden"), ("{{ range(999999999) }}", "forbidden"), ("{{ namespace(a=1) }}", "forbidden"),
    ("{{ joiner.__init__ }}", "undeclared"), ("{{ config }}", "undeclared"), ("{{ request.environ }}", "undeclared"),
    ("{{ 乙 }}", "undeclared"), ("{{ 甲 * 999999999 }}", "forbidden"), ("{{ 9 ** 9 ** 9 }}", "forbidden"), ("{{ 甲 / 0 }}", "forbidden"),
    ("{{ 甲 // 2 }}", "forbidden"), ("{{ '%999999999d' % 甲 }}", "forbidden"), ("{{ 甲[0:9] }}", "forbidden"),
    ("{{ {'a': 甲} }}", "forbidden"), ("{% set 甲 = 1 %}", "forbidden"), ("{% include '/etc/passwd' %}", "forbidden"),
    ("{% import 'os' as os %}", "forbidden"), ("{% from 'os' import system %}", "forbidden"), ("{% extends 'a' %}", "forbidden"),
    ("{% macro m() %}{% endmacro %}", "forbidden"), ("{% block b %}{% endblock %}", "forbidden"),
    ("{% filter upper %}{% endfilter %}", "forbidden"), ("{% do 甲.append(1) %}", "syntax"), ("{% for x in 甲 %}", "syntax"),
    ("{% for a in 甲 %}{% for b in 甲 %}{% for c in 甲 %}{% endfor %}{% endfor %}{% endfor %}", "forbidden"),
    ("{% for a in 甲 recursive %}{{ loop(a) }}{% endfor %}", "forbidden"), ("{{ 甲", "syntax"), ("{% if 甲 %}", "syntax"),
    ("{{ 甲 甲 }}", "syntax"), ("｛｛甲｝｝", "full_width"), ("{｛甲｝}", "full_width"), ("｛%if 甲%｝", "full_width"),
]


@pytest.mark.parametrize(("text", "code"), EXPRESSIONS)
def test_expression_is_refused(text: str, code: str) -> None:
    faults = check_template(paper(text), KIND)
    assert f"document.template_{code}" in {fault.code for fault in faults}
    assert all("templates/T.docx" in fault.message and MAIN in fault.message for fault in faults)


def paper(text: str = "{{ 甲 }}") -> bytes:
    made = new_paper("试")
    add_text(made, text)
    return to_bytes(made)


def with_part(name: str, data: bytes) -> bytes:
    return packed({**parts_of(paper()), name: data})


def with_text(old: str, new: str, name: str = MAIN) -> bytes:
    parts = parts_of(paper())
    changed = parts[name].decode().replace(old, new, 1)
    assert changed != parts[name].decode()
    return packed({**parts, name: changed.encode()})


def packed(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return target.getvalue()


def in_body(xml: str) -> bytes:
    return with_text("<w:sectPr", f"{xml}<w:sectPr")


def field(*pieces: str) -> bytes:
    return in_body("<w:p>" + "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces) + "</w:p>")


def external(kind: str, target: str) -> bytes:
    row = f'<Relationship Id="x" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"'
    return with_text("</Relationships>", f'{row} Target="{target}" TargetMode="External"/></Relationships>', RELATIONS)


def doubled() -> bytes:
    target = io.BytesIO(paper())
    with warnings.catch_warnings(), zipfile.ZipFile(target, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(MAIN, b"<other/>")
    return target.getvalue()


def encrypted() -> bytes:
    data = bytearray(paper())
    start = data.find(b"PK\x01\x02")
    while start >= 0:
        flags = struct.unpack_from("<H", data, start + 8)[0]
        struct.pack_into("<H", data, start + 8, flags | 1)
        start = data.find(b"PK\x01\x02", start + 4)
    return bytes(data)


def without(name: str) -> bytes:
    return packed({key: data for key, data in parts_of(paper()).items() if key != name})


DTD = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
CONTAINERS: list[tuple[str, str, Callable[[], bytes]]] = [
    ("5 KB of random bytes", "not_docx", lambda: random.Random(7).randbytes(5120)),  # noqa: S311
    ("nothing", "not_docx", lambda: b""),
    ("a PDF", "not_docx", lambda: b"%PDF-1.7"),
    ("an old Word file", "not_docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    ("half a file", "not_docx", lambda: paper()[:4000]),
    ("head of a zip", "not_docx", lambda: b"PK\x03\x04" + bytes(5000)),
    ("another zip", "not_docx", lambda: packed({"a.txt": b"a"})),
    ("no main part", "not_docx", lambda: without(MAIN)),
    ("no list of types", "not_docx", lambda: without(TYPES)),
    ("encrypted", "not_docx", encrypted),
    ("too large", "size", lambda: paper() + bytes(LARGEST_FILE)),
    ("zip bomb", "bomb", lambda: with_part("word/media/a.png", bytes(41 * 1024 * 1024))),
    ("too many parts", "parts", lambda: packed({**parts_of(paper()), **{f"a{n}.xml": b"<a/>" for n in range(200)}})),
    ("duplicate part", "duplicate", doubled),
    ("same name in capitals", "duplicate", lambda: with_part("word/DOCUMENT.xml", b"<a/>")),
    ("traversal", "path", lambda: with_part("../../etc/cron.d/a", b"a")),
    ("absolute path", "path", lambda: with_part("/etc/a", b"a")),
    ("path of Windows", "path", lambda: with_part("c:/a", b"a")),
    ("macro", "active", lambda: with_part("word/vbaProject.bin", b"a")),
    ("control", "active", lambda: with_part("word/activeX/activeX1.xml", b"<a/>")),
    ("embedded table", "active", lambda: with_part("word/embeddings/a.xlsx", b"a")),
    ("program", "active", lambda: with_part("word/media/a.exe", b"MZ")),
    ("web page", "active", lambda: with_part("word/afchunk.htm", b"a")),
    ("altChunk", "active", lambda: in_body("<w:altChunk/>")),
    ("OLE", "active", lambda: in_body("<w:p><w:r><w:object/></w:r></w:p>")),
    ("subdocument", "active", lambda: in_body("<w:subDoc/>")),
    ("macro type", "type", lambda: with_text("wordprocessingml.document.main", "ms-word.document.macroEnabled.main", TYPES)),
    ("template type", "type", lambda: with_text("document.main+xml", "template.main+xml", TYPES)),
    ("linked image", "external", lambda: external("image", "http://192.0.2.1/a.png")),
    ("remote template", "external", lambda: external("attachedTemplate", "http://192.0.2.1/a.dotm")),
    ("linked frame", "external", lambda: external("frame", "file:////192.0.2.1/a")),
    ("linked OLE", "external", lambda: external("oleObject", "http://192.0.2.1/a")),
    ("DDE", "field", lambda: field("DDEAUTO c:\\\\cmd.exe")),
    ("DDE torn over runs", "field", lambda: field("DD", "EAU", "TO cmd")),
    ("INCLUDETEXT torn over runs", "field", lambda: field("INCLUDE", "TEXT ", "/etc/passwd")),
    ("INCLUDEPICTURE", "field", lambda: field("includepicture http://192.0.2.1/a")),
    ("simple field", "field", lambda: in_body('<w:p><w:fldSimple w:instr="LINK a"/></w:p>')),
    ("placeholder in a field", "field", lambda: field("{{ 甲 }}")),
    ("DTD", "dtd", lambda: with_part("word/styles2.xml", f"{DTD}<a>&b;</a>".encode())),
    ("UTF-16", "encoding", lambda: with_part("word/styles2.xml", "<a>甲</a>".encode("utf-16"))),
]


@pytest.mark.parametrize(("code", "make"), [row[1:] for row in CONTAINERS], ids=[row[0] for row in CONTAINERS])
def test_file_is_refused(code: str, make: Callable[[], bytes]) -> None:
    faults = check_upload(make(), "templates/T.docx")
    assert f"document.upload_{code}" in {fault.code for fault in faults}
    assert all(fault.message.startswith("文件 templates/T.docx ") for fault in faults)


def test_main_part_that_is_no_xml_is_refused() -> None:
    faults = check_template(with_part(MAIN, b"<w:document"), KIND)
    assert [fault.code for fault in faults] == ["document.upload_not_docx"]


def test_the_harmless_file_passes_and_the_table_is_long_enough() -> None:
    assert check_template(paper(), KIND) == []
    assert len(EXPRESSIONS) + len(CONTAINERS) >= 60
