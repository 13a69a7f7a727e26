"""The companion judges generated values as the desktop does: its crate `leeward-schema` makes and judges them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from leeward_companion import tree
from leeward_companion.canonical import Refused

from . import made

#: Values of each field.
COUNT = 12_000
#: Fields of the shared vectors.
FIELDS = 17
ROOT = Path(__file__).parents[2]
#: With the features of every build of the project, so that only what has changed is built.
BUILD = "cargo build --workspace --features leeward/custom-protocol --example judged_values"


@cache
def judged() -> list[Any]:
    # An older one would judge as the desktop did then.
    subprocess.run(BUILD.split(), check=True, cwd=ROOT)
    program = [str(ROOT / "target/debug/examples/judged_values"), str(COUNT)]
    printed = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    return [tree.parse(line) for line in printed.splitlines()]


def in_common(verdict: Any) -> Any:
    """Without the words of a reader of JSON for what is none, and without the number as it spells it."""
    own = ("must be JSON: ", "must be JSON without ")
    return {name: words[:12] if words.startswith(own) else words for name, words in verdict.items()}


@pytest.mark.parametrize("at", range(FIELDS))
def test_it_takes_and_refuses_the_same_with_the_same_words(at: int) -> None:
    rows = judged()
    assert len(rows) == FIELDS
    kind = made.with_field(rows[at]["field"]).fields[0].type

    def told(take: Any, text: str) -> Any:
        try:
            return {"is": kind.text_of(take(text))}
        except Refused as why:
            return {"not": str(why)}

    for text, cell, value in rows[at]["values"]:
        assert in_common(told(kind.take_text, text)) == in_common(cell), repr(text)
        assert in_common(told(kind.take, text)) == in_common(value), repr(text)


def test_an_exponent_may_have_any_number_of_leading_zeros() -> None:
    kind = made.with_field({}).fields[0].type
    assert kind.text_of(kind.take_text("1e" + "0" * 5000 + "2")) == "100"
