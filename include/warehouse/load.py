"""A stream's frame files into the warehouse: each slice in one transaction, exactly once, the newest wins."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import uuid4

from adbc_driver_manager import Error as AdbcError

from include.warehouse.append import Stages, append, move, staged
from include.warehouse.catalogue import Relation, differences, relations
from include.warehouse.changes import bring_in_line, changes_of, lock_changes
from include.warehouse.checks import shrink
from include.warehouse.comparisons import compared
from include.warehouse.errors import (
    AlteredTable,
    FramesOutdated,
    SliceShrank,
    TransientWarehouseError,
    WarehouseError,
    explained,
    trying,
)
from include.warehouse.evidence import Extraction, record
from include.warehouse.forgetting import forgotten_version
from include.warehouse.framefile import FrameFile, FrameReader, OpenFile
from include.warehouse.ledger import Slice, claim, guard, is_logged, log
from include.warehouse.retention import trim
from include.warehouse.session import Session, Warehouse, ask, begin, identifier, lock_for_loads
from include.warehouse.tables import Partitions, ensure
from include.warehouse.views import refresh_views
from include.zoom.checks import Check, Outcome
from include.zoom.layout import REJECTED
from include.zoom.stream import Kind, Stream, Table, is_final

_log = logging.getLogger(__name__)


class FrameManifest(Protocol):
    """What a load needs to know of a finished transform."""

    @property
    def account(self) -> str:
        """The Zoom account, by a text that no other has."""

    @property
    def attempt_id(self) -> str:
        """The extraction; a later one's sorts later."""

    @property
    def load_id(self) -> str:
        """The transform: stamped on its rows."""

    @property
    def extracted_at(self) -> datetime:
        """When Zoom was asked first, UTC."""

    @property
    def slice_dates(self) -> Sequence[date]:
        """All slices to replace, also those without a file."""

    @property
    def files(self) -> Sequence[FrameFile]:
        """The rows, by table and slice."""

    @property
    def forgotten(self) -> str:
        """The version of who was forgotten when they were made."""


@dataclass
class LoadResult:
    """What became of each slice."""

    applied: list[date] = field(default_factory=list)
    superseded: dict[date, str] = field(default_factory=dict)
    """Slices that already hold a newer extraction, by the load that wrote them."""
    rows: dict[str, int] = field(default_factory=dict)
    """Rows written, by table."""
    checks: list[Check] = field(default_factory=list)
    """What was checked, and what came of it; recorded in the warehouse too."""
    session_lost: bool = False
    """Whether the session ended with the reply to its last commit, which the ledger shows to be made."""


def load(
    warehouse: Warehouse,
    stream: Stream,
    manifest: FrameManifest,
    open_file: OpenFile,
    *,
    accept_shrink: bool = False,
    checks: Iterable[Check] = (),
    afterwards: Callable[[Session], None] = lambda _: None,
) -> LoadResult:
    """Replaces the manifest's slices, oldest first; a slice without a file is emptied.

    Slices that were applied before an error stay applied; loading again is harmless.

    Args:
        warehouse: where to.
        stream: whose tables.
        manifest: the transform's.
        open_file: gives a seekable binary file for one of the manifest's files.
        accept_shrink: load slices that lose more than a fifth of their rows too.
        checks: what was checked before, to be recorded with the load's own.
        afterwards: is called with the load's session, outside of a transaction, where any slice was replaced.

    Raises:
        SliceShrank: the slices that it names keep what they had, which is recorded; the others were loaded.
        FramesOutdated: somebody was forgotten since the frames were made; `transform` makes them anew.
        WarehouseError: the slice that it names keeps what it had, and so do those after it.
    """
    result = LoadResult(checks=list(checks))
    shrunk: list[str] = []

    def settle(connection: Session) -> None:
        _record(connection, warehouse.schema, stream, manifest, result)
        if result.applied:
            afterwards(connection)

    with warehouse.connect() as connection:
        plan = Partitions(warehouse.partitioned, manifest.slice_dates)
        ensure(connection, warehouse.schema, stream, plan)
        claim(connection, warehouse.schema, manifest.account)
        refresh_views(connection, warehouse.schema)
        for day in sorted(manifest.slice_dates):
            one = _SliceLoad(warehouse, connection, stream, manifest, open_file, day, accept_shrink)
            try:
                one.run(result)
            except SliceShrank as error:
                shrunk.append(str(error))
        if not result.session_lost:
            settle(connection)
    if result.session_lost:
        with warehouse.connect() as connection:
            settle(connection)
    if shrunk:
        raise SliceShrank(" ".join(shrunk), result.checks, others_applied=bool(result.applied))
    return result


