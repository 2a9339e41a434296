"""The log (运行日志): one line an event for whoever runs the platform, with ids to find things by and nothing about persons.

An event has a fixed name and fields of a fixed list; a value is a number or an identifier, anything else is left out. Of an exception
the line tells the type and the places in the code, not the words, which may carry what somebody has typed in. So neither a name nor a
password can come into the log through a careless call.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

from engine.errors import ZhifaError

FIELDS: Mapping[str, str] = {
    "request": "一次网页请求的编号，也在应答头 X-Request-Id 中",
    "command": "命令的名称",
    "case": "案件的内部编号",
    "step": "环节的标识",
    "item": "待办的编号",
    "officer": "执法人员编号",
    "revision": "案件办理后的版本号",
    "job": "后台任务的编号",
    "operation": "操作的名称",
    "attempts": "第几次尝试",
    "endpoint": "页面的名称",
    "method": "请求方法",
    "status": "应答状态或者命令的返回值",
    "milliseconds": "用时（毫秒）",
    "code": "拒绝的代码",
    "count": "数量",
    "accepted": "上级已经接收的条数",
    "refused": "上级不接收的条数",
    "error": "异常的类型",
    "trace": "异常经过的代码位置",
    "logger": "所用软件库的日志名称",
    "where": "软件库中的代码位置",
    "text": "软件库的日志模板，不含内容",
}
OURS = "zhifa"
IDENTIFIER = re.compile(r"[A-Za-z0-9_.:/<>-]{1,100}")
DEEPEST = 12
_about: ContextVar[Mapping[str, Any]] = ContextVar("about")  # of this thread or task


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """Every line that is logged inside the block carries these fields."""
    token = _about.set({**_about.get({}), **fields})
    try:
        yield
    finally:
        _about.reset(token)


def configure(form: str = "json", level: int = logging.INFO) -> None:
    """Log to standard error, as JSON lines or as text; libraries are heard from WARNING on."""
    root = logging.getLogger()
    handler = _ToStandardError()
    handler.setFormatter(Lines(as_text=form == "text"))
    root.handlers = [each for each in root.handlers if not isinstance(each, _ToStandardError)] + [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level)


def level_of(name: str, otherwise: int) -> int:
    """The level of this name, such as debug or WARNING; otherwise for an empty or unknown one."""
    return logging.getLevelNamesMapping().get(name.upper(), otherwise)


class Lines(logging.Formatter):
    """One record as one line."""

    def __init__(self, *, as_text: bool = False) -> None:
        super().__init__()
        self._as_text = as_text

    def format(self, record: logging.LogRecord) -> str:
        """Time in UTC, level, event, and the fields that are known and safe."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"), "level": record.levelname.lower(),
        }
        given = {**_about.get({}), **{key: value for key, value in vars(record).items() if key in FIELDS}}
        if record.name.partition(".")[0] == OURS:
            line["event"] = _safe(record.msg) or "unnamed"
        else:
            line |= {"event": "library", "logger": _safe(record.name), "where": f"{record.module}:{record.lineno}"}
            if record.args:  # then the text is a template, and what is private is in the arguments
                line["text"] = str(record.msg)[:200]
        line |= {key: safe for key, value in given.items() if (safe := _safe(value)) is not None}
        if record.exc_info and record.exc_info[1]:
            line |= _exception(record.exc_info[1])
        if not self._as_text:
            return json.dumps(line, ensure_ascii=False)
        parts = [f"{key}={value}" for key, value in line.items() if key not in ("time", "level", "event")]
        return " ".join([line["time"], line["level"], line["event"], *parts])


class _ToStandardError(logging.StreamHandler[TextIO]):
    """Standard error as it is at the time of the line."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _safe(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    return value if isinstance(value, str) and IDENTIFIER.fullmatch(value) else None


def _exception(error: BaseException) -> dict[str, Any]:
    frames = traceback.walk_tb(error.__traceback__)
    trace = [f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in frames][-DEEPEST:]
    told: dict[str, Any] = {"error": type(error).__name__, "trace": trace}
    return {**told, "code": error.code} if isinstance(error, ZhifaError) else told
