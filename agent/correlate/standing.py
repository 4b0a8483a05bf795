"""What is known at this moment?  Occurrences, incidents, silences and the topology, in memory and bounded.

It is a fold over what is on the record: `put` every incident that is not closed and those of the last days, by id,
then `remember` every placed alert of those that are not closed and of the last `horizon`, in the order of arrival;
`apply` does the same for one placement. So it can be thrown away and built again at any time.
"""

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from agent.correlate.case import Case, Joined, resolves
from agent.correlate.inhibit import Inhibitors
from agent.correlate.placement import Joins, Nothing, Opens, Placement, Reopens, Resolves, Splits, changed
from agent.correlate.series import Occurrence, Series, ends, tells_start
from agent.correlate.silence import Silences
from agent.correlate.surroundings import Nearby, Surroundings
from agent.domain.alert import AlertStatus, Fate, Identity, Placed
from agent.domain.incident import Incident
from agent.domain.rules import Correlation, InhibitRule
from agent.domain.silence import Silence
from tools.base import Topology

MOST_SERIES = 100_000
"""Beyond this the series not heard of for the longest is forgotten (about 1.6 kB each)."""
MOST_GROUPS = 20_000
MOST_OCCURRENCES = 16
"""Of one series; an alert that flaps has more."""
FORGET_FIRING = timedelta(days=7)
"""A series that neither resolved nor was sent again for so long is forgotten."""


