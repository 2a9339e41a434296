"""Fill a checked Word template with plain data, and say beforehand what is wrong with a template."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes

from documents.kinds import DocumentKind
from documents.pictures import Album, Fetch
from documents.placeholders import jinja_source, word_text
from documents.sandbox import ClosedEnvironment, forbidden, names_used, unknown_filters
from documents.statutory_contents import missing_contents
from documents.upload_checks import MAIN_PART, check_upload, parts_of
from engine.errors import Fault, Invalid, PackageFault
from engine.files import digest_of

SEAL_BOOKMARK, TYPES = "seal", "[Content_Types].xml"
_PICTURING = re.compile(r"\|\s*(?:图片|二维码)")
_NO_RELATIONS = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
FILLED_PARTS = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_EXPRESSION = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_FULL_WIDTH = re.compile(r"｛[｛{%％]|[{]｛|[%％}｝]｝|｝}")


def no_picture(digest: str) -> bytes:
    """Where no pictures are at hand."""
    raise Invalid("document.picture", f"文书需要的图片 {digest[:12]}… 不在文件库中")


class CompiledTemplate:
    """A template of one kind, compiled once and filled many times; digest: SHA-256 of its file."""

    def __init__(self, docx: bytes, kind: DocumentKind) -> None:
        faults = check_template(docx, kind)
        if faults:
            raise PackageFault(faults[0].code, faults[0].message, faults=tuple(faults))
        self.digest = digest_of(docx)
        environment, self._kind, parts = ClosedEnvironment(), kind, parts_of(docx)
        sources = _sources(parts)
        self._templates: dict[str, Template] = {name: environment.from_string(source) for name, source in sources.items()}
        names = [TYPES, *(_relations_of(name) for name in self._templates)] if _PICTURING.search(str(sources)) else []
        self._changing = {name: parts.get(name, _NO_RELATIONS) for name in names}
        # What never changes is packed once; filling appends the rest.
        self._packed = _with_parts(b"", {
            name: data for name, data in parts.items() if name not in self._templates and name not in self._changing
        })

    def fill(self, data: Mapping[str, Any], fetch: Fetch = no_picture) -> bytes:
        """The Word file filled with the data of template_data; the same data gives the same bytes.

        fetch: gives the picture of a SHA-256; data with a picture are Invalid without it.
        """
        filled, changed = dict[str, bytes](), dict(self._changing)
        try:
            for name, template in self._templates.items():
                album = Album(fetch)
                filled[name] = word_text(template.render({**data}), album).encode()
                _add_pictures(changed, name, album)
        except TemplateError as error:
            raise Invalid("document.fill", f"《{self._kind.title}》套打失败：{error}") from error
        return _with_parts(self._packed, {**filled, **changed})


def _relations_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels"


def _add_pictures(changed: dict[str, bytes], part: str, album: Album) -> None:
    """Put the pictures of one part into the package: files, relations and types."""
    if not album.files:
        return
    stem = part.rpartition("/")[2].partition(".")[0]
    relations = album.relations(f"media/{stem}-").encode()
    changed[_relations_of(part)] = changed[_relations_of(part)].replace(b"</Relationships>", relations + b"</Relationships>")
    for name, data in album.files.values():
        changed[f"word/media/{stem}-{name}"] = data
        kind = name.rpartition(".")[2]
        if f'Extension="{kind}"'.encode() not in changed[TYPES]:
            head, types, rest = re.split(rb"(<Types\b[^>]*>)", changed[TYPES], maxsplit=1)
            changed[TYPES] = head + types + f'<Default Extension="{kind}" ContentType="image/{kind}"/>'.encode() + rest


def _with_parts(packed: bytes, parts: Mapping[str, bytes]) -> bytes:
    """A ZIP file with more parts at its end; the same parts give the same bytes."""
    target = io.BytesIO()
    target.write(packed)
    with zipfile.ZipFile(target, "a" if packed else "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target.getvalue()


def check_template(docx: bytes, kind: DocumentKind) -> list[Fault]:
    """All faults of a template of this kind; an empty list means that CompiledTemplate takes it."""
    where = f"templates/{kind.code}.docx"
    faults = check_upload(docx, where)
    if faults:
        return faults
    parts = parts_of(docx)
    environment, used = ClosedEnvironment(), set[str]()
    try:
        sources = _sources(parts)
    except ValueError:
        return [Fault(where, "document.upload_not_docx", f"文件 {where} 已经损坏，无法打开")]
    for part, source in sources.items():
        place = f"{where} 的 {part}"
        if found := _FULL_WIDTH.search(text := re.sub(r"<[^>]+>", "", source)):
            number = _paragraph(text.count("\n", 0, found.start()) + 1)
            faults.append(Fault(
                where, "document.template_full_width", f"{place} {number}中的“{found.group()}”是全角括号，占位符应当使用半角括号"
            ))
        try:
            tree = environment.parse(source)
        except TemplateSyntaxError as error:
            text = _expression(source, error.lineno)
            faults.append(Fault(where, "document.template_syntax", f"{place} {_paragraph(error.lineno)}中的“{text}”写法有误：{error.message}"))
            continue
        faults += _tree_faults(tree, source, place, kind)
        used |= {name for _, name in names_used(tree)}
    if not faults:
        faults += _omissions(kind, used, sources[MAIN_PART], where) + missing_contents(kind, used, where)
    return faults


def _tree_faults(tree: nodes.Template, source: str, place: str, kind: DocumentKind) -> list[Fault]:
    where = f"templates/{kind.code}.docx"
    faults = [
        Fault(where, "document.template_forbidden", f"{place} {_paragraph(line)}中的“{_expression(source, line)}”不允许使用：{reason}")
        for line, reason in forbidden(tree)
    ]
    faults += [
        Fault(where, "document.template_filter", f"{place} {_paragraph(line)}中的“{_expression(source, line)}”使用了不认识的格式“{name}”")
        for line, name in unknown_filters(tree)
    ]
    return faults + [
        Fault(where, "document.template_undeclared", f"{place} {_paragraph(line)}中的“{_expression(source, line)}”使用了没有声明的内容“{name}”")
        for line, name in names_used(tree) if name not in kind.names
    ]


def _omissions(kind: DocumentKind, used: set[str], main: str, where: str) -> list[Fault]:
    faults = [
        Fault(where, "document.template_omits", f"{where} 没有写入《{kind.title}》的法定内容“{field.element}”")
        for field in kind.fields if (field.required or field.required_when) and field.name not in used
    ]
    if kind.sealed and f'w:name="{SEAL_BOOKMARK}"' not in main:
        faults.append(
            Fault(where, "document.template_no_seal", f"{where} 没有用印位置：《{kind.title}》应当有名为“{SEAL_BOOKMARK}”的书签")
        )
    return faults


def _sources(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The parts to fill as jinja sources; ValueError when one of them is not XML."""
    return {name: jinja_source(content) for name, content in parts.items() if FILLED_PARTS.fullmatch(name)}


def _paragraph(line: int) -> str:
    """Which paragraph stands on a line of the source, those in tables and empty ones counted."""
    return f"第 {line - 1} 段" if line > 1 else ""


def _expression(source: str, line: int) -> str:
    lines = source.split("\n")
    text = lines[min(line, len(lines)) - 1]
    found = " ".join(_EXPRESSION.findall(re.sub(r"<[^>]+>", "", text)))
    return (found or re.sub(r"<[^>]+>", "", text)).strip()[:80]
