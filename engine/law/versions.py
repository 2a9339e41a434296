"""Which version of a law, or of a discretion standard, applies to an act (从旧兼从轻)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.errors import Invalid, Unlawful
from engine.law.fines import FineRange
from engine.law.wording import chinese_date

OLD_OR_LIGHTER: Final = "行政处罚法 第三十七条"


@dataclass(frozen=True)
class RuleVersion:
    """One version of a rule and the days on which it was in force, both included; in_force_to None means until now.

    fine: what it allows for this act, None when it provides no fine; unlawful: whether the act violates it at all.
    """

    name: str
    in_force_from: date
    in_force_to: date | None = None
    fine: FineRange | None = None
    unlawful: bool = True

    def on(self, day: date) -> bool:
        """Whether the version was in force on a day."""
        return self.in_force_from <= day and (self.in_force_to is None or day <= self.in_force_to)


@dataclass(frozen=True)
class Applicable:
    """The version that applies, None when no penalty may be given any more; why, in a sentence, with its article."""

    version: RuleVersion | None
    reason: str
    article: str


def in_force(versions: Sequence[RuleVersion], day: date) -> RuleVersion | None:
    """The version in force on a day; None when there was none. Invalid when two versions claim the same day."""
    found = [version for version in versions if version.on(day)]
    if len(found) > 1:
        raise Invalid("versions.overlap", f"{chinese_date(day)}有{len(found)}个版本同时有效：{'、'.join(one.name for one in found)}")
    return found[0] if found else None


def applicable_version(versions: Sequence[RuleVersion], acted_on: date, decided_on: date) -> Applicable:
    """The version to be applied to an act of one day that is decided on another (行政处罚法 第三十七条).

    The one in force at the time of the act; the one in force at the decision when it punishes less or no longer finds the
    act unlawful. acted_on: for a lasting act, its last day. Versions that came and went between the two days do not count,
    because the article compares only two. Raises Unlawful when nothing was in force at the time of the act (第三十八条).
    """
    if decided_on < acted_on:
        raise Invalid("versions.dates", "作出决定的日期不得早于违法行为的日期")
    old, new = in_force(versions, acted_on), in_force(versions, decided_on)
    if old is None or not old.unlawful:
        message = f"违法行为发生时（{chinese_date(acted_on)}）没有认定其违法的有效规定，不得给予行政处罚"
        raise Unlawful("versions.no_basis", message, article="行政处罚法 第四条、第三十八条第一款")
    if new is None or not new.unlawful:
        said = f"作出决定时“{old.name}”已经废止" if new is None else f"作出决定时的“{new.name}”不认为是违法"
        return Applicable(None, f"{said}，不再给予行政处罚", OLD_OR_LIGHTER)
    if new is not old and lighter(new, old):
        return Applicable(new, f"作出决定时的“{new.name}”处罚较轻，适用新的规定", OLD_OR_LIGHTER)
    return Applicable(old, f"适用违法行为发生时的“{old.name}”", OLD_OR_LIGHTER)


def lighter(new: RuleVersion, old: RuleVersion) -> bool:
    """Whether a version punishes less: a lower maximum, or the same maximum and a lower minimum; no fine is less than any."""
    if new.fine is None or old.fine is None:
        return new.fine is None and old.fine is not None
    return (new.fine.high, new.fine.low) < (old.fine.high, old.fine.low)
