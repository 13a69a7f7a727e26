"""The regular expressions of JSON Schema (ECMA-262, for Unicode), as Python's.

Python reads most of the syntax as it is. What it reads in another way is written anew here; what it has no words for
(`\\p{…}`) is refused, so that no rule is kept differently from the desktop's.
"""

from __future__ import annotations

import re

from .canonical import Refused

#: A longer pattern is no pattern that a person wrote.
LENGTH_MAX = 10_000

_SPACES = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": _SPACES}
_LINE_ENDS = r"\n\r\u2028\u2029"
#: Everything that is no space: the complement of _SPACES, as ranges, to stand within a class.
_NOT_SPACES = (
    r"\x00-\x08\x0e-\x1f!-\x9f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e"
    r"\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
_NOT_IN_CLASS = {
    "D": r"\x00-/:-\U0010ffff",
    "W": r"\x00-/:-@\[-\^`\{-\U0010ffff",
    "S": _NOT_SPACES,
}
_ESCAPE = (
    r"\\u\{(?P<point>[0-9A-Fa-f]+)\}|\\c(?P<control>[A-Za-z])|\\[ux](?P<code>(?<=u)[0-9A-Fa-f]{4}|(?<=x)[0-9A-Fa-f]{2})"
)
_IN_CLASS = re.compile(rf"{_ESCAPE}|\\(?P<escape>.)|(?P<plain>.)", re.DOTALL)
_OUTSIDE = re.compile(
    rf"{_ESCAPE}|\\k<(?P<back>[^>]+)>|\\(?P<escape>.)|\(\?<(?P<named>[A-Za-z_]\w*)>|(?P<python>\(\?P)|"
    r"(?P<opening>\[\^?\]?)|(?P<plain>.)",
    re.DOTALL,
)


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern for `search`; raise Refused with what cannot be read, as the end of a sentence."""
    if len(pattern.encode("utf-8", "surrogatepass")) > LENGTH_MAX:
        raise Refused(f"has a pattern that cannot be read: it is longer than {LENGTH_MAX} bytes")
    try:
        return re.compile(_translated(pattern))
    except (re.error, OverflowError, RecursionError, ValueError) as why:
        raise Refused(f"has a pattern that cannot be read: {why}") from None


def _translated(pattern: str) -> str:
    out: list[str] = []
    in_class, at = False, 0
    while at < len(pattern):
        token = (_IN_CLASS if in_class else _OUTSIDE).match(pattern, at)
        if token is None:
            raise ValueError("it ends within an escape")
        at, parts = token.end(), token.groupdict()
        letter = _number_of(parts)
        if letter is not None:
            out.append(_letter(letter))
        elif parts["escape"]:
            out.append(_escaped(parts["escape"], in_class=in_class))
        elif in_class:
            in_class = parts["plain"] != "]"
            out.append(parts["plain"] if parts["plain"] in "]-^" else re.escape(parts["plain"]))
        else:
            in_class = bool(parts["opening"]) and not parts["opening"].endswith("]")
            out.append(_outside(parts))
    return "".join(out)


def _number_of(parts: dict[str, str]) -> int | None:
    """The character that an escape names by its number."""
    if parts["control"]:
        return ord(parts["control"]) % 32
    code = parts["point"] or parts["code"]
    return int(code, 16) if code else None


def _outside(parts: dict[str, str]) -> str:
    """What is no escape, outside of a class."""
    if parts["python"]:
        raise ValueError("(?P is not of ECMA-262")
    if parts["back"]:
        return f"(?P={parts['back']})"
    if parts["named"]:
        return f"(?P<{parts['named']}>"
    if parts["opening"]:
        return {"[]": r"[^\s\S]", "[^]": r"[\s\S]"}.get(parts["opening"], parts["opening"])
    return {"$": r"\Z", ".": f"[^{_LINE_ENDS}]"}.get(parts["plain"], parts["plain"])


def _letter(number: int) -> str:
    if number > 0x10FFFF:
        raise ValueError(f"{number:x} is no character")
    return rf"\U{number:08x}"


def _escaped(letter: str, *, in_class: bool) -> str:
    if letter in _CLASSES:
        return _CLASSES[letter] if in_class else f"[{_CLASSES[letter]}]"
    if letter in _NOT_IN_CLASS:
        return _NOT_IN_CLASS[letter] if in_class else f"[^{_CLASSES[letter.lower()]}]"
    if letter in "bB" and not in_class:
        return rf"(?a:\{letter})"
    if letter in "nrtfvb" or (letter.isdigit() and letter != "0"):
        return f"\\{letter}"
    if letter == "0":
        return r"\x00"
    if letter.isalpha():
        raise ValueError(f"\\{letter} is nothing that is understood here")
    return re.escape(letter)
