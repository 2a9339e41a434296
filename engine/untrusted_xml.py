"""Parses XML that strangers wrote: no document type, no entities, no network, bounded in bytes, elements, depth and attributes."""

from __future__ import annotations

import codecs
import re
from typing import Any, Final

from lxml import etree

from engine.errors import Fault, PackageFault

MAXIMUM_BYTES: Final = 2_000_000
MAXIMUM_ELEMENTS: Final = 20_000
MAXIMUM_DEPTH: Final = 100
MAXIMUM_ATTRIBUTE: Final = 200_000
# Encodings in which a tag looks the same to us as to the parser; UTF-7 and its like could hide a document type.
ENCODINGS: Final = frozenset({"utf-8", "ascii", "utf-16", "gb18030", "gbk", "gb2312", "big5", "iso8859-1", "iso8859-15", "cp1252"})

_DECLARATION = re.compile(r"^\ufeff?\s*<\?xml\b[^>]*\?>")
_DECLARED = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml\b[^>]*\bencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
# Looked for before parsing and everywhere: what hides in a comment or in CDATA for one reader may be markup for another.
_FORBIDDEN = re.compile(r"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)


def parse_xml(data: bytes, where: str) -> Any:
    """The root element of an untrusted file, without comments and instructions; PackageFault names what is wrong.

    Codes: xml.too_large, xml.encoding, xml.doctype, xml.malformed, xml.too_many_elements, xml.too_deep.
    """
    if len(data) > MAXIMUM_BYTES:
        raise _fault(where, "xml.too_large", f"文件 {where} 超过 {MAXIMUM_BYTES} 字节的上限")
    text = _decoded(data, where)
    if _FORBIDDEN.search(text):
        raise _fault(where, "xml.doctype", f"文件 {where} 含有文档类型或者实体声明（DOCTYPE、ENTITY），不予接受")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, attribute_defaults=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )
    try:
        root = etree.fromstring(_DECLARATION.sub("", text).encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0) or 0
        reason = getattr(error, "msg", str(error))
        raise _fault(where, "xml.malformed", f"文件 {where} 不是格式良好的 XML：第 {line} 行，{reason}") from error
    _check_size(root, where)
    return root


def _decoded(data: bytes, where: str) -> str:
    declared = _DECLARED.match(data)
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    name = "utf-16" if wide else declared.group(1).decode() if declared else "utf-8"
    try:
        encoding = codecs.lookup(name).name
        if encoding not in ENCODINGS:
            raise LookupError(name)
        return data.decode(encoding)
    except (LookupError, UnicodeError) as error:
        raise _fault(where, "xml.encoding", f"文件 {where} 的编码“{name}”不受支持，或者内容与声明的编码不符；请另存为 UTF-8") from error


def _check_size(root: Any, where: str) -> None:
    todo, count = [(root, 1)], 0
    while todo:
        element, depth = todo.pop()
        count += 1
        if count > MAXIMUM_ELEMENTS:
            raise _fault(where, "xml.too_many_elements", f"文件 {where} 的元素超过 {MAXIMUM_ELEMENTS} 个")
        if depth > MAXIMUM_DEPTH:
            raise _fault(where, "xml.too_deep", f"文件 {where} 的元素嵌套超过 {MAXIMUM_DEPTH} 层")
        if any(len(value) > MAXIMUM_ATTRIBUTE for value in element.attrib.values()):
            raise _fault(where, "xml.too_large", f"文件 {where} 中有超过 {MAXIMUM_ATTRIBUTE} 个字符的属性值")
        todo += [(child, depth + 1) for child in element]


def _fault(where: str, code: str, message: str) -> PackageFault:
    return PackageFault(code, message, faults=(Fault(where, code, message),))
