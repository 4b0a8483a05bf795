"""Whose incidents the holder of a key sees."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("keys", sa.Column("teams", sa.JSON(none_as_null=True), nullable=True))
