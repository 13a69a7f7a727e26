"""What the tests of the store do with it: batches made and sent, tables read."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from leeward_companion import tables
from leeward_companion.ingest import Run, ingest
from leeward_companion.model import DataModel
from leeward_companion.store import Seen

AT = datetime.datetime(2026, 11, 30, 12, 0, tzinfo=datetime.timezone.utc)
_NUMBERS = count(1)


def change(key: str, base: int | None = None, **more: Any) -> dict[str, Any]:
    """A change that puts the fields of `set`."""
    made = {"id": f"change-{next(_NUMBERS)}", "op": "put", "key": key, "base": base}
    return {**made, **more}


def batch(*changes: Any, model: int = 1, **more: Any) -> dict[str, Any]:
    """The conf of a run."""
    client = {"id": "desktop-1", "name": "ann@laptop"}
    made = {"leeward": 1, "batch": f"batch-{next(_NUMBERS)}", "attempt": 1, "client": client, "model": model}
    return {**made, "changes": list(changes), **more}


@dataclass
class Bench:
    """A store with one collection."""

    engine: Engine
    model: DataModel
    user: str | None = "ann"
    at: datetime.datetime = field(default=AT)
    seen: Seen | None = None

    def send(self, conf: Any) -> Any:
        """Ingest a batch, made on the store as it is where the batch does not say; its outcome."""
        if isinstance(conf, dict) and "changes" in conf and "store_id" not in conf:
            conf = {**conf, "store_id": self.store_id()}
        return json.loads(ingest(self.engine, self.model, conf, Run(self.user, self.at, self.seen)))

    def store_id(self) -> str | None:
        with self.engine.begin() as connection:
            is_there = sa.inspect(connection).has_table("leeward_store")
            return connection.execute(sa.select(tables.STORE.c.store_id)).scalar() if is_there else None

    def put(self, key: str, base: int | None = None, /, **fields: Any) -> Any:
        """Send one change; its outcome."""
        sent = self.send(batch(change(key, base, set=fields), model=self.model.version))
        return sent["changes"][0] if sent["result"] == "done" else sent

    def delete(self, key: str, base: int | None) -> Any:
        sent = self.send(batch(change(key, base, op="delete"), model=self.model.version))
        return sent["changes"][0]

    def sql(self, statement: str) -> Any:
        """Run SQL around the companion; the rows, where it gives some."""
        with self.engine.begin() as connection:
            result = connection.exec_driver_sql(statement)
            return [tuple(row) for row in result] if result.returns_rows else []

    def rows(self) -> list[dict[str, Any]]:
        """The table as a pipeline reads it."""
        table = tables.records(self.model)
        with self.engine.begin() as connection:
            found = connection.execute(sa.select(table)).mappings().all()
        return sorted(({str(name): row[name] for name in row} for row in found), key=lambda row: str(row.get("id")))

    def everything(self) -> dict[str, Any]:
        """All that the store holds, for a comparison of before and after."""
        own = [tables.STORE, tables.CHANGES, tables.BATCHES, tables.COLLECTIONS, tables.MODELS]
        with self.engine.begin() as connection:
            inspector = sa.inspect(connection)
            names = [table for table in [*own, tables.records(self.model)] if inspector.has_table(table.name)]
            return {table.name: sorted(map(str, connection.execute(sa.select(table)).all())) for table in names}
