"""A model file, read with all its faults told at once, and written in its canonical form.

It is a JSON Schema (draft 2020-12) with the member `x-leeward`. What no data model keeps to is a fault: a rule that one
of several readers passes over would be broken unseen.
"""

from __future__ import annotations

from typing import Any

from . import names, patterns, tree
from .canonical import SCALE_MAX, Refused, integer_of_json
from .faults import Faults, ModelFaults
from .field_types import Boolean, Choice, Date, DateTime, Exact, FieldType, Integer, Json, Option, Text
from .model import DataModel, Field, Step
from .place import Members, Place
from .steps import read_steps
from .tree import Number

DIALECT = "https://json-schema.org/draft/2020-12/schema"
GENERATED = "ulid"
WHOLE_RECORD = "record"

#: The largest model file, in bytes, as it is read and as it is written: it travels as a DAG's param.
MODEL_BYTES_MAX = 256 * 1024
FIELDS_MAX = 200
CHOICES_MAX = 1000
_LENGTH_MAX = 2**31 - 1
_VERSION_MAX = 1_000_000

#: Fields that were declared, in order; None for one that has a fault.
Declared = dict[str, "Field | None"]

_FOR_PEOPLE = "Beside what is said for people, "
_RULES = {
    Text: "a text has format, default, pattern, minLength and maxLength.",
    Integer: "a whole number has default, minimum and maximum (both allowed themselves).",
    Exact: "a decimal has default and x-leeward with scale, minimum and maximum.",
    Choice: 'a choice has default, "type": "string", and enum or oneOf.',
}


def read(text: str, file: str = "") -> DataModel:
    """Read a model file; raise ModelFaults with every fault that it has."""
    faults = Faults()
    model = _read(text, faults)
    if model is None or faults.found:
        raise ModelFaults(faults.found, file)
    return model


def _read(text: str, faults: Faults) -> DataModel | None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MODEL_BYTES_MAX:
        faults.add("", f"has {size} bytes", f"A model has at most {MODEL_BYTES_MAX} bytes.")
        return None
    try:
        root = tree.parse(text)
    except tree.NotJson as why:
        faults.add("", f"is not JSON: {why}", "Correct it there.")
        return None
    for pointer in tree.repeated(root):
        faults.add(pointer, "stands twice", "Keep one of the two.")
    model = _read_root(root, faults)
    _check_hidden(root, faults)
    written = len(write(model).encode()) if model else 0
    if written > MODEL_BYTES_MAX:
        what = f"has {written} bytes when it is written in lines"
        faults.add("", what, f"A model has at most {MODEL_BYTES_MAX} bytes.")
    return model


def _check_hidden(root: Any, faults: Faults) -> None:
    told = {fault.pointer for fault in faults.found}
    for pointer in names.sensitive_places(root):
        if pointer not in told:
            what = "holds what Airflow takes for a secret and hides: the model could not be read back"
            faults.add(pointer, what, 'Use other names there, and no "***".')


def _read_root(node: Any, faults: Faults) -> DataModel | None:
    root = Members.open(Place("", node), faults)
    if root is None:
        return None
    _read_fixed(root, faults)
    notes = _notes(root, faults)
    properties, required, extra = root.take("properties"), root.take("required"), root.take("x-leeward")
    root.close(
        "Use $schema, type, additionalProperties, properties, required, x-leeward, title, description, $comment, "
        "deprecated and examples.",
        faults,
    )
    declared = _read_fields(properties, required, faults)
    if extra is None:
        faults.add("/x-leeward", "is missing", "Say there what collection, version and key are.")
        return None
    return _read_extra(extra, declared, notes, faults)


def _read_fixed(root: Members, faults: Faults) -> None:
    schema, kind, others = root.take("$schema"), root.take("type"), root.take("additionalProperties")
    if schema is not None and schema.node != DIALECT:
        faults.add("/$schema", "is not the dialect of data models", f'It is "{DIALECT}".')
    if kind is None or kind.node != "object":
        faults.add("/type", "must say that a record is an object", 'It is "object".')
    if others is not None and others.node is not False:
        instead = "It is false, or left out: a record of this version has the fields of this version."
        faults.add("/additionalProperties", "is more than a data model can keep", instead)


