"""What is known of an incident: its state, its evidence, its diagnosis and its report."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, or_, select, update

from agent.domain.alert import Placed
from agent.domain.base import digest
from agent.domain.errors import NotFound
from agent.domain.event import Event, EventType
from agent.domain.evidence import Evidence, EvidenceKind
from agent.domain.hypothesis import Diagnosis, Usage
from agent.domain.incident import LIVE, Incident, IncidentStatus
from agent.domain.remediation import EffectStatus
from agent.ports import Clock
from agent.storage import alerts, holds
from agent.storage.database import Database
from agent.storage.fencing import Fenced
from agent.storage.journal import Chain
from agent.storage.sight import Teams, within
from agent.storage.tables import effects, evidence, incidents, jobs, journal, runs


class SqlIncidents:
    """`ports.Incidents` over the record."""

    def __init__(self, database: Database | Fenced, chain: Chain, clock: Clock) -> None:
        self._database = database
        self._chain = chain
        self._clock = clock

    async def get(self, incident: str) -> Incident:
        return await self._database.read(lambda connection: get(connection, incident))

    async def alerts(self, incident: str) -> list[Placed]:
        return await self._database.read(lambda connection: alerts.of_incident(connection, incident))

    async def move(self, incident: str, status: IncidentStatus, because: str) -> None:
        await self._database.write(lambda connection: move(connection, self._chain, incident, status, because))

    async def add_evidence(self, incident: str, found: Sequence[Evidence]) -> list[Evidence]:
        return await self._database.write(lambda connection: _add_evidence(connection, incident, found))

    async def evidence(self, incident: str, kinds: Sequence[EvidenceKind] = ()) -> list[Evidence]:
        found = await self._database.read(lambda connection: evidence_of(connection, incident))
        return [one for one in found if not kinds or one.kind in kinds]

    async def save_diagnosis(self, incident: str, run: str, diagnosis: Diagnosis, usage: Usage) -> None:
        values = {
            "diagnosis": diagnosis.model_dump(mode="json"),
            "precedent": diagnosis.precedent or None,
            "usage": usage.model_dump(mode="json"),
            "diagnosed_at": self._clock.now(),
        }
        text = f"Diagnosed by {diagnosis.analysed_by}: {diagnosis.summary}"
        facts = {
            "verdict": diagnosis.verdict,
            "component": diagnosis.component,
            "confidence": diagnosis.confidence,
            "claims_dropped": diagnosis.claims_dropped,
        }
        event = Event(type=EventType.DIAGNOSED, incident=incident, text=text, facts=facts)
        await self._database.write(lambda connection: self._save(connection, incident, run, values, event))

    async def save_report(self, incident: str, run: str, markdown: str) -> None:
        values = {"report": markdown, "reported_at": self._clock.now()}
        event = Event(type=EventType.REPORTED, incident=incident, text="The report is written.", facts={"run": run})
        await self._database.write(lambda connection: self._save(connection, incident, run, values, event))

    def _save(self, connection: Connection, incident: str, run: str, values: dict[str, Any], event: Event) -> None:
        """Once a run and field: the same again, after a crash, is not told to the journal twice."""
        existing = connection.execute(select(runs).where(runs.c.id == run)).one_or_none()
        if existing is None:
            connection.execute(runs.insert().values(id=run, incident=incident, **values))
        else:
            connection.execute(update(runs).where(runs.c.id == run).values(values))
        stamp = next(name for name in values if name.endswith("_at"))
        if existing is None or getattr(existing, stamp) is None:
            self._chain.append(connection, event)


_IN_A_RUN = frozenset({IncidentStatus.INVESTIGATING, IncidentStatus.REMEDIATING, IncidentStatus.VERIFYING})
_AT_WORK = _IN_A_RUN | {IncidentStatus.OPEN, IncidentStatus.AWAITING_APPROVAL}
_BY_EPISODE = func.length(runs.c.id), runs.c.id
"""A run's id ends with the number of its episode, so that of one incident the tenth is longer than the ninth."""


