"""How a list is asked for in an address: words, lamp, step, days, order, columns, page. What makes no sense is as if it were not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from engine.accounts.preferences import PAGE_SIZES
from engine.cases.cases import STATUSES
from engine.clock import at_legal_midnight
from engine.workflow.lists import CLOSED, DUE, FINISHED, LAMPS, NUMBER, OPENED, Wanted
from processes.case_lists import NEWEST, WantedCases
from web.display import shown

SIZES = PAGE_SIZES
LONGEST = 60  # signs of a word that is searched for
PAGING = ("before", "after")
COLUMNS: Mapping[str, str] = {
    "party": "当事人", "procedure": "程序", "opened": "收到时间", "due": "期限", "days": "剩余工作日", "holder": "办理人", "closed": "办结时间",
}
CASE_COLUMNS: Mapping[str, str] = {
    "party": "当事人", "item": "执法事项", "procedure": "程序", "lead": "主办人员", "opened": "建立时间", "filed": "立案日期", "status": "状态",
    "waiting": "当前环节",
}
SORTS: Mapping[str, str] = {
    DUE: "期限，近的在前", f"-{DUE}": "期限，远的在前", f"-{OPENED}": "收到时间，新的在前", OPENED: "收到时间，旧的在前", NUMBER: "案件编号",
}
CLOSED_SORTS: Mapping[str, str] = {f"-{CLOSED}": "办结时间，新的在前", CLOSED: "办结时间，旧的在前", NUMBER: "案件编号"}
CASE_SORTS: Mapping[str, str] = {f"-{NEWEST}": "新建立的在前", NEWEST: "先建立的在前", NUMBER: "案件编号", f"-{NUMBER}": "案件编号，倒序"}


@dataclass(frozen=True)
class Asked:
    """A list as it was asked for; columns: those to be shown; query: everything but the page, as it stands in the address."""

    place: str
    values: Mapping[str, str]
    columns: tuple[str, ...]
    query: Sequence[tuple[str, str]]

    def link(self, **changes: str) -> str:
        """The address of this list with some things changed, empty ones left out, at its first page unless one is given."""
        kept = [(name, value) for name, value in self.query if name not in changes]
        found = urlencode([*kept, *((name, value) for name, value in changes.items() if value)])
        return f"{self.place}?{found}" if found else self.place

    @property
    def text(self) -> str:
        """What stands behind the question mark, without the page: what is kept of a list that is named."""
        return urlencode(list(self.query))

    @property
    def narrowed(self) -> bool:
        """Whether anything was asked for that leaves something out."""
        return any(self.values.get(name) for name in ("q", "lamp", "procedure", "step", "status", "from", "to", "mine", "unread"))


def read_asked(place: str, given: MultiDict[str, str], columns: Mapping[str, str], usual: Sequence[str]) -> Asked:
    """What an address asks for; columns: those that the list knows; usual: those that it shows when none are named."""
    values = {name: given.get(name, "").strip()[:LONGEST] for name in ("q", "lamp", "procedure", "step", "status", "from", "to", "mine", "unread",
                                                                       "sort", "size")}
    values["lamp"] = values["lamp"] if values["lamp"] in (*LAMPS, "lapsed") else ""
    chosen = tuple(name for name in columns if name in given.getlist("columns"))
    query = [(name, value) for name, value in values.items() if value] + [("columns", name) for name in chosen]
    return Asked(place, values, chosen or tuple(usual), query)


def steps_wanted(asked: Asked, given: MultiDict[str, str], which: str) -> Wanted:
    """The same for a list of steps."""
    values, finished = asked.values, which == FINISHED
    sorts = CLOSED_SORTS if finished else SORTS
    sort = values["sort"] if values["sort"] in sorts else next(iter(sorts))
    first, last = day(values["from"]), day(values["to"])
    # a period ends at the midnight behind its last day, which belongs to it
    tick = timedelta() if finished else timedelta(microseconds=1)
    return Wanted(
        words=values["q"], lamp="" if finished else values["lamp"], procedure=values["procedure"], step=values["step"],
        due_from=_midnight(first, tick), due_before=_midnight(last and last + timedelta(days=1), tick), mine=values["mine"] == "1",
        sort=sort.lstrip("-"), descending=sort.startswith("-"), before=given.get("before", ""), after=given.get("after", ""),
        size=size(values["size"]),
    )


def cases_wanted(asked: Asked, given: MultiDict[str, str]) -> WantedCases:
    """The same for a list of cases."""
    values = asked.values
    sort = values["sort"] if values["sort"] in CASE_SORTS else next(iter(CASE_SORTS))
    return WantedCases(
        words=values["q"], status=values["status"] if values["status"] in STATUSES else "", procedure=values["procedure"],
        filed_from=day(values["from"]), filed_to=day(values["to"]), sort=sort.lstrip("-"), descending=sort.startswith("-"),
        before=given.get("before", ""), after=given.get("after", ""), size=size(values["size"]),
    )


def size(text: str) -> int:
    """How many rows a page has: one of the offered numbers, else what the person has set for all lists."""
    return int(text) if text in map(str, SIZES) else shown().page_size


def day(text: str) -> date | None:
    """A day of the years that a case can have; None for anything else."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1949 < found.year < 2200 else None


def _midnight(found: date | None, tick: timedelta) -> datetime | None:
    return at_legal_midnight(found) + tick if found else None
