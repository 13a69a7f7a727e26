"""The tasks: what they do is in `ingest` and `publish`; here they meet Airflow."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import model_file
from .versions import AirflowFailException, AirflowSkipException, BaseOperator, connection

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from .store import Seen

#: Where the API and its `wait` stream find what a task returns.
RETURNED = "return_value"
HEAD = "head"
#: Where a later run finds what was told of the store: a store that has not reached it was restored.
SEEN = "store"


class IngestOperator(BaseOperator):  # type: ignore[misc]
    """Applies the batch in the run's conf, and returns its outcomes as JSON text.

    Where nothing was applied the task is skipped, so that no pipeline is started for it.
    """

    def __init__(self, *, model: str, conn_id: str | None, **more: Any) -> None:
        super().__init__(**more)
        self.model = model
        self.conn_id = conn_id

    def execute(self, context: Any) -> None:
        """Apply the batch."""
        from .ingest import Run, ingest  # noqa: PLC0415 (a DAG file is read often, and needs no database)

        run = context["dag_run"]
        # Only Airflow 3 says who triggered a run.
        user = getattr(run, "triggering_user_name", None)
        seen = _seen(context["ti"], SEEN)
        with _engine(self.conn_id) as engine:
            outcome = ingest(engine, model_file.read(self.model), run.conf, Run(user, _now(), seen))
        context["ti"].xcom_push(key=RETURNED, value=outcome)
        told = json.loads(outcome)
        if "store_id" in told and "sequence" in told:
            seen_now = json.dumps({"store_id": told["store_id"], "sequence": told["sequence"]})
            context["ti"].xcom_push(key=SEEN, value=seen_now)
        if not any(change["outcome"] == "applied" for change in told.get("changes", [])):
            raise AirflowSkipException(told.get("why", "Nothing of the batch was applied; its outcomes say why."))
        extra = {name: told[name] for name in ("batch", "store_id", "sequence")}
        context["outlet_events"][self.outlets[0]].extra = extra


class PublishOperator(BaseOperator):  # type: ignore[misc]
    """Publishes the change log since the last time; a snapshot now and then, or where conf has `"snapshot": true`.

    `"restored": true` in conf says that the database was restored.
    """

    def __init__(self, *, models: list[str], conn_id: str | None, **more: Any) -> None:
        super().__init__(**more)
        self.models = models
        self.conn_id = conn_id

    def execute(self, context: Any) -> list[str]:
        """Publish; the head last, so that whoever sees it finds the rest. What is wrong, one text a collection."""
        from .publish import Publication, publish  # noqa: PLC0415 (as above)

        run = context["dag_run"]
        asked = run.conf or {}
        publication = Publication(
            run.run_id,
            _now(),
            wants_snapshot=asked.get("snapshot") is True,
            seen=_seen(context["ti"], HEAD),
            was_restored=asked.get("restored") is True,
        )
        with _engine(self.conn_id) as engine:
            published = publish(engine, [model_file.read(model) for model in self.models], publication)
        for name, piece in published.pieces.items():
            context["ti"].xcom_push(key=name, value=piece)
        context["ti"].xcom_push(key=HEAD, value=published.head)
        for trouble in published.troubles.values():
            self.log.error("%s", trouble)
        return list(published.troubles.values())


class FaultOperator(BaseOperator):  # type: ignore[misc]
    """Fails with what is wrong."""

    def __init__(self, *, faults: str, **more: Any) -> None:
        super().__init__(**more)
        self.faults = faults

    def execute(self, context: Any) -> None:  # noqa: ARG002
        """Say it."""
        raise AirflowFailException(self.faults)


@contextmanager
def _engine(conn_id: str | None) -> Iterator[Engine]:
    """The database; trouble that trying again does not mend fails the task at once."""
    from .connection import default_url, url_of  # noqa: PLC0415 (as above)
    from .store import StoreTrouble, open_engine  # noqa: PLC0415

    try:
        engine = open_engine(url_of(connection(conn_id)) if conn_id else default_url())
        try:
            yield engine
        finally:
            engine.dispose()
    except StoreTrouble as trouble:
        raise AirflowFailException(str(trouble)) from None


def _seen(ti: Any, key: str) -> Seen | None:
    """What this task told of the store in an earlier run, as far as Airflow still has it."""
    from .store import Seen  # noqa: PLC0415 (as above)

    said = ti.xcom_pull(task_ids=ti.task_id, key=key, map_indexes=-1, include_prior_dates=True)
    try:
        told = json.loads(said)
        return Seen(str(told["store_id"]), int(told["sequence"]))
    except (TypeError, ValueError, KeyError):
        return None  # There was none, or one that was refused before it met the store.


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
