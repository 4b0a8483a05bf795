"""What is on the record? Every table on one page; `migrations/` brings a database to this shape."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData()


class Utc(TypeDecorator[datetime]):
    """Aware UTC datetimes, also on SQLite, which forgets the zone."""

    impl = DateTime(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        return value.replace(tzinfo=UTC) if value else None


Counter = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself only on a column of the type INTEGER."""

receipts = Table(
    "receipts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("integration", String(40), nullable=False),
    Column("sender", String(100), nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Counter, primary_key=True),
    Column("receipt", ForeignKey("receipts.id"), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("sequence", Counter, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("receipt", ForeignKey("receipts.id"), nullable=False, index=True),
    Column("received_at", Utc, nullable=False),
    Column("event", String(64), nullable=False),
    Column("occurrence", String(64), nullable=False),
    Column("alert", JSON, nullable=False),
    Column("fate", String(20)),
    Column("reason", Text, nullable=False, default=""),
    Column("incident", String(40)),
    Column("looked_at_again", Utc),
    Index("alerts_by_incident", "incident"),
    Index("alerts_by_time", "received_at", "fate"),
    Index(
        "alerts_looked_at_again",
        "looked_at_again",
        sqlite_where=text("looked_at_again IS NOT NULL"),
        postgresql_where=text("looked_at_again IS NOT NULL"),
    ),
    Index("alerts_unplaced", "fate", "sequence"),
)

tallies = Table(
    "tallies",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""How many alerts ended where, so that nobody has to count them."""

silences = Table(
    "silences",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("matchers", JSON, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("comment", Text, nullable=False),
    Column("name", String(100), nullable=False, default=""),
    Column("opens", Boolean, nullable=False, default=False),
    Index("silences_by_end", "ends_at"),
)

changes = Table(
    "changes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", Utc, nullable=False, index=True),
    Column("service", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("summary", Text, nullable=False),
    Column("source", String(100), nullable=False),
    Column("author", String(200), nullable=False),
    Column("link", Text, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("status", String(20), nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("team", String(100), nullable=False),
    Column("routed", Text, nullable=False, default=""),
    Column("labels", JSON, nullable=False),
    Column("group_key", Text, nullable=False),
    Column("opened_at", Utc, nullable=False, index=True),
    Column("updated_at", Utc, nullable=False, index=True),
    Column("resolved_at", Utc),
    Column("closed_at", Utc),
    Column("previous", String(40)),
    Column("parked_because", Text, nullable=False, default=""),
    Column("merged_into", String(40)),
    Column("split_from", String(40)),
    Index("incidents_by_team", "team", "id"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("incident", ForeignKey("incidents.id"), primary_key=True),
    Column("id", String(10), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("evidence", JSON, nullable=False),
    UniqueConstraint("incident", "digest"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False, index=True),
    Column("diagnosis", JSON),
    Column("usage", JSON),
    Column("report", Text),
    Column("diagnosed_at", Utc),
    Column("reported_at", Utc),
    Column("precedent", String(100)),
    Index("runs_by_precedent", "precedent"),
)
"""`precedent` is that of the diagnosis, where it has one, to be found by."""

approvals = Table(
    "approvals",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False, index=True),
    Column("proposal_digest", String(64), nullable=False, unique=True),
    Column("proposal", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("shown", Text, nullable=False),
    Column("status", String(10), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("decided_by", String(100), nullable=False, default=""),
    Column("decided_at", Utc),
    Column("decided_via", String(20), nullable=False, default=""),
    Column("comment", Text, nullable=False, default=""),
    Column("run", String(60)),
    Column("quorum", Integer, nullable=False, default=1),
    Column("seal", String(64), nullable=False, default=""),
    Column("reminded", Integer, nullable=False, default=0),
    Index("approvals_by_run", "run", unique=True),
    Index("approvals_by_time", "created_at"),
    Index("approvals_by_status", "status", "created_at"),
)
"""`seal` is ours over everything that was asked, so that a row written by other hands is worth nothing."""

votes = Table(
    "votes",
    metadata,
    Column("approval", ForeignKey("approvals.id"), primary_key=True),
    Column("who", String(100), primary_key=True),
    Column("decision", String(10), primary_key=True),
    Column("key", String(40), nullable=False),
    Column("via", String(20), nullable=False),
    Column("comment", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("seal", String(64), nullable=False),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("incident", ForeignKey("incidents.id"), primary_key=True),
    Column("episode", Integer, primary_key=True),
    Column("who", String(100), nullable=False),
    Column("at", Utc, nullable=False),
)
"""Episodes that somebody has seen: nobody else is called because of them."""

escalations = Table(
    "escalations",
    metadata,
    Column("subject", String(60), primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False, index=True),
    Column("began", Utc, nullable=False),
    Column("taken", Integer, nullable=False),
)
"""What waits for somebody, since when, and how many steps were taken to find one."""

holds = Table(
    "holds",
    metadata,
    Column("incident", ForeignKey("incidents.id"), primary_key=True),
    Column("episode", Integer, primary_key=True),
    Column("held_by", String(100), nullable=False),
    Column("at", Utc, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Episodes that a human has taken over or cancelled: the agent does nothing in them any more."""

effects = Table(
    "effects",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("incident", String(40), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("name", String(100), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("approval", String(100)),
    Column("status", String(10), nullable=False),
    Column("intent_at", Utc, nullable=False),
    Column("outcome_at", Utc),
    Column("detail", Text, nullable=False, default=""),
    Column("result", JSON),
    Index("effects_by_time", "intent_at"),
    Index("effects_by_status", "status", "intent_at"),
    Index("effects_by_name", "name", "intent_at"),
)

journal = Table(
    "journal",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("type", String(40), nullable=False),
    Column("incident", String(40)),
    Column("actor", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("subject", String(40)),
    Column("sealed", Text),
    Index("journal_by_incident", "incident", "sequence"),
)
"""`sealed` is the personal text of an entry, under the key of its `subject`; the hash covers it as it lies there."""

subjects = Table(
    "subjects",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("key", LargeBinary, nullable=False),
    Column("seen_at", Utc, nullable=False, index=True),
)
"""Whom the journal speaks of; `seen_at` is at most a day before the last entry that does.

With the row goes the key, and with it whatever the journal holds about that person.
"""

erasures = Table(
    "erasures",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("begun_at", Utc, nullable=False),
    Column("done_at", Utc),
)
"""Which deletion requests this record knows of; `id` tells the person only to whoever has the name already."""

journal_base = Table(
    "journal_base",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("signature", String(64), nullable=False),
    Column("at", Utc, nullable=False),
)
"""At most one row: the last entry that was let go for its age, signed. The chain begins behind it."""

reads = Table(
    "reads",
    metadata,
    Column("at", Utc, primary_key=True),
    Column("who", String(100), primary_key=True),
    Column("incident", String(40), primary_key=True),
    Column("what", String(60), primary_key=True),
    Index("reads_by_incident", "incident"),
    Index("reads_by_who", "who", "at"),
)
"""The access log: who looked at which incident, to the minute. Kept apart from the journal, and for a shorter time."""

journal_head = Table(
    "journal_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("signature", String(64), nullable=False),
)
"""One row: where the chain ends, signed, so that a tail cut off is seen."""

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("incident", String(40), nullable=False, index=True),
    Column("payload", JSON, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", String(10), nullable=False),
    Column("not_before", Utc, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("epoch", Integer, nullable=False, default=0),
    Column("holder", String(100), nullable=False, default=""),
    Column("lease_until", Utc),
    Column("error", Text, nullable=False, default=""),
    Index("jobs_due", "status", "priority", "not_before"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("heard_at", Utc, nullable=False, index=True),
    Column("taken_at", Utc),
    Column("delivery", Text),
)
"""What chat systems delivered within the last hour, by the digest of its id: each is heard once, by one process.

`delivery` is the thing itself, sealed, until it is done; `taken_at`: when somebody last set out to do it.
"""

lessons = Table(
    "lessons",
    metadata,
    Column("incident", String(100), primary_key=True),
    Column("lesson", JSON, nullable=False),
    Column("learned_at", Utc, nullable=False),
    Index("lessons_by_time", "learned_at", "incident"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Counter, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False, index=True),
    Column("verdict", String(10), nullable=False),
    Column("cause", String(200), nullable=False),
    Column("comment", Text, nullable=False),
    Column("given_by", String(100), nullable=False),
    Column("at", Utc, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("teams", JSON(none_as_null=True)),
    Column("created_at", Utc, nullable=False),
    Column("revoked_at", Utc),
    Column("last_used_at", Utc),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)
"""How far each follower of the journal has come; and what is only counted, under names of its own."""

BATCHES, LOOKED, TRIED = "placed batches", "silences ended", "commits tried"
COUNTED = frozenset({BATCHES, LOOKED, TRIED})
"""The names in `cursors` that follow nothing."""

switches = Table(
    "switches",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("on", Boolean, nullable=False),
    Column("set_by", String(100), nullable=False),
    Column("at", Utc, nullable=False),
)
