"""What a chat system delivered already, for all processes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=64), primary_key=True),
        sa.Column("heard_at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_deliveries_heard_at", "deliveries", ["heard_at"])
