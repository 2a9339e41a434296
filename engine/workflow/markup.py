"""The names of BPMN's XML and of our own extensions to it."""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

from engine.errors import Fault, PackageFault

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZHIFA: Final = "urn:zhifa:bpmn"


def local_name(element: Any) -> str:
    """An element's name without its namespace."""
    return str(etree.QName(element).localname)


def refusal(where: str, code: str, message: str) -> PackageFault:
    """A refusal with exactly one fault."""
    return PackageFault(code, message, faults=(Fault(where, code, message),))
