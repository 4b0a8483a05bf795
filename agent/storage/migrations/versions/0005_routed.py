"""Why an incident is its team's, who has seen it, who was called when nobody had, and maintenance windows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("routed", sa.Text(), nullable=False, server_default=""))
    op.add_column("silences", sa.Column("name", sa.String(length=100), nullable=False, server_default=""))
    op.add_column("silences", sa.Column("opens", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("alerts", sa.Column("looked_at_again", sa.DateTime(), nullable=True))
    op.create_table(
        "acknowledgements",
        sa.Column("incident", sa.String(length=40), sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "episode"),
    )
    op.create_table(
        "escalations",
        sa.Column("subject", sa.String(length=60), primary_key=True),
        sa.Column("incident", sa.String(length=40), sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("began", sa.DateTime(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
    )
    op.create_index("ix_escalations_incident", "escalations", ["incident"])
