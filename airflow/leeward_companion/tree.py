"""JSON as it was written: numbers keep their digits, and members that stand twice are noticed.

A value of JSON is `None`, `bool`, `str`, `Number`, a list or a dict (in the order of the file).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: Deeper JSON is refused. The desktop's reader stops at the same depth.
DEPTH_MAX = 127


@dataclass(frozen=True)
class Number:
    """A number of JSON by its digits: no float has come near it."""

    text: str


class NotJson(ValueError):
    """The text is no JSON; the message is the end of a sentence."""


class Members(dict[str, Any]):
    """An object that was read, and the names that stand in it more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__()
        self.repeated: list[str] = []
        for name, value in pairs:
            if name in self:
                self.repeated.append(name)
            else:
                self[name] = value


def parse(text: str) -> Any:
    """Read a JSON text; raise NotJson with line and column where it is none."""
    try:
        value = json.loads(
            text,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=Members,
        )
        check_depth(value)
    except json.JSONDecodeError as fault:
        raise NotJson(f"{fault.msg} at line {fault.lineno} column {fault.colno}") from None
    except RecursionError:
        raise NotJson("it is nested too deeply") from None
    unpaired = next((place for place, text in texts(value) if not is_unicode(text)), None)
    if unpaired is not None:
        raise NotJson(f"half of a character stands at {unpaired or 'its root'}")
    return value


def from_python(value: Any) -> Any:
    """The tree of a value that Airflow's own reader of JSON has read already; raise NotJson where it is no JSON."""
    check_depth(value)
    return _numbered(value)


def write(value: Any) -> str:
    """The value as JSON text without blanks, its objects sorted by name."""
    return _write(value, is_sorted=True)


def write_in_order(value: Any) -> str:
    """The value as JSON text without blanks, its members as they come."""
    return _write(value, is_sorted=False)


def pretty(value: Any, level: int = 0) -> str:
    """The value over several lines, two spaces a level, its members as they come."""
    inner, outer = "  " * (level + 1), "  " * level
    if isinstance(value, dict) and value:
        lines = [f"{inner}{quoted(name)}: {pretty(member, level + 1)}" for name, member in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{outer}}}"
    if isinstance(value, list) and value:
        lines = [inner + pretty(item, level + 1) for item in value]
        return "[\n" + ",\n".join(lines) + f"\n{outer}]"
    return write_in_order(value)


def quoted(text: str) -> str:
    """A text as JSON spells it."""
    return json.dumps(text, ensure_ascii=False)


def below(pointer: str, name: str) -> str:
    """The JSON Pointer (RFC 6901) of a member of what `pointer` points at."""
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def repeated(value: Any, pointer: str = "") -> list[str]:
    """The pointers of the members whose name stood before them in the same object."""
    found = [below(pointer, name) for name in getattr(value, "repeated", [])]
    for place, inner in _children(value, pointer):
        found += repeated(inner, place)
    return found


def texts(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every text of the value, names among them, with its place."""
    if isinstance(value, str):
        yield pointer, value
    if isinstance(value, dict):
        for name in value:
            yield pointer, name
    for place, inner in _children(value, pointer):
        yield from texts(inner, place)


def is_unicode(text: str) -> bool:
    """Whether the text has no half of a surrogate pair, which neither UTF-8 nor a database can hold."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def check_depth(value: Any) -> None:
    """Raise NotJson where the value is nested too deeply to be walked through."""
    layer, depth = [value], 0
    while layer:
        if depth > DEPTH_MAX:
            raise NotJson(f"it is nested more than {DEPTH_MAX} deep")
        layer = [inner for outer in layer for _, inner in _children(outer, "")]
        depth += 1


def _children(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield below(pointer, name) if isinstance(name, str) else pointer, member
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield f"{pointer}/{index}", item


def _numbered(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str, Number)):
        return value
    if isinstance(value, int):
        return Number(_digits(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotJson("a number is none of JSON")
        return Number(repr(value))
    if isinstance(value, (list, tuple)):
        return [_numbered(item) for item in value]
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {name: _numbered(member) for name, member in value.items()}
    raise NotJson("something stands in it that JSON does not have")


def _digits(number: int) -> str:
    try:
        return str(number)
    except ValueError:
        raise NotJson("a number has too many digits") from None


def _write(value: Any, *, is_sorted: bool) -> str:
    if isinstance(value, Number):
        return value.text
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, (list, tuple)):
        return f"[{','.join(_write(item, is_sorted=is_sorted) for item in value)}]"
    if isinstance(value, dict):
        members = sorted(value.items()) if is_sorted else list(value.items())
        return f"{{{','.join(f'{quoted(name)}:{_write(inner, is_sorted=is_sorted)}' for name, inner in members)}}}"
    return json.dumps(value)


def _refuse_constant(name: str) -> None:
    raise NotJson(f"{name} is no number of JSON")
