"""A desktop as far as reading goes: it holds records, and brings them up to date by what was published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from leeward_companion.publish import digest

#: Fetches a piece: run, name -> text.
Fetch = Callable[[str, str], str]


class Noticed(Exception):
    """Something is wrong with what was published."""


@dataclass
class Reader:
    """What a desktop has of one collection."""

    collection: str
    fetch: Fetch
    store_id: str = ""
    sequence: int = 0
    records: dict[str, tuple[int, Any]] = field(default_factory=dict)
    #: The kinds of what it read, for the tests.
    has_read: list[str] = field(default_factory=list)

    def bring_up_to_date(self, head_text: str) -> None:
        """Read what is new; raise Noticed where something does not fit."""
        head = json.loads(head_text)
        if self.store_id not in ("", head["store_id"]):
            raise Noticed("another store")
        if head["sequence"] < self.sequence:
            raise Noticed("the store went back")
        said = head["collections"][self.collection]
        new = [segment for segment in said["segments"] if segment["to"] > self.sequence]
        if not self.store_id or (new and new[0]["from"] > self.sequence):
            self._read_snapshot(head, said["snapshot"])
            new = [segment for segment in new if segment["to"] > self.sequence]
        for segment in new:
            self._read_segment(head, segment)
        self.store_id, self.sequence = head["store_id"], head["sequence"]
        if digest({key: version for key, (version, _) in self.records.items()}) != said["digest"]:
            raise Noticed("the records are not those that are published")
        assert len(self.records) == said["rows"]

    def _read_snapshot(self, head: Any, said: Any) -> None:
        body = self._body(head, said, "snapshot")
        self.records = {key: (version, fields) for key, version, fields in body["records"]}
        self.sequence = said["to"]

    def _read_segment(self, head: Any, said: Any) -> None:
        body = self._body(head, said, "segment")
        if said["from"] > self.sequence:
            raise Noticed("a gap")
        for change in body["changes"]:
            if change["sequence"] <= self.sequence:
                continue
            if change["op"] == "delete":
                self.records.pop(change["key"], None)
            else:
                self.records[change["key"]] = (change["sequence"], change["fields"])
        self.sequence = said["to"]

    def _body(self, head: Any, said: Any, kind: str) -> Any:
        text = "".join(self.fetch(said["run"], name) for name in said["pieces"])
        if hashlib.sha256(text.encode()).hexdigest() != said["sha256"]:
            raise Noticed("damage")
        body = json.loads(text)
        expected = (head["store_id"], self.collection, kind, said["from"], said["to"])
        if (body["store_id"], body["collection"], body["kind"], body["from"], body["to"]) != expected:
            raise Noticed("another's piece")
        self.has_read.append(kind)
        return body
