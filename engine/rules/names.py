"""The names that an expression may use, in nested layers, found by longest match so that a name may hold spaces and signs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from engine.rules.feel_types import FeelType, Run
from engine.rules.item_types import ItemType
from engine.rules.tokens import Token, name_tokens

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name stands for: its static type (None: unknown) and how its value is read."""

    name: str
    type: FeelType | None
    read: Run


class NameTree(Generic[T]):
    """Names by their tokens."""

    def __init__(self, entries: Iterable[tuple[str, T]] = ()) -> None:
        self._root: dict[Any, Any] = {}
        for name, value in entries:
            self.add(name, value)

    def add(self, name: str, value: T) -> None:
        """Enter a name; PackageFault feel.syntax when it holds what no name may."""
        branch = self._root
        for text in name_tokens(name):
            branch = branch.setdefault(text, {})
        branch[None] = value

    def get(self, word: str) -> T | None:
        """The value of a name of one word."""
        found: T | None = self._root.get(word, {}).get(None)
        return found

    def match(self, tokens: Sequence[Token], start: int) -> tuple[T, int] | None:
        """The value of the longest name that begins at a token, and how many tokens it takes."""
        branch, best = self._root, None
        for place in range(start, len(tokens)):
            token = tokens[place]
            if token.kind == "string" or token.text not in branch:
                break
            branch = branch[token.text]
            if None in branch:
                best = branch[None], place - start + 1
        return best


@dataclass(frozen=True)
class Names:
    """Layers of bindings (outermost first), names of components after a dot, and named types.

    strict: an unknown name or a wrong type is a fault of the text; otherwise it is null when evaluated.
    """

    layers: tuple[NameTree[Binding], ...] = ()
    components: NameTree[str] = field(default_factory=NameTree)
    types: Mapping[str, ItemType] = field(default_factory=dict)
    strict: bool = True

    def with_layer(self, bindings: Iterable[Binding]) -> Names:
        """The same names with one more layer inside."""
        tree = NameTree((binding.name, binding) for binding in bindings)
        return Names((*self.layers, tree), self.components, self.types, self.strict)

    def match(self, tokens: Sequence[Token], start: int) -> tuple[Binding, int] | None:
        """The binding of the longest name at a token, the innermost of equals."""
        best: tuple[Binding, int] | None = None
        for layer in reversed(self.layers):
            found = layer.match(tokens, start)
            if found and (best is None or found[1] > best[1]):
                best = found
        return best


def slot_binding(name: str, kind: FeelType | None) -> tuple[object, Binding]:
    """A variable of its own: the key under which a scope holds it, and its binding."""
    slot = object()
    return slot, Binding(name, kind, lambda values: values[slot])
