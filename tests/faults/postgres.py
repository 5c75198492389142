"""What a test does to a PostgreSQL database behind Airflow's back."""

import contextlib
from typing import Any

import psycopg2
from sqlalchemy.engine import make_url


def run(uri: str, statement: str) -> list[tuple[Any, ...]]:
    """One statement in a transaction of its own, also where the database is read-only by default; its rows."""
    url = make_url(uri)
    dsn = {"dbname": url.database, "user": url.username, **url.query}
    writable = "-c default_transaction_read_only=off"
    with contextlib.closing(psycopg2.connect(options=writable, **dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
