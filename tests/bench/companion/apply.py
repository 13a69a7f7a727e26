"""Changes every row of a collection, in a database of its own: DATABASE COMPANION `ingest`|`bare` MODEL COUNT.

Says how long that took, and how many rows are as they should be afterwards.
"""

import datetime
import json
import sys
import time
from urllib.parse import urlsplit

import psycopg2
from psycopg2.extras import execute_values

place, companion, how, model_text, count_text = sys.argv[1:]
sys.path.insert(0, companion)

from leeward_companion import model_file  # noqa: E402
from leeward_companion.ingest import Run, ingest  # noqa: E402
from leeward_companion.store import open_engine  # noqa: E402

COUNT, DATABASE = int(count_text), "leeward_bench_apply"
BARE = """CREATE TABLE bare (sku text PRIMARY KEY, price numeric, "count" bigint, "day" date, approved boolean, note text,
    _lw_version bigint, _lw_changed_at timestamptz, _lw_changed_by text)"""
UPSERT = """INSERT INTO bare VALUES %s ON CONFLICT (sku) DO UPDATE SET price = excluded.price, "count" = excluded."count",
    "day" = excluded."day", approved = excluded.approved, note = excluded.note, _lw_version = excluded._lw_version,
    _lw_changed_at = excluded._lw_changed_at, _lw_changed_by = excluded._lw_changed_by"""


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def new_database():
    connection = psycopg2.connect(place)
    connection.autocommit = True
    connection.cursor().execute(f"DROP DATABASE IF EXISTS {DATABASE}")
    connection.cursor().execute(f"CREATE DATABASE {DATABASE}")
    connection.close()
    return urlsplit(place)._replace(path=f"/{DATABASE}").geturl()


def fields(number, edition):
    return {"price": f"{number % 1000}.{number % 90}5", "count": str(number + edition), "day": "2026-11-30",
            "approved": number % 2 == 0, "note": f"item {number} of a table of prices"}


def by_ingest(address):
    """The first batch makes the records, the second one changes them, as one who has seen the first."""
    engine, model, versions, store = open_engine(address), model_file.read(model_text), {}, {}

    def send(edition):
        changes = [
            {"id": f"{edition}-{number}", "op": "put", "key": f"A-{number:06}", "base": versions.get(f"A-{number:06}"),
             "set": fields(number, edition)}
            for number in range(COUNT)
        ]
        conf = {"leeward": 1, "batch": f"batch-{edition}", "attempt": 1, "client": {"id": "1", "name": "bench"},
                "model": 1, "changes": changes, **store}
        began = time.monotonic()
        outcome = json.loads(ingest(engine, model, conf, Run("ann", now())))
        took = time.monotonic() - began
        assert all(one["outcome"] == "applied" for one in outcome["changes"]), outcome
        versions.update((one["key"], one["version"]) for one in outcome["changes"])
        store["store_id"] = outcome["store_id"]
        return took

    send(0)
    return send(1)


def by_bare(address):
    with psycopg2.connect(address) as connection:
        connection.cursor().execute(BARE)

    def send(edition):
        rows = [(f"A-{number:06}", *fields(number, edition).values(), number, now(), "ann") for number in range(COUNT)]
        began = time.monotonic()
        with psycopg2.connect(address) as connection:
            execute_values(connection.cursor(), UPSERT, rows, page_size=COUNT)
        return time.monotonic() - began

    send(0)
    return send(1)


address = new_database()
seconds, table = (by_ingest(address), "prices") if how == "ingest" else (by_bare(address), "bare")
with psycopg2.connect(address) as connection:
    cursor = connection.cursor()
    cursor.execute(f'SELECT count(*) FROM {table} WHERE "count" = substr(sku, 3)::bigint + 1')
    print(json.dumps({"seconds": seconds, "changed": cursor.fetchone()[0]}))
