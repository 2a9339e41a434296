"""Who may act: whether an agency may act on an item on a day, in a handful of indexed look-ups however many agencies there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from engine.errors import Unlawful
from engine.registers.items import ACTIVE, CANCELLED, SUSPENDED
from engine.registers.statutes import require_basis
from engine.registers.versions import Record, on_day

CATALOGUE = "粤府〔2023〕73号 第十三条第二项; 阿坝州行政权力依法规范公开运行实施办法（试行） 第十四条"
SUSPENSION = "阿坝州行政权力依法规范公开运行实施办法（试行） 第二十一条"
HELD = "行政处罚法 第十七条、第三十八条第一款"
QUALIFIED = "行政处罚法 第三十八条第一款; 粤府〔2023〕73号 第三十八条第一款"
TERM = "行政处罚法 第二十条; 粤府〔2023〕73号 第六十七条"
DELEGATED, ENTRUSTED = "DELEGATED", "ENTRUSTED"
_WORDS = {SUSPENDED: "暂停行使", CANCELLED: "取消"}


@dataclass(frozen=True)
class Standing:
    """How an agency stands to an item on a day.

    kind: OWN, DELEGATED or ENTRUSTED, empty when it may not act; in_name_of: the agency in whose name it acts; code, reason,
    article: why it may not, empty when it may.
    """

    kind: str
    in_name_of: str
    code: str = ""
    reason: str = ""
    article: str = ""
    item: Record | None = None

    @property
    def allowed(self) -> bool:
        """Whether the agency may act."""
        return not self.code


def may_act(session: Session, agency_code: str, item_code: str, day: date) -> Standing:
    """Whether an agency may act on an item on a day (行政处罚法 第十七条、第二十条、第二十四条、第三十八条).

    Three look-ups for the item, the agency and the bond between them, two more for an entrusted organisation.
    """
    item = on_day(session, "item", item_code, day)
    if item is None or item.data["status"] != ACTIVE:
        return _unlisted(item, item_code)
    agency = on_day(session, "agency", agency_code, day)
    if agency is None or agency.data["state"] != "VALID":
        name = agency.data["name"] if agency else agency_code
        return _no("agency.unqualified", f"“{name}”当日没有有效的执法主体资格", QUALIFIED, item)
    bond = on_day(session, "holding", f"{item_code}|{agency_code}", day)
    if bond is None:
        return _no("item.not_acting", f"“{agency.data['name']}”不是事项“{item.data['name']}”的实施主体", HELD, item)
    if bond.data["status"] == SUSPENDED:
        return _suspended(item)
    kind = str(bond.data["kind"])
    if kind != ENTRUSTED:
        return Standing(kind, agency_code, item=item)
    principal = str(bond.data["principal"])
    above = on_day(session, "agency", principal, day)
    held = on_day(session, "holding", f"{item_code}|{principal}", day)
    if above is None or above.data["state"] != "VALID" or held is None or held.data["kind"] == ENTRUSTED:
        return _no("item.entrusting", f"委托机关对事项“{item.data['name']}”没有可以委托的职权", TERM, item)
    return Standing(kind, principal, item=item)


def require_may_act(session: Session, agency_code: str, item_code: str, day: date, *, acted_on: date | None = None) -> Standing:
    """Refuse with Unlawful what `may_act` denies, and an item whose basis is not in order (粤府〔2023〕73号 第十三条、第五十四条).

    A refusal tells the supervision: RED_CATALOG_MISMATCH (四川省行政职权目录动态调整管理办法（试行） 第七条第一项).
    """
    found = may_act(session, agency_code, item_code, day)
    if not found.allowed or found.item is None:
        raise Unlawful(found.code, found.reason, article=found.article, alert="RED_CATALOG_MISMATCH", item=item_code)
    require_basis(session, found.item, agency_code, acted_on, day)
    return found


def require_decidable(session: Session, agency_code: str, item_code: str, acted_on: date | None, day: date) -> None:
    """Check the basis again on the day of the decision (行政处罚法 第四条、第三十八条; 粤府〔2023〕73号 第五十四条第一款).

    A suspension since the filing does not stop a running case; a power that was taken away does.
    """
    item = on_day(session, "item", item_code, day)
    if item is None or item.data["status"] == CANCELLED:
        standing = _unlisted(item, item_code)
        raise Unlawful(standing.code, standing.reason, article=standing.article, alert="RED_CATALOG_MISMATCH", item=item_code)
    require_basis(session, item, agency_code, acted_on, day)


def _unlisted(item: Record | None, item_code: str) -> Standing:
    name = item.data["name"] if item else item_code
    state = _WORDS.get(str(item.data["status"]), "") if item else ""
    if item and item.data["status"] == SUSPENDED:
        return _suspended(item)
    reason = f"事项“{name}”不在有效的执法事项目录内，不得据以办案" + (f"（已{state}）" if state else "")
    return _no("item.not_in_register", reason, CATALOGUE, item)


def _suspended(item: Record) -> Standing:
    reason = f"事项“{item.data['name']}”已经暂停行使，不在有效的执法事项目录内；有案件的应当先申请恢复行使（目录调整：恢复）"
    return _no("item.suspended", reason, SUSPENSION, item)


def _no(code: str, reason: str, article: str, item: Record | None) -> Standing:
    return Standing("", "", code, reason, article, item)
