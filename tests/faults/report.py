"""The table that `make faults` ends with: each fault, what came of it, and what it cost in posts to Zoom."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from rich.console import Console
from rich.table import Table

FAULTS = {
    1: "24 processes due at once",
    2: "three hosts and 50 backfill tasks",
    3: "killed before the lease",
    4: "killed with the lease, before the post",
    5: "killed after Zoom rotated",
    6: "killed after the commit",
    7: "task cleared or killed while it waits",
    8: "API server stopped gracefully mid-post",
    9: "host off",
    10: "holder stopped 120 s, then continues",
    11: "database read-only",
    12: "database dies between answer and commit",
    13: "commit's reply lost",
    14: "file present at start",
    15: "old backup restored",
    16: "DNS or refused",
    17: "read timeout",
    18: "reset or 500",
    19: "429 with seconds, HTTP date, ISO date, nothing",
    20: "200 with HTML, empty, truncated",
    21: "no refresh token in the answer",
    22: "refresh token without access token",
    23: "expires_in missing, text, 0, negative",
    24: "invalid_grant after another rotated",
    25: "true invalid_grant, 50 tasks",
    26: "invalid_client",
    27: "clock 10 minutes off",
    28: "Connection edited in the UI meanwhile",
    29: "rotate-fernet-key meanwhile",
    30: "wrong or empty Fernet key",
    31: "AIRFLOW_CONN_ or a secrets backend shadows the row",
    32: "execution API 500",
    33: "two consents at once, consent during refresh",
    34: "old access token dies while 20 tasks page",
    35: "redirect from the token endpoint",
    36: "behind PgBouncer in transaction mode",
    37: "DEBUG logs, whole database and all files searched",
    38: "test_connection, parsing a Dag",
    39: "revoked in Zoom mid-run",
    40: "forged, expired, foreign or unsigned assertion",
}
_NAME = re.compile(r"test_fault_(\d\d)_")


@dataclass(frozen=True)
class Row:
    """What one test saw."""

    number: int
    case: str
    outcome: str
    posts: str


_ROWS = pytest.StashKey[list[Row]]()
_TABLES = pytest.StashKey[list[Table]]()
Record = Callable[..., None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--fault-table` is what `make faults` passes."""
    parser.addoption("--fault-table", action="store_true", help="print what came of each fault at the end")


def pytest_configure(config: pytest.Config) -> None:
    """Rows and further tables are kept for the summary."""
    config.stash[_ROWS], config.stash[_TABLES] = [], []


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Iterator[Record]:
    """Keeps what came of a fault, for the table: call it once, after the last assertion."""
    rows, number, case = request.config.stash[_ROWS], number_of(request.node.name), _case(request.node)
    kept: list[Row] = []

    def keep(outcome: str, *, posts: int | str) -> None:
        kept.append(Row(number, case, outcome, str(posts)))

    yield keep
    rows += kept or [Row(number, case, "NOT AS STATED", "")]


@pytest.fixture
def show(request: pytest.FixtureRequest) -> Callable[[Table], None]:
    """Keeps a further table for the end."""
    return request.config.stash[_TABLES].append


def number_of(name: str) -> int:
    """The number of the fault that a test is named after."""
    found = _NAME.match(name)
    assert found, f"{name} is not named after a fault"
    return int(found.group(1))


def pytest_terminal_summary(config: pytest.Config) -> None:
    """Prints the table where it was asked for."""
    if config.getoption("--fault-table"):
        console = Console(width=140)
        for table in (_table(config.stash[_ROWS]), *config.stash[_TABLES]):
            console.print(table)


def _case(node: pytest.Item) -> str:
    callspec = getattr(node, "callspec", None)
    return callspec.id if callspec else ""


def _table(rows: list[Row]) -> Table:
    table = Table("", "fault", "case", "outcome", "posts", title="Faults, and what came of each")
    before = 0
    for row in sorted(rows, key=lambda row: row.number):
        new = row.number != before
        table.add_row(
            str(row.number) if new else "",
            FAULTS[row.number] if new else "",
            row.case,
            row.outcome,
            row.posts,
        )
        before = row.number
    return table
