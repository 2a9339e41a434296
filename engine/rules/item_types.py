"""Types with a shape: of item definitions, of `instance of` and of parameters; how a value is brought into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.rules.feel_types import KINDS, FeelType
from engine.rules.regions import Region
from engine.rules.temporal import UTC_MIDNIGHT
from engine.rules.values import Range

DEEPEST_TYPE: Final = 20


@dataclass(frozen=True)
class ItemType:
    """A type. kind None: any; element: of a list or range; components: of a context, by name; allowed: a test of
    values, and region what it admits (None: unknown)."""

    kind: FeelType | None = None
    element: ItemType | None = None
    components: Mapping[str, ItemType] | None = None
    allowed: Callable[[Any], bool] | None = None
    region: Region | None = None

    def admits(self, value: Any) -> bool:
        """Whether a value is of this type; null is of every type."""
        if value is None:
            return True
        if self.kind is not None and KINDS.get(value.__class__) is not self.kind:
            return False
        if self.kind is FeelType.LIST and self.element and not all(map(self.element.admits, value)):
            return False
        if self.kind is FeelType.RANGE and self.element and isinstance(value, Range):
            return self.element.admits(value.low) and self.element.admits(value.high)
        if self.components is not None:
            for name, component in self.components.items():
                if name not in value or not component.admits(value[name]):
                    return False
        return self.allowed is None or self.allowed(value)

    def bring(self, value: Any) -> Any:
        """The value as this type: itself, a list of one unwrapped, one wrapped into a list, a date as its midnight.

        Raises ValueError when it cannot be brought into the type.
        """
        if self.admits(value):
            return value
        if self.kind is not FeelType.LIST and value.__class__ is tuple and len(value) == 1 and self.admits(value[0]):
            return value[0]
        if self.kind is FeelType.LIST and value.__class__ is not tuple and self.admits((value,)):
            return (value,)
        if self.kind is FeelType.MOMENT and KINDS.get(value.__class__) is FeelType.DATE:
            return datetime.combine(value, UTC_MIDNIGHT)
        raise ValueError(value)


ANY: Final = ItemType()
BASIC_TYPES: Final[Mapping[str, ItemType]] = {
    **{kind.value: ItemType(kind) for kind in FeelType},
    "Any": ANY,
    "dateTime": ItemType(FeelType.MOMENT),
    "dayTimeDuration": ItemType(FeelType.DAYS_TIME),
    "yearMonthDuration": ItemType(FeelType.YEARS_MONTHS),
}
