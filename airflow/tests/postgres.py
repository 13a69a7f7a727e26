"""A PostgreSQL of our own: a new cluster in a temporary folder, on 127.0.0.1, run by an account without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Where Debian puts the programs.
PROGRAMS = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def cluster() -> Iterator[str]:
    """The address of a running server, without the name of a database."""
    folder = Path(tempfile.mkdtemp(prefix="leeward-postgres-"))
    account = _account()
    if account:
        shutil.chown(folder, account)
    data, port = folder / "data", _free_port()
    try:
        _run(account, "initdb", "-D", data, "-U", "leeward", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        server = _start(account, data, port, folder)
        try:
            yield f"postgresql+psycopg2://leeward@127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait()
    finally:
        shutil.rmtree(folder)


def _start(account: str | None, data: Path, port: int, folder: Path) -> subprocess.Popen[bytes]:
    """The server as a child of ours: one that pg_ctl left behind is never waited for where PID 1 does not."""
    settings = ["listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}", "fsync=off"]
    options = [word for setting in settings for word in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        command = [str(PROGRAMS / "postgres"), "-D", str(data), *options]
        server = subprocess.Popen(command, user=account, cwd="/", stdout=log, stderr=log)
    while True:
        assert server.poll() is None, (folder / "log").read_text()
        ready = [str(PROGRAMS / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        if subprocess.run(ready, check=False).returncode == 0:
            return server
        time.sleep(0.05)


def _account() -> str | None:
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _run(account: str | None, program: str, *arguments: object) -> None:
    command = [str(PROGRAMS / program), *map(str, arguments)]
    outcome = subprocess.run(command, user=account, cwd="/", capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
