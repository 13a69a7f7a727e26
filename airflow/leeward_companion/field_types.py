"""Types of fields, and the canonical form of their values.

A canonical value is a text for everything but booleans and JSON: whole numbers and decimals are texts too.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar

from . import canonical, patterns, tree
from .canonical import Refused
from .tree import Number

#: A sentence names no more choices than these.
_CHOICES_SAID_MAX = 20


@dataclass(frozen=True)
class FieldType:
    """A type with the rules that its values keep."""

    words: ClassVar[str] = ""
    #: Whether its values can be part of a key: those that have one text each.
    can_be_key: ClassVar[bool] = True

    def take(self, value: Any) -> Any:
        """The canonical form of a value of JSON; raise Refused with the first rule that it breaks."""
        if isinstance(value, str):
            return self.take_scalar(value)
        raise Refused(self.words)

    def take_text(self, text: str) -> Any:
        """The canonical form of what stands in a cell, a file or a key; raise Refused."""
        return self.take_scalar(text)

    def take_scalar(self, text: str) -> Any:  # noqa: ARG002 (for the types that take texts)
        """The canonical form of a text; raise Refused."""
        raise Refused(self.words)

    def to_json(self, value: Any) -> Any:
        """A canonical value as the model's JSON Schema has it: whole numbers as numbers."""
        return value

    def text_of(self, value: Any) -> str:
        """The text of a canonical value that `take_text` reads."""
        return value if isinstance(value, str) else tree.write(value)


@dataclass(frozen=True)
class Text(FieldType):
    """Text; lengths in characters."""

    words: ClassVar[str] = "must be a text"
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None

    def take_scalar(self, text: str) -> str:
        check_storable(text)
        if self.min_length is not None and len(text) < self.min_length:
            raise Refused(f"must have at least {self.min_length} characters")
        if self.max_length is not None and len(text) > self.max_length:
            raise Refused(f"must have at most {self.max_length} characters")
        if self.pattern is not None and _compiled(self.pattern).search(text) is None:
            raise Refused(f"must have the form {self.pattern}")
        return text


@dataclass(frozen=True)
class Limited(FieldType):
    """A number between limits, which are canonical texts and allowed themselves."""

    minimum: str | None = None
    maximum: str | None = None

    def keep(self, number: str) -> str:
        """The canonical number, where it is within the limits; raise Refused."""
        if self.minimum is not None and Decimal(number) < Decimal(self.minimum):
            raise Refused(f"must be at least {self.minimum}")
        if self.maximum is not None and Decimal(number) > Decimal(self.maximum):
            raise Refused(f"must be at most {self.maximum}")
        return number


@dataclass(frozen=True)
class Integer(Limited):
    """A whole number of 64 bits, carried as its text."""

    words: ClassVar[str] = "must be a whole number"

    def take(self, value: Any) -> str:
        if isinstance(value, Number):
            return self.keep(canonical.integer_of_json(value.text))
        return str(super().take(value))

    def take_scalar(self, text: str) -> str:
        return self.keep(canonical.integer(text))

    def to_json(self, value: Any) -> Any:
        return Number(value) if isinstance(value, str) and _is_integer(value) else value


@dataclass(frozen=True)
class Exact(Limited):
    """An exact decimal number, carried as its text."""

    words: ClassVar[str] = 'must be a decimal number as text, such as "12.5"'
    scale: int = 0

    def take_scalar(self, text: str) -> str:
        return self.keep(canonical.decimal(text, self.scale))


@dataclass(frozen=True)
class Boolean(FieldType):
    """True or false."""

    words: ClassVar[str] = "must be true or false"

    def take(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise Refused(self.words)

    def take_text(self, text: str) -> bool:
        if text.lower() in ("true", "false") and text.isascii():
            return text.lower() == "true"
        raise Refused(self.words)


@dataclass(frozen=True)
class Date(FieldType):
    """A day, as `YYYY-MM-DD`."""

    words: ClassVar[str] = "must be a date as text, such as 2026-11-01"

    def take_scalar(self, text: str) -> str:
        return canonical.date(text)


@dataclass(frozen=True)
class DateTime(FieldType):
    """A moment with its zone. It is no part of a key: it has a text for every zone."""

    words: ClassVar[str] = "must be a date and time with zone, such as 2026-11-01T09:30:00+01:00"
    can_be_key: ClassVar[bool] = False

    def take_scalar(self, text: str) -> str:
        return canonical.date_time(text)


@dataclass(frozen=True)
class Option:
    """One of the texts that a choice can be, and what is said of it."""

    value: str
    notes: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Choice(FieldType):
    """One of some texts."""

    words: ClassVar[str] = "must be a text"
    options: tuple[Option, ...] = ()

    def take_scalar(self, text: str) -> str:
        if any(option.value == text for option in self.options):
            return text
        said = [tree.quoted(option.value) for option in self.options[:_CHOICES_SAID_MAX]]
        if len(self.options) >= _CHOICES_SAID_MAX:
            said.append("…")
        raise Refused(f"must be one of {', '.join(said)}")


@dataclass(frozen=True)
class Json(FieldType):
    """JSON of a shape: any (""), "object" or "array"."""

    can_be_key: ClassVar[bool] = False
    shape: str = ""

    def take(self, value: Any) -> Any:
        if self.shape == "object" and not isinstance(value, dict):
            raise Refused("must be an object")
        if self.shape == "array" and not isinstance(value, list):
            raise Refused("must be a list")
        return canonical.json_value(value)

    def take_text(self, text: str) -> Any:
        try:
            value = tree.parse(text)
        except tree.NotJson as why:
            raise Refused(f"must be JSON: {why}") from None
        twice = tree.repeated(value)
        if twice:
            raise Refused(f"must be JSON without a member that stands twice: {twice[0]}")
        return self.take(value)

    def text_of(self, value: Any) -> str:
        return tree.write(value)


def check_storable(text: str) -> None:
    """Raise Refused where a database cannot hold the text."""
    if "\0" in text:
        raise Refused("must not hold the character U+0000, which databases refuse")
    if not tree.is_unicode(text):
        raise Refused("must not hold half of a character (a lone surrogate)")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    return patterns.compiled(pattern)


def _is_integer(text: str) -> bool:
    try:
        return canonical.integer(text) == text
    except Refused:
        return False