def _read_fields(properties: Place | None, required: Place | None, faults: Faults) -> Declared:
    members = Members.open(properties, faults) if properties else None
    places = members.places() if members else {}
    if not places:
        faults.add("/properties", "has no fields", "Declare at least one.")
    if len(places) > FIELDS_MAX:
        faults.add("/properties", f"has {len(places)} fields", f"A model has at most {FIELDS_MAX}.")
        return {}
    needed = (required.names(places, faults) if required else None) or []
    declared: Declared = {}
    for name, place in places.items():
        names.check_field(name, place.pointer, faults)
        names.check_column(name, place.pointer, faults)
        declared[name] = _read_field(name, place, name in needed, faults)
    return declared


def _read_field(name: str, place: Place, required: bool, faults: Faults) -> Field | None:
    members = Members.open(place, faults)
    if members is None:
        return None
    notes = _notes(members, faults)
    default = members.take("default")
    before = len(faults.found)
    kind = _read_type(members, faults)
    if kind is None:
        return None
    members.close(_FOR_PEOPLE + _RULES.get(type(kind), "a field of this type has default."), faults)
    if default is None or len(faults.found) > before:
        return Field(name, kind, required, notes=notes)
    try:
        return Field(name, kind, required, has_default=True, default=kind.take(default.node), notes=notes)
    except Refused as why:
        default.fault(f"is no value of its field: it {why}", "Give one that is.", faults)
        return Field(name, kind, required, notes=notes)


def _notes(members: Members, faults: Faults) -> tuple[tuple[str, Any], ...]:
    """What is said for people, in one order; nothing is held to it."""
    found: list[tuple[str, Any]] = []
    for name in ("title", "description", "$comment"):
        place = members.take(name)
        text = place.text(faults) if place else None
        found += [(name, text)] if text is not None else []
    place = members.take("deprecated")
    if place is not None and place.flag(faults) is not None:
        found.append(("deprecated", place.node))
    place = members.take("examples")
    if place is not None and place.items(faults):
        found.append(("examples", place.node))
    return tuple(found)


def _read_type(members: Members, faults: Faults) -> FieldType | None:
    for word in ("enum", "oneOf"):
        place = members.take(word)
        if place is not None:
            return _read_choice(place, members, is_titled=word == "oneOf", faults=faults)
    place = members.take("type")
    if place is None:
        return Json()
    if not isinstance(place.node, str):
        instead = "Give one type as a text. A field that may be missing is one that required does not name."
        place.fault("is not one type", instead, faults)
        return None
    if place.node == "string":
        return _read_text(members, faults)
    if place.node == "integer":
        limits = {name: _integer_limit(members.take(name), faults) for name in ("minimum", "maximum")}
        return _in_order(Integer(**limits), members.pointer_of("minimum"), faults)
    simple: dict[str, FieldType] = {"boolean": Boolean(), "object": Json("object"), "array": Json("array")}
    if place.node in simple:
        return simple[place.node]
    if place.node == "number":
        instead = 'Use "type": "string", "format": "decimal" and "x-leeward": {"scale": …}.'
        place.fault("would not be exact in every program that reads it", instead, faults)
    else:
        instead = "Use string, integer, boolean, object or array, or leave it out for any JSON."
        place.fault("is not a type of fields", instead, faults)
    return None


def _read_text(members: Members, faults: Faults) -> FieldType | None:
    place = members.take("format")
    if place is None:
        return _text_rules(members, faults)
    word = place.text(faults)
    if word is None:
        return None
    if word == "decimal":
        return _read_decimal(members, faults)
    if word in ("date", "date-time"):
        return Date() if word == "date" else DateTime()
    instead = "Use decimal, date or date-time; for others, a pattern."
    place.fault("is not a format that a data model keeps", instead, faults)
    return None