def _record(
    connection: Session, schema: str, stream: Stream, manifest: FrameManifest, result: LoadResult
) -> None:
    """Records what was checked of the slices that were published or refused; of no other, nothing was decided."""
    if result.superseded.keys() >= set(manifest.slice_dates):
        result.checks.clear()
    result.checks = [check for check in result.checks if check.slice_date not in result.superseded]
    of = Extraction(manifest.account, manifest.attempt_id, manifest.load_id)
    result.checks += compared(connection, schema, stream, result.applied)
    record(connection, schema, stream, of, result.checks)


@dataclass
class _SliceLoad:
    """One slice date of all of the stream's tables."""

    warehouse: Warehouse
    connection: Session
    stream: Stream
    manifest: FrameManifest
    open_file: OpenFile
    day: date
    accept_shrink: bool
    transaction_id: str = field(default_factory=lambda: str(uuid4()))

    def run(self, result: LoadResult) -> None:
        schema = self.warehouse.schema
        entries = [self._entry(table) for table in self._tables()]
        with trying(self._what), staged(self.connection, schema, self._frames()) as stages:
            begin(self.connection)
            locked = self._locked()
            self._check_forgotten()
            superseding = [newer for entry in entries if (newer := guard(self.connection, schema, entry))]
            if superseding:
                self.connection.rollback()
                result.superseded[self.day] = superseding[0]
                _log.info("%s of %s: superseded by load %s", self.stream.name, self.day, superseding[0])
                return
            for table in self._tables():
                self._check_shrink(table, result)
                self._replace(table, locked[table.name], stages)
                self._settle_history(table)
            self._replace(REJECTED, locked[REJECTED.name], stages, "AND stream = $2", self.stream.name)
            log(self.connection, schema, self.transaction_id, entries)
            result.session_lost = not self._commit()
        result.applied.append(self.day)
        for entry in entries:
            result.rows[entry.table] = result.rows.get(entry.table, 0) + entry.rows
            _log.info("%s of %s: %d rows", entry.table, self.day, entry.rows)

    @property
    def _what(self) -> str:
        return f"load {self.stream.name} of {self.day} into schema {self.warehouse.schema}"

    def _tables(self) -> list[Table]:
        """In the one order in which every load locks them."""
        return sorted(self.stream.tables, key=lambda table: table.name)

    def _files(self, table: Table) -> list[FrameFile]:
        return [
            file for file in self.manifest.files if (file.table, file.slice_date) == (table.name, self.day)
        ]

    def _frames(self, *tables: Table) -> list[FrameReader]:
        """What these tables get, or all."""
        return [
            FrameReader(table, file, self.open_file)
            for table in tables or (*self._tables(), REJECTED)
            for file in self._files(table)
        ]

    def _entry(self, table: Table) -> Slice:
        return Slice(
            table=table.name,
            slice_date=self.day,
            stream=self.stream.name,
            extracted_at=self.manifest.extracted_at,
            attempt_id=self.manifest.attempt_id,
            load_id=self.manifest.load_id,
            rows=sum(file.rows for file in self._files(table)),
            final=is_final(self.stream.kind, self.day, self.manifest.extracted_at),
            kind=self.stream.kind,
        )

    def _locked(self) -> dict[str, Relation]:
        """The tables as they are and, locked against changes, stay: ADBC checks neither names nor types."""
        tables = (*self._tables(), REJECTED)
        snapshots = self._tables() if self.stream.kind is Kind.SNAPSHOT else []
        for table in tables:
            lock_for_loads(self.connection, self.warehouse.schema, table.name)
            if table in snapshots:
                lock_changes(self.connection, self.warehouse.schema, table)
        written = (*tables, *map(changes_of, snapshots))
        found = relations(self.connection, self.warehouse.schema, *(table.name for table in written))
        for table in written:
            self._compare(table, found[table.name])
        return found

    def _check_forgotten(self) -> None:
        """After the tables are locked: who is forgotten from now on waits for them, and finds what we load."""
        if forgotten_version(self.connection, self.warehouse.schema) != self.manifest.forgotten:
            raise FramesOutdated(
                f"Could not {self._what}: a person was forgotten since the frames were made. Nothing of it was loaded. "
                "Clear the transform task of this run: it makes them anew and asks Zoom for nothing."
            )

    def _compare(self, table: Table, relation: Relation) -> None:
        if found := differences(table, relation):
            raise AlteredTable(
                f"Could not {self._what}: {self.warehouse.schema}.{table.name} is not what this project made of it: "
                f"{'; '.join(found)}. Nothing of it was loaded. Undo that, or rename the table: the next load makes "
                "a new one, and a backfill fills it."
            )

    def _check_shrink(self, table: Table, result: LoadResult) -> None:
        name = identifier(self.warehouse.schema, table.name)
        statement = f'SELECT count(*) FROM {name} WHERE "_slice_date" = $1'  # noqa: S608 - quoted
        ((held,),) = ask(self.connection, statement, self.day)
        rows = self._entry(table).rows
        check = shrink(table.name, self.day, held=held, rows=rows, accepted=self.accept_shrink)
        result.checks.append(check)
        if check.outcome is Outcome.FAILED:
            raise SliceShrank(
                f"Could not {self._what}: {table.name} has {held} rows there and would have {rows}. The old ones "
                "stay. If so many are really gone, run it with accept_shrink."
            )

    def _replace(
        self, table: Table, relation: Relation, stages: Stages, also: str = "", *parameters: str
    ) -> None:
        name = identifier(self.warehouse.schema, table.name)
        ask(self.connection, f'DELETE FROM {name} WHERE "_slice_date" = $1 {also}', self.day, *parameters)  # noqa: S608 - quoted
        for frame in self._frames(table):
            if stage := stages.get(frame.file.name):
                move(self.connection, self.warehouse.schema, table, stage)
            else:
                append(self.connection, self.warehouse.schema, table.name, frame, list(relation.columns))

    def _settle_history(self, table: Table) -> None:
        """Of a snapshot: its changes and the next one's, then the deletion of those that have become old."""
        if self.stream.kind is Kind.SNAPSHOT:
            compared = bring_in_line(self.connection, self.warehouse.schema, table)
            trimmed = trim(self.connection, self.warehouse.schema, table, self.warehouse.snapshot_days)
            _log.info(
                "%s: compared %s with the day before%s",
                table.name,
                ", ".join(map(str, sorted(compared))),
                f"; deleted the full snapshots of {', '.join(map(str, trimmed))}" if trimmed else "",
            )

    def _commit(self) -> bool:
        """Whether the session is still there afterwards."""
        try:
            self.connection.commit()
        except AdbcError as error:
            # The reply may be lost, not the commit: the ledger knows. From a file no reply is lost.
            if self.warehouse.dialect.is_file or not self._is_committed(explained(error, self._what)):
                raise explained(error, self._what) from error
            return False
        return True

    def _is_committed(self, lost: WarehouseError) -> bool:
        try:
            with self.warehouse.connect() as connection, trying(self._what):
                return is_logged(connection, self.warehouse.schema, self.transaction_id)
        except WarehouseError:
            raise TransientWarehouseError(f"{lost} Whether it was committed is not known.") from None
