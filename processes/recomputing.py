"""Computes running time limits anew when the holidays on which they rest have been announced."""

from __future__ import annotations

from collections.abc import Mapping

from engine.cases.cases import Case
from engine.cases.limits import Recomputed, holding_limits, recompute_provisional
from engine.law.time_limits import TimeLimit
from engine.registers.agencies import find_officer
from engine.workflow.tasks import OPEN, items_of_case
from processes.host import Host


def recompute_limits(host: Host, officer_id: str) -> list[Recomputed]:
    """Recompute every provisional limit that still runs, in one transaction; open steps get the new last day too."""
    with host.database.writing() as session:
        find_officer(session, officer_id)

        def holding(case: Case) -> Mapping[str, TimeLimit]:
            return holding_limits(case, host.limits, host.bundle(session, case.release_digest).manifest.settings)

        done = recompute_provisional(session, holding, host.calendar, host.clock.now(), officer_id)
        for each in done:
            for item in items_of_case(session, each.row.case_id):
                if item.state == OPEN and item.due_at == each.due_at_before:
                    item.due_at = each.row.due_at
        return done