def _text_rules(members: Members, faults: Faults) -> Text:
    places = {name: members.take(name) for name in ("minLength", "maxLength", "pattern")}
    least, most = (
        place.whole(0, _LENGTH_MAX, faults) if place else None for place in (places["minLength"], places["maxLength"])
    )
    if least is not None and most is not None and least > most:
        instead = "Give minLength and maxLength that a text can have."
        faults.add(members.pointer_of("minLength"), "is greater than maxLength", instead)
    pattern = places["pattern"].text(faults) if places["pattern"] else None
    if pattern is not None and places["pattern"] is not None:
        try:
            patterns.compiled(pattern)
        except Refused as why:
            places["pattern"].fault(str(why), "Write it as in JavaScript (ECMA-262).", faults)
            pattern = None
    return Text(pattern, least, most)


def _integer_limit(place: Place | None, faults: Faults) -> str | None:
    if place is None:
        return None
    try:
        if isinstance(place.node, Number):
            return integer_of_json(place.node.text)
    except Refused:
        pass
    place.fault("is not a whole number of 64 bits", "Give one, without quotes.", faults)
    return None


def _read_decimal(members: Members, faults: Faults) -> FieldType | None:
    instead = 'Say how many decimal places there are: {"scale": 2}.'
    place = members.need("x-leeward", instead, faults)
    own = Members.open(place, faults) if place else None
    if own is None:
        return None
    scale_place = own.need("scale", instead, faults)
    scale = scale_place.whole(0, SCALE_MAX, faults) if scale_place else None
    if scale is None:
        return None
    limits = {name: _decimal_limit(own.take(name), scale, faults) for name in ("minimum", "maximum")}
    kind = _in_order(Exact(scale=scale, **limits), own.pointer_of("minimum"), faults)
    own.close("A decimal has scale, minimum and maximum there.", faults)
    return kind


def _decimal_limit(place: Place | None, scale: int, faults: Faults) -> str | None:
    text = place.text(faults) if place else None
    if place is None or text is None:
        return None
    try:
        return Exact(scale=scale).take_scalar(text)
    except Refused as why:
        place.fault(f"is no limit: it {why}", "Give a decimal as text.", faults)
        return None


def _in_order(kind: Integer | Exact, pointer: str, faults: Faults) -> FieldType:
    if kind.minimum is not None and kind.maximum is not None:
        try:
            kind.keep(kind.minimum)
        except Refused:
            faults.add(pointer, "is greater than maximum", "Give limits that a number can keep.")
    return kind


def _read_choice(place: Place, members: Members, *, is_titled: bool, faults: Faults) -> FieldType | None:
    kind = members.take("type")
    if kind is not None and kind.node != "string":
        kind.fault("is not that of a choice", 'A choice is of texts: "string", or left out.', faults)
    places = place.items(faults)
    if places is None:
        return None
    if not 0 < len(places) <= CHOICES_MAX:
        what = f"has {len(places)} texts to choose from"
        place.fault(what, f"Give 1 to {CHOICES_MAX} texts.", faults)
        return None
    options: dict[str, Option] = {}
    for item in places:
        option = _titled(item, faults) if is_titled else _option(item, (), faults)
        if option is None:
            continue
        if option.value in options:
            item.fault("stands twice among the choices", "Keep one of the two.", faults)
        options[option.value] = option
    return Choice(tuple(options.values()))


def _titled(place: Place, faults: Faults) -> Option | None:
    members = Members.open(place, faults)
    if members is None:
        return None
    value = members.need("const", "Give the text that is kept.", faults)
    notes = _notes(members, faults)
    members.close("One of a choice has const, and what is said for people.", faults)
    return _option(value, notes, faults) if value else None


def _option(place: Place, notes: tuple[tuple[str, Any], ...], faults: Faults) -> Option | None:
    text = place.text(faults)
    if text is not None and "\0" in text:
        place.fault("holds the character U+0000", "Leave it out: databases refuse it.", faults)
    return None if text is None else Option(text, notes)


