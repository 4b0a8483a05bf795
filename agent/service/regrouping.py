"""Which alerts belong to which incident?  A human knows better: merges two, or splits one."""

from collections.abc import Callable, Collection, Sequence

from pydantic import JsonValue
from sqlalchemy import Connection

from agent.correlate.labels import group_of, shared
from agent.correlate.wording import title_of
from agent.domain.alert import AlertStatus, Fate, Placed
from agent.domain.base import canonical
from agent.domain.errors import Conflict, NotFound
from agent.domain.event import Event, EventType
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.remediation import EffectStatus
from agent.domain.rules import Correlation
from agent.domain.wording import counted
from agent.identity.roles import Caller
from agent.policy.ownership import Owners
from agent.ports import Queue
from agent.service.people import investigate, resume
from agent.storage import alerts, effects, incidents, jobs, unanswered
from agent.storage.database import Database
from agent.storage.journal import Chain

_REASON = 2000
"""Characters of a reason that are kept."""


class Regrouping:
    def __init__(
        self,
        database: Database,
        chain: Chain,
        queue: Queue,
        *,
        new_id: Callable[[], str],
        rules: Correlation,
        owners: Owners,
    ) -> None:
        self._database = database
        self._chain = chain
        self._queue = queue
        self._new_id = new_id
        self._rules = rules
        self._owners = owners

    async def merge(self, incident: str, into: str, reason: str, who: Caller) -> Incident:
        """All its alerts, and those that follow, are part of `into`; what the agent does in it ends. Twice is once.

        Raises NotFound, or Conflict when one is closed, both are the same, or an action is under way.
        """
        because = _because(who, reason)
        merged = await self._database.write(lambda connection: self._merge(connection, incident, into, because, who))
        self._queue.wake()
        return merged

    async def split(self, incident: str, ids: Sequence[str], reason: str, who: Caller) -> Incident:
        """These alerts, with every message about them, are a new incident, which is investigated. Twice is once.

        Raises NotFound, or Conflict when it is closed, an alert is not part of it, or nothing would be left.
        """
        because = _because(who, reason)
        made = await self._database.write(lambda connection: self._split(connection, incident, set(ids), because, who))
        self._queue.wake()
        return made

    def _merge(self, connection: Connection, incident: str, into: str, because: str, who: Caller) -> Incident:
        known = incidents.get(connection, incident, who.teams)
        target = incidents.get(connection, into, who.teams)
        if known.merged_into == into:
            return target
        self._check_merge(connection, known, target)
        moved = alerts.of_incident(connection, incident)
        alerts.move(connection, [one.id for one in moved], into, f"Merged from {incident} into {into}: {because}")
        self._end(connection, known, into, because, who)
        both = self._with(connection, target, known)
        told = f"Taken over from {incident}: {counted(len(moved), 'message')}. {because}"
        self._tell(connection, EventType.INCIDENT_MERGED, into, told, who=who, merged=incident, alerts=len(moved))
        return both

    def _check_merge(self, connection: Connection, known: Incident, target: Incident) -> None:
        if known.id == target.id:
            raise Conflict(f"{known.id} cannot be merged into itself.")
        if known.merged_into:
            raise Conflict(f"{known.id} was merged into {known.merged_into} already.")
        for one in (known, target):
            if one.status is IncidentStatus.CLOSED:
                raise Conflict(f"{one.id} is closed; only incidents that are not can be merged.")
        under_way = {EffectStatus.INTENT, EffectStatus.UNKNOWN}
        acting = [one for one in effects.of_incident(connection, known.id) if one.status in under_way]
        if any(one.kind in {"action", "rollback"} for one in acting):
            raise Conflict(
                f"An action of {known.id} is under way, or nobody knows its outcome; merge when it has ended."
            )

    def _end(self, connection: Connection, known: Incident, into: str, because: str, who: Caller) -> None:
        """Close it without a lesson: withdraw what it asks, stop who works on it, say where its alerts are."""
        for asked in unanswered.withdraw(connection, self._chain, known.id, f"the incident was merged into {into}"):
            resume(connection, self._chain, asked)
        jobs.withdraw(connection, known.id)
        now = self._chain.clock.now()
        fields = {"status": IncidentStatus.CLOSED, "closed_at": now, "updated_at": now, "merged_into": into}
        incidents.replace(connection, known.model_copy(update={**fields, "parked_because": ""}))
        text = f"Merged into {into} and closed: {because}"
        self._tell(connection, EventType.INCIDENT_MERGED, known.id, text, who=who, into=into)

    def _with(self, connection: Connection, target: Incident, other: Incident) -> Incident:
        """The target with the other's alerts: severity only rises; what still fires opens it again."""
        everything = alerts.of_incident(connection, target.id)
        again = target.status is IncidentStatus.RESOLVED and bool(_firing(everything))
        both = target.model_copy(
            update={
                "severity": min(target.severity, other.severity, key=lambda severity: severity.rank),
                "title": _title(everything, target.service),
                "labels": {key: value for key, value in target.labels.items() if other.labels.get(key) == value},
                "updated_at": self._chain.clock.now(),
                "status": IncidentStatus.OPEN if again else target.status,
                "episode": target.episode + again,
                "resolved_at": None if again else target.resolved_at,
            }
        )
        incidents.replace(connection, both)
        if again:
            investigate(connection, self._chain, both)
        return both

    def _split(self, connection: Connection, incident: str, ids: set[str], because: str, who: Caller) -> Incident:
        known = incidents.get(connection, incident, who.teams)
        if done := self._done_before(connection, incident, ids):
            return done
        if known.status is IncidentStatus.CLOSED:
            raise Conflict(f"{incident} is closed; nothing can be split from it.")
        moved, left = _parted(alerts.of_incident(connection, incident), incident, ids)
        new = self._new(moved, known)
        incidents.insert(connection, new)
        alerts.move(connection, [one.id for one in moved], new.id, f"Split from {incident} into {new.id}: {because}")
        rest = {"title": _title(left, known.service), "updated_at": self._chain.clock.now()}
        incidents.replace(connection, known.model_copy(update=rest))
        text = f"Moved to {new.id}: {counted(len(moved), 'message')}. {because}"
        self._tell(connection, EventType.INCIDENT_SPLIT, incident, text, who=who, into=new.id, alerts=[*sorted(ids)])
        opened = f"Split from {incident}: {new.title}. {because}"
        facts = {"severity": new.severity, "team": new.team, "routed": new.routed}
        self._tell(connection, EventType.INCIDENT_OPENED, new.id, opened, who=who, **facts)
        investigate(connection, self._chain, new)
        if not _firing(left):
            incidents.move(connection, self._chain, incident, IncidentStatus.RESOLVED, "What is left of it is over.")
        return new

    def _done_before(self, connection: Connection, incident: str, ids: Collection[str]) -> Incident | None:
        """The incident that exactly this made, when it is asked for again."""
        found = [alerts.one(connection, id_) for id_ in ids]
        homes = {one.incident for one in found if one}
        if len(homes) != 1 or not (home := homes.pop()) or None in found:
            return None
        new = incidents.get(connection, home)
        return new if new.split_from == incident else None

    def _new(self, moved: Sequence[Placed], parent: Incident) -> Incident:
        told = [one.alert for one in moved if one.alert.status is AlertStatus.FIRING]
        first = told[0]
        now = self._chain.clock.now()
        made = Incident(
            id=self._new_id(),
            status=IncidentStatus.OPEN,
            severity=min((alert.severity for alert in told), key=lambda severity: severity.rank),
            title=_title(moved, first.service),
            service=first.service,
            labels=shared(told),
            group_key=canonical(group_of(first, self._rules)),
            opened_at=moved[0].received_at,
            updated_at=now,
            split_from=parent.id,
        )
        route = self._owners.route(made)
        return made.model_copy(update={"team": route.team, "routed": route.why})

    def _tell(
        self, connection: Connection, kind: EventType, incident: str, text: str, *, who: Caller, **facts: JsonValue
    ) -> None:
        event = Event(type=kind, incident=incident, text=text, actor=who.name, facts=facts)
        self._chain.append(connection, event)


