"""Records of an older version of a model, brought to a newer one."""

from __future__ import annotations

from typing import Any

from . import tree
from .canonical import Refused
from .field_types import FieldType
from .model import DataModel, Fields, Step


def migrate(old: DataModel, new: DataModel, fields: Fields) -> Fields:
    """The fields of a record of `old` as those of `new`: its steps after that version, in order.

    What the steps do not name stays; so does a value that cannot be converted, which then breaks its new rule.
    """
    fields = dict(fields)
    steps = [step for step in new.steps if step.version > old.version]
    for index, step in enumerate(steps):
        if step.kind == "rename" and step.to not in fields and step.field in fields:
            fields[step.to] = fields.pop(step.field)
        elif step.kind == "drop":
            fields.pop(step.field, None)
        elif step.kind == "convert" and step.field in fields:
            before = old.field(earlier_name(steps[:index], step.field) or "")
            after = new.field(later_name(steps[index + 1 :], step.field) or "")
            if after is not None:
                kind = before.type if before else None
                fields[step.field] = _convert(fields[step.field], kind, after.type, dict(step.map))
    return fields


def earlier_name(steps: list[Step], name: str) -> str | None:
    """What a field was called before these steps."""
    for step in reversed(steps):
        if step.kind == "rename" and step.to == name:
            name = step.field
        elif step.kind == "drop" and step.field == name:
            return None  # It was another field of the same name.
    return name


def later_name(steps: list[Step], name: str) -> str | None:
    """What a field is called after these steps."""
    for step in steps:
        if step.kind == "rename" and step.field == name:
            name = step.to
        elif step.kind == "drop" and step.field == name:
            return None
    return name


def _convert(value: Any, old: FieldType | None, new: FieldType, words: dict[str, str]) -> Any:
    text = old.text_of(value) if old else _text_of(value)
    if text in words:
        return _first([lambda: new.take_text(words[text])], words[text])
    as_json = old.to_json(value) if old else value
    return _first([lambda: new.take(as_json), lambda: new.take(value), lambda: new.take_text(text)], value)


def _first(ways: list[Any], otherwise: Any) -> Any:
    for way in ways:
        try:
            return way()
        except Refused:
            continue
    return otherwise


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else tree.write(value)
