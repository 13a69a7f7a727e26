"""Models for the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from leeward_companion import model_file, tree
from leeward_companion.model import DataModel

EXAMPLE = Path(__file__).parents[2] / "tests/vectors/model/example.json"


def read(node: Any) -> DataModel:
    return model_file.read(tree.write_in_order(tree.from_python(node)))


def example() -> DataModel:
    return model_file.read(EXAMPLE.read_text(encoding="utf-8"))


def file(fields: Any, version: int = 1, changes: Any = (), collection: str = "things", **extra: Any) -> Any:
    """The file of a model with these fields and, as its key, a text `id`."""
    own = {"collection": collection, "version": version, "key": ["id"], **extra}
    if changes:
        own["changes"] = changes
    properties = {**fields, "id": {"type": "string"}}
    return {"type": "object", "properties": properties, "required": ["id"], "x-leeward": own}


def with_field(schema: Any) -> DataModel:
    """A model whose first field has that schema."""
    return read(file({"f": schema}))
