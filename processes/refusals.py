"""Refused acts are written down too, in a transaction of their own, and neither disturbs nor is disturbed by what goes on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from engine import journal, receipts
from engine.errors import Conflict, ZhifaError
from engine.receipts import Request
from processes.host import Host

ATTEMPTS = 20
PAUSE = 0.004  # seconds; grows with each attempt, up to 0.8 s in all
Done = TypeVar("Done")


def journal_refusal(
    host: Host, case_id: int | None, act: str, officer_id: str, now: datetime, refusal: ZhifaError, facts: Mapping[str, Any]
) -> None:
    """Write a refused act down in a transaction of its own: the refused one takes its own rows back."""
    entry = {
        **facts, "code": refusal.code, "message": refusal.message, "article": str(refusal.facts.get("article", "")),
    }

    def write() -> None:
        with host.database.writing() as session:
            journal.append(session, case_id, act, officer_id, now, entry)

    patiently(write)


def earlier_answer(host: Host, request: Request | None, refusal: ZhifaError) -> tuple[dict[str, Any] | None, ZhifaError]:
    """What a refused request was answered when it was sent before, if it was; else why it is refused, its misused key first."""
    if request is None:
        return None, refusal
    try:
        with host.database.reading() as session:
            return receipts.answered(session, request), refusal
    except Conflict as misused:
        return None, misused


def patiently(act: Callable[[], Done]) -> Done:
    """Try again when the case's chain was busy for a moment: a refusal written beside a step must not make the step fail.

    Nor may one of eight who are refused at once go unwritten.
    """
    for attempt in range(ATTEMPTS):
        try:
            return act()
        except Conflict as conflict:
            if conflict.code != journal.BUSY:
                raise
            time.sleep(random.random() * PAUSE * attempt)  # noqa: S311 - so that they do not meet again
    return act()
