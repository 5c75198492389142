"""Where the tools run: the simulated account as a process, PostgreSQL as another, an environment per peer."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import psycopg2
from psycopg2 import sql

from benchmarks.account import COMPARED, DAY, NOW, SIZES, Comparison, Key, compared, counted, truth
from benchmarks.measure import Cost, measured, spent_by
from benchmarks.peers.task import Task
from benchmarks.server import Conditions
from benchmarks.tools import PROJECT, Tool
from include.launch.postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = ROOT / ".local" / "bench"
LONGEST_SECONDS = 300.0
_LONGEST_SECONDS_OF_BIG = 1800.0


@dataclass(frozen=True)
class Outcome:
    """One run of a tool, as it is kept."""

    seconds: float
    """The whole process."""
    seconds_from_first_request: float
    """Without its start: from its first request to its end."""
    cpu_seconds: float
    postgres_cpu_seconds: float
    server_cpu_seconds: float
    """Of the simulated account: far below `seconds`, or else it was the bottleneck."""
    peak_megabytes: float
    requests: int
    """To the API; refused ones too."""
    refused: int
    """Of them, those answered 429."""
    unauthorised: int
    """Of them, those answered 401."""
    token_posts: int
    by_path: Mapping[str, int]
    exit_code: int
    broke: str
    """The last line that it said where it failed."""
    rows: Mapping[str, Mapping[str, int]]
    """By table: right, missing, surplus."""


class Account:
    """The simulated account's server and the truth about it."""

    def __init__(self, size: str) -> None:
        self.settings = SIZES[size].settings()
        self.longest_seconds = _LONGEST_SECONDS_OF_BIG if size == "big" else LONGEST_SECONDS
        self._process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-m", "benchmarks.server", size], stdout=subprocess.PIPE, cwd=ROOT
        )
        if self._process.stdout is None:
            raise RuntimeError("The server has no standard output.")
        self.url: str = json.loads(self._process.stdout.readline())["url"]
        self._truth: dict[str, Counter[Key]] = {}

    def begin(self, conditions: Conditions) -> dict[str, Any]:
        """Sets the next run's conditions; tells what was asked since they were set before."""
        answer = httpx.post(f"{self.url}/_bench", json=asdict(conditions), timeout=60)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told

    @property
    def truth(self) -> dict[str, Counter[Key]]:
        """How often each row is there, by table."""
        if not self._truth:
            self._truth = truth(self.settings)
        return self._truth

    def stop(self) -> None:
        """Ends the server."""
        self._process.terminate()
        self._process.communicate()


class House:
    """Runs tools, one at a time."""

    def __init__(self, postgres: EmbeddedPostgres, folder: Path) -> None:
        self._postgres = postgres
        self._folder = folder

    @classmethod
    @contextlib.contextmanager
    def opened(cls, folder: Path) -> Iterator[Self]:
        """With a PostgreSQL of its own, until the block ends."""
        postgres = EmbeddedPostgres.in_temporary_folder()
        try:
            yield cls(postgres, folder)
        finally:
            postgres.stop()

    def fresh(self, tool: Tool) -> None:
        """Takes away what the tool's last run has left."""
        shutil.rmtree(self._of(tool), ignore_errors=True)
        self._of(tool).mkdir(parents=True)
        with contextlib.closing(psycopg2.connect(self._postgres.uri())) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                cursor.execute(statement.format(sql.Identifier(tool.name)))
        self._postgres.create(tool.name)

    def run(self, tool: Tool, account: Account, conditions: Conditions) -> Outcome:
        """Runs the tool once, over what its last run has left unless that is taken away."""
        served = account.begin(conditions)["cpu_seconds"]
        spent = spent_by(self._server_pid)
        cost = self._measured(tool, account, conditions)
        if tool.messages and cost.exit_code:
            cost = replace(cost, last_words=_error_in_messages(self._of(tool) / "stdout"))
        spent = spent_by(self._server_pid) - spent
        asked = account.begin(conditions)
        asked["cpu_seconds"] -= served
        return _outcome(cost, asked, spent, self._compared(tool, account))

    def _measured(self, tool: Tool, account: Account, conditions: Conditions) -> Cost:
        folder = self._of(tool)
        task = Task(
            url=account.url,
            postgres=self._postgres.uri(tool.name),
            folder=str(folder),
            day=DAY.isoformat(),
            today=NOW.date().isoformat(),
            account_id=account.settings.account,
            client_id=account.settings.client_id,
            client_secret=account.settings.client_secret,
            limits=conditions.limits or bool(conditions.refuse_every),
            extract_only=tool.extract_only,
        )
        return measured(
            tool.arguments(programs_of(tool), task.write(folder / "task.json")),
            environment=_environment(tool, folder),
            folder=folder,
            longest_seconds=account.longest_seconds,
        )

    def _compared(self, tool: Tool, account: Account) -> dict[str, Comparison]:
        if tool.extract_only:
            return {}
        found = self._in_files(tool) if tool.extracts else self._in_database(tool)
        return {table: compared(account.truth[table], found[table]) for table in COMPARED}

    def _in_files(self, tool: Tool) -> dict[str, Counter[Key]]:
        if tool.messages:
            return _in_messages(self._of(tool) / "stdout")
        found: dict[str, Counter[Key]] = {}
        for table in COMPARED:
            path = self._of(tool) / f"{table}.ndjson"
            lines = path.read_text().splitlines() if path.exists() else []
            found[table] = counted(table, (json.loads(line) for line in lines))
        return found

    def _in_database(self, tool: Tool) -> dict[str, Counter[Key]]:
        found: dict[str, Counter[Key]] = {}
        with contextlib.closing(psycopg2.connect(self._postgres.uri(tool.name))) as connection:
            connection.autocommit = True
            for table, query in tool.queries.items():
                with connection.cursor() as cursor:
                    found[table] = _rows_of(cursor, table, query)
        return found

    def _of(self, tool: Tool) -> Path:
        return self._folder / tool.name

    @property
    def _server_pid(self) -> int:
        return self._postgres.pid


