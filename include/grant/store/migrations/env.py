"""Alembic's entry for the journal's migrations."""

from typing import Any

from airflow import settings
from alembic import context
from sqlalchemy import Engine

from include.grant.store.migrations import GrantDBManager

_OPTIONS: dict[str, Any] = {
    "target_metadata": GrantDBManager.metadata,
    "version_table": GrantDBManager.version_table_name,
}


def _offline() -> None:
    url = settings.SQL_ALCHEMY_CONN
    context.configure(url=url, literal_binds=True, render_as_batch=True, **_OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


def _online() -> None:
    engine: Engine = settings.get_engine()  # type: ignore[no-untyped-call]
    with engine.connect() as connection:
        context.configure(connection=connection, render_as_batch=True, **_OPTIONS)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    _offline()
else:
    _online()
