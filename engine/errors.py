"""The five families of errors that cross a layer, each with a stable code, a Chinese sentence and facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in an input.

    where: field path, file name or element id; code: stable, for programs; message: a Chinese sentence, for people.
    """

    where: str
    code: str
    message: str


class ZhifaError(Exception):
    """Root of all errors that zhifa raises on purpose.

    code is stable and documented; message is a complete Chinese sentence that names what is wrong and where;
    facts carry the values behind the sentence (never secrets or identity numbers).
    """

    def __init__(self, code: str, message: str, **facts: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.facts: dict[str, Any] = facts


class Unlawful(ZhifaError):
    """The act would break the law; facts["article"] names the article."""

    @property
    def article(self) -> str:
        """The article that forbids the act, e.g. 行政处罚法 第四十四条."""
        return str(self.facts.get("article", ""))


class NotPermitted(ZhifaError):
    """This person may not do this to this case."""


class Invalid(ZhifaError):
    """The input is wrong; facts["faults"] may list each Fault."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Each single fault, in the order of the input; empty when the message says it all."""
        return tuple(self.facts.get("faults", ()))


class Conflict(ZhifaError):
    """Somebody else was faster, or the state has moved on."""


class PackageFault(ZhifaError):
    """A department package is wrong; facts["faults"] lists each Fault with file and element."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Each single fault, in the order of the files."""
        return tuple(self.facts.get("faults", ()))
