"""What is on the record, as people and programs may look at it?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from agent.domain.alert import Placed
from agent.domain.approval import Approval, ApprovalStatus
from agent.domain.base import Noun
from agent.domain.errors import NotFound
from agent.domain.event import Recorded
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Diagnosis, Usage
from agent.domain.incident import Incident
from agent.domain.remediation import Effect
from agent.ports import Clock, Lesson
from agent.storage import alerts, approvals, effects, incidents, jobs, journal, lessons
from agent.storage.alerts import Receipt
from agent.storage.database import Database
from agent.storage.tables import incidents as incidents_table
from agent.storage.tables import journal_head, runs, switches
from agent.views import numbers
from agent.views.numbers import Capacity, Noise

PAGE = 200
"""Rows one answer holds at most."""


class Quarantined(Noun):
    """A part of a body that could not be understood."""

    reason: str
    body: str
    """Its beginning, with what is no text replaced."""


class ReceiptView(Noun):
    receipt: Receipt
    alerts: tuple[Placed, ...]
    quarantined: tuple[Quarantined, ...]


class RunView(Noun):
    """One episode's diagnosis, cost and report."""

    id: str
    diagnosis: Diagnosis | None
    usage: Usage | None
    report: str | None


class IncidentView(Noun):
    """Everything about one incident."""

    incident: Incident
    alerts: tuple[Placed, ...]
    evidence: tuple[Evidence, ...]
    runs: tuple[RunView, ...]
    """The latest last."""
    approvals: tuple[Approval, ...]
    effects: tuple[Effect, ...]
    timeline: tuple[Recorded, ...]


class IncidentList(Noun):
    incidents: tuple[Incident, ...]
    cursor: str
    """Hand it back for the next page; empty on the last."""


class Load(Noun):
    """How busy it is."""

    alerts: dict[str, int]
    """How many ended where; `waiting` for those not placed yet."""
    incidents: dict[str, int]
    """How many have which status."""
    jobs_waiting: int
    oldest_job: timedelta
    actions_paused: bool


class Front(Noun):
    """What the first page shows, all of the same moment."""

    sequence: int
    """Of the journal's latest entry."""
    found: IncidentList
    diagnoses: dict[str, Diagnosis]
    """The latest of each incident found that has one."""
    asked: tuple[Approval, ...]
    """The questions that wait."""
    load: Load


class Sought(Noun):
    """Which incidents; the newest come first."""

    status: str = ""
    """One, or several by comma; empty: any."""
    severity: str = ""
    """The same."""
    text: str = ""
    """In title or service."""
    limit: int = 50
    cursor: str = ""
    """Of the page before."""


class Views:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def receipt(self, id_: str) -> ReceiptView:
        found = await self._database.read(lambda connection: alerts.receipt(connection, id_))
        if found is None:
            raise NotFound(f"There is no receipt {id_}.")
        receipt, placed, kept = found
        quarantined = tuple(
            Quarantined(reason=reason, body=body[:2000].decode("utf-8", "replace")) for reason, body in kept
        )
        return ReceiptView(receipt=receipt, alerts=tuple(placed[:PAGE]), quarantined=quarantined)

    async def alert(self, id_: str) -> Placed:
        found = await self._database.read(lambda connection: alerts.one(connection, id_))
        if found is None:
            raise NotFound(f"There is no alert {id_}.")
        return found

    async def incidents(
        self, status: str = "", text: str = "", limit: int = 50, cursor: str = "", severity: str = ""
    ) -> IncidentList:
        """The newest first. `status` and `severity`: one, or several by comma; empty: any."""
        sought = Sought(status=status, text=text, limit=limit, cursor=cursor, severity=severity)
        return await self._database.read(lambda connection: _listed(connection, sought))

    async def front(self, sought: Sought) -> Front:
        now = self._clock.now()
        return await self._database.read(lambda connection: _front(connection, sought, now))

    async def incident(self, id_: str) -> IncidentView:
        return await self._database.read(lambda connection: _incident(connection, id_))

    async def evidence(self, incident: str, id_: str) -> Evidence:
        found = await self._database.read(lambda connection: incidents.one_evidence(connection, incident, id_))
        if found is None:
            raise NotFound(f"{incident} has no evidence {id_}.")
        return found

    async def opened_at(self, incident: str) -> datetime:
        return (await self._database.read(lambda connection: incidents.get(connection, incident))).opened_at

    async def approvals(self, status: str = "") -> list[Approval]:
        return await self._database.read(lambda connection: approvals.listed(connection, status=status))

    async def lessons(self, text: str = "") -> list[Lesson]:
        """What was learned of incidents whose words hold these, the latest first; at most `PAGE`."""
        return await self._database.read(lambda connection: lessons.matching(connection, text, PAGE))

    async def noise(self, since: datetime) -> Noise:
        """How many alerts came in since then, and what became of them."""
        return await self._database.read(lambda connection: numbers.noise(connection, since))

    async def capacity(self) -> Capacity:
        now = self._clock.now()
        return await self._database.read(lambda connection: numbers.capacity(connection, now))

    async def approval(self, id_: str) -> Approval:
        return await self._database.read(lambda connection: approvals.get(connection, id_))

    async def effects(self, status: str = "") -> list[Effect]:
        """What was done in the world, the newest first."""
        return await self._database.read(lambda connection: effects.listed(connection, status=status))

    async def audit(self, after: int = 0, limit: int = PAGE) -> list[Recorded]:
        """The journal in order."""
        return await self._database.read(
            lambda connection: journal.entries(connection, after=after, limit=max(1, min(limit, 1000)))
        )

    async def latest(self, before: int = 0, limit: int = PAGE, incident: str = "") -> list[Recorded]:
        """The journal from its end, the newest first; `before`: entries older than that one."""
        return await self._database.read(
            lambda connection: journal.entries(
                connection, limit=max(1, min(limit, PAGE)), incident=incident or None, newest=True, before=before
            )
        )

    async def newest(self, incident: str) -> int:
        """The sequence of the latest entry about it; 0 when there is none."""
        return await self._database.read(lambda connection: journal.newest(connection, incident))

    async def journal_head(self) -> int:
        """The sequence of the latest entry; 0 when there is none."""
        return await self._database.read(lambda connection: connection.scalar(select(journal_head.c.sequence)) or 0)

    async def load(self) -> Load:
        now = self._clock.now()
        return await self._database.read(lambda connection: _load(connection, now))

    async def alive(self) -> bool:
        """The record answers."""
        return await self._database.read(lambda connection: connection.scalar(select(1)) == 1)


