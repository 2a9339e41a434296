"""The values that FEEL has and Python has not, and the work that one evaluation may cost at most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.errors import PackageFault

MOST_STEPS: Final = 100_000
LONGEST_STRING: Final = 10_000
LONGEST_LIST: Final = 10_000
MOST_CALLS: Final = 40
MOST_PROBLEMS: Final = 20
_CHARACTERS_A_STEP: Final = 50


@dataclass(frozen=True, order=True, slots=True)
class YearsMonths:
    """A years-and-months duration, counted in months."""

    months: int


@dataclass(frozen=True, slots=True)
class Range:
    """A range of FEEL; an end of None is open without bound."""

    low: Any
    high: Any
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function as a value: the names of its parameters, and how it is called."""

    parameters: tuple[str, ...]
    call: Callable[[Work, Sequence[Any]], Any]


class Work:
    """What is left of one evaluation's allowance, and what went wrong on the way (first sentences only).

    hits: what decision tables found, if somebody wants to know.
    Each element visited or made, each call and each 50 characters written cost a step. Memory is bounded by it too.
    """

    __slots__ = ("calls", "hits", "problems", "steps")

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self.steps = steps
        self.calls = 0
        self.problems: list[str] = []
        self.hits: list[Any] | None = None

    def spend(self, steps: int = 1) -> None:
        """Take steps off the allowance; PackageFault feel.bounds when it is used up."""
        self.steps -= steps
        if self.steps < 0:
            raise PackageFault("feel.bounds", f"表达式的运算超过{MOST_STEPS}步")

    def write(self, text: str) -> str:
        """The text, paid for by its length; PackageFault feel.bounds when it is too long."""
        if len(text) > LONGEST_STRING:
            raise PackageFault("feel.bounds", f"文本长度超过{LONGEST_STRING}个字符")
        self.spend(1 + len(text) // _CHARACTERS_A_STEP)
        return text

    def reserve(self, length: int) -> None:
        """Ask before a list of so many elements is made; PackageFault feel.bounds when it would be too long."""
        if length > LONGEST_LIST:
            raise PackageFault("feel.bounds", f"列表超过{LONGEST_LIST}个元素")

    def make(self, elements: tuple[Any, ...]) -> tuple[Any, ...]:
        """The list, paid for by its length; PackageFault feel.bounds when it is too long."""
        self.reserve(len(elements))
        self.spend(1 + len(elements))
        return elements

    def enter(self) -> None:
        """Go into a function's body; PackageFault feel.bounds when calls are nested too deeply."""
        self.spend()
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise PackageFault("feel.bounds", f"函数调用嵌套超过{MOST_CALLS}层")

    def leave(self) -> None:
        """Come out of a function's body."""
        self.calls -= 1

    def note(self, problem: str) -> None:
        """Keep a sentence about why something became null."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)




class Scope(dict[Any, Any]):
    """The values of one evaluation by fact name or by variable, with the work that it has left."""

    __slots__ = ("work",)

    def __init__(self, values: Mapping[Any, Any], work: Work) -> None:
        super().__init__(values)
        self.work = work


def work_of(values: Mapping[Any, Any]) -> Work:
    """The allowance of the evaluation; expressions that cannot repeat anything run without a scope and get a fresh one."""
    return values.work if isinstance(values, Scope) else Work()
