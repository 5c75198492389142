"""PgBouncer in transaction mode before an embedded PostgreSQL."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from include.launch.place import free_port
from include.launch.postgres import EmbeddedPostgres
from tests.grant.installation import wait_for

_SETTINGS = """
[databases]
* = host={socket_folder} port={port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
logfile = {folder}/log
"""


@contextmanager
def pgbouncer(server: EmbeddedPostgres) -> Iterator[int]:
    """Runs it with five server connections for everybody; its port.

    It refuses to run as root, so it is then who the server is, who alone may open its socket.
    """
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
    with tempfile.TemporaryDirectory(prefix="zoom-pgbouncer-") as folder:
        port, user = free_port(), Path(server.socket_folder).owner() if os.geteuid() == 0 else None
        where = {"socket_folder": server.socket_folder, "port": server.port}
        settings = _SETTINGS.format(**where, listen_port=port, folder=folder)
        (Path(folder) / "settings.ini").write_text(settings)
        if user:
            shutil.chown(folder, user)
        process = subprocess.Popen([program, "--quiet", f"{folder}/settings.ini"], user=user)
        try:
            wait_for(lambda: _listens(port))
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port)):
        return True
