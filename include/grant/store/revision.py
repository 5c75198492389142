"""Our tables go forward only: code that does not know their revision leaves them, and Zoom, alone.

An older revision is no error: what it lacks is asked for where it is needed.
"""

from weakref import WeakSet

import sqlalchemy as sa

from include.grant.schema import REVISIONS, VERSION_TABLE
from include.zoom.errors import Misconfigured

# Each process looks once: services are stopped for a migration.
_seen: "WeakSet[sa.Engine]" = WeakSet()
_VERSION = sa.table(VERSION_TABLE, sa.column("version_num"))


class NewerDatabase(Misconfigured):
    """A newer version of this project has migrated the metadata database."""


def refuse_newer(connection: sa.Connection) -> None:
    """Looks at the revision once per database; none counts as known, as nothing was migrated then.

    Raises:
        NewerDatabase: this code does not know it.
    """
    if connection.engine in _seen:
        return
    if sa.inspect(connection).has_table(VERSION_TABLE):
        refuse_unknown(connection.execute(sa.select(_VERSION.c.version_num)).scalar())
    _seen.add(connection.engine)


def refuse_unknown(revision: str | None) -> None:
    """Raises NewerDatabase unless the revision is None or one of ours."""
    if revision is not None and revision not in REVISIONS:
        raise NewerDatabase(
            f"The metadata database's tables of grants are at revision {revision}, of a newer version of this project: "
            f"this one knows them up to {REVISIONS[-1]}. Nothing was changed, and nothing sent to Zoom. Install that "
            "version or a later one on all hosts; the only way back is a backup from before its `airflow db migrate`."
        )
