"""What does a batch of placements change on the record?  Each incident is read once and written once."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from sqlalchemy import Connection

from agent.correlate.placement import Effect, Joins, Nothing, Opens, Placement, Reopens, Resolves, Splits, changed
from agent.domain.alert import Fate
from agent.domain.errors import Conflict
from agent.domain.event import Event, EventType
from agent.domain.incident import OVER, Incident, IncidentStatus
from agent.domain.remediation import EffectStatus
from agent.domain.wording import counted
from agent.policy.ownership import Owners
from agent.service.people import investigate, resume
from agent.storage import alerts, effects, incidents, unanswered
from agent.storage.alert_rows import Unreadable
from agent.storage.journal import Chain


class Batch:
    """One transaction's worth; Conflict when an incident is no longer what the placements took it for."""

    def __init__(self, connection: Connection, chain: Chain, owners: Owners) -> None:
        self._connection = connection
        self._chain = chain
        self._owners = owners
        self._known: dict[str, Incident] = {}
        self._unwritten: dict[str, None] = {}
        self._events: list[Event] = []
        self._kept_open: set[str] = set()

    def write(self, placements: Sequence[Placement]) -> set[str]:
        """Ids of incidents that are not over, though their alerts are."""
        alerts.place(self._connection, [placement.placed for placement in placements])
        self._events.append(_told(placements))
        touched = {one.placed.incident for one in placements if not isinstance(one.effect, Opens | Nothing)}
        self._known = incidents.several(self._connection, {id_ for id_ in touched if id_})
        for placement in placements:
            self._change(placement.effect, placement.placed.reason)
        self._settle()
        return self._kept_open

    def _change(self, effect: Effect, why: str) -> None:
        match effect:
            case Opens(incident=incident):
                self._open(incident, f"Opened: {incident.title}. {why}")
            case Joins(incident=id_):
                self._update(self._open_still(id_), effect)
            case Splits():
                self._split(effect, why)
            case Reopens(incident=id_):
                self._reopen(self._incident(id_), effect, why)
            case Resolves(incident=id_):
                self._resolve(self._incident(id_), why)
            case Nothing():
                pass

    def _open(self, incident: Incident, text: str) -> None:
        route = self._owners.route(incident)
        owned = incident.model_copy(update={"team": route.team, "routed": route.why})
        incidents.insert(self._connection, owned)
        self._known[owned.id] = owned
        facts = {"severity": owned.severity, "team": owned.team, "service": owned.service, "routed": owned.routed}
        self._events.append(Event(type=EventType.INCIDENT_OPENED, incident=owned.id, text=text, facts=facts))
        investigate(self._connection, self._chain, owned)

    def _update(self, known: Incident, effect: Joins | Splits) -> None:
        updated = self._put(changed(known, effect))
        if (updated.severity, updated.title) != (known.severity, known.title):
            text = f"Is now {updated.severity}: {updated.title}."
            self._events.append(Event(type=EventType.INCIDENT_UPDATED, incident=known.id, text=text))

    def _split(self, effect: Splits, why: str) -> None:
        new = effect.incident
        self._open(new, f"Split from {effect.parent}: {new.title}. {why}")
        alerts.move(self._connection, effect.alerts, new.id, f"Moved from {effect.parent}. {why}")
        text = f"Split off into {new.id}: {counted(len(effect.alerts), 'alert')}. {why}"
        facts = {"into": new.id, "alerts": list(effect.alerts)}
        self._events.append(Event(type=EventType.INCIDENT_SPLIT, incident=effect.parent, text=text, facts=facts))
        self._update(self._open_still(effect.parent), effect)

    def _reopen(self, known: Incident, effect: Reopens, why: str) -> None:
        if known.status not in OVER:
            # It was kept open: what waits for a human goes on waiting, and nothing is begun anew.
            self._update(known, Joins(known.id, effect.update))
            return
        again = self._put(changed(known, effect))
        text = f"Fires again, episode {again.episode}. {why}"
        facts = {"episode": again.episode, "anew": effect.anew}
        self._events.append(Event(type=EventType.INCIDENT_REOPENED, incident=known.id, text=text, facts=facts))
        if effect.anew:
            self._withdraw(known.id, "the incident fires again")
            investigate(self._connection, self._chain, again)

    def _resolve(self, known: Incident, why: str) -> None:
        if any(effect.status is EffectStatus.UNKNOWN for effect in effects.of_incident(self._connection, known.id)):
            self._kept_open.add(known.id)
            return
        self._withdraw(known.id, "its alerts are over")
        self._known[known.id] = incidents.move(self._connection, self._chain, known.id, IncidentStatus.RESOLVED, why)

    def _withdraw(self, incident: str, because: str) -> None:
        self._settle()
        for asked in unanswered.withdraw(self._connection, self._chain, incident, because):
            resume(self._connection, self._chain, asked)

    def _incident(self, id_: str) -> Incident:
        known = self._known.get(id_) or incidents.get(self._connection, id_)
        if known.merged_into:
            raise Conflict(f"{id_} was merged into {known.merged_into} meanwhile.")
        if known.status is IncidentStatus.CLOSED:
            raise Conflict(f"{id_} was closed meanwhile.")
        return known

    def _open_still(self, id_: str) -> Incident:
        """Nobody looks at an incident that is over: what fires now may not end in one."""
        known = self._incident(id_)
        if known.status in OVER:
            raise Conflict(f"{id_} is {known.status} meanwhile.")
        return known

    def _put(self, incident: Incident) -> Incident:
        self._known[incident.id] = incident
        self._unwritten[incident.id] = None
        return incident

    def _settle(self) -> None:
        """Write what has changed so far: what others read and append must find it."""
        incidents.replace_all(self._connection, [self._known[id_] for id_ in self._unwritten])
        self._chain.append(self._connection, *self._events)
        self._unwritten.clear()
        self._events.clear()


def leave_aside(connection: Connection, chain: Chain, unreadable: Sequence[Unreadable]) -> None:
    """Alerts that nobody can read are set aside, and told."""
    alerts.set_aside(connection, unreadable)
    fates, receipts = {Fate.QUARANTINED: len(unreadable)}, {one.receipt for one in unreadable}
    chain.append(connection, _event(fates, receipts, [(one.id, one.why) for one in unreadable]))


def _told(placements: Sequence[Placement]) -> Event:
    placed = [placement.placed for placement in placements]
    aside = [(one.id, one.reason) for one in placed if one.fate is Fate.QUARANTINED]
    return _event(Counter(one.fate for one in placed if one.fate), {one.receipt for one in placed}, aside)


def _event(fates: Mapping[Fate, int], receipts: Set[str], aside: Sequence[tuple[str, str]]) -> Event:
    """`aside`: (alert, why it has no incident)."""
    where = ", ".join(f"{number} {fate}" for fate, number in sorted(fates.items()))
    why = "".join(f" Alert {id_}: {because}" for id_, because in aside)
    text = f"Placed {counted(sum(fates.values()), 'alert')}: {where}.{why}"
    facts = {"fates": dict(fates), "receipts": sorted(receipts)[:20]}
    return Event(type=EventType.ALERT_PLACED, text=text, facts=facts)
