"""Which version of this project's tables a schema has: forward only.

Each load brings an older schema up to date by what it lacks, so the number decides nothing but who may: code that
is older than the schema would take new columns for somebody's changes, or write rows without what they need.
"""

from collections.abc import Mapping

from include.warehouse.catalogue import Relation
from include.warehouse.dialects import Dialect
from include.warehouse.errors import NewerSchema
from include.warehouse.session import Session, ask, identifier

SCHEMA_VERSION = 1
"""One more in each release whose tables differ from the last one's; ADR 20 says why."""
_TABLE = "schema_version"
# Behind the lock that DDL takes: nobody else raises it meanwhile.
_RAISE = (
    "UPDATE {table} SET version = {version}, since = {clock} WHERE version < {version}",
    (
        "INSERT INTO {table} (only_row, version, since) "
        "SELECT true, {version}, {clock} WHERE NOT EXISTS (SELECT 1 FROM {table})"
    ),
)


def held_version(connection: Session, schema: str, present: Mapping[str, Relation]) -> int:
    """The version that a schema of these relations has; 0 where it is new, or older than such versions.

    Raises:
        NewerSchema: it is newer than this code.
    """
    if _TABLE not in present:
        return 0
    found = ask(connection, f"SELECT version FROM {identifier(schema, _TABLE)}")  # noqa: S608 - quoted
    version = int(found[0][0]) if found else 0
    if version > SCHEMA_VERSION:
        raise NewerSchema(
            f"The tables of schema {schema} are version {version}, of a newer version of this project: this one knows "
            f"{SCHEMA_VERSION}. Nothing was changed or loaded. Install that version or a later one wherever tasks run; "
            "the only way back is a backup of the schema."
        )
    return version


def raise_version(schema: str, dialect: Dialect) -> list[str]:
    """The statements that say that a schema is up to date with this code."""
    table = identifier(schema, _TABLE)
    return [each.format(table=table, version=SCHEMA_VERSION, clock=dialect.clock) for each in _RAISE]