class Standing:
    """In-memory view of the record. Not safe for threads: one correlator owns it."""

    def __init__(
        self,
        rules: Correlation,
        *,
        inhibit: Sequence[InhibitRule] = (),
        silences: Iterable[Silence] = (),
        topology: Topology | None = None,
        most_series: int = MOST_SERIES,
    ) -> None:
        self._most_series = most_series
        self.rules = rules
        self.silences = Silences(silences)
        self.inhibitors = Inhibitors(inhibit)
        self._series: OrderedDict[str, Series] = OrderedDict()
        self._cases: dict[str, Case] = {}
        self._of_group: dict[str, dict[str, None]] = {}
        self._latest: OrderedDict[str, str] = OrderedDict()
        self._at: dict[str, dict[str, None]] = {}
        """Incidents by the component their alerts speak of, and by what that is a part of."""
        self._busy: OrderedDict[str, None] = OrderedDict()
        """Incidents that alerts joined lately, the latest last."""
        self._now = datetime.min.replace(tzinfo=UTC)
        self._swept_at = self._now
        self.learn(topology)

    @staticmethod
    def horizon(rules: Correlation) -> timedelta:
        """How far back placed alerts must be remembered after a restart, beside those of live incidents."""
        return max(rules.window, rules.reopen)

    # What the stages ask.

    def series(self, identity: Identity) -> Series | None:
        return self._series.get(identity.series)

    def case(self, incident: str | None) -> Case | None:
        return self._cases.get(incident) if incident else None

    def of_group(self, group_key: str) -> list[Case]:
        """Incidents that were opened for these labels, or that those were merged into: open, or over since lately."""
        found = [self._merged_to(self._cases[incident]) for incident in sorted(self._of_group.get(group_key, ()))]
        return list({case.incident.id: case for case in found}.values())

    def over_before(self, group_key: str) -> str | None:
        """The latest incident for these labels, if it is over, however long."""
        latest = self._latest.get(group_key)
        case = self.case(latest)
        return None if case and self._merged_to(case).unresolved else latest

    def around(self, component: str) -> Iterator[tuple[Case, Nearby]]:
        """Incidents at a component or next to it, and how near; the latest of each place first."""
        for nearby in self._surroundings.around(component):
            for incident in list(reversed(self._at.get(nearby.place, {})))[:8]:
                yield self._cases[incident], nearby

    def places(self, component: str) -> bool:
        """Does the topology, if there is one, say where this component is?"""
        return not self._surroundings.known or component in self._surroundings.known

    def busiest(self) -> Iterator[Case]:
        """Incidents that alerts joined within the last burst, the latest first."""
        for incident in reversed(self._busy):
            case = self._cases[incident]
            if not case.recent or self._now - case.recent[-1].placed.received_at > self.rules.burst:
                return
            yield case

    def still_fires(self, joined: Joined) -> bool:
        """In the incident it joined."""
        series = self._series.get(joined.identity.series)
        firing = series.firing if series else None
        return bool(firing and firing.id == joined.identity.occurrence and firing.incident == joined.placed.incident)

    def regrouped(self, incident: Incident) -> bool:
        """Have alerts been merged away or split off by somebody else, so that it must be built again?"""
        case = self.case(incident.id)
        if case is None:
            return bool(incident.split_from)
        return case.incident.merged_into != incident.merged_into

    # What changes it.

    def apply(self, placement: Placement) -> None:
        """Take a placement in, once it is on the record (or about to be: rebuild when that fails)."""
        match placement.effect:
            case Opens(incident):
                self.put(incident)
            case Joins(incident=id_) | Reopens(incident=id_) | Resolves(incident=id_) as effect:
                if case := self._cases.get(id_):
                    self.put(changed(case.incident, effect))
            case Splits(incident=incident, parent=parent, alerts=alerts):
                self.put(incident)
                self.put(changed(self._cases[parent].incident, placement.effect))
                self._move(self._cases[parent], incident.id, set(alerts), placement.placed.received_at)
            case Nothing():
                pass
        self.remember(placement.placed, placement.identity)

    def put(self, incident: Incident) -> None:
        """An incident as it is on the record now; also when people or the graph changed it."""
        case = self._cases.get(incident.id)
        if case is None:
            case = self._cases[incident.id] = Case(
                incident, _group_of(incident), incident.opened_at, incident.opened_at
            )
        elif case.incident.group_key != incident.group_key:
            _drop(self._of_group, case.incident.group_key, incident.id)
        case.incident, case.group = incident, _group_of(incident)
        self._of_group.setdefault(incident.group_key, {})[incident.id] = None
        if incident.id >= self._latest.get(incident.group_key, ""):
            self._latest[incident.group_key] = incident.id
            self._latest.move_to_end(incident.group_key)

    def remember(self, placed: Placed, identity: Identity | None = None) -> None:
        """A placed alert, as it is on the record."""
        identity = identity or placed.alert.identity
        self._now = max(self._now, placed.received_at)
        series = self._heard(identity.series, placed.received_at)
        if placed.alert.status is AlertStatus.FIRING:
            self._fired(series, placed, identity)
        else:
            self._ended(series, placed, identity)
        if case := self.case(placed.incident):
            case.heard_at = max(case.heard_at, placed.received_at)
        self._sweep()

    def silence(self, silence: Silence) -> None:
        """Add it, or replace the one with its id."""
        self.silences.add(silence)

    def learn(self, topology: Topology | None) -> None:
        """Who calls whom, from now on; None when that is not known."""
        self._surroundings = Surroundings(topology)
        self._at = {}
        for case in self._cases.values():
            case.places.clear()
            self._locate(case, case.services)

    @property
    def size(self) -> dict[str, int]:
        """How much is remembered."""
        return {"series": len(self._series), "incidents": len(self._cases), "groups": len(self._latest)}

    def _heard(self, id_: str, at: datetime) -> Series:
        series = self._series.get(id_)
        if series is None:
            series = self._series[id_] = Series(id_, at)
        else:
            series.heard_at = max(series.heard_at, at)
            self._series.move_to_end(id_)
        return series

    def _fired(self, series: Series, placed: Placed, identity: Identity) -> None:
        known = series.known.get(identity.occurrence)
        if placed.fate is Fate.DUPLICATE:
            self._repeated(series, placed, identity)
        elif known is None or known is not series.firing:
            self._start(series, placed, identity)
        else:
            self._place_again(known, placed, identity)

    def _repeated(self, series: Series, placed: Placed, identity: Identity) -> None:
        """After a restart the message it repeats may be older than all that is remembered: then it fires since now."""
        unknown = series.firing is None and not series.ended
        if unknown and placed.incident and tells_start(placed.alert):
            self._start(series, placed, identity)

    def _start(self, series: Series, placed: Placed, identity: Identity) -> None:
        alert = placed.alert
        started = Occurrence(
            id=identity.occurrence,
            starts_at=alert.starts_at,
            alert=placed.id,
            severity=alert.severity,
            fate=Fate.INCIDENT if placed.fate is Fate.DUPLICATE else placed.fate or Fate.QUARANTINED,
            incident=placed.incident,
        )
        anew = series.firing is not None and series.firing.incident == placed.incident
        if series.firing and (left := self.case(series.firing.incident)):
            left.firing.pop(series.id, None)
        series.known.pop(started.id, None)
        series.known[started.id] = series.firing = started
        series.ended.pop(started.id, None)
        _keep_latest(series.known)
        series.starts.append(placed.received_at)
        while len(series.starts) > self.rules.flap_limit + 1:
            series.starts.popleft()
        self.inhibitors.add(series.id, placed)
        if case := self._join(placed, identity):
            case.count(Joined(placed, identity, anew, case.heard_at), self.rules.burst)
            self._busy[case.incident.id] = None
            self._busy.move_to_end(case.incident.id)

    def _place_again(self, known: Occurrence, placed: Placed, identity: Identity) -> None:
        """It was silenced or inhibited and no longer is, or its severity rose."""
        known.severity = min(known.severity, placed.alert.severity, key=lambda one: one.rank)
        if known.fate is not Fate.INCIDENT:
            known.fate, known.incident, known.alert = placed.fate or known.fate, placed.incident, placed.id
        self._join(placed, identity)

    def _join(self, placed: Placed, identity: Identity) -> Case | None:
        case = self.case(placed.incident)
        if case is None:
            return None
        if case.over:
            case.begin_again(placed.received_at)
        case.join(placed, identity)
        self._locate(case, {placed.alert.service})
        return case

    def _move(self, parent: Case, to: str, alerts: set[str], now: datetime) -> None:
        """These alerts turned out to be part of the other incident."""
        moved = [joined for joined in parent.recent if joined.placed.id in alerts]
        parent.leave(moved, now, self.rules.burst)
        self._locate_anew(parent)
        for joined in moved:
            placed = joined.placed.model_copy(update={"incident": to})
            occurrence = self._series[joined.identity.series].known[joined.identity.occurrence]
            occurrence.incident = to
            if case := self._join(placed, joined.identity):
                case.count(joined._replace(placed=placed, anew=False), self.rules.burst)
                case.heard_at = max(case.heard_at, placed.received_at)
        self._busy[to] = None

    def _merged_to(self, case: Case) -> Case:
        """Where its alerts are now: incidents may be merged one after the other, never in a circle."""
        while case.incident.merged_into and (target := self.case(case.incident.merged_into)):
            case = target
        return case

    def _locate(self, case: Case, services: Iterable[str]) -> None:
        for service in filter(None, services):
            for place in {service, self._surroundings.whole(service)} - case.places:
                case.places.add(place)
                self._at.setdefault(place, {})[case.incident.id] = None

    def _locate_anew(self, case: Case) -> None:
        """Some of its alerts have left it."""
        for place in case.places:
            _drop(self._at, place, case.incident.id)
        case.places.clear()
        self._locate(case, case.services)

    def _ended(self, series: Series, placed: Placed, identity: Identity) -> None:
        series.ended_heard_at = placed.received_at
        series.ended.setdefault(identity.occurrence, placed.id)
        _keep_latest(series.ended)
        firing = series.firing if series.firing and ends(placed, identity, series.firing) else None
        if by := _over_by(placed, firing):
            series.over_until = max(by, series.over_until or by)
        if firing is None:
            return
        series.firing = None
        self.inhibitors.remove(series.id)
        if case := self.case(firing.incident):
            over = case.over or resolves(case, series.id, self.rules)
            case.firing.pop(series.id, None)
            case.over = over

    # What keeps it bounded.

    def _sweep(self) -> None:
        """Forget what no longer matters, once a minute of the alerts' own time, or at once over the caps."""
        if len(self._series) > self._most_series:
            self._forget_series(next(iter(self._series)))
        if self._now - self._swept_at < timedelta(minutes=1):
            return
        self._swept_at = self._now
        self._forget_old_series()
        self._forget_old_cases()
        while len(self._latest) > MOST_GROUPS:
            self._latest.popitem(last=False)

    def _forget_old_series(self) -> None:
        quiet, silent = self._now - self.horizon(self.rules), self._now - FORGET_FIRING
        old = []
        for id_, series in self._series.items():
            if series.heard_at >= quiet:
                break
            if series.firing is None or series.heard_at < silent:
                old.append(id_)
        for id_ in old:
            self._forget_series(id_)

    def _forget_series(self, id_: str) -> None:
        series = self._series.pop(id_)
        self.inhibitors.remove(id_)
        if series.firing and (case := self.case(series.firing.incident)):
            case.firing.pop(id_, None)

    def _forget_old_cases(self) -> None:
        for case in [case for case in self._cases.values() if not self._merged_to(case).unresolved]:
            since = case.incident.resolved_at or case.incident.closed_at or case.heard_at
            if self._now - since > self.rules.reopen:
                self._forget_case(case)

    def _forget_case(self, case: Case) -> None:
        id_ = case.incident.id
        del self._cases[id_]
        self._busy.pop(id_, None)
        _drop(self._of_group, case.incident.group_key, id_)
        for place in case.places:
            _drop(self._at, place, id_)


def _over_by(placed: Placed, firing: Occurrence | None) -> datetime | None:
    """Whatever started by then is over; None when this end does not say.

    A sender that tells no time gets ours, and its clock may be behind it: by ours, what it alerts on next may have
    started before that end.
    """
    if placed.alert.starts_at == placed.received_at:
        return firing.starts_at if firing else None
    return placed.alert.starts_at


def _group_of(incident: Incident) -> dict[str, str]:
    try:
        return dict(json.loads(incident.group_key))
    except (ValueError, TypeError):
        return {}


def _keep_latest(known: dict[str, Occurrence] | dict[str, str]) -> None:
    while len(known) > MOST_OCCURRENCES:
        del known[next(iter(known))]


def _drop(index: dict[str, dict[str, None]], key: str, id_: str) -> None:
    index[key].pop(id_, None)
    if not index[key]:
        del index[key]
