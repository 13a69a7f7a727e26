"""A collection's data model, and records held to it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from . import tree
from .canonical import Refused
from .field_types import FieldType

#: The longest key, in characters: Airflow takes 250 for a Variable's, and a prefix comes before.
KEY_LENGTH_MAX = 200
#: The key under which the binding `variables` keeps the model: no record's.
MODEL_KEY = "$model"

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")

#: The fields of a record, or some of them, by name.
Fields = dict[str, Any]


class KeyFault(ValueError):
    """There is no key, or no fields of one: `kind` says why in a word, the message in a sentence."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


@dataclass(frozen=True)
class Field:
    """One field: its type, whether every record has it, what a new record gets, whose keys it holds."""

    name: str
    type: FieldType
    required: bool = False
    has_default: bool = False
    default: Any = None
    references: str | None = None
    notes: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Step:
    """A change of the model that is no mere addition; `kind` is rename, drop, convert or key."""

    version: int
    kind: str
    field: str = ""
    to: str = ""
    map: tuple[tuple[str, str], ...] = ()
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataModel:
    """The data model of a typed collection, as `model_file.read` gives it.

    `key` is None where keys are generated (ULIDs). `groups` is None where the whole record is one merge unit.
    """

    collection: str
    version: int
    fields: tuple[Field, ...]
    key: tuple[str, ...] | None
    groups: tuple[tuple[str, ...], ...] | None = ()
    unique: tuple[tuple[str, ...], ...] = ()
    steps: tuple[Step, ...] = ()
    notes: tuple[tuple[str, Any], ...] = ()

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)

    def merge_unit(self, name: str) -> set[str]:
        """The fields that are merged together with this one, itself among them."""
        if self.groups is None:
            return {field.name for field in self.fields} | {name}
        return next((set(group) for group in self.groups if name in group), {name})

    def with_defaults(self, fields: Fields) -> Fields:
        """A new record: what it lacks and has a default for is filled in."""
        defaults = {field.name: field.default for field in self.fields if field.has_default}
        return {**defaults, **fields}

    def check(self, fields: Fields) -> list[tuple[str, str]]:
        """Every field that breaks a rule, with what it must be or have; in the model's order."""
        broken: list[tuple[str, str]] = []
        for field in self.fields:
            if field.name not in fields:
                broken += [(field.name, "is required")] if field.required else []
                continue
            try:
                field.type.take(fields[field.name])
            except Refused as why:
                broken.append((field.name, str(why)))
        return broken or self._broken_key(fields)

    def _broken_key(self, fields: Fields) -> list[tuple[str, str]]:
        if self.key is None:
            return []
        try:
            self.key_of(fields)
        except KeyFault as fault:
            words = {
                "empty": "must not be empty: the record is found by it",
                "reserved": f"must not be {MODEL_KEY}: the data model is kept under it",
                "too long": f"makes a key of more than {KEY_LENGTH_MAX} characters",
            }
            return [(self.key[0], words.get(fault.kind, str(fault)))]
        return []

    def key_of(self, fields: Fields) -> str:
        """The key of a record: its one key field's text, or the JSON list of several; raise KeyFault."""
        if self.key is None:
            raise KeyFault("generated", "The key is generated with the record, and is in none of its fields.")
        texts = [self._key_text(name, fields) for name in self.key]
        key = texts[0] if len(texts) == 1 else tree.write(texts)
        if not key:
            raise KeyFault("empty", "The key is empty.")
        if key == MODEL_KEY:
            raise KeyFault("reserved", f"{MODEL_KEY} is where the data model is kept, and no record's key.")
        if len(key) > KEY_LENGTH_MAX:
            raise KeyFault("too long", f"The key has more than {KEY_LENGTH_MAX} characters.")
        return key

    def _key_text(self, name: str, fields: Fields) -> str:
        field = self.field(name)
        if field is None or name not in fields:
            raise KeyFault("missing", f"{name} is a field of the key, and is missing.")
        try:
            return field.type.text_of(field.type.take(fields[name]))
        except Refused as why:
            raise KeyFault("wrong", f"{name} is a field of the key, and {why}.") from None

    def fields_of_key(self, key: str) -> Fields:
        """The key fields of the record of that key, canonical; none where keys are generated; raise KeyFault."""
        no_key = KeyFault("no key", "This is no key of the collection.")
        if self.key is None:
            if _ULID.fullmatch(key) is None:
                raise no_key
            return {}
        texts = [key] if len(self.key) == 1 else _texts(key)
        if texts is None or len(texts) != len(self.key):
            raise no_key
        fields = {name: self._take_key_text(name, text) for name, text in zip(self.key, texts, strict=True)}
        # A record is found by its key's text, so another spelling would be another record.
        if self.key_of(fields) != key:
            raise no_key
        return fields

    def _take_key_text(self, name: str, text: str) -> Any:
        field = self.field(name)
        assert field is not None, "the reader of models checks that key fields are there"
        try:
            return field.type.take_text(text)
        except Refused as why:
            raise KeyFault("wrong", f"{name} is a field of the key, and {why}.") from None


def _texts(key: str) -> list[str] | None:
    try:
        texts = json.loads(key)
    except (ValueError, RecursionError):
        return None
    is_list = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
    return texts if is_list else None
