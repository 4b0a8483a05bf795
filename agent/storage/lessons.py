"""What did closed incidents teach? The record that memory is rebuilt from."""

from typing import Any

from sqlalchemy import Connection, select, update

from agent.domain.event import EventType
from agent.domain.hypothesis import Diagnosis, Fault, Verdict
from agent.domain.incident import Incident
from agent.ports import Clock, Lesson
from agent.storage import alerts, effects, incidents, journal
from agent.storage.database import Database
from agent.storage.tables import feedback, lessons


class SqlLessons:
    """`ports.Lessons` over the record."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def draft(self, incident: str) -> Lesson | None:
        return await self._database.read(lambda connection: _draft(connection, incident))

    async def save(self, lesson: Lesson) -> None:
        await self._database.write(lambda connection: _save(connection, lesson, self._clock))

    async def all(self) -> list[Lesson]:
        rows = await self._database.read(
            lambda connection: connection.execute(select(lessons.c.lesson)).scalars().all()
        )
        return [Lesson.model_validate(row) for row in rows]

    async def drop(self, names: list[str]) -> None:
        await self._database.write(
            lambda connection: connection.execute(lessons.delete().where(lessons.c.incident.in_(names)))
        )


def _draft(connection: Connection, incident: str) -> Lesson | None:
    """The confirmed cause, or else the diagnosed one; None when neither names a component."""
    known = incidents.get(connection, incident)
    diagnosis = _last_diagnosis(connection, incident)
    said = connection.execute(
        select(feedback).where(feedback.c.incident == incident).order_by(feedback.c.id.desc())
    ).first()
    corrected = said is not None and said.verdict == "wrong"
    named = str(said.cause) if said is not None else ""
    component = named or (diagnosis.component if diagnosis and not corrected else "")
    if not component or known.closed_at is None:
        return None
    trusted = diagnosis if diagnosis and diagnosis.verdict is Verdict.CAUSE and not corrected else None
    its_alerts = [placed.alert for placed in alerts.of_incident(connection, incident)]
    return Lesson(
        incident=incident,
        title=known.title,
        service=known.service,
        alert_names=tuple(sorted({alert.name for alert in its_alerts})),
        symptom=_symptom(connection, incident),
        component=component,
        fault=trusted.fault if trusted else Fault.UNKNOWN,
        cause=trusted.summary if trusted else f"{component}, as {said.given_by if said else 'nobody'} says.",
        remedy=_remedy(connection, incident),
        outcome=_outcome(connection, known),
        confirmed_by=said.given_by if said is not None else "quiet period",
        closed_at=known.closed_at,
    )


def _last_diagnosis(connection: Connection, incident: str) -> Diagnosis | None:
    found = [row for row in incidents.runs_of(connection, incident) if row.diagnosis]
    return Diagnosis.model_validate(found[-1].diagnosis) if found else None


def _symptom(connection: Connection, incident: str) -> str:
    return str(_last_fact(connection, incident, EventType.TRIAGED, "symptom") or "other")


def _remedy(connection: Connection, incident: str) -> str:
    done = [one for one in effects.of_incident(connection, incident) if one.kind == "action"]
    return done[-1].name if done else ""


def _outcome(connection: Connection, incident: Incident) -> str:
    recovered = _last_fact(connection, incident.id, EventType.VERIFIED, "recovered")
    if recovered is None:
        return "no_action"
    return "recovered" if recovered else "not_recovered"


def _last_fact(connection: Connection, incident: str, kind: EventType, name: str) -> Any:
    told = [entry.event for entry in journal.entries(connection, incident=incident, limit=10_000)]
    return next((event.facts.get(name) for event in reversed(told) if event.type is kind), None)


def _save(connection: Connection, lesson: Lesson, clock: Clock) -> None:
    values = {"lesson": lesson.model_dump(mode="json"), "learned_at": clock.now()}
    changed = connection.execute(update(lessons).where(lessons.c.incident == lesson.incident).values(values))
    if changed.rowcount == 0:
        connection.execute(lessons.insert().values(incident=lesson.incident, **values))
