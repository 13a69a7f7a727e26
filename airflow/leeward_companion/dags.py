"""The DAGs: one that ingests for each model file, and one that publishes."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

from . import model_file
from .faults import ModelFaults
from .model import DataModel
from .operators import FaultOperator, IngestOperator, PublishOperator
from .versions import DAG, Asset, EmptyOperator, Param, time_or_assets

#: By this tag desktops find the DAGs.
TAG = "leeward"
#: The param that carries the model file; no member of a batch has that name.
MODEL_PARAM = "leeward_model"
PUBLISH = "leeward_publish"

_BEGIN = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
#: An id of a DAG has at most 250 characters.
_NAME_MAX = 200
_DEFAULTS = {
    "owner": "leeward",
    "retries": 3,
    "retry_delay": datetime.timedelta(seconds=10),
    # A pattern of a model can be one that takes for ever on some texts.
    "execution_timeout": datetime.timedelta(minutes=10),
}


def build(folder: Path, conn_id: str | None, publish: str) -> dict[str, Any]:
    """The DAGs by id. A file that is no model gets a DAG that says so, and holds up no other."""
    dags: dict[str, Any] = {}
    models: dict[str, DataModel] = {}
    for file in sorted(folder.glob("*.json")):
        try:
            model = _read(file)
        except FileNotFoundError:
            continue  # It went after the folder was listed.
        except ModelFaults as faults:
            dag = _fault_dag(file, str(faults), dags)
            dags[dag.dag_id] = dag
            continue
        models[model.collection] = model
        dag = _ingest_dag(model, conn_id)
        dags[dag.dag_id] = dag
    dags[PUBLISH] = _publish_dag(list(models.values()), conn_id, publish)
    return dags


def _read(file: Path) -> DataModel:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ModelFaults([], f"{file.name} is not UTF-8; it") from None
    except FileNotFoundError:
        raise
    except OSError as why:
        raise ModelFaults([], f"{file.name} cannot be read ({why.strerror}); it") from None
    model = model_file.read(text, file.name)
    if model.collection != file.stem:
        # Otherwise two files could be of one collection.
        raise ModelFaults([], f"{file.name} is the model of {model.collection}: call it {model.collection}.json. It")
    return model


def asset_of(collection: str) -> Any:
    """The asset that a pipeline which reads the collection is scheduled on."""
    return Asset(f"leeward://{collection}")


def _ingest_dag(model: DataModel, conn_id: str | None) -> Any:
    text = model_file.write(model)
    notes = dict(model.notes)
    with DAG(
        dag_id=f"leeward_ingest__{model.collection}",
        description=notes.get("title", model.collection),
        # Airflow reads a text that ends in .md as the name of a file.
        doc_md=f"{notes['description']}\n" if "description" in notes else None,
        schedule=None,
        start_date=_BEGIN,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        default_args=_DEFAULTS,
        tags=[TAG],
        # As text: Airflow keeps objects with their members in another order.
        params={MODEL_PARAM: Param(text, type="string", const=text)},
    ) as dag:
        IngestOperator(task_id="ingest", model=text, conn_id=conn_id, outlets=[asset_of(model.collection)])
    return dag


def _publish_dag(models: list[DataModel], conn_id: str | None, cron: str) -> Any:
    with DAG(
        dag_id=PUBLISH,
        description="Publishes what was changed in Leeward's collections.",
        schedule=time_or_assets(cron, [asset_of(model.collection) for model in models]),
        start_date=_BEGIN,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        default_args=_DEFAULTS,
        tags=[TAG],
    ) as dag:
        texts = [model_file.write(model) for model in models]
        publish = PublishOperator(task_id="publish", models=texts, conn_id=conn_id)
        # One that fails for each collection that is in trouble; where none is, Airflow skips it without a task's cost.
        # The run ends well wherever something was published: from such runs desktops read.
        trouble = FaultOperator.partial(task_id="trouble").expand(faults=publish.output)
        [publish, trouble] >> EmptyOperator(task_id="published", trigger_rule="one_success")
    return dag


def _fault_dag(file: Path, faults: str, others: dict[str, Any]) -> Any:
    dag_id = f"leeward_fault__{re.sub(r'[^A-Za-z0-9_.-]', '_', file.stem)[:_NAME_MAX]}"
    while dag_id in others:  # Several names of files are the same id.
        dag_id += "_"
    with DAG(
        dag_id=dag_id,
        description=f"{file.name} is not a data model that can be used",
        doc_md=f"```\n{faults}\n```",
        schedule=None,
        start_date=_BEGIN,
        catchup=False,
        is_paused_upon_creation=False,
        tags=["leeward-fault"],
    ) as dag:
        FaultOperator(task_id="say", faults=faults)
    return dag
