"""How many alerts ended where, kept count of; and an index behind each list that is shown."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_INDICES = (
    ("alerts_by_time", "alerts", ["received_at", "fate"]),
    ("silences_by_end", "silences", ["ends_at"]),
    ("incidents_by_team", "incidents", ["team", "id"]),
    ("approvals_by_time", "approvals", ["created_at"]),
    ("approvals_by_status", "approvals", ["status", "created_at"]),
    ("effects_by_time", "effects", ["intent_at"]),
    ("effects_by_status", "effects", ["status", "intent_at"]),
    ("effects_by_name", "effects", ["name", "intent_at"]),
    ("journal_by_incident", "journal", ["incident", "sequence"]),
    ("lessons_by_time", "lessons", ["learned_at", "incident"]),
    ("reads_by_who", "reads", ["who", "at"]),
)
_REPLACED = (("ix_journal_incident", "journal"), ("ix_approvals_status", "approvals"))


def upgrade() -> None:
    for name, table, columns in _INDICES:
        op.create_index(name, table, columns)
    few = sa.text("looked_at_again IS NOT NULL")
    op.create_index("alerts_looked_at_again", "alerts", ["looked_at_again"], sqlite_where=few, postgresql_where=few)
    for name, table in _REPLACED:
        op.drop_index(name, table)
    op.create_table(
        "tallies",
        sa.Column("name", sa.String(length=20), primary_key=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    op.execute(
        "INSERT INTO tallies (name, number) SELECT fate, COUNT(*) FROM alerts WHERE fate IS NOT NULL GROUP BY fate"
    )
    op.execute("INSERT INTO tallies (name, number) SELECT 'unparsed', COUNT(*) FROM quarantine")
