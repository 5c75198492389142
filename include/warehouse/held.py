"""Which extraction each slice of a stream holds."""

from datetime import date, datetime

from include.warehouse.catalogue import relations
from include.warehouse.errors import trying
from include.warehouse.session import Session, ask, identifier
from include.zoom.stream import Stream

Extractions = dict[date, list[tuple[datetime, str]]]
"""By slice, when each of its tables' extraction began, and its attempt."""


def held(connection: Session, schema: str, stream: Stream) -> Extractions:
    """What a schema holds of a stream, and what it held of snapshots whose rows were deleted by age."""
    slices, found = identifier(schema, "slices"), Extractions()
    statement = f"SELECT slice_date, extracted_at, attempt_id FROM {slices} WHERE stream = $1"  # noqa: S608 - quoted
    with trying(f"read what {stream.name} holds in schema {schema}"):
        if not relations(connection, schema, "slices"):
            return found
        for day, extracted_at, attempt_id in ask(connection, statement, stream.name):
            found.setdefault(day, []).append((extracted_at, attempt_id))
    return found
