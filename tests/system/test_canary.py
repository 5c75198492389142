"""A whole run with faults at DEBUG, then a search for every secret that there was: nothing is found anywhere.

An installation of its own: the log level, a client secret that looks different in each form, and faults.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import pyarrow as pa
import pyarrow.parquet
import pytest
from cryptography.fernet import Fernet

from include.grant import assertion
from include.launch.airflow import LocalAirflow
from include.launch.local import SANDBOX_SETTINGS, local
from include.launch.place import Place
from include.launch.processes import Processes
from tests.grant.installation import start_sandbox
from tests.system.canaries import Canary, Search, forms, write_out_database, write_out_packed
from tests.system.conftest import SEVEN_STREAMS, Pipeline, dags_beside_the_projects

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

CLIENT_SECRET = 'a+client/secret="that" is ? 100 % f\\ake'
LOUD = {
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
    # Airflow quietens these by itself; somebody who looks for a fault makes them speak.
    "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "httpx=DEBUG httpcore=DEBUG sqlalchemy.engine=INFO",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
    "AIRFLOW__ZOOM__RETRY_DELAY_AFTER_KILL_SECONDS": "1",
}
FAULTS = [
    {"path": "/oauth/token", "kind": "status", "status": 500},
    {"path": "/oauth/token", "kind": "html", "skip": 1},
    {
        "path": "/v2/users",
        "kind": "status",
        "status": 401,
        "body": {"code": 124, "message": "Invalid token."},
    },
    {"path": "/v2/report", "kind": "status", "status": 401, "body": {"code": 124}},
    {"path": "/v2/past_meetings", "kind": "hang", "seconds": 5},
    {"path": "/v2/groups", "kind": "status", "status": 400, "body": {"code": 300, "message": "No."}},
]


@dataclass(frozen=True)
class Evidence:
    """What a run left behind, written out, and the secrets that there were."""

    folder: Path
    canaries: list[Canary]
    tables: set[str]
    packed: set[str]
    asked: dict[str, Any]
    states: dict[str, str]
    journal: str

    def search(self) -> Search:
        """A search for all of them."""
        return Search(self.canaries, self.folder.parent / "patterns")


class Arguments:
    """Notes the arguments of every process below this one, as anybody on the machine may."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    self.seen.add("\0".join(process.cmdline()))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """Starts an installation, consents, runs with faults, ends it, and writes everything out."""
    root = Path(tempfile.mkdtemp(prefix=f"zoom-canary-{os.getpid()}-"))
    place, secret = Place(root / "airflow"), root / "secret"
    secret.write_text(CLIENT_SECRET)
    env = place.environment(metadata_uri="", port=1)
    with Arguments() as arguments, Processes(place.folder / "processes") as processes:
        options = ("--client-secret", f"@{secret}", "--token-seconds", "20", "--plan", "business", "--allow")
        url = start_sandbox(processes, env, *options)
        zoom = {
            "ZOOM_CLIENT_ID": "sandbox-client-id",
            "ZOOM_CLIENT_SECRET": CLIENT_SECRET,
            "ZOOM_API_URL": f"{url}/v2",
            "ZOOM_OAUTH_URL": f"{url}/oauth",
            "ZOOM_PLAN": "business",
        }
        own = {
            "AIRFLOW__ZOOM__SPILL_FOLDER": str(place.folder / "spill"),
            "AIRFLOW__ZOOM__STREAMS": SEVEN_STREAMS,
            "AIRFLOW__CORE__DAGS_FOLDER": dags_beside_the_projects(root / "dags", "talkative.py"),
        }
        with local(place, zoom=zoom, settings=SANDBOX_SETTINGS | LOUD | own) as running:
            pipeline = Pipeline(replace(running, sandbox_url=url))
            states = act(pipeline, place.folder / "processes")
            written = root / "written"
            tables = write_out_database(
                running.airflow.env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", ""),
                written / "metadata",
            )
            tables |= write_out_database(running.warehouse_uri, written / "warehouse")
            canaries = [Canary(**told) for told in pipeline.sandbox("GET", "secrets")]
            asked = pipeline.requests()
    packed = write_out_packed(place.folder, written / "packed")
    (written / "arguments").write_text("\n".join(arguments.seen))
    journal = (written / "metadata" / "public.zoom_grant").read_text()
    assertions = Canary("assertion", "zoom-grant-broker")
    return Evidence(root, [*canaries, assertions], tables, set(packed), asked, states, journal)


def act(pipeline: Pipeline, logs: Path) -> dict[str, str]:
    """Consent, a daily run with faults and a killed task, a run that fails, and who asks without a right."""
    airflow = pipeline.local.airflow
    connect(airflow, logs)
    airflow.put_connection(
        {"connection_id": "zoom_alerts", "conn_type": "http", "host": f"{pipeline.local.sandbox_url}/nobody"}
    )
    pipeline.sandbox("POST", "faults", json=FAULTS)
    airflow.api("PATCH", "/dags/zoom_daily", json={"is_paused": False})
    run = airflow.wait_for(
        lambda: next(iter(pipeline.runs(run_type="scheduled")), None), seconds=120, what="the run"
    )["dag_run_id"]
    pid = pipeline.task_when(run, "meeting_participants.pull", "running")["pid"]
    os.kill(pid, signal.SIGKILL)
    bad = pipeline.trigger(conf={"first_day": "2999-01-01"})
    airflow.api("PATCH", "/dags/talkative", json={"is_paused": False})
    airflow.api("POST", "/dags/talkative/dagRuns", json={"logical_date": None, "dag_run_id": "loud"})
    states = {"daily": pipeline.ended(run, seconds=400), "bad": pipeline.ended(bad)}
    states["talkative"] = airflow.wait_for(lambda: talkative_ended(airflow), seconds=120, what="talkative")
    tasks = pipeline.tasks(run)
    states |= {name: tasks[name]["state"] for name in ("users.load", "meeting_participants.load")}
    states["tries"] = str(tasks["meeting_participants.pull"]["try_number"])
    pipeline.log(run, "groups.pull")
    ask_without_a_right(airflow)
    return states


def talkative_ended(airflow: LocalAirflow) -> str | None:
    """The state of the talkative Dag's run once it has ended."""
    state = airflow.api("GET", "/dags/talkative/dagRuns/loud")["state"]
    return state if state in {"success", "failed"} else None


