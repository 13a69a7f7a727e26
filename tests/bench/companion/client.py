"""Reads all Variables with Airflow's own client: URL USERNAME PASSWORD. The time to import it does not count."""

import json
import sys
import time
from urllib.request import Request, urlopen

import airflow_client.client as airflow

PAGE = 100

base, username, password = sys.argv[1:]
began = time.monotonic()
body = json.dumps({"username": username, "password": password}).encode()
request = Request(f"{base}/auth/token", body, {"content-type": "application/json"})
token = json.load(urlopen(request))["access_token"]
read = {}
with airflow.ApiClient(airflow.Configuration(host=base, access_token=token)) as client:
    api = airflow.VariableApi(client)
    while True:
        page = api.get_variables(limit=PAGE, offset=len(read), order_by=["key"])
        read.update((one.key, one.value) for one in page.variables)
        if not page.variables or len(read) >= page.total_entries:
            break
seconds = time.monotonic() - began
print(json.dumps({"seconds": seconds, "count": len(read), "last": read[max(read)]}))
