"""Incidents that were merged into, or split from, another."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("merged_into", sa.String(length=40), nullable=True))
    op.add_column("incidents", sa.Column("split_from", sa.String(length=40), nullable=True))
