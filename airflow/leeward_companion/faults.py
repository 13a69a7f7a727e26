"""What is wrong with a model file."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """One fault: where (a JSON Pointer into the file), what, and what would be right."""

    pointer: str
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{self.pointer or 'The data model'} {self.what}. {self.instead}"


class ModelFaults(ValueError):
    """A model file has faults: all of them."""

    def __init__(self, faults: list[Fault], file: str = "") -> None:
        self.faults = faults
        lines = [f"{file or 'The data model'} cannot be used:", *map(str, faults)]
        super().__init__("\n  ".join(lines))


@dataclass
class Faults:
    """The faults that were found so far."""

    found: list[Fault] = field(default_factory=list)

    def add(self, pointer: str, what: str, instead: str) -> None:
        """Note one more."""
        self.found.append(Fault(pointer, what, instead))
