"""What do the metrics say of the journal?  They follow it: each entry since this process began is counted once."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import JsonValue

from agent.bootstrap import Application
from agent.domain.event import EventType, Recorded
from agent.telemetry import Log, Meters

if TYPE_CHECKING:
    from prometheus_client import Histogram

log = Log(__name__)

_PAGE = 1000


class Counting:
    """Catches up with the journal whenever somebody reads the metrics; the first time only notes where it stands."""

    def __init__(self, application: Application) -> None:
        self._views = application.views
        self._meters: Meters = application.meters
        self._position: int | None = None
        self._hash = ""
        self._since: dict[tuple[str, EventType], datetime] = {}
        """(incident, what began) -> when: for the two waits that are measured."""
        self._one_at_a_time = asyncio.Lock()

    async def catch_up(self) -> None:
        async with self._one_at_a_time:
            if self._position is None:
                self._position = await self._views.journal_head()
            while entries := await self._views.audit(self._position, _PAGE):
                for entry in entries:
                    self._check(entry)
                    self._count(entry)
                self._position = entries[-1].sequence
            self._meters.journal_sequence.set(self._position)

    def _check(self, entry: Recorded) -> None:
        """That it follows the entry before it; `audit verify` checks the whole chain and its signature."""
        if self._hash and entry.previous != self._hash:
            self._meters.journal_broken.set(1)
            log.error("the journal is broken", sequence=entry.sequence)
        self._hash = entry.hash

    def _count(self, entry: Recorded) -> None:
        event, meters = entry.event, self._meters
        match event.type:
            case EventType.INCIDENT_OPENED:
                meters.incidents_opened.labels(event.facts.get("severity")).inc()
                self._begin(entry)
            case EventType.INCIDENT_REOPENED:
                meters.incidents_reopened.inc()
            case EventType.DIAGNOSED:
                meters.diagnoses.labels(event.facts.get("verdict")).inc()
                meters.claims_dropped.inc(_number(event.facts.get("claims_dropped")))
                self._end(entry, EventType.INCIDENT_OPENED, meters.time_to_diagnosis)
            case EventType.JOB_DEAD:
                meters.jobs_dead.inc()
            case EventType.PARKED:
                meters.parked.inc()
            case _:
                self._count_action(entry)

    def _count_action(self, entry: Recorded) -> None:
        said, meters = entry.event.facts.get, self._meters
        match entry.event.type:
            case EventType.APPROVAL_REQUESTED:
                meters.approvals.labels("requested").inc()
                self._begin(entry)
            case EventType.APPROVAL_DECIDED:
                meters.approvals.labels(said("decision")).inc()
                self._end(entry, EventType.APPROVAL_REQUESTED, meters.approval_wait)
            case EventType.APPROVAL_EXPIRED:
                meters.approvals.labels("expired").inc()
            case EventType.EFFECT_OUTCOME:
                meters.effects.labels(said("kind"), said("status")).inc()
            case EventType.VERIFIED:
                meters.verifications.labels("recovered" if said("recovered") else "not recovered").inc()

    def _begin(self, entry: Recorded) -> None:
        self._since[entry.event.incident or "", entry.event.type] = entry.at

    def _end(self, entry: Recorded, began: EventType, wait: "Histogram") -> None:
        if since := self._since.pop((entry.event.incident or "", began), None):
            wait.observe((entry.at - since).total_seconds())


def _number(said: JsonValue) -> float:
    """0 in an entry of an earlier version, which does not say."""
    return said if isinstance(said, int | float) else 0
