"""On which lesson a diagnosis leans, to be found by it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("runs", sa.Column("precedent", sa.String(length=100), nullable=True))
    op.create_index("runs_by_precedent", "runs", ["precedent"])
    runs = sa.table("runs", sa.column("diagnosis", sa.JSON()), sa.column("precedent", sa.String()))
    named = runs.c.diagnosis["precedent"].as_string()
    op.execute(runs.update().where(named != "").values(precedent=named))
