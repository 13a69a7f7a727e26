"""A report that takes a while, so that a run can be watched."""

import time

from airflow.sdk import DAG, Variable, task

with DAG(
    "slow_report",
    dag_display_name="Slow report",
    description="The sales report; takes about eight seconds",
    schedule=None,
    tags=["reports"],
    default_args={"owner": "finance"},
):

    @task
    def report():
        title = Variable.get("report_title", default="Report")
        time.sleep(8)
        return title

    report()
