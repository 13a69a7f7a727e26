"""Whether a data model can follow an older one: nothing of a record is lost that no step says, as desktops judge it.

The words are those of the desktop (`schema/src/difference.rs`), which stops a collection for the same reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .canonical import Refused
from .field_types import Choice, Date, DateTime, Exact, FieldType, Integer, Json, Limited, Text
from .model import DataModel, Field, Step


def missing(old: DataModel, new: DataModel) -> list[str]:
    """What the newer model lacks, each a sentence: the steps since the old one must tell of every field.

    Versions between the two may have brought fields that nobody here knows; steps may name those.
    """
    way = _Way({one.name: one for one in old.fields}, new.version > old.version + 1)
    for step in new.steps:
        if step.version > old.version and step.kind != "key":
            way.follow(step)
    found = way.found
    for later in new.fields:
        before = way.carried.get(later.name)
        if before is not None:
            found += [] if later.name in way.converted else _is_narrower(before, later)
        elif later.name not in way.between:
            found += _lacks_default(later)
    gone = (before.name for name, before in way.carried.items() if new.field(name) is None)
    return found + [f"{name} is gone. Say in changes that it was dropped or renamed." for name in gone]


@dataclass
class _Way:
    """The old model's fields on their way through the steps, by the names that they have by now."""

    carried: dict[str, Field]
    has_between: bool
    #: Fields that came between, as far as steps name them.
    between: set[str] = field(default_factory=set)
    converted: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    def follow(self, step: Step) -> None:
        if step.field not in self.carried:
            self._of_unknown(step)
        elif step.kind == "rename":
            self._rename(step)
        elif step.kind == "drop":
            self.carried.pop(step.field)
            self.converted.discard(step.field)
        else:
            self.converted.add(step.field)

    def _of_unknown(self, step: Step) -> None:
        if self.has_between:
            self.between |= {step.field, step.to}
        else:
            self.found.append(f"{step.field} is named by a step, and is not there before it.")

    def _rename(self, step: Step) -> None:
        if step.to in self.carried:
            self.found.append(
                f"{step.to} is there already, and a step gives its name to another field. Drop or rename it before."
            )
        self.carried[step.to] = self.carried.pop(step.field)
        if step.field in self.converted:
            self.converted.remove(step.field)
            self.converted.add(step.to)


def _lacks_default(new: Field) -> list[str]:
    if not new.required or new.has_default:
        return []
    return [f"{new.name} is new and required. Give it a default for the records that there are, or do not require it."]


def _is_narrower(old: Field, new: Field) -> list[str]:
    lacks_value = new.required and not old.required and not new.has_default
    if takes_all(old.type, new.type) and not lacks_value:
        return []
    return [f"{new.name} has a rule that values may break. Say in changes that it is converted, or loosen the rule."]


def takes_all(old: FieldType, new: FieldType) -> bool:
    """Whether every value of the old type is one of the new, in the form in which it is carried."""
    if isinstance(old, Text) and isinstance(new, Text):
        return _is_looser_text(old, new)
    if isinstance(old, Integer) and isinstance(new, (Integer, Exact)):
        return _is_looser_range(old, new)
    if isinstance(old, Exact) and isinstance(new, Exact):
        return old.scale <= new.scale and _is_looser_range(old, new)
    if isinstance(old, Choice) and isinstance(new, Choice):
        return {option.value for option in old.options} <= {option.value for option in new.options}
    if isinstance(old, Json) and isinstance(new, Json):
        return new.shape in ("", old.shape)
    if isinstance(old, (Integer, Exact, Date, DateTime, Choice)) and isinstance(new, Text):
        return new == Text()
    return old == new


def _is_looser_text(old: Text, new: Text) -> bool:
    has_pattern = new.pattern is None or new.pattern == old.pattern
    least = (new.min_length or 0) <= (old.min_length or 0)
    most = new.max_length is None or (old.max_length is not None and new.max_length >= old.max_length)
    return has_pattern and least and most


def _is_looser_range(old: Limited, new: Limited) -> bool:
    above, below = replace(new, maximum=None), replace(new, minimum=None)
    least = new.minimum is None or _keeps(above, old.minimum)
    most = new.maximum is None or _keeps(below, old.maximum)
    return least and most


def _keeps(limits: Limited, number: str | None) -> bool:
    if number is None:
        return False
    try:
        limits.keep(number)
    except Refused:
        return False
    return True
