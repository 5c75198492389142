"""Rotating Airflow's Fernet key, with the grants: Airflow's own command knows only its own tables.

It reads and writes without a lock, so a refresh at the same time could be undone: the leases of all grants
are held meanwhile. What slips through all the same, such as a consent, is healed by its fingerprint.
"""

import logging
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from airflow.configuration import conf
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.exc import SQLAlchemyError

from include.grant.journal import Grant
from include.grant.schema import consent_table, journal_table
from include.grant.spill import SpillFolder
from include.grant.storage import StoreError
from include.grant.store import Store
from include.grant.store.connection_row import zoom_ids
from include.grant.store.secrecy import opened, seal
from include.zoom.errors import Misconfigured, PermanentError, TransientError

log = logging.getLogger(__name__)

SEALED = (journal_table.c.sealed, consent_table.c.sealed)
"""The columns that this project seals; a further one is resealed once it is named here."""

_AIRFLOW = (sys.executable, "-m", "airflow", "rotate-fernet-key")
_PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 0.25
_RENEW_SECONDS = 20.0


@dataclass(frozen=True)
class Rotated:
    """What was done: the grants whose leases were held, and how many texts have the first key now."""

    held: Sequence[str]
    resealed: int
    unreadable: int


@dataclass
class KeyRotation:
    """One rotation; what it does may be done again at any time, also after it was killed."""

    engine: Callable[[], sa.Engine]
    spill: SpillFolder
    airflow: Sequence[str] = _AIRFLOW
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _held: dict[str, Grant] = field(default_factory=dict)

    def run(self) -> Rotated:
        """Takes the leases, has Airflow rotate, reseals, gives the leases back.

        Raises:
            Misconfigured: There is no Fernet key, or Airflow's own rotation failed.
            TransientError: A lease was not to be had, or the database failed.
        """
        first = _first_key()
        try:
            with self._leases():
                self._rotate_airflow_s()
                counts = [self._reseal(column, first) for column in SEALED]
                resealed = sum(done for done, _ in counts) + self.spill.reseal()
                return Rotated(sorted(self._held), resealed, sum(failed for _, failed in counts))
        except SQLAlchemyError as error:
            raise StoreError(
                f"Airflow's metadata database failed ({type(error).__name__}): run the command again."
            ) from error

    @contextmanager
    def _leases(self) -> Iterator[None]:
        try:
            for connection_id in zoom_connections(self.engine()):
                self._take(Store(connection_id, self.engine))
            yield
        finally:
            for connection_id, grant in self._held.items():
                Store(connection_id, self.engine).release(grant)

    def _take(self, store: Store) -> None:
        """Waits for a refresh under way; a grant that can't be refreshed needs no lease."""
        until = self.monotonic() + _PATIENCE_SECONDS
        while self.monotonic() < until:
            try:
                held = self._lease(store)
            except PermanentError as error:
                log.warning("Connection %s is not held meanwhile. %s", store.connection_id, error)
                return
            if held is not None:
                self._held[store.connection_id] = held
                return
            self.sleep(_PAUSE_SECONDS)
        raise TransientError(f"The grant {store.connection_id} was busy all the time: run the command again.")

    def _lease(self, store: Store) -> Grant | None:
        seen = store.read()
        if seen.attempt_died:
            # Its attempt id still tells the next refresh which answer on a disk is this grant's.
            raise PermanentError("A refresh of it died and the next one has to take it up.")
        return None if seen.attempt_alive else store.lease(seen, uuid.uuid4().hex)

    def _rotate_airflow_s(self) -> None:
        with subprocess.Popen(self.airflow, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:  # noqa: S603 - our own command
            while (printed := _output(process)) is None:
                self._renew()
        if process.returncode != 0:
            raise Misconfigured(
                f"`airflow rotate-fernet-key` ended with {process.returncode} and changed nothing. Its last line: "
                f"{(printed.strip().splitlines() or [''])[-1]}. List the new key first and the old one after a "
                "comma in [core] fernet_key, then run this again."
            )

    def _renew(self) -> None:
        for connection_id, grant in self._held.items():
            try:
                renewed = Store(connection_id, self.engine).renew(grant)
            except StoreError:
                renewed = grant  # the lease outlives a few of these
            if renewed is None:
                log.warning(
                    "The lease on grant %s was lost meanwhile; what that does is healed.", connection_id
                )

    def _reseal(self, column: sa.Column[str], first: Fernet) -> tuple[int, int]:
        """How many texts of a column were sealed anew, and how many no configured key opens."""
        table, done, failed = column.table, 0, 0
        (key,) = table.primary_key.columns
        with self.engine().connect() as connection:
            keys = connection.execute(sa.select(key).where(column.is_not(None))).scalars().all()
        for value in keys:
            changed = self._reseal_one(column, key == value, first)
            done += changed is True
            failed += changed is None
            if changed is None:
                log.warning("%s of %s can't be opened: its Connection counts.", column, value)
        return done, failed

    def _reseal_one(self, column: sa.Column[str], row: sa.ColumnElement[bool], first: Fernet) -> bool | None:
        """Whether it was sealed anew; None where it could not be opened."""
        while True:
            with self.engine().begin() as connection:
                sealed = connection.execute(sa.select(column).where(row)).scalar_one_or_none()
                if not sealed or _opens(first, sealed):
                    return False
                text = opened(sealed)
                if text is None:
                    return None
                same = sa.and_(row, column == sealed)  # a refresh in between has the first key already
                values = {column.name: seal(text)}
                if connection.execute(sa.update(column.table).where(same).values(values)).rowcount == 1:
                    return True


def zoom_connections(engine: sa.Engine) -> list[str]:
    """The ids of all Connections of type `zoom`."""
    with engine.connect() as connection:
        return zoom_ids(connection)


def _output(process: "subprocess.Popen[bytes]") -> str | None:
    """All that a process printed, once it has ended; None where it goes on."""
    try:
        return process.communicate(timeout=_RENEW_SECONDS)[0].decode(errors="replace")
    except subprocess.TimeoutExpired:
        return None


def _first_key() -> Fernet:
    keys = conf.get("core", "fernet_key", fallback="").split(",")
    if not keys[0]:
        raise Misconfigured("Airflow has no Fernet key: set [core] fernet_key (AIRFLOW__CORE__FERNET_KEY).")
    return Fernet(keys[0].strip())


def _opens(key: Fernet, sealed: str) -> bool:
    try:
        key.decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True