def get(connection: Connection, incident: str, teams: Teams = None) -> Incident:
    """NotFound when there is none, or none of these teams."""
    query = select(incidents).where(incidents.c.id == incident, *within(incidents.c.id, teams))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no incident {incident}.")
    return _incident(row)


def listed(
    connection: Connection,
    *,
    status: str = "",
    text: str = "",
    limit: int = 50,
    before: str = "",
    severity: str = "",
    teams: Teams = None,
) -> list[Incident]:
    """The newest first; `before` is the id of the last one seen. Ids sort by time."""
    query = select(incidents).where(*within(incidents.c.id, teams)).order_by(incidents.c.id.desc()).limit(limit)
    if status:
        query = query.where(incidents.c.status.in_(status.split(",")))
    if severity:
        query = query.where(incidents.c.severity.in_(severity.split(",")))
    if text:
        like = f"%{_escape_like(text)}%"
        query = query.where(
            or_(incidents.c.title.ilike(like, escape="\\"), incidents.c.service.ilike(like, escape="\\"))
        )
    if before:
        query = query.where(incidents.c.id < before)
    return [_incident(row) for row in connection.execute(query)]


def of_teams(connection: Connection, ids: Collection[str], teams: Teams) -> set[str]:
    """Those of the ids that are incidents of these teams."""
    query = select(incidents.c.id).where(incidents.c.id.in_(ids), *within(incidents.c.id, teams))
    return set(connection.execute(query).scalars())


def live(connection: Connection) -> list[Incident]:
    """Every incident that is not closed."""
    query = select(incidents).where(incidents.c.status.in_(LIVE)).order_by(incidents.c.id)
    return [_incident(row) for row in connection.execute(query)]


def several(connection: Connection, ids: Collection[str]) -> dict[str, Incident]:
    """Those of them that there are."""
    rows = connection.execute(select(incidents).where(incidents.c.id.in_(ids)))
    return {row.id: _incident(row) for row in rows}


def known_since(connection: Connection, moment: datetime) -> list[Incident]:
    """Every incident that is not closed, or has changed since then."""
    wanted = or_(incidents.c.status.in_(LIVE), incidents.c.updated_at >= moment)
    return [_incident(row) for row in connection.execute(select(incidents).where(wanted).order_by(incidents.c.id))]


def told_of(connection: Connection, after: int) -> list[Incident]:
    """Those that the journal tells something of behind that entry: whoever changes one tells of it with the change."""
    told = select(journal.c.incident).where(journal.c.sequence > after, journal.c.incident.is_not(None))
    query = select(incidents).where(incidents.c.id.in_(told)).order_by(incidents.c.id)
    return [_incident(row) for row in connection.execute(query)]


def unfinished(connection: Connection) -> set[str]:
    """Ids of incidents that the agent may still be at work on."""
    return set(connection.execute(select(incidents.c.id).where(incidents.c.status.in_(_AT_WORK))).scalars())


def left_lying(connection: Connection, moment: datetime) -> list[str]:
    """Ids of incidents that there is no job for, and that a run has begun to work on, or to act in, before then."""
    worked_on = select(jobs.c.incident).where(jobs.c.status.in_(("queued", "leased")))
    begun = incidents.c.status.in_(_IN_A_RUN) & (incidents.c.updated_at <= moment)
    announced = select(effects.c.key).where(
        effects.c.incident == incidents.c.id,
        effects.c.status == EffectStatus.INTENT,
        effects.c.kind.in_(("action", "rollback")),
        effects.c.intent_at <= moment,
    )
    live = incidents.c.status.in_(LIVE)
    query = select(incidents.c.id).where(live, begun | announced.exists(), incidents.c.id.not_in(worked_on))
    return list(connection.execute(query).scalars())


def resolved_before(connection: Connection, moment: datetime) -> list[str]:
    """Ids of incidents that have been resolved since then, and whose alerts all are."""
    query = select(incidents.c.id).where(
        incidents.c.status == IncidentStatus.RESOLVED,
        incidents.c.resolved_at <= moment,
        incidents.c.updated_at <= moment,
    )
    return list(connection.execute(query).scalars())


def insert(connection: Connection, incident: Incident) -> None:
    connection.execute(incidents.insert().values(incident.model_dump()))