def connect(airflow: LocalAirflow, logs: Path) -> None:
    """A person's consent and a look at the status, their output among the logs."""
    for arguments in (("connect", "--follow"), ("status",)):
        with (logs / f"{arguments[0]}.log").open("wb") as log:
            command = [sys.executable, "-m", "include.grant", *arguments]
            subprocess.run(command, env=airflow.env, stdout=log, stderr=log, check=True)


def ask_without_a_right(airflow: LocalAirflow) -> None:
    """A forged assertion, an old one in the query string, and the Connection through Airflow's API."""
    path = f"{airflow.url}/zoom/grants/zoom_default/access-token"
    late = assertion.sign("zoom_default", CLIENT_SECRET, now=datetime.now(UTC).timestamp() - 600)
    for body in (assertion.form(late), assertion.form(late[:-4]), b"\xff" * 100):
        assert httpx.post(path, content=body, trust_env=False).status_code == 401
    shown = airflow.api("GET", "/connections/zoom_default")
    assert json.loads(shown["extra"])["refresh_token"] == "***"


def test_no_secret_is_found_anywhere(evidence: Evidence) -> None:
    """Logs, metadata database, landing, warehouse, spill folder, files of Airflow, process arguments: 0 hits."""
    found = evidence.search().hits(evidence.folder / "airflow", evidence.folder / "written")
    assert found == []


def test_a_task_that_prints_its_connection_shows_nothing(evidence: Evidence) -> None:
    """The lines are there, their secrets are not: plain, JSON, percent-encoded, base64, Basic, in a traceback."""
    (log,) = (evidence.folder / "airflow" / "logs" / "dag_id=talkative").rglob("attempt=1.log")
    assert evidence.search().hits(log.parent) == []
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    shown = [line["event"] for line in lines if "***" in json.dumps(line)]
    assert len(shown) >= 26
    assert any("ValueError" in json.dumps(line) for line in lines)


