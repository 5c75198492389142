"""Connection row and journal row of a grant, changed together by compare-and-swap.

`SELECT … FOR UPDATE` does nothing on SQLite, so nothing here depends on it: each write names the generation,
the attempt or the ciphertext that it replaces. Times are the database's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from airflow.configuration import conf

from include.grant.answers import consented
from include.grant.fields import Fields
from include.grant.journal import Grant, Journal
from include.grant.masking import basic
from include.grant.redaction import mask
from include.grant.schema import journal_table as table
from include.grant.sealing import from_row, to_row
from include.grant.spill import Kept
from include.grant.storage import LEASE_SECONDS, StoreError
from include.grant.store.audit import record
from include.grant.store.connection_row import ConnectionRow, read_row, refuse_unsafe, write_extra
from include.grant.store.database import now as _now
from include.grant.store.database import transaction
from include.grant.store.secrecy import mask_tokens, seal, unsealed
from include.zoom.errors import Misconfigured
from include.zoom.oauth import Outcome


class NoGrantError(Misconfigured):
    """There is no Connection of type `zoom` with this id in the metadata database."""


class _OvertakenError(Exception):
    """Somebody saved the Connection in between: the transaction is tried again."""


class Store:
    """One grant in Airflow's metadata database; every method is one short transaction."""

    def __init__(self, connection_id: str, engine: Callable[[], sa.Engine]) -> None:
        self.connection_id = connection_id
        self._engine = engine

    def read(self) -> Grant:
        """Both rows and the database's time.

        Raises:
            NoGrantError, Misconfigured, StoreError.
        """
        with self._transaction() as connection:
            grant = self._read(connection)
        return grant or self._first_read()

    def fields(self) -> Fields:
        """The Connection's fields as they lie in the database."""
        with self._transaction() as connection:
            return _fields(self._zoom_row(connection))

    def lease(self, seen: Grant, attempt_id: str) -> Grant | None:
        """Claims the next post where `seen` still holds and no attempt lives.

        One statement, which also proves that the store can be written before a token is spent.
        """
        refuse_unsafe(self.connection_id)
        with self._transaction() as connection:
            now = _now(connection)
            free = sa.or_(table.c.attempt_deadline.is_(None), table.c.attempt_deadline < now)
            mine = {"attempt_id": attempt_id, "attempt_deadline": now + timedelta(seconds=LEASE_SECONDS)}
            return self._claim(connection, seen, free, mine)

    def renew(self, held: Grant) -> Grant | None:
        """Extends a lease that is still ours."""
        with self._transaction() as connection:
            ours = table.c.attempt_id == held.journal.attempt_id
            deadline = _now(connection) + timedelta(seconds=LEASE_SECONDS)
            return self._claim(connection, held, ours, {"attempt_deadline": deadline})

    def commit(self, held: Grant, journal: Journal, by: str | None = None) -> bool:
        """Writes journal and tokens where the lease is still ours, and ends the lease; `by` is whose wish it was."""
        mask_tokens(journal.newest)
        ours = sa.and_(table.c.attempt_id == held.journal.attempt_id, table.c.attempt_deadline.is_not(None))
        return self._write(_Change(held, journal, ours, by=by))

    def release(self, held: Grant) -> None:
        """Ends a lease under which nothing was posted."""
        with self._transaction() as connection:
            ours = sa.and_(self._mine, table.c.attempt_id == held.journal.attempt_id)
            connection.execute(sa.update(table).where(ours).values(attempt_deadline=None))

    def claim_alert(self, seen: Grant) -> bool:
        """Whether it is ours to tell somebody of the state that `seen` is in; true for one caller per incident."""
        with self._transaction() as connection:
            untold = sa.and_(
                self._mine, table.c.alerted_at.is_(None), table.c.state == seen.journal.state.value
            )
            told = connection.execute(sa.update(table).where(untold).values(alerted_at=_now(connection)))
            return told.rowcount == 1

    def consent(self, seen: Grant, outcome: Outcome, *, account_id: str | None, by: str) -> bool:
        """Writes what a person authorised, whatever refresh is under way; False where `seen` is outdated."""
        refuse_unsafe(self.connection_id)
        mask_tokens(outcome.tokens)
        journal = consented(seen, outcome, account_id=account_id, by=by)
        return self._write(_Change(seen, journal, sa.true(), by=by, overrule=True))

    def heal(self, seen: Grant) -> None:
        """Puts the journal's newest tokens back into the Connection where `seen` still holds."""
        with self._transaction() as connection:
            row, journal = read_row(connection, self.connection_id), self._journal(connection)
            if row and journal and journal.generation == seen.journal.generation:
                write_extra(connection, row, _keys(journal))

    def keep_orphan(self, kept: Kept) -> None:
        """Keeps an answer that came when its lease was gone; it is tried before consent is declared lost."""
        mask_tokens(kept.tokens)
        while True:
            with self._transaction() as connection:
                row = self._journal_row(connection)
                if row is None:
                    return
                journal = self._unseal(row)
                if journal.fingerprints.knows(kept.tokens.refresh_token):
                    return  # another process was quicker
                changed = to_row(journal.with_orphan(kept.tokens, kept.posted), seal)
                same = sa.and_(
                    self._mine, table.c.generation == row["generation"], table.c.sealed == row["sealed"]
                )
                values = {name: changed[name] for name in ("sealed", "fingerprints")}
                if connection.execute(sa.update(table).where(same).values(values)).rowcount == 1:
                    return

    @property
    def _mine(self) -> sa.ColumnElement[bool]:
        return table.c.connection_id == self.connection_id

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with transaction(self._engine) as connection:
            yield connection

    def _first_read(self) -> Grant:
        """Makes the journal row; another process may do so at the same time."""
        with suppress(StoreError), self._transaction() as connection:
            values = to_row(Journal(), seal) | {"connection_id": self.connection_id}
            connection.execute(sa.insert(table).values(values))
        with self._transaction() as connection:
            grant = self._read(connection)
        if grant is None:
            raise StoreError("The journal of grants cannot be written: was `airflow db migrate` run?")
        return grant

    def _read(self, connection: sa.Connection) -> Grant | None:
        row, journal = self._zoom_row(connection), self._journal(connection)
        return _grant(row, journal, _now(connection)) if journal else None

    def _zoom_row(self, connection: sa.Connection) -> ConnectionRow:
        row = read_row(connection, self.connection_id)
        if row is None or row.conn_type != "zoom":
            raise NoGrantError(
                f"There is no Connection {self.connection_id} of type zoom in Airflow's database."
            )
        return row

    def _journal(self, connection: sa.Connection) -> Journal | None:
        row = self._journal_row(connection)
        return self._unseal(row) if row else None

    def _journal_row(self, connection: sa.Connection) -> sa.RowMapping | None:
        return connection.execute(sa.select(table).where(self._mine)).mappings().one_or_none()

    def _unseal(self, row: sa.RowMapping) -> Journal:
        return from_row(dict(row), unsealed(row["sealed"], self.connection_id))

    def _claim(
        self, connection: sa.Connection, seen: Grant, free: sa.ColumnElement[bool], values: dict[str, Any]
    ) -> Grant | None:
        same = sa.and_(self._mine, table.c.generation == seen.journal.generation, free)
        if connection.execute(sa.update(table).where(same).values(values)).rowcount != 1:
            return None
        return self._read(connection)

    def _write(self, change: "_Change") -> bool:
        same = sa.and_(self._mine, table.c.generation == change.held.journal.generation, change.still)
        while True:
            with suppress(_OvertakenError), self._transaction() as connection:
                values = to_row(change.journal, seal)
                if connection.execute(sa.update(table).where(same).values(values)).rowcount != 1:
                    return False
                self._write_tokens(connection, change)
                record(connection, change.held, change.journal, by=change.by)
                return True

    def _write_tokens(self, connection: sa.Connection, change: "_Change") -> None:
        row, held, journal = read_row(connection, self.connection_id), change.held, change.journal
        if row is None or journal.newest == held.journal.newest:
            return
        shown = replace(held, refresh_token=row.extra.get("refresh_token"))
        if shown.refresh_token != held.refresh_token and shown.adopts and not change.overrule:
            return  # a person put another token there meanwhile: it is adopted at the next read
        changes = _keys(journal)
        if journal.account_id and not row.extra.get("account_id"):
            changes["account_id"] = journal.account_id
        if not write_extra(connection, row, changes):
            raise _OvertakenError


@dataclass(frozen=True)
class _Change:
    """A journal to write in place of the one that was held, where `still` holds."""

    held: Grant
    journal: Journal
    still: sa.ColumnElement[bool]
    by: str | None = None
    overrule: bool = False


def _grant(row: ConnectionRow, journal: Journal, now: datetime) -> Grant:
    fields = _fields(row)
    mask(row.password, basic(row.login or "", row.password or ""), row.extra.get("refresh_token"))
    return Grant(
        connection_id=row.connection_id,
        app=fields.app,
        now=now,
        journal=journal,
        grant_type=fields.grant_type,
        account_id=fields.account_id,
        refresh_token=row.extra.get("refresh_token") or None,
        access_token=row.extra.get("access_token") or None,
        plan=fields.plan,
    )


def _fields(row: ConnectionRow) -> Fields:
    listed = conf.get("zoom", "allowed_hosts", fallback="")
    return Fields.of(row.connection_id, row.host, row.login, row.password, row.extra, listed=listed)


def _keys(journal: Journal) -> dict[str, str | None]:
    newest = journal.newest
    return {
        "refresh_token": newest.refresh_token if newest else None,
        "access_token": newest.access_token if newest else None,
    }