def _in_messages(path: Path) -> dict[str, Counter[Key]]:
    found: dict[str, list[Any]] = {table: [] for table in COMPARED}
    for line in path.read_text().splitlines():
        if '"RECORD"' in line:
            record = json.loads(line)["record"]
            found[record["stream"]].append(record["data"])
    return {table: counted(table, rows) for table, rows in found.items()}


def _error_in_messages(path: Path) -> str:
    """The first error that Airbyte's messages trace."""
    traced = (json.loads(line)["trace"] for line in path.read_text().splitlines() if '"TRACE"' in line)
    return next((str(each["error"]["message"]) for each in traced if "error" in each), "")


def _rows_of(cursor: Any, table: str, query: str) -> Counter[Key]:  # noqa: ANN401 - psycopg2 has no types
    try:
        cursor.execute(query)
    except psycopg2.errors.UndefinedTable:
        return Counter()
    names = [column.name for column in cursor.description]
    return counted(table, (dict(zip(names, row, strict=True)) for row in cursor))


def programs_of(tool: Tool) -> Path:
    """The folder of the Python and the programs that a tool runs with."""
    if tool.environment == PROJECT:
        return Path(sys.executable).parent
    return ENVIRONMENTS / tool.environment / "bin"


def _environment(tool: Tool, folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    programs = programs_of(tool)
    return kept | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "AIRFLOW_HOME": str(folder / "airflow"),
        "HOME": str(folder),
    }


def _outcome(
    cost: Cost, asked: Mapping[str, Any], postgres_cpu_seconds: float, rows: Mapping[str, Comparison]
) -> Outcome:
    of_api = [(path, status, count) for path, status, count in asked["asked"] if status]
    by_path: Counter[str] = Counter()
    by_status: Counter[int] = Counter()
    for path, status, count in of_api:
        by_path[path] += count
        by_status[status] += count
    return Outcome(
        seconds=cost.ended_at - cost.started_at,
        seconds_from_first_request=cost.ended_at - (asked["first_at"] or cost.ended_at),
        cpu_seconds=cost.cpu_seconds,
        postgres_cpu_seconds=postgres_cpu_seconds,
        server_cpu_seconds=asked["cpu_seconds"],
        peak_megabytes=cost.peak_megabytes,
        requests=by_path.total(),
        refused=by_status[429],
        unauthorised=by_status[401],
        token_posts=sum(
            count for path, status, count in asked["asked"] if not status and path.endswith("/token")
        ),
        by_path=dict(by_path),
        exit_code=cost.exit_code,
        broke=cost.last_words[:300] if cost.exit_code else "",
        rows={table: asdict(comparison) for table, comparison in rows.items()},
    )


def machine() -> dict[str, Any]:
    """Where it ran."""
    return {
        "cpus": psutil.cpu_count(),
        "memory_gigabytes": round(psutil.virtual_memory().total / 1e9),
        "python": sys.version.split()[0],
    }
