"""Airflow's names, which its two lines spell differently."""

from __future__ import annotations

from typing import Any

try:
    from airflow.sdk import DAG, Asset, BaseHook, BaseOperator, Param
    from airflow.timetables.assets import AssetOrTimeSchedule

    IS_AIRFLOW_3 = True
except ImportError:  # Airflow 2
    from airflow.datasets import Dataset as Asset
    from airflow.hooks.base import BaseHook
    from airflow.models.baseoperator import BaseOperator
    from airflow.models.dag import DAG
    from airflow.models.param import Param
    from airflow.timetables.datasets import DatasetOrTimeSchedule as AssetOrTimeSchedule

    IS_AIRFLOW_3 = False

try:
    from airflow.providers.standard.operators.empty import EmptyOperator
except ImportError:  # Airflow 2 without that provider
    from airflow.operators.empty import EmptyOperator

try:
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
except ImportError:  # Airflow before 3.2
    from airflow.exceptions import AirflowFailException, AirflowSkipException

from airflow.timetables.trigger import CronTriggerTimetable

__all__ = [
    "DAG",
    "AirflowFailException",
    "AirflowSkipException",
    "Asset",
    "BaseOperator",
    "EmptyOperator",
    "Param",
    "connection",
    "time_or_assets",
]


def time_or_assets(cron: str, assets: list[Any]) -> Any:
    """A schedule by time (UTC), and whenever any of the assets was updated."""
    timetable = CronTriggerTimetable(cron, timezone="UTC")
    if not assets:
        return timetable
    anyone = assets[0]
    for asset in assets[1:]:
        anyone = anyone | asset
    name = "assets" if IS_AIRFLOW_3 else "datasets"
    return AssetOrTimeSchedule(timetable=timetable, **{name: anyone})


def connection(conn_id: str) -> Any:
    """The Connection of that id."""
    return BaseHook.get_connection(conn_id)