def _because(who: Caller, reason: str) -> str:
    said = reason.strip()[:_REASON]
    return f"{who.name} says: {said.rstrip('.')}." if said else f"{who.name} says so."


def _parted(everything: Sequence[Placed], incident: str, ids: set[str]) -> tuple[list[Placed], list[Placed]]:
    """What moves, with every other message about the same occurrences, and what is left."""
    known = {one.id: one for one in everything}
    if missing := sorted(ids - known.keys()):
        raise NotFound(f"{incident} has no alert {', '.join(missing[:5])}.")
    occurrences = {known[id_].alert.occurrence for id_ in ids}
    moved = [one for one in everything if one.alert.occurrence in occurrences]
    left = [one for one in everything if one.alert.occurrence not in occurrences]
    if not any(one.fate is Fate.INCIDENT and one.alert.status is AlertStatus.FIRING for one in left):
        raise Conflict(f"These are all the alerts of {incident}; something must be left in it.")
    if not any(one.alert.status is AlertStatus.FIRING for one in moved):
        raise Conflict("None of these ever fired; name alerts that did.")
    return moved, left


def _firing(messages: Sequence[Placed]) -> set[str]:
    """Occurrences that no message told the end of."""
    fired = {one.alert.occurrence for one in messages if one.alert.status is AlertStatus.FIRING}
    return fired - {one.alert.occurrence for one in messages if one.alert.status is AlertStatus.RESOLVED}


def _title(messages: Sequence[Placed], service: str) -> str:
    told = [one.alert for one in messages if one.alert.status is AlertStatus.FIRING]
    lead = min(told, key=lambda alert: alert.severity.rank)
    return title_of(lead.name, service, len({alert.series for alert in told}))
