"""One DMN file while it is read: the elements of its namespace, their texts, and the faults found on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from lxml import etree

from engine.errors import Fault, PackageFault
from engine.rules.feel import compile_part
from engine.rules.feel_types import TYPE_NAMES, FeelType, Part, agree
from engine.rules.names import Names
from engine.rules.typing_rules import constant
from engine.untrusted_xml import parse_xml

NAMESPACES: Final = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/", "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
_FEEL: Final = ("/FEEL/", "FEEL", "feel")
T = TypeVar("T")


class Source:
    """A DMN file. strict: it is a department's, and every fault is refused; otherwise what is faulty becomes null."""

    def __init__(self, data: bytes, where: str, *, strict: bool) -> None:
        self.where = where
        self.strict = strict
        self.faults: list[Fault] = []
        self.root = parse_xml(data, where)
        name = etree.QName(self.root)
        if name.localname != "definitions" or name.namespace not in NAMESPACES:
            message = f"文件 {where} 不是 DMN 1.1 至 1.5 的决策模型（definitions）"
            raise PackageFault("dmn.namespace", message, faults=(Fault(where, "dmn.namespace", message),))
        self.namespace = name.namespace

    def all(self, element: Any, *names: str) -> Iterator[Any]:
        """The children of these names."""
        for child in element:
            found = etree.QName(child)
            if found.namespace == self.namespace and found.localname in names:
                yield child

    def first(self, element: Any, *names: str) -> Any:
        """The first child of one of these names, or None."""
        return None if element is None else next(self.all(element, *names), None)

    def text(self, element: Any, *path: str) -> str:
        """The text below an element, empty when it is not there."""
        for name in path:
            element = self.first(element, name)
        return "" if element is None else (element.text or "").strip()

    def kind(self, element: Any) -> str:
        """The local name of an element of DMN, empty for others."""
        found = etree.QName(element)
        return found.localname if found.namespace == self.namespace else ""

    def fault(self, code: str, element: Any, message: str) -> None:
        """Keep a fault of an element, or of the nearest around it that has an id; nothing is refused yet."""
        around = (each.get("id") for each in (element, *element.iterancestors()) if each is not self.root)
        identifier = next(filter(None, around), element.get("name") or "")
        place = f"{self.where}#{identifier}" if identifier else self.where
        self.faults.append(Fault(place, code, f"文件 {self.where} 的{message}"))

    def attempt(self, element: Any, title: str, work: Callable[[], T]) -> T | None:
        """The result of work; a fault of an expression in it is kept under the title, and the result is None."""
        try:
            return work()
        except PackageFault as error:
            self.fault(error.code, element, f"{title}有误：{error.message}")
            return None

    def compiled(self, element: Any, title: str, text: str, names: Names, wanted: FeelType | None = None) -> Part:
        """A FEEL text compiled; null when it is empty or faulty. wanted: the type that the model says it has."""
        language = element.get("expressionLanguage")
        if language and not language.endswith(_FEEL):
            self.fault("dmn.language", element, f"{title}使用了不支持的表达式语言“{language[:60]}”，只能使用 FEEL")
            return constant(None)
        if not text:
            return constant(None)
        found = self.attempt(element, title, lambda: compile_part(text, names)[0])
        if found is None:
            return constant(None)
        if self.strict and not agree(found.type, wanted) and FeelType.LIST not in (found.type, wanted):
            self.fault("dmn.type", element, f"{title}的结果是{TYPE_NAMES[found.type]}，模型规定为{TYPE_NAMES[wanted]}")
        return found

    def reads(self, text: str, names: Names) -> frozenset[str]:
        """The names that an expression reads; none when it is faulty."""
        try:
            return compile_part(text, names)[1].read
        except PackageFault:
            return frozenset()

    def finish(self) -> None:
        """Refuse the file if it had faults and is a department's. Raises PackageFault with all of them."""
        if self.strict and self.faults:
            first = self.faults[0]
            raise PackageFault(first.code, first.message, faults=tuple(self.faults))
