"""The DAGs in a real Airflow, by its REST API: what a desktop will do. On 3.x with PostgreSQL, on 2.x with SQLite."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from leeward_companion.store import open_engine

from . import made
from .airflow_server import IS_AIRFLOW_3, AirflowServer
from .bench import batch, change
from .conftest import new_database
from .reader import Reader

PACKAGE = Path(__file__).parents[1] / "leeward_companion"
INGEST, PUBLISH = "leeward_ingest__things", "leeward_publish"
#: Publishing once a year: in the tests, runs come of changes and of being asked for.
DAG_FILE = """\
# Airflow looks for DAGs in files that have the words airflow and dag.
from leeward_companion import leeward_dags
globals().update(leeward_dags(folder="collections", conn_id="leeward_db", publish="0 0 1 1 *"))
"""
MODEL = made.file({"z": {"type": "string"}, "a": {"type": "string"}, "n": {"type": "integer"}})


@pytest.fixture(scope="module")
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if IS_AIRFLOW_3:
        return new_database(request.getfixturevalue("cluster"))
    return f"sqlite:///{tmp_path_factory.mktemp('store')}/leeward.db"


@pytest.fixture(scope="module")
def airflow(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowServer]:
    root = tmp_path_factory.mktemp("airflow")
    dags = root / "dags"
    models = dags / "collections"
    models.mkdir(parents=True)
    (dags / "leeward.py").write_text(DAG_FILE)
    # As one who has no pip there: the folder is copied beside the DAGs.
    shutil.copytree(PACKAGE, dags / "leeward_companion", ignore=shutil.ignore_patterns("__pycache__"))
    (models / "things.json").write_text(json.dumps(MODEL))
    (models / "others.json").write_text(json.dumps(made.file({"t": {"type": "string"}}, collection="others")))
    (models / "broken.json").write_text('{"type": "object"}')
    (models / "liar.json").write_text(json.dumps(MODEL))
    connection = {"AIRFLOW_CONN_LEEWARD_DB": json.dumps(connection_of(address))}
    server = AirflowServer(root / "home", dags, connection)
    try:
        server.start()
        server.wait_for(lambda: len(dags_of(server)) == 3, "the DAGs")
        # Airflow 2 on SQLite runs one task at a time: without this, each change waits for a publication.
        server.pause(PUBLISH, is_paused=True)
        yield server
    finally:
        server.stop()


def connection_of(address: str) -> dict[str, Any]:
    """The Connection as Airflow keeps it."""
    url = sa.engine.make_url(address)
    if url.get_backend_name() == "sqlite":
        return {"conn_type": "sqlite", "host": url.database}
    parts = {"login": url.username, "host": url.host, "port": url.port, "schema": url.database}
    return {"conn_type": "postgres", **parts, "extra": dict(url.query)}


@pytest.fixture(scope="module")
def store(address: str) -> Iterator[Engine]:
    engine = open_engine(address)
    yield engine
    engine.dispose()


def dags_of(airflow: AirflowServer, tag: str = "leeward") -> set[str]:
    return {dag["dag_id"] for dag in airflow.get(f"/dags?tags={tag}&limit=100")["dags"]}


def send(airflow: AirflowServer, conf: Any) -> Any:
    """Send a batch, and wait for its outcome as the desktop does."""
    run = airflow.trigger("things", conf)
    assert airflow.wait_run(INGEST, run) == "success"
    return json.loads(airflow.xcom(INGEST, run, "ingest", "return_value"))


def rows(store: Engine, statement: str) -> list[Any]:
    with store.begin() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def test_each_model_has_its_dag_and_a_bad_one_says_so(airflow: AirflowServer) -> None:
    assert dags_of(airflow) == {INGEST, "leeward_ingest__others", PUBLISH}
    assert dags_of(airflow, "leeward-fault") == {"leeward_fault__broken", "leeward_fault__liar"}
    assert airflow.get("/importErrors")["total_entries"] == 0
    said = airflow.get("/dags/leeward_fault__broken/details")["doc_md"]
    assert "/properties has no fields. Declare at least one." in said
    assert "call it things.json" in airflow.get("/dags/leeward_fault__liar/details")["doc_md"]


def test_the_model_travels_with_its_dag(airflow: AirflowServer) -> None:
    param = airflow.get(f"/dags/{INGEST}/details")["params"]["leeward_model"]
    model = json.loads(param["value"])
    assert list(model["properties"]) == ["z", "a", "n", "id"], "in the order of the file"
    assert param["schema"]["const"] == param["value"]


def test_a_batch_is_applied_and_clearing_its_run_changes_nothing(airflow: AirflowServer, store: Engine) -> None:
    text = "é '; DROP TABLE things; -- 🦀"
    conf = batch(change("x", set={"a": text, "n": 2**63 - 1}), change("y", set={"n": "bad"}), batch="apply-1")
    told = send(airflow, conf)
    assert [one["outcome"] for one in told["changes"]] == ["applied", "refused"]
    assert rows(store, "SELECT id, a, n FROM things") == [("x", text, 2**63 - 1)]
    author = rows(store, "SELECT author, author_from FROM leeward_changes WHERE batch = 'apply-1'")
    assert author == [("admin", "airflow") if IS_AIRFLOW_3 else ("ann@laptop", "client")]
    event = airflow.asset_events(INGEST)[-1]
    assert event["extra"]["batch"] == "apply-1"
    run = "leeward__apply-1__1"
    airflow.clear(INGEST, run)
    assert airflow.wait_run(INGEST, run) == "success"
    assert json.loads(airflow.xcom(INGEST, run, "ingest", "return_value")) == told
    assert send(airflow, {**conf, "attempt": 2}) == told
    assert rows(store, "SELECT COUNT(*) FROM leeward_changes WHERE batch = 'apply-1'") == [(1,)]


def test_a_batch_of_which_nothing_is_applied_starts_no_pipeline(airflow: AirflowServer) -> None:
    send(airflow, batch(change("clash", set={"a": "1"})))
    events = len(airflow.asset_events(INGEST))
    conf = batch(change("clash", None, set={"a": "2"}))
    told = send(airflow, conf)
    assert (told["changes"][0]["outcome"], told["changes"][0]["row"]["a"]) == ("conflict", "1")
    assert airflow.task_state(INGEST, f"leeward__{conf['batch']}__1", "ingest") == "skipped"
    hostile = send(airflow, {**batch(change("h", set={"a": "1"})), "sql": "DROP TABLE things"})
    assert (hostile["result"], hostile["why"]) == (
        "refused",
        "The batch has a member that this companion does not know.",
    )
    assert len(airflow.asset_events(INGEST)) == events


def test_a_change_is_published_and_read_back(airflow: AirflowServer, store: Engine) -> None:
    airflow.pause(PUBLISH, is_paused=False)
    told = send(airflow, batch(change("p", set={"a": "published"})))
    reader = Reader("things", lambda run, name: airflow.xcom(PUBLISH, run, "publish", name))

    def head() -> str:
        """What the newest successful run says, once it knows of the change: the asset starts one by itself."""
        found = airflow.get(f"/dags/{PUBLISH}/dagRuns?state=success&order_by=-end_date&limit=1")["dag_runs"]
        said = airflow.xcom(PUBLISH, found[0]["dag_run_id"], "publish", "head") if found else '{"sequence": 0}'
        return said if json.loads(said)["sequence"] >= told["sequence"] else ""

    reader.bring_up_to_date(airflow.wait_for(head, "the publication"))
    held = {key: fields.get("a") for key, (_, fields) in reader.records.items()}
    assert held == dict(rows(store, "SELECT id, a FROM things"))
    run = airflow.start_run(PUBLISH, "leeward__snapshot", {"snapshot": True})
    assert airflow.wait_run(PUBLISH, run) == "success"
    assert airflow.task_states(PUBLISH, run) == {"publish": "success", "trouble": "skipped", "published": "success"}
    airflow.clear(PUBLISH, run)
    assert airflow.wait_run(PUBLISH, run) == "success"
    again = Reader("things", reader.fetch)
    again.bring_up_to_date(airflow.xcom(PUBLISH, run, "publish", "head"))
    assert again.records == reader.records


@pytest.mark.skipif(not IS_AIRFLOW_3, reason="Airflow 2 has no such stream")
def test_the_wait_stream_ends_with_the_outcomes(airflow: AirflowServer) -> None:
    run = airflow.trigger("things", batch(change("w", set={"a": "1"})))
    told = json.loads(airflow.wait_stream(INGEST, run, "ingest"))
    assert told["changes"][0]["outcome"] == "applied"


def test_a_restored_database_is_noticed_by_what_was_told_before(airflow: AirflowServer, store: Engine) -> None:
    """The last of all: nothing of what went before is in the store any more."""

    def published(name: str) -> Any:
        run = airflow.start_run(PUBLISH, name, {})
        assert airflow.wait_run(PUBLISH, run) == "success"
        return json.loads(airflow.xcom(PUBLISH, run, "publish", "head"))

    with store.begin() as connection:
        connection.exec_driver_sql("DROP TABLE others")
    airflow.pause(PUBLISH, is_paused=False)
    before = published("leeward__before")
    assert list(before["collections"]) == ["things"]
    assert airflow.task_states(PUBLISH, "leeward__before")["trouble"] == "failed", "what was published counts"
    # Airflow 3 puts runs with a logical date before all others where its own database is SQLite: a later run finds
    # what the last scheduled one told.
    for run in airflow.get(f"/dags/{PUBLISH}/dagRuns")["dag_runs"]:
        if run["run_type"] == "scheduled":
            airflow.clear(PUBLISH, run["dag_run_id"])
            assert airflow.wait_run(PUBLISH, run["dag_run_id"]) in ("success", "failed")
    # What the assets started of it beside would meet the store as it is in between.
    airflow.wait_for(lambda: not airflow.open_runs(PUBLISH), "the end of all publications")
    airflow.pause(PUBLISH, is_paused=True)
    with store.begin() as connection:
        for table in ("leeward_changes", "leeward_segments", "leeward_batches", "things"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.exec_driver_sql("UPDATE leeward_store SET sequence = 0")
    told = send(airflow, batch(change("after", set={"a": "1"})))
    assert (told["sequence"], told["store_id"] == before["store_id"]) == (before["sequence"] + 1, False)
    with store.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE leeward_store SET sequence = 0, store_id = 'as before'".replace("as before", before["store_id"])
        )
    airflow.pause(PUBLISH, is_paused=False)
    assert published("leeward__after")["store_id"] != before["store_id"]
