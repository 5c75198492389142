"""Where a local installation keeps what it makes, and the environment its processes share."""

import hashlib
import json
import os
import secrets
import socket
import tempfile
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Place:
    """One local installation: a folder for Airflow's home, logs, landing and keys."""

    folder: Path

    @property
    def postgres_folder(self) -> Path:
        """The embedded PostgreSQL's data.

        As root its server runs as another user and opens each parent folder to the world, so it lies in the
        machine's temporary folder then, not in somebody's home.
        """
        if os.geteuid() != 0:
            return self.folder / "postgres"
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"zoom-warehouse-{name}" / "postgres"

    def keys(self) -> dict[str, str]:
        """The Fernet key and the signing key of this installation, made once, readable by the owner alone."""
        file = self.folder / "keys.json"
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            made = {
                "AIRFLOW__CORE__FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
            }
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:  # noqa: PTH123
                json.dump(made, opened)
        return dict(json.loads(file.read_text()))

    def environment(self, *, metadata_uri: str, port: int) -> dict[str, str]:
        """What every Airflow process of this installation needs in its environment."""
        url = f"http://127.0.0.1:{port}"
        own = {
            "AIRFLOW_HOME": str(self.folder / "airflow"),
            "AIRFLOW__API__BASE_URL": url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata_uri.replace(
                "postgresql://", "postgresql+psycopg2://"
            ),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.folder / "logs"),
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "AIRFLOW__ZOOM__LANDING": f"file://{self.folder / 'landing'}",
            "PYTHONPATH": str(PROJECT),
        }
        return {**_inherited(), **self.keys(), **own}


def free_port() -> int:
    """A TCP port on the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _inherited() -> dict[str, str]:
    """This process's environment without another Airflow's settings, and without proxies between our own."""
    unwanted = ("http_proxy", "https_proxy", "all_proxy")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_"))
        and name.lower() not in unwanted
    }
