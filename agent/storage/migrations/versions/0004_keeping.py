"""Personal text under a key of its own, what was erased, where a pruned journal begins, and who read what."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "subjects",
        sa.Column("id", sa.String(length=40), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_subjects_seen_at", "subjects", ["seen_at"])
    op.add_column("journal", sa.Column("subject", sa.String(length=40), nullable=True))
    op.add_column("journal", sa.Column("sealed", sa.Text(), nullable=True))
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(length=64), primary_key=True),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
    )
    op.create_table(
        "journal_base",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "reads",
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("incident", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("at", "who", "incident", "what"),
    )
    op.create_index("reads_by_incident", "reads", ["incident"])
