"""Consents under way: what must be remembered between the Connect button and Zoom's answer.

In the metadata database, because the answer may reach another API server than the one that asked. What lies
there is of no use to a thief: the state only as a hash, the PKCE verifier sealed. An answer counts once, for
the person and the browser that began, for ten minutes of the database's time.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

import sqlalchemy as sa

from include.grant.schema import consent_table as table
from include.grant.store.database import now, transaction
from include.grant.store.secrecy import seal, unsealed
from include.zoom.errors import Misconfigured

LIFE = timedelta(minutes=10)
_KEPT_AFTER = timedelta(days=1)  # so that a late answer is called late, not unknown


@dataclass(frozen=True)
class Asker:
    """Who wants to consent, in which browser; `browser` is the random value of our own cookie."""

    user_id: str
    browser: str = field(repr=False)

    @property
    def marks(self) -> dict[str, str]:
        """The columns that an answer must match."""
        return {"user_id": self.user_id, "browser_hash": _hash(self.browser)}


@dataclass(frozen=True)
class Begun:
    """What is needed to exchange the code of this consent."""

    connection_id: str
    redirect_uri: str
    verifier: str = field(repr=False)

    @classmethod
    def of(cls, row: sa.RowMapping) -> Self:
        """Opens a row.

        Raises:
            Misconfigured: Airflow's Fernet key was changed in between.
        """
        opened = unsealed(row["sealed"], row["connection_id"])
        if opened is None:
            raise Misconfigured("This consent began under another Fernet key: start again.")
        return cls(row["connection_id"], **json.loads(opened))


class Pending:
    """The consents under way in Airflow's metadata database."""

    def __init__(self, engine: Callable[[], sa.Engine]) -> None:
        self._engine = engine

    def keep(self, state: str, asker: Asker, begun: Begun) -> None:
        """Remembers a consent that begins now; forgets those that nobody finished."""
        sealed = seal(json.dumps({"redirect_uri": begun.redirect_uri, "verifier": begun.verifier}))
        with transaction(self._engine) as connection:
            moment = now(connection)
            connection.execute(sa.delete(table).where(table.c.expires_at < moment - _KEPT_AFTER))
            connection.execute(
                sa.insert(table).values(
                    state_hash=_hash(state),
                    connection_id=begun.connection_id,
                    sealed=sealed,
                    expires_at=moment + LIFE,
                    **asker.marks,
                )
            )

    def take(self, state: str, asker: Asker) -> Begun:
        """What was begun with this state, once: whoever deletes the row has it.

        Raises:
            Misconfigured: Nobody began it, it was finished before, it is somebody else's, or it is too old.
        """
        this = table.c.state_hash == _hash(state)
        with transaction(self._engine) as connection:
            row = connection.execute(sa.select(table).where(this)).mappings().one_or_none()
            moment = now(connection)
            mine = sa.and_(*(table.c[name] == value for name, value in asker.marks.items()))
            usable = sa.and_(this, mine, table.c.expires_at > moment)
            taken = connection.execute(sa.delete(table).where(usable)).rowcount == 1
        if row is not None and taken:
            return Begun.of(row)
        ours = row is not None and asker.marks.items() <= dict(row).items()
        raise Misconfigured(_LATE if ours else _FOREIGN)


_LATE = "Zoom's answer came more than ten minutes after Connect was pressed: start again."
_FOREIGN = (
    "This answer was used before, or its consent was begun by another person or in another browser: start again, "
    "in one browser and under the address of Airflow that the redirect address names."
)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
