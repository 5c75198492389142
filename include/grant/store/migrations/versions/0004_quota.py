"""Create the table of quotas: how fast and how much each Zoom account has been asked."""

import sqlalchemy as sa
from alembic import op

revision = "zoom0004"
down_revision = "zoom0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates `zoom_quota` as it was in this revision."""
    op.create_table(
        "zoom_quota",
        sa.Column("account", sa.String(250), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Every account's pace is found anew, and today's requests are counted from zero."""
    op.drop_table("zoom_quota")
