"""The vectors in `tests/vectors/model`, to which the desktop's readers are held as well."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from leeward_companion import model_file, tree
from leeward_companion.canonical import Refused
from leeward_companion.faults import ModelFaults
from leeward_companion.follows import missing
from leeward_companion.migrate import migrate
from leeward_companion.model import DataModel, KeyFault

from . import made

VECTORS = Path(__file__).parents[2] / "tests/vectors/model"


def rows(name: str) -> Any:
    return tree.parse((VECTORS / name).read_text(encoding="utf-8"))


def faults_of(text: str) -> list[str]:
    try:
        model_file.read(text)
    except ModelFaults as told:
        return sorted(fault.pointer for fault in told.faults)
    return []


def value_cases() -> list[Any]:
    return [(row["field"], case) for row in rows("values.json") for case in row["values"]]


@pytest.mark.parametrize(("field", "case"), value_cases(), ids=tree.write)
def test_a_value_has_its_canonical_form_or_is_refused(field: Any, case: Any) -> None:
    kind = made.with_field(field).fields[0].type
    try:
        taken = kind.take(case["json"]) if "json" in case else kind.take_text(case["text"])
    except Refused as why:
        assert str(why) == case.get("not")
        return
    if "written" in case:
        assert kind.text_of(taken) == case["written"]
    else:
        assert "is" in case, f"{case} was taken"
        assert tree.write(taken) == tree.write(case["is"])


def judged_cases() -> list[Any]:
    """What JSON Schema can judge as the model does: not cells, not what is marked `stricter`, not patterns, which
    Python's jsonschema reads as Python does."""

    def is_judged(field: Any, case: Any) -> bool:
        return ("is" in case or "json" in case) and "stricter" not in case and "pattern" not in field

    return [(field, case) for field, case in value_cases() if is_judged(field, case)]


@pytest.mark.parametrize(("field", "case"), judged_cases(), ids=tree.write)
def test_json_schema_says_the_same_of_a_value(field: Any, case: Any) -> None:
    kind = made.with_field(field).fields[0].type
    judged = kind.to_json(case["is"]) if "is" in case else case["json"]
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    validator = jsonschema.Draft202012Validator(json.loads(tree.write(field)), format_checker=checker)
    assert validator.is_valid(json.loads(tree.write(judged))) == ("not" not in case)


def test_the_example_is_canonical() -> None:
    text = (VECTORS / "example.json").read_text(encoding="utf-8")
    assert model_file.write(model_file.read(text)) == text
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


def changed(row: Any) -> str:
    model = rows("example.json")
    parent, name = row["at"].rsplit("/", 1)
    place = model
    for step in parent.split("/")[1:]:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if isinstance(place, list):
        place[int(name)] = row["put"]
    elif "put" in row:
        place[name] = row["put"]
    else:
        del place[name]
    return tree.write_in_order(model)


@pytest.mark.parametrize("row", rows("faults.json"), ids=tree.write)
def test_every_fault_is_told_with_its_place(row: Any) -> None:
    assert faults_of(changed(row)) == sorted(row["faults"])


@pytest.mark.parametrize("row", rows("records.json"), ids=lambda row: tree.write(row["fields"])[:60])
def test_a_record_is_held_to_the_example(row: Any) -> None:
    told = made.example().check(dict(row["fields"]))
    assert [list(one) for one in told] == row["broken"]


@pytest.mark.parametrize("row", rows("keys.json"), ids=lambda row: tree.write(row["types"]))
def test_keys_are_made_and_read(row: Any) -> None:
    model = made.read(
        {
            "type": "object",
            "properties": row["types"],
            "required": list(row["types"]),
            "x-leeward": {"collection": "c", "version": tree.Number("1"), "key": row["key"]},
        }
    )
    for case in row["keys"]:
        check_key(model, case)


def check_key(model: DataModel, case: Any) -> None:
    if "no_key" in case:
        with pytest.raises(KeyFault):
            model.fields_of_key(case["no_key"])
        return
    if "not" in case:
        with pytest.raises(KeyFault) as fault:
            model.key_of(case["fields"])
        assert fault.value.kind == case["not"]
        return
    key = model.key_of(case["fields"])
    assert key == case["is"]
    assert model.key_of(model.fields_of_key(key)) == key


@pytest.mark.parametrize("row", rows("follows.json"), ids=tree.write)
def test_what_a_next_version_lacks_is_told(row: Any) -> None:
    old = made.read(made.file(row["from"]))
    new = made.file(row["to"], version=2, changes=row["changes"])
    new["required"] += row.get("required", [])
    assert missing(old, made.read(new)) == row["missing"]


@pytest.mark.parametrize("row", rows("migrations.json"), ids=lambda row: tree.write(row["changes"])[:60])
def test_records_are_migrated(row: Any) -> None:
    old = made.read(made.file(row["from"]))
    new = made.read(made.file(row["to"], version=2, changes=row["changes"]))
    for case in row["records"]:
        before = copy.deepcopy(case["fields"])
        assert tree.write(migrate(old, new, case["fields"])) == tree.write(case["is"])
        assert tree.write(case["fields"]) == tree.write(before), "what was given was changed"


@pytest.mark.parametrize("name", ["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"])
def test_a_column_that_each_table_has_is_no_field(name: str) -> None:
    assert faults_of(tree.write_in_order(tree.from_python(made.file({name: {"type": "string"}})))) == [
        f"/properties/{name}"
    ]
    assert faults_of(tree.write_in_order(tree.from_python(made.file({f"{name}_": {"type": "string"}})))) == []


def test_steps_tell_of_fields_that_came_between() -> None:
    old = made.read(made.file({"a": {"type": "string"}}))
    steps = [
        {"version": 3, "drop": "b"},
        {"version": 3, "convert": "c"},
        {"version": 4, "rename": "a", "to": "d"},
    ]
    file = made.file({"c": {"type": "string"}, "d": {"type": "string"}}, version=4, changes=steps)
    file["required"] += ["c"]
    assert missing(old, made.read(file)) == []
    file["x-leeward"]["changes"] = steps[:2]
    assert missing(old, made.read(file)) == ["a is gone. Say in changes that it was dropped or renamed."]
