"""A real Airflow of the environment that the tests run in: its processes, and its REST API."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

VERSION = version("apache-airflow")
IS_AIRFLOW_3 = not VERSION.startswith("2.")
#: Nothing of this is waited for in vain by intention: who waits so long fails.
PATIENCE_S = 90
_KEY = "leeward-tests-only-" * 4


@dataclass
class AirflowServer:
    """Airflow in a folder of its own, on 127.0.0.1."""

    home: Path
    dags: Path
    more: dict[str, str]
    port: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _token: str = ""

    def start(self) -> None:
        """Make the database and start the processes; return when the API answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        (self.home / "passwords.json").write_text('{"admin": "admin"}')
        self._run("db", "migrate")
        if IS_AIRFLOW_3:
            commands = [["api-server"], ["scheduler", "--skip-serve-logs"], ["dag-processor"]]
        else:
            user = "--username admin --password admin --role Admin --firstname A --lastname B --email a@example.org"
            self._run("users", "create", *user.split())
            web = ["webserver", "--workers", "1", "--hostname", "127.0.0.1", "--port", str(self.port)]
            commands = [web, ["scheduler", "--skip-serve-logs"]]
        for command in commands:
            with (self.home / f"{command[0]}.log").open("wb") as log:
                started = subprocess.Popen(
                    [*_AIRFLOW, *command], env=self._environment(), stdout=log, stderr=log, start_new_session=True
                )
            self.processes.append(started)
        self.wait_for(self._is_up, "the API")

    def stop(self) -> None:
        """End the processes, and those that they started."""
        for sent in (signal.SIGTERM, signal.SIGKILL):
            for process in self.processes:
                try:
                    os.killpg(process.pid, sent)
                except ProcessLookupError:
                    continue
            for process in self.processes:
                try:
                    process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    continue

    def wait_for(self, is_so: Any, what: str) -> Any:
        """What `is_so` returns, as soon as it is something."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            found = is_so()
            if found:
                return found
            time.sleep(0.3)
        raise AssertionError(f"{what} did not come in {PATIENCE_S} s; logs are in {self.home}")

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API; the answer's JSON. Raise HTTPError where it says no."""
        base = "/api/v2" if IS_AIRFLOW_3 else "/api/v1"
        return self._ask(method, base + path, body, {"Authorization": self._authorization()})

    def trigger(self, collection: str, conf: Any) -> str:
        """Start an ingest run as the desktop does; its id."""
        return self.start_run(f"leeward_ingest__{collection}", f"leeward__{conf['batch']}__{conf['attempt']}", conf)

    def start_run(self, dag: str, run: str, conf: Any) -> str:
        body = {"dag_run_id": run, "conf": conf}
        self.call("POST", f"/dags/{dag}/dagRuns", {**body, "logical_date": None} if IS_AIRFLOW_3 else body)
        return run

    def pause(self, dag: str, *, is_paused: bool) -> None:
        self.call("PATCH", f"/dags/{dag}", {"is_paused": is_paused})

    def clear(self, dag: str, run: str) -> None:
        """Let a run that has ended run again."""
        self.call("POST", f"/dags/{dag}/dagRuns/{run}/clear", {"dry_run": False})

    def wait_run(self, dag: str, run: str) -> str:
        """The state in which a run ends."""

        def ended() -> str:
            state = str(self.get(f"/dags/{dag}/dagRuns/{run}")["state"])
            return state if state in ("success", "failed") else ""

        return str(self.wait_for(ended, f"the end of {run}"))

    def open_runs(self, dag: str) -> list[str]:
        """The runs of a DAG that have not ended."""
        found = self.get(f"/dags/{dag}/dagRuns?state=queued&state=running")["dag_runs"]
        return [run["dag_run_id"] for run in found]

    def task_state(self, dag: str, run: str, task: str) -> str:
        return str(self.get(f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}")["state"])

    def task_states(self, dag: str, run: str) -> dict[str, str]:
        """The states of a run's tasks; of those of one mapped task, the last one's."""
        found = self.get(f"/dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
        return {str(one["task_id"]): str(one["state"]) for one in found}

    def xcom(self, dag: str, run: str, task: str, key: str) -> str:
        found = self.get(f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/{key}")
        return str(found["value"])

    def asset_events(self, dag: str) -> list[Any]:
        """The events that a DAG's runs have caused."""
        path = "/assets/events" if IS_AIRFLOW_3 else "/datasets/events"
        found = self.get(f"{path}?source_dag_id={dag}&order_by=timestamp")
        return list(found["asset_events" if IS_AIRFLOW_3 else "dataset_events"])

    def wait_stream(self, dag: str, run: str, task: str) -> str:
        """What a task returned, by the stream of Airflow 3.1 and later."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/wait?interval=0.5&result={task}"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": self._authorization()}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            last = json.loads(answer.read().decode().strip().splitlines()[-1])
        return str(last["results"][task])

    def _is_up(self) -> bool:
        for process in self.processes:
            assert process.poll() is None, f"a process ended; logs are in {self.home}"
        path = "/api/v2/monitor/health" if IS_AIRFLOW_3 else "/api/v1/health"
        try:
            return bool(self._ask("GET", path, None, {})["scheduler"]["status"] == "healthy")
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def _authorization(self) -> str:
        if not IS_AIRFLOW_3:
            return f"Basic {base64.b64encode(b'admin:admin').decode()}"
        if not self._token:
            answer = self._ask("POST", "/auth/token", {"username": "admin", "password": "admin"}, {})
            self._token = str(answer["access_token"])
        return f"Bearer {self._token}"

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=data,
            method=method,
            headers={"Content-Type": "application/json", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            refused.msg = f"{refused.msg}: {refused.read()[:2000]!r}"
            raise

    def _run(self, *arguments: str) -> None:
        command = [*_AIRFLOW, *arguments]
        outcome = subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False)
        assert outcome.returncode == 0, outcome.stderr[-4000:]

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("LANG", "TZ") if name in os.environ}
        return {
            **kept,
            # Airflow 2 starts itself again by its name.
            "PATH": f"{_PROGRAMS}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            # On a busy machine a process holds the file for longer than the 5 s that Python waits.
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home / 'airflow.db'}?timeout=120",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(b"leeward-tests-only-0123456789abc").decode(),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{self.port}/execution/",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__SECRET_KEY": _KEY,
            "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.basic_auth",
            "AIRFLOW__API_AUTH__JWT_SECRET": _KEY,
            "AIRFLOW__WEBSERVER__SECRET_KEY": _KEY,
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            **self.more,
        }


_PROGRAMS = Path(sys.executable).parent
_AIRFLOW = [str(_PROGRAMS / "airflow")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
