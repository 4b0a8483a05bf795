"""What is on the record, as people and programs may look at it?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from sqlalchemy import Connection, func, select

from agent.analysis.waves import waves
from agent.domain.alert import Placed
from agent.domain.approval import Approval, ApprovalStatus
from agent.domain.errors import NotFound
from agent.domain.event import Recorded
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Diagnosis, Hypothesis, Usage
from agent.domain.remediation import Effect
from agent.identity.roles import Caller, require_every_team
from agent.ports import Clock, Lesson
from agent.storage import alerts, approval_rows, effects, incidents, jobs, journal, lessons
from agent.storage.database import Database
from agent.storage.sight import Teams, within
from agent.storage.switches import actions_paused
from agent.storage.tables import incidents as incidents_table
from agent.storage.tables import journal_head
from agent.views import numbers
from agent.views.numbers import Capacity, Noise
from agent.views.shown import (
    Front,
    IncidentList,
    IncidentView,
    Load,
    Outline,
    Quarantined,
    ReceiptView,
    RunView,
    Sought,
)

PAGE = 200
"""Rows one answer holds at most."""
TIMELINE = 1000
"""Entries that are shown with an incident: the latest."""


class Views:
    """For `caller`; what is of teams that are not theirs does not exist for them. For the agent itself: everything."""

    def __init__(self, database: Database, clock: Clock, caller: Caller | None = None) -> None:
        self._database = database
        self._clock = clock
        self._caller = caller
        self._teams = caller.teams if caller else None

    def seen_by(self, caller: Caller) -> Self:
        """The same record, as far as it is theirs to see: what every door gives its callers."""
        return type(self)(self._database, self._clock, caller)

    async def receipt(self, id_: str) -> ReceiptView:
        """Of whoever is limited to teams, those of its alerts that came to incidents of theirs."""
        found = await self._database.read(lambda connection: alerts.receipt(connection, id_, self._teams))
        if found is None or (self._teams is not None and not found[1]):
            raise NotFound(f"There is no receipt {id_}.")
        receipt, placed, kept = found
        quarantined = tuple(
            Quarantined(reason=reason, body=body[:2000].decode("utf-8", "replace")) for reason, body in kept
        )
        return ReceiptView(receipt=receipt, alerts=tuple(placed[:PAGE]), quarantined=quarantined)

    async def alert(self, id_: str) -> Placed:
        found = await self._database.read(lambda connection: alerts.one(connection, id_, self._teams))
        if found is None:
            raise NotFound(f"There is no alert {id_}.")
        return found

    async def incidents(
        self, status: str = "", text: str = "", limit: int = 50, cursor: str = "", severity: str = ""
    ) -> IncidentList:
        """The newest first. `status` and `severity`: one, or several by comma; empty: any."""
        sought = Sought(status=status, text=text, limit=limit, cursor=cursor, severity=severity)
        return await self._database.read(lambda connection: _listed(connection, sought, self._teams))

    async def front(self, sought: Sought) -> Front:
        return await self._database.read(lambda connection: _front(connection, sought, self._clock, self._teams))

    async def incident(self, id_: str) -> IncidentView:
        return await self._database.read(lambda connection: _incident(connection, id_, self._teams))

    async def outline(self, id_: str) -> Outline:
        return await self._database.read(lambda connection: _outline(connection, id_, self._teams))

    async def timeline(self, incident: str) -> Sequence[Recorded]:
        """The latest of its entries, in order."""
        return await self._database.read(lambda connection: _timeline(connection, incident, self._teams))

    async def evidence(self, incident: str, id_: str) -> Evidence:
        return await self._database.read(lambda connection: _evidence(connection, incident, id_, self._teams))

    async def opened_at(self, incident: str) -> datetime:
        return (
            await self._database.read(lambda connection: incidents.get(connection, incident, self._teams))
        ).opened_at

    async def approvals(self, status: str = "") -> list[Approval]:
        return await self._database.read(
            lambda connection: approval_rows.listed(connection, status=status, teams=self._teams)
        )

    async def lessons(self, text: str = "") -> list[Lesson]:
        """What was learned of incidents whose words hold these, the latest first; at most `PAGE`."""
        return await self._database.read(lambda connection: lessons.matching(connection, text, PAGE, self._teams))

    async def noise(self, since: datetime) -> Noise:
        """How many alerts came in since then, and what became of them."""
        self._require_every_team()
        return await self._database.read(lambda connection: numbers.noise(connection, since))

    async def capacity(self) -> Capacity:
        self._require_every_team()
        return await self._database.read(lambda connection: numbers.capacity(connection, self._clock))

    async def approval(self, id_: str) -> Approval:
        return await self._database.read(lambda connection: approval_rows.get(connection, id_, self._teams))

    async def effects(self, status: str = "") -> list[Effect]:
        """What was done in the world, the newest first."""
        return await self._database.read(
            lambda connection: effects.listed(connection, status=status, teams=self._teams)
        )

    async def audit(self, after: int = 0, limit: int = PAGE) -> list[Recorded]:
        """The journal in order."""
        most = max(1, min(limit, 1000))
        return await self._database.read(
            lambda connection: journal.entries(connection, after=after, limit=most, teams=self._teams)
        )

    async def theirs(self, entries: Sequence[Recorded]) -> Sequence[Recorded]:
        """Those of the entries that the caller may see."""
        if self._teams is None:
            return entries
        named = {entry.event.incident or "" for entry in entries}
        seen = await self._database.read(lambda connection: incidents.of_teams(connection, named, self._teams))
        return [entry for entry in entries if entry.event.incident in seen]

    async def latest(self, before: int = 0, limit: int = PAGE, incident: str = "") -> list[Recorded]:
        """The journal from its end, the newest first; `before`: entries older than that one."""
        most, one = max(1, min(limit, PAGE)), incident or None
        return await self._database.read(
            lambda connection: journal.entries(
                connection, limit=most, incident=one, newest=True, before=before, teams=self._teams
            )
        )

    async def newest(self, incident: str) -> int:
        """The sequence of the latest entry about it; 0 when there is none."""
        return await self._database.read(lambda connection: journal.newest(connection, incident))

    async def journal_head(self) -> int:
        """The sequence of the latest entry; 0 when there is none."""
        return await self._database.read(lambda connection: connection.scalar(select(journal_head.c.sequence)) or 0)

    async def load(self) -> Load:
        """Of whoever is limited to teams, the number of their incidents alone is told, not of alerts."""
        return await self._database.read(lambda connection: _load(connection, self._clock, self._teams))

    async def alive(self) -> bool:
        """The record answers."""
        return await self._database.read(lambda connection: connection.scalar(select(1)) == 1)

    def _require_every_team(self) -> None:
        if self._caller:
            require_every_team(self._caller)


def _listed(connection: Connection, sought: Sought, teams: Teams) -> IncidentList:
    asked = max(1, min(sought.limit, PAGE))
    found = incidents.listed(
        connection,
        status=sought.status,
        text=sought.text,
        limit=asked + 1,
        before=sought.cursor,
        severity=sought.severity,
        teams=teams,
    )
    page = tuple(found[:asked])
    return IncidentList(incidents=page, cursor=page[-1].id if len(found) > asked else "")


def _front(connection: Connection, sought: Sought, clock: Clock, teams: Teams) -> Front:
    # First, so that whatever happens from here on is told to the page as news.
    sequence = connection.scalar(select(journal_head.c.sequence)) or 0
    found = _listed(connection, sought, teams)
    return Front(
        sequence=sequence,
        found=found,
        diagnoses=incidents.diagnoses_of(connection, [one.id for one in found.incidents]),
        asked=tuple(approval_rows.listed(connection, status=ApprovalStatus.PENDING, teams=teams)),
        load=_load(connection, clock, teams),
    )


def _evidence(connection: Connection, incident: str, id_: str, teams: Teams) -> Evidence:
    found = incidents.one_evidence(connection, incidents.get(connection, incident, teams).id, id_)
    if found is None:
        raise NotFound(f"{incident} has no evidence {id_}.")
    return found


def _outline(connection: Connection, id_: str, teams: Teams) -> Outline:
    known = incidents.get(connection, id_, teams)
    runs = tuple(
        RunView(
            id=row.id,
            diagnosis=Diagnosis.model_validate(row.diagnosis) if row.diagnosis else None,
            usage=Usage.model_validate(row.usage) if row.usage else None,
            report=row.report,
        )
        for row in incidents.runs_of(connection, id_)
    )
    return Outline(incident=known, runs=runs, approvals=tuple(approval_rows.listed(connection, incident=id_)))


def _incident(connection: Connection, id_: str, teams: Teams) -> IncidentView:
    known, placed = _outline(connection, id_, teams), tuple(alerts.of_incident(connection, id_))
    done = tuple(effects.of_incident(connection, id_))
    return IncidentView(
        id=id_,
        status=known.incident.status,
        incident=known.incident,
        alerts=placed,
        evidence=tuple(incidents.evidence_of(connection, id_)),
        runs=known.runs,
        hypotheses=_hypotheses(known.runs),
        usage=sum((run.usage for run in known.runs if run.usage), Usage()),
        approvals=known.approvals,
        effects=done,
        actions=tuple(effect for effect in done if effect.kind in {"action", "rollback"}),
        timeline=_timeline(connection, id_, teams),
        waves=waves(placed),
    )


def _hypotheses(of: tuple[RunView, ...]) -> tuple[Hypothesis, ...]:
    latest = of[-1].diagnosis if of else None
    if latest is None or latest.hypotheses:
        return latest.hypotheses if latest else ()
    return tuple(
        Hypothesis(
            claim=suspect.why,
            component=suspect.component,
            status="supported" if suspect.component == latest.component else "open",
            evidence_for=suspect.evidence,
        )
        for suspect in latest.suspects
    )


def _timeline(connection: Connection, incident: str, teams: Teams) -> tuple[Recorded, ...]:
    newest = journal.entries(connection, incident=incident, limit=TIMELINE, newest=True, teams=teams)
    return tuple(reversed(newest))


def _load(connection: Connection, clock: Clock, teams: Teams) -> Load:
    counted = select(incidents_table.c.status, func.count()).where(*within(incidents_table.c.id, teams))
    by_status = connection.execute(counted.group_by(incidents_table.c.status)).all()
    return Load(
        alerts=alerts.counts(connection) if teams is None else {},
        incidents={str(status): int(number) for status, number in by_status},
        jobs_waiting=jobs.depth(connection),
        oldest_job=jobs.oldest(connection, clock),
        actions_paused=actions_paused(connection),
    )
