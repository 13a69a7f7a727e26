"""Computes the day's prices from the analysts' rules."""

import json

from airflow.sdk import DAG, Param, Variable, task

with DAG(
    "daily_pricing",
    dag_display_name="Daily pricing",
    description="Prices of the day, from the margins in pricing_rules",
    schedule=None,
    tags=["pricing", "daily"],
    default_args={"owner": "pricing"},
    params={
        "region": Param("de", type="string", enum=["de", "fr", "cz", "jp"], description="Region to price"),
        "discount": Param(0, type="number", minimum=0, maximum=50, description="Discount in percent"),
        "dry_run": Param(False, type="boolean", description="Compute without publishing"),
    },
):

    @task
    def price(params=None):
        rules = json.loads(Variable.get("pricing_rules", default='{"default_margin": 0.2}'))
        return rules["default_margin"] * (1 - params["discount"] / 100)

    price()
