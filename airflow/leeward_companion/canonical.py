"""The one text of each value. No float is big or fine enough for whole numbers and decimals, so both are texts.

The same rules, with the same words, as the desktop's: `tests/vectors/model` holds all readers to them.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

from .tree import Number

#: The most decimal places.
SCALE_MAX = 18
#: The most digits before the point of a decimal: with those after it they fit in `NUMERIC(38, scale)`.
WHOLE_DIGITS_MAX = 20
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1

#: An exponent beyond this makes no 64-bit number, unless of zero.
_EXPONENT_MAX = 400
#: The most digits of a whole number in JSON: Python reads no longer one.
_JSON_DIGITS_MAX = 4300
#: From this many digits on, and below this power of ten, ECMAScript spells a number with an exponent.
_PLAIN_DIGITS_MAX, _PLAIN_POWER_MIN = 21, -6
#: A refusal shows no more of a number.
_NUMBER_SHOWN_MAX = 60
#: The most digits of a second's fraction: those that Python and PostgreSQL keep.
_FRACTION_MAX = 6

_NO_DECIMAL = "must be a decimal number such as 12.5"
_NO_DATE = "must be a date such as 2026-11-01"
_NO_DATE_TIME = "must be a date and time with zone, such as 2026-11-01T09:30:00+01:00"
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]"
    r"(([0-9]{2}):([0-9]{2}):([0-9]{2}))(?:\.([0-9]+))?([Zz]|[+-]([0-9]{2}):([0-9]{2}))"
)


class Refused(ValueError):
    """A value breaks a rule; the message is the end of a sentence, and the value is not in it."""


def integer(text: str) -> str:
    """The canonical text of a whole number of 64 bits; raise Refused."""
    digits = text.removeprefix("-")
    if not _is_digits(digits):
        raise Refused("must be a whole number")
    if _has_leading_zeros(digits):
        raise Refused("must be a whole number without leading zeros")
    if len(digits) > WHOLE_DIGITS_MAX or not INTEGER_MIN <= int(text) <= INTEGER_MAX:
        raise Refused(f"must be between {INTEGER_MIN} and {INTEGER_MAX}")
    return str(int(text))


def integer_of_json(number: str) -> str:
    """The canonical text of a number of JSON that has no fraction (`1.0` and `1e2` have none); raise Refused."""
    plain = Digits.of(number)
    if plain is None or abs(plain.point) > _EXPONENT_MAX or len(plain.digits) > plain.point > 0:
        raise Refused("must be a whole number")
    if plain.digits and plain.point <= 0:
        raise Refused("must be a whole number")
    digits = plain.digits + "0" * (plain.point - len(plain.digits))
    return integer(f"{plain.sign}{digits or '0'}")


def decimal(text: str, scale: int) -> str:
    """The canonical text of a decimal, without zeros at its ends; raise Refused."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, fraction = digits.partition(".")
    if not _is_digits(whole) or (point and not _is_digits(fraction)):
        raise Refused(_NO_DECIMAL)
    fraction = fraction.rstrip("0")
    if _has_leading_zeros(whole):
        raise Refused("must be a decimal number without leading zeros")
    if len(whole) > WHOLE_DIGITS_MAX:
        raise Refused(f"must have at most {WHOLE_DIGITS_MAX} digits before the point")
    if len(fraction) > scale:
        most = {0: "no decimal places", 1: "at most 1 decimal place"}
        raise Refused(f"must have {most.get(scale, f'at most {scale} decimal places')}")
    if not fraction:
        return "0" if whole == "0" else f"{sign}{whole}"
    return f"{sign}{whole}.{fraction}"


def date(text: str) -> str:
    """The canonical text of a date: `YYYY-MM-DD`, from year 1 to 9999; raise Refused."""
    parts = _DATE.fullmatch(text)
    if parts is None or not _is_day(*map(int, parts.groups())):
        raise Refused(_NO_DATE)
    return text