def replace(connection: Connection, incident: Incident) -> None:
    """Write what the correlator changed: everything but its id."""
    values = incident.model_dump(exclude={"id"})
    connection.execute(update(incidents).where(incidents.c.id == incident.id).values(values))


def replace_all(connection: Connection, changed: Sequence[Incident]) -> None:
    """The same for many, in one statement."""
    if changed:
        values: dict[str, Any] = {name: bindparam(f"its_{name}") for name in Incident.model_fields if name != "id"}
        rows = [{f"its_{name}": value for name, value in one.model_dump().items()} for one in changed]
        connection.execute(update(incidents).where(incidents.c.id == bindparam("its_id")).values(values), rows)


def move(
    connection: Connection,
    chain: Chain,
    incident: str,
    status: IncidentStatus,
    because: str,
    *,
    actor: str = "agent",
) -> Incident:
    """Set the status, once, and tell the journal. A closed incident stays closed; a resolved one only closes; one
    that a human holds is not taken back into work."""
    known = get(connection, incident)
    if known.status in {status, IncidentStatus.CLOSED}:
        return known
    if actor == "agent" and status in _AT_WORK and holds.held(connection, incident):
        return known
    if known.status == IncidentStatus.RESOLVED and status not in {IncidentStatus.CLOSED, IncidentStatus.PARKED}:
        return known
    now = chain.clock.now()
    moved = known.model_copy(
        update={
            "status": status,
            "updated_at": now,
            "resolved_at": now if status == IncidentStatus.RESOLVED else known.resolved_at,
            "closed_at": now if status == IncidentStatus.CLOSED else None,
            "parked_because": because if status == IncidentStatus.PARKED else "",
        }
    )
    replace(connection, moved)
    kind = EventType.PARKED if status == IncidentStatus.PARKED else EventType.INCIDENT_STATUS
    facts = {"from": known.status, "to": status}
    chain.append(connection, Event(type=kind, incident=incident, text=because, actor=actor, facts=facts))
    return moved


def evidence_of(connection: Connection, incident: str) -> list[Evidence]:
    rows = connection.execute(select(evidence.c.evidence).where(evidence.c.incident == incident)).scalars()
    return sorted((Evidence.model_validate(row) for row in rows), key=lambda one: int(one.id[1:]))


def one_evidence(connection: Connection, incident: str, id_: str) -> Evidence | None:
    wanted = select(evidence.c.evidence).where(evidence.c.incident == incident, evidence.c.id == id_)
    row = connection.execute(wanted).scalar()
    return Evidence.model_validate(row) if row else None


def runs_of(connection: Connection, incident: str) -> list[Row[Any]]:
    """Its runs, the latest last: diagnosis, usage, report."""
    return list(connection.execute(select(runs).where(runs.c.incident == incident).order_by(*_BY_EPISODE)))


def diagnoses_of(connection: Connection, ids: Collection[str]) -> dict[str, Diagnosis]:
    """The latest of each of them that has one."""
    made = select(runs.c.incident, runs.c.diagnosis).where(runs.c.incident.in_(ids), runs.c.diagnosed_at.is_not(None))
    rows = connection.execute(made.order_by(*_BY_EPISODE))
    return {row.incident: Diagnosis.model_validate(row.diagnosis) for row in rows}


def _add_evidence(connection: Connection, incident: str, found: Sequence[Evidence]) -> list[Evidence]:
    known = {row.digest: row.id for row in connection.execute(select(evidence).where(evidence.c.incident == incident))}
    number = len(known)
    stored = []
    for one in found:
        identity = digest(one.model_dump(mode="json", exclude={"id"}))
        if identity not in known:
            number += 1
            known[identity] = f"e{number}"
            named = one.model_copy(update={"id": known[identity]})
            connection.execute(
                evidence.insert().values(
                    incident=incident, id=named.id, digest=identity, evidence=named.model_dump(mode="json")
                )
            )
        stored.append(one.model_copy(update={"id": known[identity]}))
    return stored


def _incident(row: Row[Any]) -> Incident:
    fields = {name: getattr(row, name) for name in Incident.model_fields}
    return Incident.model_validate(fields)


def _escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
