"""Exports the customers, without those whom the analysts exclude."""

import json

from airflow.sdk import DAG, Param, Variable, task

with DAG(
    "customer_export",
    dag_display_name="Customer export",
    description="Customers for the partner, without the excluded ones",
    schedule=None,
    tags=["customers"],
    default_args={"owner": "crm"},
    params={"segment": Param(None, type=["null", "string"], description="Only this segment")},
):

    @task
    def export():
        excluded = json.loads(Variable.get("customer_export_excluded", default="[]"))
        customers = [f"C-{number}" for number in range(1040, 1050)]
        return [customer for customer in customers if customer not in excluded]

    export()