def date_time(text: str) -> str:
    """The canonical text of a date-time: RFC 3339, the offset as given (`Z` for one of nothing); raise Refused."""
    parts = _DATE_TIME.fullmatch(text)
    if parts is None:
        raise Refused(_NO_DATE_TIME)
    day, time, hour, minute, second, fraction, zone, zone_hours, zone_minutes = parts.groups()
    clock = (int(hour) < 24, int(minute) < 60, int(second) < 60)
    offset = (int(zone_hours or 0), int(zone_minutes or 0))
    if not all(clock) or offset[0] > 23 or offset[1] > 59 or not _is_day(*map(int, day.split("-"))):
        raise Refused(_NO_DATE_TIME)
    fraction = (fraction or "").rstrip("0")
    if len(fraction) > _FRACTION_MAX:
        raise Refused(f"must have at most {_FRACTION_MAX} digits after the second")
    return f"{day}T{time}{'.' if fraction else ''}{fraction}{zone if any(offset) else 'Z'}"


def json_value(value: Any) -> Any:
    """The tree with each number spelled as RFC 8785 has it; whole numbers beyond floats keep their digits.

    Raise Refused for a fraction that no 64-bit float gives back: Airflow's own reader would round it.
    """
    if isinstance(value, Number):
        return Number(_respelled(value.text))
    if isinstance(value, list):
        return [json_value(item) for item in value]
    if isinstance(value, dict):
        return {name: json_value(member) for name, member in value.items()}
    return value


@dataclass(frozen=True)
class Digits:
    """A number by its digits, the same for every spelling of it: `0.DIGITS * 10**point`; zero has no digits."""

    sign: str
    digits: str
    point: int

    @classmethod
    def of(cls, number: str) -> Digits | None:
        """The digits of a number of JSON; None where the power of ten is beyond all use."""
        mantissa, _, power = number.lower().removeprefix("-").partition("e")
        whole, _, fraction = mantissa.partition(".")
        significant = (whole + fraction).lstrip("0")
        digits = significant.rstrip("0")
        if not digits:
            return cls("", "", 0)
        power_digits = power.lstrip("+-").lstrip("0")
        if len(power_digits) > WHOLE_DIGITS_MAX:
            return None
        shift = int(power_digits or 0) * (-1 if power.startswith("-") else 1)
        leading = len(whole) + len(fraction) - len(significant)
        return cls("-" if number.startswith("-") else "", digits, len(whole) - leading + shift)

    def is_exact(self, number: str) -> bool:
        """Whether the shortest text of the nearest float is this number."""
        as_float = float(number)
        return abs(as_float) != float("inf") and Digits.of(repr(as_float)) == self

    def in_ecmascript(self) -> str:
        """As ECMAScript writes it (Number::toString)."""
        digits, point, length = self.digits, self.point, len(self.digits)
        if not digits:
            return "0"
        if length <= point <= _PLAIN_DIGITS_MAX:
            return f"{self.sign}{digits}{'0' * (point - length)}"
        if 0 < point <= _PLAIN_DIGITS_MAX:
            return f"{self.sign}{digits[:point]}.{digits[point:]}"
        if _PLAIN_POWER_MIN < point <= 0:
            return f"{self.sign}0.{'0' * -point}{digits}"
        fraction = f".{digits[1:]}" if length > 1 else ""
        return f"{self.sign}{digits[0]}{fraction}e{point - 1:+}"

    def whole(self) -> str | None:
        """All digits of a whole number; None where it has a fraction, or too many."""
        if not len(self.digits) <= self.point <= _JSON_DIGITS_MAX:
            return None
        return f"{self.sign}{self.digits}{'0' * (self.point - len(self.digits))}"


def _respelled(number: str) -> str:
    own = Digits.of(number)
    if own is not None:
        spelled = own.in_ecmascript() if own.is_exact(number) else own.whole()
        if spelled is not None:
            return spelled
    shown = number if len(number) <= _NUMBER_SHOWN_MAX else f"{number[:_NUMBER_SHOWN_MAX]}…"
    raise Refused(f"must be JSON without {shown}: write it as a text, in quotes")


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _has_leading_zeros(digits: str) -> bool:
    return len(digits) > 1 and digits.startswith("0")


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True
