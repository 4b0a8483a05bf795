"""Who approved what, sealed; and which incidents a human holds."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("approvals", sa.Column("run", sa.String(length=60), nullable=True))
    op.add_column("approvals", sa.Column("quorum", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("approvals", sa.Column("seal", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("approvals", sa.Column("reminded", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("approvals_by_run", "approvals", ["run"], unique=True)
    op.create_table(
        "votes",
        sa.Column("approval", sa.String(length=40), sa.ForeignKey("approvals.id"), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("via", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("approval", "who", "decision"),
    )
    op.create_table(
        "holds",
        sa.Column("incident", sa.String(length=40), sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("held_by", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "episode"),
    )
