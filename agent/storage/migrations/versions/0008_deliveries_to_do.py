"""What a chat system delivered and nobody has done yet."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("taken_at", sa.DateTime(), nullable=True))
    op.add_column("deliveries", sa.Column("delivery", sa.Text(), nullable=True))
