"""Who may see which case: denied unless a reason is found (below the web, so that every way in obeys it)."""

from __future__ import annotations

from typing import Protocol

from engine.errors import NotPermitted
from engine.registers.agencies import Officer

LEADERS = frozenset({"agency_head", "agency_chief", "handling_unit_head"})


class CaseView(Protocol):
    """What must be known of a case to decide who may see it."""

    @property
    def agency_code(self) -> str:
        """Code of the handling agency."""
        ...

    @property
    def opened_by(self) -> str:
        """Id of the officer who opened it."""
        ...

    @property
    def investigators(self) -> frozenset[str]:
        """Ids of the handling officers."""
        ...

    @property
    def decided(self) -> bool:
        """Whether a decision has been made."""
        ...


def may_see(officer: Officer, case: CaseView, *, involved: bool) -> bool:
    """Whether an officer may see a case.

    involved: whether a step of it waits for the officer or was done by him. Supervisors never see an undecided case,
    and a decided one only after an approval that is not built yet, so never (粤府〔2023〕73号 第三十七条).
    """
    if officer.agency_code != case.agency_code or "supervisor" in officer.role_keys:
        return False
    handles = officer.id == case.opened_by or officer.id in case.investigators
    return handles or involved or bool(LEADERS & officer.role_keys)


def require_may_see(officer: Officer, case: CaseView, *, involved: bool) -> None:
    """NotPermitted unless the officer may see the case."""
    if may_see(officer, case, involved=involved):
        return
    if "supervisor" in officer.role_keys and not case.decided:
        raise NotPermitted("case.undecided", "未办结的案件不对监督人员开放", article="粤府〔2023〕73号 第三十七条")
    raise NotPermitted("case.hidden", "没有这个案件，或者您无权查看")
