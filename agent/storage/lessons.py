"""What did closed incidents teach? The record that memory is rebuilt from."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from agent.domain.event import EventType
from agent.domain.hypothesis import Diagnosis, Fault, Found, Verdict
from agent.domain.incident import Incident
from agent.policy.signs import signs
from agent.policy.timeless import timeless
from agent.ports import Clock, Lesson
from agent.storage import alerts, effects, incidents, journal
from agent.storage.database import Database
from agent.storage.fencing import Fenced
from agent.storage.sight import Teams, within
from agent.storage.tables import evidence, feedback, lessons, runs
from agent.storage.tables import incidents as incidents_table

SEARCHED = 10_000
"""Lessons that are looked through for words: the latest."""
_REMEMBERED = 200
"""Words of people on a team's incidents that still count: the latest."""


class SqlLessons:
    """`ports.Lessons` over the record."""

    def __init__(self, database: Database | Fenced, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def draft(self, incident: str) -> Lesson | None:
        return await self._database.read(lambda connection: _draft(connection, incident))

    async def leaned_on(self, incident: str) -> Lesson | None:
        return await self._database.read(lambda connection: _leaned_on(connection, incident))

    async def found_before(self, team: str) -> list[Found]:
        return await self._database.read(lambda connection: list(_found_before(connection, team)))

    async def save(self, lesson: Lesson) -> None:
        await self._database.write(lambda connection: _save(connection, lesson, self._clock))

    async def all(self) -> list[Lesson]:
        rows = await self._database.read(
            lambda connection: connection.execute(select(lessons.c.lesson)).scalars().all()
        )
        return [Lesson.model_validate(row) for row in rows]

    async def drop(self, names: list[str]) -> int:
        gone = lessons.delete().where(lessons.c.incident.in_(names))
        return await self._database.write(lambda connection: connection.execute(gone).rowcount)


def matching(connection: Connection, text: str, most: int, teams: Teams = None) -> list[Lesson]:
    """Those whose words hold the text, the latest first."""
    ours = select(lessons.c.lesson).where(*within(lessons.c.incident, teams))
    query = ours.order_by(lessons.c.learned_at.desc(), lessons.c.incident.desc()).limit(SEARCHED if text else most)
    sought = text.casefold()
    found = (row for row in connection.execute(query).scalars() if sought in _words(row).casefold())
    return [Lesson.model_validate(row) for row in islice(found, most)]


def verdicts_on(connection: Connection, precedent: str) -> list[str]:
    """What people, not machines, said last of each incident with a diagnosis that leans on it; of the latest."""
    leaning = select(runs.c.incident).where(runs.c.precedent == precedent)
    last = select(func.max(feedback.c.id)).where(feedback.c.incident.in_(leaning)).group_by(feedback.c.incident)
    said = select(feedback.c.verdict).where(feedback.c.id.in_(last), feedback.c.given_by != "")
    return list(connection.execute(said.order_by(feedback.c.id.desc()).limit(_REMEMBERED)).scalars())


def _words(lesson: Mapping[str, Any]) -> str:
    return "\n".join(str(value) for value in lesson.values())


def _draft(connection: Connection, incident: str) -> Lesson | None:
    """The confirmed cause, or else the diagnosed one; None when neither names a component."""
    known = incidents.get(connection, incident)
    diagnosis = incidents.diagnoses_of(connection, [incident]).get(incident)
    said = _last_feedback(connection, incident)
    told = _told_cause(said.cause if said else "", _components(connection, incident))
    trusted = diagnosis if diagnosis and diagnosis.verdict is Verdict.CAUSE and not _denied(said) else None
    component = told.component or (trusted.component if trusted else "")
    if not component or known.closed_at is None:
        return None
    if trusted and trusted.component != component:
        trusted = None
    its_alerts = [placed.alert for placed in alerts.of_incident(connection, incident)]
    return Lesson(
        incident=incident,
        title=known.title,
        service=known.service,
        alert_names=tuple(sorted({alert.name for alert in its_alerts})),
        symptom=_symptom(connection, incident),
        component=component,
        fault=trusted.fault if trusted else Fault.UNKNOWN,
        cause=_cause(trusted) if trusted and told.words in {"", component} else told.words,
        remedy=_remedy(connection, incident),
        outcome=_outcome(connection, known),
        confirmed_by=said.given_by if said is not None and said.given_by else "quiet period",
        closed_at=known.closed_at,
        signs=signs(component, incidents.evidence_of(connection, incident)),
    )


@dataclass(frozen=True)
class _Told:
    """The cause as a person gave it."""

    words: str
    component: str
    """The known component that they name; all their words when they name none."""


def _told_cause(words: str, known: Sequence[str]) -> _Told:
    named = [one for one in known if re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", words, re.IGNORECASE)]
    return _Told(words, max(named, key=len, default=words))


def _components(connection: Connection, incident: str) -> Sequence[str]:
    """Every component that the evidence speaks of."""
    named = select(evidence.c.evidence["entity"].as_string()).where(evidence.c.incident == incident).distinct()
    return sorted(set(connection.execute(named).scalars()) - {""})


def _last_feedback(connection: Connection, incident: str) -> Row[Any] | None:
    of_it = select(feedback).where(feedback.c.incident == incident).order_by(feedback.c.id.desc())
    return connection.execute(of_it.limit(1)).first()


def _denied(said: Row[Any] | None) -> bool:
    return said is not None and said.verdict == "wrong"


def _cause(diagnosis: Diagnosis) -> str:
    """What will still be true next time: how it came about, and what gave it away; not when."""
    why = next((one.why for one in diagnosis.suspects if one.component == diagnosis.component), "")
    return timeless(diagnosis.mechanism or why or diagnosis.summary)


def _leaned_on(connection: Connection, incident: str) -> Lesson | None:
    diagnosis = incidents.diagnoses_of(connection, [incident]).get(incident)
    if diagnosis is None or not diagnosis.precedent:
        return None
    row = connection.execute(select(lessons.c.lesson).where(lessons.c.incident == diagnosis.precedent)).scalar()
    if row is None:
        return None
    verdicts = verdicts_on(connection, diagnosis.precedent)
    told = {"helped": verdicts.count("right"), "misled": verdicts.count("wrong")}
    return Lesson.model_validate(row).model_copy(update=told)


def _found_before(connection: Connection, team: str) -> Iterator[Found]:
    """The last word of each person on each incident: what they confirmed, what they denied, what it was instead."""
    last = select(func.max(feedback.c.id)).join(incidents_table, incidents_table.c.id == feedback.c.incident)
    last = last.where(incidents_table.c.team == team, feedback.c.given_by != "")
    last = last.group_by(feedback.c.incident, feedback.c.given_by)
    rows = select(feedback).where(feedback.c.id.in_(last)).order_by(feedback.c.id.desc()).limit(_REMEMBERED)
    said = connection.execute(rows).all()
    diagnoses = incidents.diagnoses_of(connection, {row.incident for row in said})
    for row in reversed(said):
        diagnosis = diagnoses.get(row.incident)
        blamed = diagnosis.component if diagnosis and diagnosis.verdict is Verdict.CAUSE else ""
        told = _told_cause(row.cause, _components(connection, row.incident)).component if row.cause else ""
        right = blamed if row.verdict == "right" and not told else told
        if right:
            yield Found(component=right, who=row.given_by, was_cause=True)
        if blamed and row.verdict == "wrong" and blamed != told:
            yield Found(component=blamed, who=row.given_by, was_cause=False)


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
    last = journal.entries(connection, incident=incident, types=(kind,), newest=True, limit=1)
    return last[0].event.facts.get(name) if last else None


def _save(connection: Connection, lesson: Lesson, clock: Clock) -> None:
    values = {"lesson": lesson.model_dump(mode="json"), "learned_at": clock.now()}
    changed = connection.execute(update(lessons).where(lessons.c.incident == lesson.incident).values(values))
    if changed.rowcount == 0:
        connection.execute(lessons.insert().values(incident=lesson.incident, **values))