def _listed(connection: Connection, sought: Sought) -> IncidentList:
    asked = max(1, min(sought.limit, PAGE))
    found = incidents.listed(
        connection,
        status=sought.status,
        text=sought.text,
        limit=asked + 1,
        before=sought.cursor,
        severity=sought.severity,
    )
    page = tuple(found[:asked])
    return IncidentList(incidents=page, cursor=page[-1].id if len(found) > asked else "")


def _front(connection: Connection, sought: Sought, now: datetime) -> Front:
    # First, so that whatever happens from here on is told to the page as news.
    sequence = connection.scalar(select(journal_head.c.sequence)) or 0
    found = _listed(connection, sought)
    return Front(
        sequence=sequence,
        found=found,
        diagnoses=_diagnoses(connection, [one.id for one in found.incidents]),
        asked=tuple(approvals.listed(connection, status=ApprovalStatus.PENDING)),
        load=_load(connection, now),
    )


def _incident(connection: Connection, id_: str) -> IncidentView:
    runs = tuple(
        RunView(
            id=row.id,
            diagnosis=Diagnosis.model_validate(row.diagnosis) if row.diagnosis else None,
            usage=Usage.model_validate(row.usage) if row.usage else None,
            report=row.report,
        )
        for row in incidents.runs_of(connection, id_)
    )
    return IncidentView(
        incident=incidents.get(connection, id_),
        alerts=tuple(alerts.of_incident(connection, id_)),
        evidence=tuple(incidents.evidence_of(connection, id_)),
        runs=runs,
        approvals=tuple(approvals.listed(connection, incident=id_)),
        effects=tuple(effects.of_incident(connection, id_)),
        timeline=tuple(journal.entries(connection, incident=id_, limit=1000)),
    )


def _diagnoses(connection: Connection, incident_ids: Sequence[str]) -> dict[str, Diagnosis]:
    made = (
        select(runs.c.incident, runs.c.diagnosis)
        .where(runs.c.incident.in_(incident_ids), runs.c.diagnosed_at.is_not(None))
        .order_by(runs.c.diagnosed_at)
    )
    return {row.incident: Diagnosis.model_validate(row.diagnosis) for row in connection.execute(made)}


def _load(connection: Connection, now: datetime) -> Load:
    by_status = connection.execute(
        select(incidents_table.c.status, func.count()).group_by(incidents_table.c.status)
    ).all()
    return Load(
        alerts=alerts.counts(connection),
        incidents={str(status): int(number) for status, number in by_status},
        jobs_waiting=jobs.depth(connection),
        oldest_job=jobs.oldest(connection, now),
        actions_paused=bool(connection.scalar(select(switches.c.on).where(switches.c.name == "actions paused"))),
    )
