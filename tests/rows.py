"""What a PostgreSQL answers, as dictionaries."""

from collections.abc import Sequence
from typing import Any

import psycopg2
import psycopg2.extras


def rows(query: str, values: Sequence[Any], **address: Any) -> list[dict[str, Any]]:
    """The rows of a query, on a connection of its own to this address (`dsn`, or its parts)."""
    connection = psycopg2.connect(**address)
    try:
        with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(query, values)
            return [dict(row) for row in cursor.fetchall()]
    finally:
        connection.close()
