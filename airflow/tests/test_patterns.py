"""Patterns are those of ECMA-262: the rows of the desktop's own test, and what Python reads in another way."""

from __future__ import annotations

import pytest

from leeward_companion import patterns
from leeward_companion.canonical import Refused

ROWS = [
    (r"^\d+$", "٣٤", False),
    (r"^\d+$", "34", True),
    (r"^\w+$", "é", False),
    (r"^\s$", "\ufeff", True),
    (r"^[\s]$", "\u2003", True),
    (r"^\S$", "\ufeff", False),
    (r"^[\S]$", "\ufeff", False),
    (r"^[\D]$", "٣", True),
    (r"^[^\W]$", "é", False),
    (r"^[\W]$", "é", True),
    (r"^(?=.*\d)(?=.*[a-z]).{3,}$", "ab1", True),
    (r"^(?=.*\d)(?=.*[a-z]).{3,}$", "abc", False),
    (r"^(?!test_)", "test_x", False),
    (r"(?<=€)\d+", "€5", True),
    (r"(?<!€)5", "€5", False),
    (r"^(?<q>['`]).*\k<q>$", "'a'", True),
    (r"^(a|b)\1$", "ab", False),
    (r"^\u{e9}\u0061\x62$", "éab", True),
    (r"^.$", "🦀", True),
    (r"^.$", "\u2028", False),
    (r"^a$", "a\n", False),
    (r"^[^]$", "\n", True),
    (r"[]", "a", False),
    (r"^\cJ$", "\n", True),
    (r"^[[]a&&b]$", "[a&&b]", True),
    (r"^[a[]$", "[", True),
    (r"^[$.]$", "$", True),
    (r"^[$.]$", "x", False),
    (r"^a\/b$", "a/b", True),
    (r"^[\w\-]+\-$", "a-", True),
    ("b", "abc", True),
]


@pytest.mark.parametrize(("pattern", "text", "is_found"), ROWS)
def test_a_pattern_is_found_or_not(pattern: str, text: str, is_found: bool) -> None:
    assert (patterns.compiled(pattern).search(text) is not None) == is_found


@pytest.mark.parametrize("pattern", ["(", "[b-a]", "*a", "(?P<a>b)", "a{2,1}", "\\", r"^\p{Lu}$", "a" * 10_001])
def test_what_is_no_pattern_is_said(pattern: str) -> None:
    with pytest.raises(Refused, match=r"^has a pattern that cannot be read: "):
        patterns.compiled(pattern)
