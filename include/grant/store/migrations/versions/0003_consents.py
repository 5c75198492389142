"""Create the table of consents under way."""

import sqlalchemy as sa
from alembic import op

from include.grant.schema import UtcTime

revision = "zoom0003"
down_revision = "zoom0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates `zoom_consent` as it was in this revision."""
    op.create_table(
        "zoom_consent",
        sa.Column("state_hash", sa.String(64), primary_key=True),
        sa.Column("connection_id", sa.String(250), nullable=False),
        sa.Column("user_id", sa.String(250), nullable=False),
        sa.Column("browser_hash", sa.String(64), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
    )


def downgrade() -> None:
    """Consents under way have to begin again."""
    op.drop_table("zoom_consent")
