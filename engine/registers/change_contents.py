"""What a catalogue change must contain before it can be applied for, by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.errors import Fault, Invalid, NotPermitted, Unlawful
from engine.registers.administrators import lineage
from engine.registers.definitions import built_in
from engine.registers.limits import SICHUAN
from engine.registers.lookup import Lookup
from engine.registers.versions import Record

ADD, CANCEL, CHANGE, SUSPEND, RESUME, URGENT = "ADD", "CANCEL", "CHANGE", "SUSPEND", "RESUME", "URGENT"
ADJUSTMENTS = frozenset({ADD, CANCEL, CHANGE})
NAMED = ("name", "power_type", "violated", "penalty", "remedy")
ARTICLE = f"{SICHUAN} 第三条"
WHO_LISTS = "粤司办〔2020〕116号 第十九项; 粤府〔2023〕73号 第五十三条"


def require_content(
    session: Session, kind: str, item: Record | None, agency: Mapping[str, Any], content: Mapping[str, Any], cause: str
) -> None:
    """Refuse an application that lacks what its kind asks for (四川省行政职权目录动态调整管理办法（试行） 第三条)."""
    if kind in {CANCEL, CHANGE, SUSPEND, RESUME, URGENT} and item is None:
        raise Invalid("item_change.item", "目录中没有这个事项")
    if kind == ADD and item is not None:
        raise Invalid("item_change.item", "目录中已经有这个事项，应当申请变更")
    if not cause.strip():
        word = "取消的依据或者理由" if kind == CANCEL else "调整的事由"
        raise Unlawful("item_change.cause", f"应当填报{word}", article=f"{ARTICLE}第一项")
    if kind in ADJUSTMENTS:
        listed_in = str(content.get("region_code", "")) if item is None else str(item.data["region_code"])
        _require_own_level(session, listed_in, agency)
    if kind in {ADD, CHANGE}:
        _require_whole(kind, item, content)


def _require_own_level(session: Session, listed_in: str, agency: Mapping[str, Any]) -> None:
    """谁编制谁负责: an item is adjusted by an agency of the region that lists it, not from below."""
    if listed_in not in lineage(str(agency["region_code"]), Lookup(session)):
        raise NotPermitted("item_change.region", "事项不属于申请主体所在地区的目录", article=WHO_LISTS)
    if listed_in != agency["region_code"]:
        message = f"该事项由上级（区划 {listed_in}）编制，谁编制谁负责，应当由编制地区的主管部门提出调整，不得直接增加、变更、取消"
        raise NotPermitted("item_change.level", message, article=WHO_LISTS)


def _require_whole(kind: str, item: Record | None, content: Mapping[str, Any]) -> None:
    columns = {each.key: each for each in built_in()["item"].fields}
    if strange := sorted(set(content) - set(columns) - {"standard"}):
        raise Invalid("item_change.column", f"执法事项没有名为“{strange[0]}”的列")
    after = {**(item.data if item else {}), **content}
    if missing := [key for key in NAMED if not after.get(key)]:
        faults = tuple(Fault(columns[key].title, "registers.required", "必须填写") for key in missing)
        titles = "、".join(columns[key].title for key in missing)
        raise Unlawful("item_change.incomplete", f"应当填写：{titles}", article=f"{ARTICLE}第一项", faults=faults)
    if kind == CHANGE and item and all(item.data.get(key) == value for key, value in content.items()):
        raise Invalid("item_change.nothing", "变更的内容与现行目录相同")
    if not after.get("procedure"):
        raise Unlawful("item_change.flow", "增加、变更行政权力的，应当编制权力运行流程图（内部流程）", article=f"{ARTICLE}第二项")
    if after.get("discretionary") and not content.get("standard"):
        raise Unlawful(
            "item_change.standard", "增加、变更有裁量权的行政权力，应当同时制定裁量权基准（standard）", article=f"{ARTICLE}第三项"
        )
