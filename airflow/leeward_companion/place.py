"""Places in a model file, and what is asked of them."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from .faults import Faults
from .tree import Number, below


@dataclass(frozen=True)
class Place:
    """A value of the file, and where it stands. What it is not is noted among the faults, and read as None."""

    pointer: str
    node: Any

    def fault(self, what: str, instead: str, faults: Faults) -> None:
        """Note a fault of this place."""
        faults.add(self.pointer, what, instead)

    def text(self, faults: Faults) -> str | None:
        """The text that stands here."""
        if isinstance(self.node, str):
            return self.node
        self.fault("is not a text", "Put it in quotes.", faults)
        return None

    def flag(self, faults: Faults) -> bool | None:
        """The boolean that stands here."""
        if isinstance(self.node, bool):
            return self.node
        self.fault("is neither true nor false", "Give one of the two, without quotes.", faults)
        return None

    def whole(self, least: int, most: int, faults: Faults) -> int | None:
        """The whole number that stands here, from `least` to `most`."""
        digits = self.node.text if isinstance(self.node, Number) else ""
        if digits.isdigit() and len(digits) <= len(str(most)) and least <= int(digits) <= most:
            return int(digits)
        instead = f"Give one from {least} to {most}, without quotes."
        self.fault("is not a whole number that fits here", instead, faults)
        return None

    def items(self, faults: Faults) -> list[Place] | None:
        """The places of the list that stands here."""
        if isinstance(self.node, list):
            return [Place(f"{self.pointer}/{index}", item) for index, item in enumerate(self.node)]
        self.fault("is not a list", "Put it in [ and ].", faults)
        return None

    def names(self, known: Container[str], faults: Faults) -> list[str] | None:
        """A list of names of fields, each of them once."""
        before = len(faults.found)
        found: list[str] = []
        for place in self.items(faults) or []:
            name = place.text(faults)
            if name is None:
                continue
            if name not in known:
                place.fault("is not the name of a field", "Name one of those in properties.", faults)
            elif name in found:
                place.fault("stands twice in the list", "Keep one of the two.", faults)
            else:
                found.append(name)
        return found if len(faults.found) == before else None


class Members:
    """The members of an object that were not asked for yet."""

    def __init__(self, pointer: str, rest: dict[str, Any]) -> None:
        self._pointer = pointer
        self._rest = rest

    @classmethod
    def open(cls, place: Place, faults: Faults) -> Members | None:
        """The members of the object that stands there."""
        if isinstance(place.node, dict):
            return cls(place.pointer, dict(place.node))
        place.fault("is not an object", "Put it in { and }.", faults)
        return None

    def pointer_of(self, name: str) -> str:
        """The pointer of a member, whether it is there or not."""
        return below(self._pointer, name)

    def take(self, name: str) -> Place | None:
        """The member of that name, which counts as asked for."""
        if name not in self._rest:
            return None
        return Place(self.pointer_of(name), self._rest.pop(name))

    def need(self, name: str, instead: str, faults: Faults) -> Place | None:
        """The member of that name; a fault where it is missing."""
        found = self.take(name)
        if found is None:
            faults.add(self.pointer_of(name), "is missing", instead)
        return found

    def places(self) -> dict[str, Place]:
        """All that were not asked for, in order."""
        return {name: Place(self.pointer_of(name), node) for name, node in self._rest.items()}

    def close(self, instead: str, faults: Faults) -> None:
        """Whatever was not asked for is a fault: nothing of a file is passed over."""
        for place in self.places().values():
            place.fault("is nothing that a data model can keep to", instead, faults)
