"""Revalues the open positions with the rates that analysts keep in Leeward."""

import os
import sqlite3

from airflow.sdk import DAG, Asset, task

POSITIONS = {"CHF": 400_000, "EUR": 1_000_000, "GBP": 250_000, "JPY": 80_000_000}

with DAG(
    "revalue_positions",
    dag_display_name="Revalue positions",
    description="Open positions in dollars, whenever a rate was changed",
    # Each change of the collection starts a run.
    schedule=[Asset("leeward://fx_overrides")],
    tags=["treasury"],
    default_args={"owner": "treasury"},
):

    @task
    def revalue():
        with sqlite3.connect(f"file:{os.environ['AIRFLOW_HOME']}/leeward.db?mode=ro", uri=True) as database:
            rates = dict(database.execute("SELECT currency, rate FROM fx_overrides"))
        return {
            currency: round(amount * float(rates[currency]), 2)
            for currency, amount in POSITIONS.items()
            if currency in rates
        }

    revalue()
