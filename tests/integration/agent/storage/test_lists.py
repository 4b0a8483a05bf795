"""Does whoever looks at a list look at the list alone?  What each engine says it would do, asked of the engine.

On PostgreSQL without plans that read a whole table or sort it, where there are others: of an empty record it would
choose nothing else.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event

from agent.bootstrap.machine import SystemClock
from agent.storage import alerts, approval_rows, effects, incidents, journal, lessons, reads, silences
from agent.storage.database import Database
from agent.views import numbers

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TEAMS = frozenset({"payments"})
LARGE = "alerts|approvals|effects|evidence|feedback|incidents|journal|lessons|reads|runs|silences|votes"
LISTS: dict[str, Callable[[Connection], object]] = {
    "approvals": approval_rows.listed,
    "approvals that wait": lambda connection: approval_rows.listed(connection, status="pending"),
    "approvals of a team": lambda connection: approval_rows.listed(connection, teams=TEAMS),
    "effects": effects.listed,
    "effects nobody knows the end of": lambda connection: effects.listed(connection, status="unknown"),
    "effects of a team": lambda connection: effects.listed(connection, teams=TEAMS),
    "incidents": incidents.listed,
    "incidents of a team": lambda connection: incidents.listed(connection, teams=TEAMS),
    "incidents that are not closed": incidents.live,
    "incidents left lying": lambda connection: incidents.left_lying(connection, NOW),
    "a timeline": lambda connection: journal.entries(connection, incident="inc-1", newest=True),
    "the latest of a timeline": lambda connection: journal.newest(connection, "inc-1"),
    "the journal": lambda connection: journal.entries(connection, newest=True),
    "the journal of a team": lambda connection: journal.entries(connection, teams=TEAMS),
    "lessons": lambda connection: lessons.matching(connection, "", 200),
    "what was said of a lesson": lambda connection: lessons.verdicts_on(connection, "inc-1"),
    "who looked": reads.listed,
    "where somebody looked": lambda connection: reads.listed(connection, who="dana"),
    "who looked at one": lambda connection: reads.listed(connection, incident="inc-1"),
    "silences": lambda connection: silences.ending_after(connection, NOW),
    "what a silence held back": lambda connection: alerts.held_back_by(connection, "si-1", NOW),
    "what was held back": lambda connection: alerts.held_back(connection, NOW),
    "alerts set aside": lambda connection: alerts.asides(connection, 200),
    "where alerts ended": alerts.counts,
    "noise": lambda connection: numbers.noise(connection, NOW - timedelta(days=7)),
    "capacity": lambda connection: numbers.capacity(connection, SystemClock()),
}


@pytest.mark.parametrize("listed", LISTS.values(), ids=LISTS)
def test_no_list_is_found_by_reading_all_there_is(database: Database, listed: Callable[[Connection], object]) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    database.read_now(listed)
    with database.engine.connect() as connection:
        plans = {sql: _plan(connection, sql, values) for sql, values in list(asked) if sql.startswith("SELECT")}
    assert plans
    assert {sql: plan for sql, plan in plans.items() if any(_reads_all(step, sql) for step in plan)} == {}


def _plan(connection: Connection, sql: str, values: Any) -> list[str]:
    if connection.dialect.name == "sqlite":
        return [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    connection.exec_driver_sql("SET enable_seqscan = off")
    connection.exec_driver_sql("SET enable_sort = off")
    return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {sql}", values)]


def _reads_all(step: str, sql: str) -> bool:
    """In the order of an index is well where so many are asked for: it stops there."""
    ordered = "$" if "LIMIT" in sql else r"\b"
    return re.search(rf"^SCAN (?:{LARGE}){ordered}|Seq Scan on (?:{LARGE})\b", step) is not None
