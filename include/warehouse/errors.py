"""What can go wrong with the warehouse, split by what the caller must do.

WarehouseError
├── TransientWarehouseError     try again later: down, a lost connection, a lock that stays, a full disk
└── PermanentWarehouseError     a person must change something: no rights, read-only, no driver
    ├── AlteredTable            a table is not what we made of it
    ├── ForeignAccount          the schema belongs to another Zoom account
    ├── NewerSchema             the schema's tables are a newer version's
    ├── SliceShrank             a slice lost more rows than a slice loses by itself
    ├── FramesOutdated          somebody was forgotten since the frames were made
    └── DamagedFrame            a frame file is not what its manifest says

Messages say what was tried, what came back and what to do next. They hold no password and no row's content:
where the server's words may quote one, they are left out.
"""
# ruff: noqa: N818 (named for what happened, as in include.zoom.errors)

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from adbc_driver_manager import AdbcStatusCode
from adbc_driver_manager import Error as AdbcError

from include.zoom.checks import Check


class WarehouseError(Exception):
    """The root of everything this project raises about the warehouse."""


class TransientWarehouseError(WarehouseError):
    """A passing fault: the same load may succeed later, and applies each slice exactly once."""


class PermanentWarehouseError(WarehouseError):
    """Retrying cannot clear this."""


class AlteredTable(PermanentWarehouseError):
    """A table's columns are not the declared ones."""


class ForeignAccount(PermanentWarehouseError):
    """The schema belongs to another Zoom account."""


class NewerSchema(PermanentWarehouseError):
    """A newer version of this project has brought the schema's tables up to date."""


class SliceShrank(PermanentWarehouseError):
    """A slice of more than 100 rows would lose more than a fifth of them.

    `checks` is all that was checked; `others_applied` says whether other slices were replaced.
    """

    def __init__(self, message: str, checks: Sequence[Check] = (), *, others_applied: bool = False) -> None:
        super().__init__(message)
        self.checks, self.others_applied = checks, others_applied


class FramesOutdated(PermanentWarehouseError):
    """The frames may hold somebody who was forgotten since; transform makes them anew."""


class DamagedFrame(PermanentWarehouseError):
    """A frame file cannot be read, or has other rows or columns than it should."""


# By SQLSTATE or its class (https://www.postgresql.org/docs/current/errcodes-appendix.html), longest first.
_VERDICTS: dict[str, tuple[type[WarehouseError], str]] = {
    "25006": (
        PermanentWarehouseError,
        "The server is read-only (a standby?): let the Connection name the primary.",
    ),
    "42501": (
        PermanentWarehouseError,
        "Grant the Connection's user this right: it must own its schema's tables, or be given CREATE on the schema.",
    ),
    "53100": (TransientWarehouseError, "The warehouse's disk is full: make room; the load is tried again."),
    "55P03": (TransientWarehouseError, "Another session holds a lock on it; the load is tried again."),
    "57014": (TransientWarehouseError, "Somebody or a timeout cancelled it; the load is tried again."),
    "08004": (PermanentWarehouseError, "Correct login and password of the Connection."),
    "08": (TransientWarehouseError, "The connection broke; the load is tried again."),
    "22": (PermanentWarehouseError, "A value doesn't fit; the server's words may quote it and are left out."),
    "23": (PermanentWarehouseError, "A constraint that is not ours refuses a row: drop it from the table."),
    "28": (PermanentWarehouseError, "Correct login and password of the Connection."),
    "3D": (PermanentWarehouseError, "Create the database, or correct its name in the Connection."),
    "40": (
        TransientWarehouseError,
        "The server rolled it back because of another session; it is tried again.",
    ),
    "53": (TransientWarehouseError, "The server is out of resources; the load is tried again."),
    "57": (TransientWarehouseError, "The server stopped it; the load is tried again."),
}
# DuckDB gives no SQLSTATE: what its text says, first match, as the SQLSTATE that means the same.
_SAID = (
    (re.compile(r"IO Error: .*(?:No such file|Permission denied|not a valid DuckDB)"), "3D000"),
    (re.compile(r"IO Error: .*No space left"), "53100"),
    (re.compile(r"IO Error: |TransactionContext Error: "), "55P03"),
    (re.compile(r"Out of Memory Error: "), "53200"),
    (re.compile(r"(?i)constraint (?:error|violation|failed)"), "23000"),
    (re.compile(r"(?:Conversion|Invalid Input|Out of Range) Error: |Failed to append: "), "22000"),
)
_UNKNOWN = (PermanentWarehouseError, "Retrying cannot clear this; look the SQLSTATE up.")
_LOST = (TransientWarehouseError, "The warehouse is not to be reached now; it is tried again.")
# A refused login has no SQLSTATE: libpq gives its words alone.
_REFUSED = re.compile(
    r"authentication failed|pg_hba|does not exist|not permitted|no password|invalid|permission denied"
)
_REFUSED_VERDICT = (PermanentWarehouseError, "Correct host, database, login and password of the Connection.")
_QUOTES_DATA = ("22", "23")


@contextmanager
def trying(what: str) -> Iterator[None]:
    """Turns the driver's errors into ours; `what` completes the sentence "Could not …".

    Raises:
        WarehouseError: the driver raised an error.
    """
    try:
        yield
    except AdbcError as error:
        if _state(error).startswith(_QUOTES_DATA):
            kind, verdict = _verdict(error)
            raise kind(f"Could not {what} (SQLSTATE {_state(error)}). {verdict}") from None
        raise explained(error, what) from error


def explained(error: AdbcError, what: str) -> WarehouseError:
    """The driver's error as ours, with the server's first line."""
    kind, verdict = _verdict(error)
    state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    return kind(f"Could not {what}: {_first_line(str(error))}{state}. {verdict}")


def _verdict(error: AdbcError) -> tuple[type[WarehouseError], str]:
    state = _state(error)
    if not state and error.status_code == AdbcStatusCode.IO:
        return _REFUSED_VERDICT if _REFUSED.search(_first_line(str(error))) else _LOST
    found = (_VERDICTS.get(state[:length]) for length in (5, 2))
    return next((verdict for verdict in found if verdict), _UNKNOWN)


def _state(error: AdbcError) -> str:
    text = _first_line(str(error))
    return error.sqlstate or next((state for said, state in _SAID if said.search(text)), "")


def _first_line(text: str) -> str:
    """The server's or libpq's own words, without the statement and without detail or context."""
    said = re.search(r"(?:ERROR|FATAL|PANIC):\s+(.*)", text) or re.search(r"Failed to connect: (.*)", text)
    return (said.group(1) if said else text.split("\n", 1)[0]).strip().rstrip(".")
