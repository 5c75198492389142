"""Create the journal of rotations."""

import sqlalchemy as sa
from alembic import op

from include.grant.schema import UtcTime

revision = "zoom0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates `zoom_grant` as it was in this revision."""
    op.create_table(
        "zoom_grant",
        sa.Column("connection_id", sa.String(250), primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempt_id", sa.String(32)),
        sa.Column("attempt_deadline", UtcTime),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", UtcTime),
        sa.Column("sealed", sa.Text),
        sa.Column("fingerprints", sa.Text, nullable=False),
        sa.Column("issued_at", UtcTime),
        sa.Column("expires_at", UtcTime),
        sa.Column("scopes", sa.Text),
        sa.Column("account_id", sa.String(250)),
        sa.Column("rotated_at", UtcTime),
        sa.Column("consented_at", UtcTime),
        sa.Column("consented_by", sa.String(250)),
    )


def downgrade() -> None:
    """Forgets every grant: only for a database that is thrown away."""
    op.drop_table("zoom_grant")
