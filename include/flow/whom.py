"""Who a person is: which ids and addresses are theirs, from what was loaded and what has landed."""

import re
from collections.abc import Iterable, Iterator, Sequence

from include.landing import Landing
from include.landing.forgetting import landed_records
from include.warehouse.forgetting import linked, twins
from include.warehouse.session import Session, begin
from include.zoom.errors import PermanentError
from include.zoom.privacy import hash_of
from include.zoom.stream import Stream, Table

USERS = "users"
_SHORTEST_ID = 8
# An address, an id or a hash of one: a seat's number would be found in rows of others.
_TELLING = re.compile(r"@|^(?!\d+$)[A-Za-z0-9_-]{16,}$")


class WhomError(PermanentError):
    """The request does not say whom to forget."""


def users_of(streams: Iterable[Stream]) -> Stream:
    """The stream that links ids with addresses."""
    return next(stream for stream in streams if stream.name == USERS)


def identifiers(
    connection: Session,
    schema: str,
    streams: Sequence[Stream],
    landed: Iterable[tuple[str, str]],
    *,
    who: str,
    key: bytes,
) -> tuple[str, ...]:
    """The person's ids and addresses; where columns are hashed, their hashes.

    Users link them; other tables tell more than users do: an address that somebody had once.

    Args:
        connection: of the warehouse.
        schema: where to look.
        streams: whose tables.
        landed: ids and addresses of users that have landed.
        who: an e-mail address or one of Zoom's user ids.
        key: that hashed columns are hashed with.

    Raises:
        WhomError: it is neither, or an address of several people.
        WarehouseError: the warehouse failed.
    """
    if "@" not in who and (len(who) < _SHORTEST_ID or who.isdigit()):
        raise WhomError(
            f"That is neither an e-mail address nor one of Zoom's user ids: {len(who)} characters."
        )
    begin(connection)
    users = users_of(streams).tables[0]
    links = _Links([*_loaded(connection, schema, users, {who, hash_of(who, key)}), *landed])
    known = links.of(who)
    for table in (table for stream in streams for table in stream.tables if len(table.person) > 1):
        for row in linked(connection, schema, table, sorted(known)):
            known |= {text for text in row if _TELLING.search(text) and not links.is_another_s(text, known)}
    connection.commit()
    return tuple(sorted(known))


def landed_users(store: Landing, account: str, users: Stream) -> Iterator[tuple[str, str]]:
    """Ids and addresses of users in landing."""
    for record in landed_records(store, account, users):
        yield str(record.get("id") or ""), str(record.get("email") or "")


def _loaded(connection: Session, schema: str, users: Table, texts: set[str]) -> Iterator[tuple[str, ...]]:
    """Of the rows with one of these texts, and of those with what stands beside it."""
    both = twins(connection, schema, users)
    found = {
        text for table in both for row in linked(connection, schema, table, sorted(texts)) for text in row
    }
    for table in both:
        yield from linked(connection, schema, table, sorted(texts | (found - {""})))


class _Links:
    """Which ids have which addresses."""

    def __init__(self, pairs: Iterable[tuple[str, ...]]) -> None:
        self._pairs = {(one, address.lower()) for one, address in pairs}

    def of(self, who: str) -> set[str]:
        """The id or address itself, and what belongs to it and to nobody else."""
        ids = {one for one, address in self._pairs if address == who.lower() and one}
        if len(ids) > 1:
            raise WhomError(
                f"This address belongs, or belonged, to {len(ids)} of Zoom's users. Say which one by --user-id; "
                "addresses that others have too stay with them."
            )
        ids = ids or ({who} if "@" not in who else set())
        theirs = {address for one, address in self._pairs if one in ids and address}
        return {who, *ids, *(address for address in theirs if not self.is_another_s(address, ids))}

    def is_another_s(self, text: str, ids: set[str]) -> bool:
        """Whether it is the id of somebody else, or an address that somebody else has too."""
        owners = {one for one, address in self._pairs if one and text.lower() in (address, one.lower())}
        return bool(owners - ids)