def _read_extra(
    place: Place, declared: Declared, notes: tuple[tuple[str, Any], ...], faults: Faults
) -> DataModel | None:
    members = Members.open(place, faults)
    if members is None:
        return None
    collection = members.need("collection", "Name the collection.", faults)
    version = members.need("version", "The first version is 1.", faults)
    key = members.need("key", 'Name its fields in a list, or say "ulid".', faults)
    merge, unique = members.take("merge"), members.take("unique")
    references, changes = members.take("references"), members.take("changes")
    members.close("Use collection, version, key, merge, unique, references and changes.", faults)
    before = len(faults.found)
    name = _read_collection(collection, faults) if collection else None
    number = version.whole(1, _VERSION_MAX, faults) if version else None
    keys = _read_key(key, declared, faults) if key else None
    groups = _read_merge(merge, declared, keys or (), faults) if merge else ()
    sets = _read_unique(unique, declared, faults) if unique else ()
    others = _read_references(references, declared, faults) if references else {}
    key_is_read = key is not None and (keys is not None or key.node == GENERATED)
    steps: tuple[Step, ...] = ()
    if changes is not None and number is not None and key_is_read:
        steps = read_steps(changes, number, keys, list(declared), faults)
    if name is None or number is None or not key_is_read or len(faults.found) > before:
        return None
    fields = tuple(
        Field(f.name, f.type, f.required, f.has_default, f.default, others.get(f.name), f.notes)
        for f in declared.values()
        if f is not None
    )
    return DataModel(name, number, fields, keys, groups, sets, steps, notes)


def _read_collection(place: Place, faults: Faults) -> str | None:
    name = place.text(faults)
    if name is not None:
        names.check_collection(name, place.pointer, faults)
    return name


def _read_key(place: Place, declared: Declared, faults: Faults) -> tuple[str, ...] | None:
    if place.node == GENERATED:
        return None
    if not isinstance(place.node, list):
        instead = 'Name its fields in a list, such as ["id"], or say "ulid" for one that is generated.'
        place.fault("is not a key", instead, faults)
        return None
    key = place.names(declared, faults)
    if key is None:
        return None
    if not key:
        place.fault("names no field", "Name at least one.", faults)
    for index, name in enumerate(key):
        field, pointer = declared[name], f"{place.pointer}/{index}"
        if field is not None and not field.required:
            instead = "Name the field in required: every record has a key."
            faults.add(pointer, "may be missing", instead)
        _check_can_be_key(field, pointer, faults)
    return tuple(key)


def _check_can_be_key(field: Field | None, pointer: str, faults: Faults) -> None:
    if field is not None and not field.type.can_be_key:
        instead = "Use a text, a whole number, a decimal, a date, a choice or a boolean."
        faults.add(pointer, "has no one text for a value, as a key must", instead)


def _read_merge(
    place: Place, declared: Declared, key: tuple[str, ...], faults: Faults
) -> tuple[tuple[str, ...], ...] | None:
    if place.node == WHOLE_RECORD:
        return None
    if isinstance(place.node, str):
        place.fault("is no way to merge", 'Give groups of fields, or "record".', faults)
        return None
    groups = _read_groups(place, declared, faults) or ()
    seen: set[str] = set()
    for index, group in enumerate(groups):
        if len(group) < 2:
            instead = "Name two fields or more: one is a unit by itself."
            faults.add(f"{place.pointer}/{index}", "is no group", instead)
        for at, name in enumerate(group):
            pointer = f"{place.pointer}/{index}/{at}"
            if name in seen:
                faults.add(pointer, "is in a group already", "A field is in one group at most.")
            if name in key:
                faults.add(pointer, "is a field of the key", "Leave it out: another key is another record.")
            seen.add(name)
    return groups


def _read_unique(place: Place, declared: Declared, faults: Faults) -> tuple[tuple[str, ...], ...]:
    groups = _read_groups(place, declared, faults) or ()
    for index, group in enumerate(groups):
        pointer = f"{place.pointer}/{index}"
        if not group:
            faults.add(pointer, "names no field", "Name at least one.")
        for name in group:
            field = declared[name]
            if field is not None and not field.type.can_be_key:
                what = f"names {name}, whose values cannot be told apart"
                faults.add(pointer, what, "Use fields whose equal values have equal texts.")
        if group in groups[:index]:
            faults.add(pointer, "stands twice", "Keep one of the two.")
    return groups


