"""The tables: the companion's own, and one typed table a collection, its names from the data model and quoted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from .columns import column_type, moment_type
from .model import DataModel

#: The key of a record whose model generates keys.
KEY_COLUMN = "_lw_key"
VERSION, CHANGED_AT, CHANGED_BY = "_lw_version", "_lw_changed_at", "_lw_changed_by"

OWN = sa.MetaData()

STORE = sa.Table(
    "leeward_store",
    OWN,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("format", sa.Integer, nullable=False),
    sa.Column("store_id", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("pruned_to", sa.BigInteger, nullable=False),
)

#: PostgreSQL's number of `leeward_store` where the store began. A dump carries this row, and its tables get others.
ORIGIN = sa.Table(
    "leeward_origin",
    OWN,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("table", sa.BigInteger, nullable=False),
)

#: The row of a collection is its lock.
COLLECTIONS = sa.Table(
    "leeward_collections",
    OWN,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)

MODELS = sa.Table(
    "leeward_models",
    OWN,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("file", sa.Text, nullable=False),
)

BATCHES = sa.Table(
    "leeward_batches",
    OWN,
    sa.Column("batch", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("at", moment_type(), nullable=False),
)

CHANGES = sa.Table(
    "leeward_changes",
    OWN,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("op", sa.Text, nullable=False),
    sa.Column("model", sa.Integer, nullable=False),
    sa.Column("fields", sa.Text),
    sa.Column("touched", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("author_from", sa.Text, nullable=False),
    sa.Column("client", sa.Text),
    sa.Column("batch", sa.Text),
    sa.Column("change", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("at", moment_type(), nullable=False),
    sa.Index("leeward_changes_of_a_record", "collection", "key", "sequence"),
    sa.Index("leeward_changes_of_a_collection", "collection", "sequence"),
)

SEGMENTS = sa.Table(
    "leeward_segments",
    OWN,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("to_sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("from_sequence", sa.BigInteger, nullable=False),
    sa.Column("model", sa.Integer, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", moment_type(), nullable=False),
)


def records(model: DataModel) -> sa.Table:
    """The typed table of a collection. What may be missing is NULL; so is nothing else."""
    key = model.key or (KEY_COLUMN,)
    columns: list[sa.Column[Any]] = (
        [] if model.key else [sa.Column(quoted_name(KEY_COLUMN, True), sa.Text, primary_key=True)]
    )
    for field in model.fields:
        name, kind = quoted_name(field.name, True), column_type(field.type)
        is_key = field.name in key
        columns.append(sa.Column(name, kind, primary_key=is_key, nullable=not is_key, autoincrement=False))
    columns += [
        sa.Column(VERSION, sa.BigInteger, nullable=True),
        sa.Column(CHANGED_AT, moment_type(), nullable=True),
        sa.Column(CHANGED_BY, sa.Text, nullable=True),
    ]
    return sa.Table(quoted_name(model.collection, True), sa.MetaData(), *columns)
