"""Leeward's companion: DAGs that keep typed collections in a database, for analysts to edit and pipelines to read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

__all__ = ["leeward_dags"]


def leeward_dags(folder: str, conn_id: str | None = None, publish: str = "*/5 * * * *") -> dict[str, Any]:
    """The DAGs for the model files in a folder, by id, for the globals of a DAG file.

    `folder` is beside the DAG file that calls. `conn_id` names an Airflow Connection to SQLite or PostgreSQL; without
    one, collections are kept in `$AIRFLOW_HOME/leeward.db`. `publish` is a cron expression (UTC): how often what was
    changed is published for desktops, beside after each change.
    """
    from .dags import build  # noqa: PLC0415 (models are read without Airflow, too)

    caller = sys._getframe(1).f_globals.get("__file__")
    root = Path(caller).parent if caller else Path()
    return build(root / folder, conn_id, publish)
