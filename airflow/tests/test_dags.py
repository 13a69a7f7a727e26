"""The DAGs as Airflow parses them, in a process of its own: importing Airflow makes a home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import made

ROOT = Path(__file__).parents[1]
SCRIPT = """
import json, pathlib, sys
from leeward_companion import dags
folder = pathlib.Path(sys.argv[1])
listed = pathlib.Path.glob
pathlib.Path.glob = lambda path, pattern: [*listed(path, pattern), path / "went.json"]
built = dags.build(folder, None, "0 0 * * *")
print(json.dumps({name: dag.doc_md for name, dag in built.items()}))
"""


def docs_of(folder: Path, home: Path) -> Any:
    """The documentation of the DAGs for the folder, to which a file belonged that was listed, and went."""
    environment = {**os.environ, "AIRFLOW_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_no_file_takes_the_other_dags_away(tmp_path: Path) -> None:
    """A description that looks like a file's name, files that cannot be read, or that are two of one id."""
    folder = tmp_path / "collections"
    folder.mkdir()
    model = {**made.file({}), "description": "What this is stands in things.md"}
    (folder / "things.json").write_text(json.dumps(model))
    (folder / "folder.json").mkdir()
    (folder / "a b.json").write_text("{}")
    (folder / "a_b.json").write_text("{}")
    docs = docs_of(folder, tmp_path / "home")
    faults = {f"leeward_fault__{name}" for name in ("folder", "a_b", "a_b_")}
    assert set(docs) == {"leeward_ingest__things", "leeward_publish", *faults}
    assert docs["leeward_ingest__things"].strip() == "What this is stands in things.md"
    assert "folder.json cannot be read (Is a directory)" in docs["leeward_fault__folder"]
