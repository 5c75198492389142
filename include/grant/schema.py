"""Our tables in Airflow's metadata database.

The journal, `zoom_grant`; the consents under way, `zoom_consent`; each Zoom account's pace and count, `zoom_quota`.
"""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept as UTC also where the database knows no zones."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """MySQL keeps whole seconds unless it is told otherwise."""
        if dialect.name == "mysql":
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware for PostgreSQL, plain UTC for the others."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Always aware."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


metadata = MetaData()

VERSION_TABLE = "alembic_version_zoom_grant"
REVISIONS = ("zoom0001", "zoom0002", "zoom0003", "zoom0004")
"""What our tables have been, oldest first: the migrations in `include/grant/store/migrations`."""

journal_table = Table(
    "zoom_grant",
    metadata,
    Column("connection_id", String(250), primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempt_id", String(32)),
    Column("attempt_deadline", UtcTime),
    Column("failures", Integer, nullable=False),
    Column("next_attempt_at", UtcTime),
    Column("sealed", Text),
    Column("fingerprints", Text, nullable=False),
    Column("issued_at", UtcTime),
    Column("expires_at", UtcTime),
    Column("scopes", Text),
    Column("account_id", String(250)),
    Column("rotated_at", UtcTime),
    Column("consented_at", UtcTime),
    Column("consented_by", String(250)),
    Column("alerted_at", UtcTime),
)

consent_table = Table(
    "zoom_consent",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("connection_id", String(250), nullable=False),
    Column("user_id", String(250), nullable=False),
    Column("browser_hash", String(64), nullable=False),
    Column("sealed", Text, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

quota_table = Table(
    "zoom_quota",
    metadata,
    Column("account", String(250), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
)