def test_the_run_was_what_it_should_have_been(evidence: Evidence) -> None:
    """Faults struck, tokens rotated, a task was killed and retried, others failed; everything was written out."""
    assert evidence.states == {
        "daily": "failed",
        "bad": "failed",
        "talkative": "failed",
        "users.load": "success",
        "meeting_participants.load": "success",
        "tries": "2",
    }
    kinds = [canary.kind for canary in evidence.canaries]
    assert {"client", "state", "code", "verifier", "assertion"} <= set(kinds)
    assert min(kinds.count("refresh"), kinds.count("access")) >= 2
    refused = {entry["status"] for entry in evidence.asked["counts"] if entry["path"] == "/oauth/token"}
    assert 500 in refused
    assert {"connection", "zoom_grant", "log", "xcom", "rendered_task_instance_fields"} <= evidence.tables
    assert {"serialized_dag", "task_state_store", "meeting_participants", "load_ledger"} <= evidence.tables
    assert evidence.packed == {".parquet", ".zst"}
    logs = evidence.folder / "airflow"
    for name in ("api-server", "scheduler", "dag-processor", "triggerer", "connect", "sandbox"):
        assert (logs / "processes" / f"{name}.log").stat().st_size > 0
    assert "DEBUG" in (logs / "processes" / "api-server.log").read_text().upper()
    assert len(list((logs / "logs").rglob("attempt=*.log"))) >= 15


def test_the_secrets_lie_encrypted_where_they_belong(evidence: Evidence) -> None:
    """The canaries are the right ones: the key opens the journal, and the newest refresh token is in it."""
    key = json.loads((evidence.folder / "airflow" / "keys.json").read_text())["AIRFLOW__CORE__FERNET_KEY"]
    (sealed,) = (line for line in evidence.journal.splitlines() if line.startswith("gAAAA"))
    newest = [canary.secret for canary in evidence.canaries if canary.kind == "refresh"][-1]
    assert newest in Fernet(key).decrypt(sealed.encode()).decode()


def test_a_secret_that_leaks_is_found_in_every_form(evidence: Evidence, tmp_path: Path) -> None:
    """The search can fail: each canary that is planted in a log, a table or a packed file is found there."""
    by_kind = {canary.kind: canary for canary in evidence.canaries}
    logs = tmp_path / "logs"
    logs.mkdir()
    planted = 0
    for canary in by_kind.values():
        for form in forms(canary.secret if canary.kind == "client" else canary.pieces()[-1]).values():
            (logs / f"{planted}.log").write_text(f"noise\nx{form}y\n")
            planted += 1
    assert len(evidence.search().hits(logs)) == planted == 13 * len(by_kind)


def test_a_secret_that_leaks_is_found_in_tables_and_packed_files(
    evidence: Evidence, tmp_path: Path, new_database: Any
) -> None:
    """Text, JSON, bytes and packed bytes of a table; Zstandard and Parquet in landing."""
    import zlib

    import psycopg2

    secret = next(canary.secret for canary in evidence.canaries if canary.kind == "access")
    uri = new_database()
    with contextlib.closing(psycopg2.connect(uri)) as connection, connection, connection.cursor() as cursor:
        kinds = {"a": "text", "b": "jsonb", "c": "bytea", "d": "bytea"}
        values = {
            "a": f"x {secret}",
            "b": json.dumps({"a": [secret]}),
            "c": secret.encode(),
            "d": zlib.compress(secret.encode()),
        }
        for name, kind in kinds.items():
            cursor.execute(f"CREATE TABLE {name} (v {kind})")
            cursor.execute(f"INSERT INTO {name} VALUES (%s)", (values[name],))
    write_out_database(uri, tmp_path / "written")
    landing = tmp_path / "landing"
    landing.mkdir()
    pyarrow.parquet.write_table(pa.table({"a": [secret]}), landing / "a.parquet")
    with pa.CompressedOutputStream(str(landing / "a.ndjson.zst"), "zstd") as file:
        file.write(secret.encode())
    write_out_packed(landing, tmp_path / "written")
    assert len(evidence.search().hits(tmp_path / "written")) == 6
