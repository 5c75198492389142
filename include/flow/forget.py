"""Forgets a person on request: in the warehouse, in landing, and from then on.

Users come last everywhere: what links a person's id with their addresses stays findable until all else is done, so
that a forgetting that was killed can be begun again with the same words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from include.flow.whom import WhomError, identifiers, landed_users, users_of
from include.landing import Landing
from include.landing.forgetting import forget_in_landing
from include.warehouse.forgetting import (
    Forgetting,
    Person,
    forget,
    forgotten_people,
    found,
    found_elsewhere,
    log,
    remember,
    twins,
)
from include.warehouse.ledger import owner
from include.warehouse.session import Session, Warehouse, begin
from include.warehouse.tables import ensure, ledger_names
from include.zoom.forgotten import Forgotten, identifier_hash, stand_in
from include.zoom.layout import REJECTED
from include.zoom.privacy import hash_of
from include.zoom.stream import Stream, Table


@dataclass(frozen=True)
class Report:
    """What came of one place; `left` says what a person still has to do there."""

    place: str
    deleted: int = 0
    blanked: int = 0
    left: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.left or f'{self.deleted} deleted, {self.blanked} blanked'}"


@dataclass(frozen=True)
class Books:
    """Where people are forgotten."""

    store: Landing
    warehouse: Warehouse
    streams: Sequence[Stream]
    key: bytes
    now: datetime


def forget_person(books: Books, who: str, *, dry_run: bool = False) -> Iterator[Report]:
    """What is done in each place, as it is done; with `dry_run` what would be.

    Args:
        books: where.
        who: an e-mail address or one of Zoom's user ids.
        dry_run: change nothing.

    Raises:
        WhomError: nothing was changed; the message says what is missing.
        WarehouseError: what was reported before is done; again finishes.
        LandingError: the same.
    """
    if not books.key:
        raise WhomError(
            "There is no key to remember with who is forgotten: set [zoom] personal_hash_key to a long random text, "
            "everywhere that tasks run, and keep it."
        )
    with books.warehouse.connect() as connection:
        yield from _begun(books, connection, who.strip(), dry_run=dry_run).places()


def _begun(books: Books, connection: Session, who: str, *, dry_run: bool) -> "_Forgetting":
    schema, users = books.warehouse.schema, users_of(books.streams)
    if (account := owner(connection, schema)) is None:
        raise WhomError(f"Schema {schema} holds no data yet, so there is nobody to forget.")
    ensure(connection, schema, users)
    landed = [*landed_users(books.store, account, users)]
    clear = identifiers(connection, schema, books.streams, landed, who=who, key=books.key)
    every = (*clear, *(hash_of(text, books.key) for text in clear))
    hashes = [identifier_hash(text, books.key) for text in every]
    known = forgotten_people(connection, schema, books.key).people
    before = next((known[one] for one in hashes if one in known), None)
    person = Person(every, before or stand_in(clear, books.key))
    if not dry_run:
        remember(connection, schema, person, hashes, books.key)
    forgotten = Forgotten({**dict.fromkeys(hashes, person.stand_in), **known}, books.key)
    return _Forgetting(books, connection, account, person, forgotten, dry_run)


@dataclass(frozen=True)
class _Forgetting:
    """One person, in all places."""

    books: Books
    connection: Session
    account: str
    person: Person
    forgotten: Forgotten
    dry_run: bool

    def places(self) -> Iterator[Report]:
        users = users_of(self.books.streams)
        others = [stream for stream in self.books.streams if stream is not users]
        for table in (REJECTED, *(table for stream in others for table in stream.tables)):
            yield from self._table(table)
        for stream in others:
            yield from self._landing(stream)
        for table in users.tables:
            yield from self._table(table)
        yield from self._landing(users)
        yield from self._elsewhere()

    @property
    def _schema(self) -> str:
        return self.books.warehouse.schema

    def _twins(self, table: Table) -> list[Table]:
        begin(self.connection)
        there = twins(self.connection, self._schema, table)
        self.connection.commit()  # landing may take hours, and the server ends a transaction that waits so long
        return there

    def _table(self, table: Table) -> Iterator[Report]:
        both = self._twins(table)
        if self.dry_run:
            done = [found(self.connection, self._schema, each, self.person) for each in both]
        else:
            done = forget(self.connection, self._schema, both, self.person) if both else []
        for each in done:
            if each.deleted or each.blanked:
                yield Report(f"table {each.place}", each.deleted, each.blanked)

    def _landing(self, stream: Stream) -> Iterator[Report]:
        place = f"landing {stream.name}"
        done = forget_in_landing(
            self.books.store,
            self.account,
            stream,
            self.forgotten,
            now=self.books.now,
            dry_run=self.dry_run,
        )
        if not self.dry_run:
            begin(self.connection)
            log(self.connection, self._schema, self.person, Forgetting(place, done.deleted, done.blanked))
            self.connection.commit()
        if done.files:
            yield Report(place, done.deleted, done.blanked)
        if done.under_way:
            yield Report(
                place,
                left=f"{len(done.under_way)} pulls are under way, or were killed in the last two days, and were left "
                "alone. Forget again when they have ended.",
            )

    def _elsewhere(self) -> Iterator[Report]:
        tables = [REJECTED, *(table for stream in self.books.streams for table in stream.tables)]
        ours = [each.name for table in tables for each in self._twins(table)]
        for each in found_elsewhere(self.connection, self._schema, [*ours, *ledger_names()], self.person):
            yield Report(
                f"table {each.place}",
                left=f"it is not ours, and names the person in {each.blanked} rows. Delete them, or the table.",
            )
