"""Remember that somebody was told of a lost or misconfigured grant."""

import sqlalchemy as sa
from alembic import op

from include.grant.schema import UtcTime

revision = "zoom0002"
down_revision = "zoom0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One alert per incident, whichever process sends it."""
    op.add_column("zoom_grant", sa.Column("alerted_at", UtcTime))


def downgrade() -> None:
    """Forgets who was told."""
    op.drop_column("zoom_grant", "alerted_at")
