"""The closed room in which a template's expressions run: plain data, our filters, nothing to call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from documents.pictures import code_mark, mark
from documents.placeholders import BOLD, STRUCK, UNDERLINED
from engine.law import wording

DEEPEST_LOOP = 2
LONGEST_CODE = 300
_ALLOWED = frozenset({
    "Template", "Output", "TemplateData", "Name", "Const", "Getattr", "Getitem", "Filter", "Test", "If", "For", "CondExpr",
    "And", "Or", "Not", "Compare", "Operand", "Add", "Sub", "Concat", "List", "Tuple",
})
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_ROWS = "_rows"  # no template can write this name: it is not among filters()
_TESTS = frozenset({"defined", "none", "true", "false"})
_LOOP_PARTS = frozenset({"index", "index0", "first", "last", "length"})
_REASONS: Mapping[str, str] = {
    "Call": "不能调用任何东西", "Mul": "不能使用乘法", "Pow": "不能使用乘方", "Div": "不能使用除法", "Mod": "不能使用格式化",
    "Import": "不能引入其他模板", "FromImport": "不能引入其他模板", "Include": "不能引入其他模板",
    "Extends": "不能继承其他模板", "Block": "不能定义区块", "Macro": "不能定义宏", "CallBlock": "不能调用宏",
    "Assign": "不能赋值", "AssignBlock": "不能赋值", "Slice": "不能切片", "Dict": "不能定义字典",
}


class _Marked(str):
    """A text that has been cleaned and then carries marks of our own: looks and pictures."""

    __slots__ = ()


class ClosedEnvironment(ImmutableSandboxedEnvironment):
    """Looks names up in dicts only: no attribute of any Python object can be reached and nothing can be called."""

    def __init__(self) -> None:
        super().__init__(autoescape=True, finalize=_written)
        self.globals.clear()
        self.filters = {**filters(), _ROWS: _rows}
        self.tests = {name: test for name, test in self.tests.items() if name in _TESTS}

    def _generate(self, source: nodes.Template, *arguments: Any, **named: Any) -> str:
        """Compile loops so that they run over rows only: over nothing, where nothing has been filled in."""
        for loop in source.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, _ROWS, [], [], None, None, lineno=loop.lineno).set_environment(self)
        return super()._generate(source, *arguments, **named)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The value of a key; loop.index and its kind are the only attributes."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The value of a key or the entry of a list."""
        if isinstance(obj, dict) and isinstance(argument, str):
            return obj.get(argument)
        if isinstance(obj, list) and isinstance(argument, int):
            return obj[argument] if -len(obj) <= argument < len(obj) else None
        if isinstance(obj, LoopContext) and argument in _LOOP_PARTS:
            return getattr(obj, argument)
        if obj is None or isinstance(obj, Undefined):
            return None
        raise SecurityError(f"“{argument}”不是可以读取的数据")

    def call(self, *arguments: Any, **named: Any) -> Any:
        """Refused: a template calls nothing."""
        raise SecurityError("模板不能调用任何东西")

    def is_safe_callable(self, obj: Any) -> bool:
        """No object may be called."""
        return False


def forbidden(tree: nodes.Template) -> list[tuple[int, str]]:
    """Line and reason of everything that may not run: whatever is not on the allow-list is refused."""
    found: list[tuple[int, str]] = []
    for node in _walk(tree):
        reason = _reason(node)
        if reason:
            found.append((node.lineno, reason))
    if _depth(tree) > DEEPEST_LOOP:
        found.append((1, f"循环最多嵌套{DEEPEST_LOOP}层"))
    return found


def _reason(node: nodes.Node) -> str:
    name = type(node).__name__
    if name not in _ALLOWED:
        return _REASONS.get(name, f"不能使用 {name}")
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        return f"不能读取“{node.attr}”"
    if isinstance(node, nodes.Getitem) and not (isinstance(node.arg, nodes.Const) and not str(node.arg.value).startswith("_")):
        return "方括号内只能是名称或者序号"
    if isinstance(node, nodes.Getattr | nodes.Getitem) and not isinstance(node.node, nodes.Name | nodes.Getattr | nodes.Getitem):
        return "只能读取数据的栏目"
    if isinstance(node, nodes.For) and (node.recursive or not isinstance(node.iter, nodes.Name | nodes.Getattr)):
        return "循环只能逐行读取数据"
    if isinstance(node, nodes.Name) and (node.name.startswith("_") or node.name == "self"):
        return f"不能使用“{node.name}”"
    return f"不能使用判断“{node.name}”" if isinstance(node, nodes.Test) and node.name not in _TESTS else ""