def _read_groups(place: Place, declared: Declared, faults: Faults) -> tuple[tuple[str, ...], ...] | None:
    places = place.items(faults)
    if places is None:
        return None
    groups = [group.names(declared, faults) for group in places]
    return None if None in groups else tuple(tuple(group or ()) for group in groups)


def _read_references(place: Place, declared: Declared, faults: Faults) -> dict[str, str]:
    members = Members.open(place, faults)
    found: dict[str, str] = {}
    for name, inner in (members.places() if members else {}).items():
        if name in declared:
            _check_can_be_key(declared[name], inner.pointer, faults)
        else:
            inner.fault("is not the name of a field", "Name one of those in properties.", faults)
        collection = _read_collection(inner, faults)
        if collection is not None:
            found[name] = collection
    return found


def write(model: DataModel) -> str:
    """The model as its file: two spaces a level, fields in their order, everything else in one order."""
    return tree.pretty(_node(model)) + "\n"


def _node(model: DataModel) -> dict[str, Any]:
    root: dict[str, Any] = {"$schema": DIALECT, **dict(model.notes), "type": "object"}
    root["additionalProperties"] = False
    root["properties"] = {field.name: _field_node(field) for field in model.fields}
    required = [field.name for field in model.fields if field.required]
    if required:
        root["required"] = required
    root["x-leeward"] = _extra_node(model)
    return root


def _extra_node(model: DataModel) -> dict[str, Any]:
    extra: dict[str, Any] = {"collection": model.collection, "version": Number(str(model.version))}
    extra["key"] = GENERATED if model.key is None else list(model.key)
    references = {field.name: field.references for field in model.fields if field.references}
    optional = {
        "merge": WHOLE_RECORD if model.groups is None else [list(group) for group in model.groups],
        "unique": [list(group) for group in model.unique],
        "references": references,
        "changes": [_step_node(step) for step in model.steps],
    }
    return {**extra, **{name: value for name, value in optional.items() if value}}


def _step_node(step: Step) -> dict[str, Any]:
    node: dict[str, Any] = {"version": Number(str(step.version))}
    if step.kind == "key":
        return {**node, "key": list(step.key)}
    node[step.kind] = step.field
    if step.kind == "rename":
        node["to"] = step.to
    if step.map:
        node["map"] = dict(step.map)
    return node


def _field_node(field: Field) -> dict[str, Any]:
    node: dict[str, Any] = {**dict(field.notes), **_type_node(field.type)}
    own = node.pop("x-leeward", None)
    if field.has_default:
        node["default"] = field.type.to_json(field.default)
    return {**node, "x-leeward": own} if own else node


def _type_node(kind: FieldType) -> dict[str, Any]:
    if isinstance(kind, Text):
        lengths = {"minLength": kind.min_length, "maxLength": kind.max_length}
        numbers = {name: Number(str(length)) for name, length in lengths.items() if length is not None}
        pattern = {"pattern": kind.pattern} if kind.pattern is not None else {}
        return {"type": "string", **pattern, **numbers}
    if isinstance(kind, Integer):
        limits = {name: Number(limit) for name, limit in _limits(kind).items()}
        return {"type": "integer", **limits}
    if isinstance(kind, Exact):
        own = {"scale": Number(str(kind.scale)), **_limits(kind)}
        return {"type": "string", "format": "decimal", "x-leeward": own}
    if isinstance(kind, Choice):
        if all(not option.notes for option in kind.options):
            return {"enum": [option.value for option in kind.options]}
        return {"oneOf": [{"const": option.value, **dict(option.notes)} for option in kind.options]}
    if isinstance(kind, Json):
        return {"type": kind.shape} if kind.shape else {}
    words = {Boolean: {"type": "boolean"}, Date: {"type": "string", "format": "date"}}
    return dict(words.get(type(kind), {"type": "string", "format": "date-time"}))


def _limits(kind: Integer | Exact) -> dict[str, str]:
    limits = {"minimum": kind.minimum, "maximum": kind.maximum}
    return {name: limit for name, limit in limits.items() if limit is not None}
