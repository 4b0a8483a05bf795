"""Is what people said of a lesson counted once an incident that leaned on it, and by people alone?"""

import pytest
from sqlalchemy import Connection, text

from agent.domain.hypothesis import Diagnosis, Usage, Verdict
from agent.domain.incident import IncidentStatus
from agent.ports import Lesson
from agent.storage import incidents
from agent.storage.database import Database
from agent.storage.incidents import SqlIncidents
from agent.storage.journal import Chain
from agent.storage.lessons import SqlLessons
from agent.storage.schema import migrate
from agent.storage.tables import feedback
from tests.clocks import Clock
from tests.incidents import an_incident

LESSON = Lesson(
    incident="inc-0",
    title="t",
    service="cart",
    alert_names=(),
    symptom="other",
    component="cart",
    fault="unknown",
    cause="cart",
    remedy="",
    outcome="no_action",
    confirmed_by="ann",
    closed_at=Clock().now(),
)


@pytest.fixture
async def lessons(database: Database, chain: Chain, clock: Clock) -> SqlLessons:
    """Four incidents leaned on one lesson, of which one in two runs; one on another."""
    known = SqlIncidents(database, chain, clock)
    for number, leans_on in enumerate(("inc-0", "inc-0", "inc-0", "inc-0", "inc-9", ""), 1):
        name = f"inc-{number}"
        opened = an_incident(clock.now(), id=name, status=IncidentStatus.RESOLVED, title="t")
        await database.write(lambda connection, one=opened: incidents.insert(connection, one))  # type: ignore[misc]  # a default
        for run in ("a", "b") if number == 1 else ("a",):
            diagnosis = Diagnosis(
                verdict=Verdict.CAUSE,
                component="cart",
                summary="s",
                confidence=0.9,
                analysed_by="analysis",
                precedent=leans_on,
            )
            await known.save_diagnosis(name, f"{name}-{run}", diagnosis, Usage())
    said = [(1, "ann", "wrong"), (1, "bob", "right"), (2, "ann", "wrong"), (3, "ann", "right"), (3, "", "wrong")]
    said += [(5, "ann", "wrong"), (6, "ann", "wrong")]

    def write(connection: Connection) -> None:
        for number, who, verdict in said:
            row = {"incident": f"inc-{number}", "verdict": verdict, "cause": "", "comment": "", "given_by": who}
            connection.execute(feedback.insert().values(**row, at=clock.now()))

    await database.write(write)
    kept = SqlLessons(database, clock)
    await kept.save(LESSON)
    return kept


async def test_the_last_word_on_each_incident_counts_when_it_is_a_persons(lessons: SqlLessons) -> None:
    assert await lessons.leaned_on("inc-1") == LESSON.model_copy(update={"helped": 1, "misled": 1})
    assert await lessons.leaned_on("inc-5") is None
    assert await lessons.leaned_on("inc-6") is None


async def test_so_it_does_in_a_record_from_before_lessons_were_looked_up(
    lessons: SqlLessons, database: Database
) -> None:
    await database.write(_as_before)
    assert migrate(database)
    assert await lessons.leaned_on("inc-1") == LESSON.model_copy(update={"helped": 1, "misled": 1})


def _as_before(connection: Connection) -> None:
    """Without what the tenth migration made."""
    connection.execute(text("DROP INDEX runs_by_precedent"))
    connection.execute(text("ALTER TABLE runs DROP COLUMN precedent"))
    connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