def _depth(node: nodes.Node) -> int:
    inside = max((_depth(child) for child in node.iter_child_nodes()), default=0)
    return inside + isinstance(node, nodes.For)


def unknown_filters(tree: nodes.Template) -> list[tuple[int, str]]:
    """Line and name of filters that are not ours."""
    ours = filters()
    return [(node.lineno, node.name) for node in tree.find_all(nodes.Filter) if node.name not in ours]


def names_used(tree: nodes.Template) -> list[tuple[int, str]]:
    """Line and name of every name that is read and that no loop of the template gives."""
    names = list(tree.find_all(nodes.Name))
    given = {node.name for node in names if node.ctx == "store"} | {"loop"}
    return [(node.lineno, node.name) for node in names if node.ctx == "load" and node.name not in given]


def _written(value: Any) -> str:
    """A value as it stands in the document: nothing for nothing, and no character that Word cannot hold.

    A line break becomes the sign for a new paragraph of the same look (BEL, resolved after merging).
    """
    if isinstance(value, _Marked):
        return value
    if isinstance(value, bool):
        return _yes_no(value)
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, Decimal):
        return _money(value)
    if isinstance(value, list | dict):
        return _joined(value) if isinstance(value, list) else ""
    kept = _UNPRINTABLE.sub("", _text(value).replace("\r\n", "\n"))
    return kept.strip("\n").replace("\n", "\a")


def _walk(node: nodes.Node) -> Iterable[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def filters() -> dict[str, Callable[..., Any]]:
    """The filters that templates may use."""
    return {
        "日期": _day, "时间": _moment, "汉字日期": _day_in_numerals, "金额": _money, "大写": _capitals, "是否": _yes_no,
        "勾选": _tick, "顿号": _joined, "默认": _default, "编号": _numeral, "百分比": _percent,
        "富文本": _rich, "图片": _picture, "二维码": _code,
    }


def _day(value: Any) -> str:
    return wording.chinese_date(value) if isinstance(value, date) else _text(value)


def _moment(value: Any) -> str:
    return wording.chinese_moment(value) if isinstance(value, datetime) else _day(value)


def _day_in_numerals(value: Any) -> str:
    return wording.date_in_numerals(value) if isinstance(value, date) else _text(value)


def _money(value: Any) -> str:
    return wording.money_figures(value) if isinstance(value, Decimal | int) else _text(value)


def _capitals(value: Any) -> str:
    return wording.amount_in_capitals(value) if isinstance(value, Decimal | int) else _text(value)


def _yes_no(value: Any) -> str:
    return "" if _nothing(value) else "是" if value else "否"


def _tick(value: Any) -> str:
    return "☑" if value and not isinstance(value, Undefined) else "☐"


def _joined(value: Any, key: str = "") -> str:
    if not isinstance(value, list):
        return _text(value)
    return wording.join_list(_text(one.get(key)) if isinstance(one, dict) else _text(one) for one in value)


def _default(value: Any, otherwise: str) -> Any:
    return otherwise if _nothing(value) or value == [] else value


def _numeral(value: Any) -> str:
    return wording.chinese_numeral(value) if isinstance(value, int) else _text(value)


def _percent(value: Any) -> str:
    return f"{value.normalize():f}%" if isinstance(value, Decimal) else f"{_text(value)}%"


def _rich(value: Any) -> str:
    """A text in which **…** is bold, __…__ underlined and ~~…~~ struck out; no other sign means anything."""
    text = _written(value)
    for sign, look in ((r"\*\*", BOLD), ("__", UNDERLINED), ("~~", STRUCK)):
        text = re.sub(rf"{sign}([^\a]+?){sign}", rf"{look}\1{look}", text)
    return _Marked(text)


def _picture(value: Any, millimetres: Any = 60) -> str:
    """A picture of the case or a signature, so many millimetres wide; nothing when there is none."""
    if not isinstance(value, dict) or not re.fullmatch("[0-9a-f]{64}", str(value.get("picture", ""))):
        return ""
    width, height = value.get("width"), value.get("height")
    return _Marked(mark(value["picture"], width, height, millimetres)) if isinstance(width, int) and isinstance(height, int) else ""


def _code(value: Any, millimetres: Any = 25) -> str:
    """A text as QR code; nothing for nothing."""
    text = _written(value)[:LONGEST_CODE]
    return _Marked(code_mark(text, millimetres)) if text else ""


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _nothing(value: Any) -> bool:
    return isinstance(value, Undefined) or value is None or value == ""


def _text(value: Any) -> str:
    return "" if _nothing(value) else str(value)
