"""Parses XML that strangers wrote: no document type, no entities, no network, bounded in size."""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

from engine.errors import Fault, PackageFault

MAXIMUM_BYTES: Final = 2_000_000
MAXIMUM_ELEMENTS: Final = 20_000


def parse_xml(data: bytes, where: str) -> Any:
    """The root element without comments and instructions; PackageFault names the file and what is wrong."""
    if len(data) > MAXIMUM_BYTES:
        raise _fault(where, "xml.too_large", f"文件 {where} 超过 {MAXIMUM_BYTES} 字节的上限")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )
    root: Any
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _fault(where, "xml.malformed", f"文件 {where} 不是格式良好的 XML：第 {error.lineno} 行，{error.msg}") from error
    if root.getroottree().docinfo.doctype:
        raise _fault(where, "xml.doctype", f"文件 {where} 含有文档类型声明（DOCTYPE），不予接受")
    if sum(1 for _ in root.iter()) > MAXIMUM_ELEMENTS:
        raise _fault(where, "xml.too_many_elements", f"文件 {where} 的元素超过 {MAXIMUM_ELEMENTS} 个")
    return root


def _fault(where: str, code: str, message: str) -> PackageFault:
    return PackageFault(code, message, faults=(Fault(where, code, message),))
