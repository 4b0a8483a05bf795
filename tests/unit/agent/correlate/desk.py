"""A correlator at work: alerts go in at given seconds, placements come out, the standing follows."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from agent.correlate.correlator import Correlator
from agent.correlate.placement import Nothing, Opens, Placement, Reopens, Resolves, Splits, changed
from agent.correlate.standing import Standing
from agent.domain.alert import Alert, AlertStatus, Placed, Severity
from agent.domain.incident import Incident
from agent.domain.rules import Correlation, InhibitRule
from agent.domain.silence import Silence
from tools.base import Topology

START = datetime(2026, 11, 21, 12, 0, 0, 0, UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def alert(
    name: str = "HighErrorRate",
    service: str = "cart",
    *,
    began: float = 0,
    ended: float | None = None,
    severity: Severity = Severity.HIGH,
    integration: str = "alertmanager",
    labels: dict[str, str] | None = None,
    **fields: Any,
) -> Alert:
    """One that fires; with `ended`, one that is resolved."""
    own = {"alertname": name, "service": service, "env": "prod", "cluster": "one"} | (labels or {})
    return Alert(
        integration=integration,
        name=name,
        status=AlertStatus.FIRING if ended is None else AlertStatus.RESOLVED,
        severity=severity,
        labels={label: value for label, value in own.items() if value},
        starts_at=at(began),
        ends_at=None if ended is None else at(ended),
        **fields,
    )


class Desk:
    def __init__(
        self,
        rules: Correlation | None = None,
        *,
        inhibit: Sequence[InhibitRule] = (),
        silences: Sequence[Silence] = (),
        edges: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.rules = rules or Correlation()
        self.inhibit, self.silences = inhibit, silences
        self.topology = Topology(frozenset(itertools.chain(*edges)), frozenset(edges)) if edges else None
        self.standing = self._new_standing()
        self.placements: list[Placement] = []
        self.record: dict[str, Incident] = {}
        """Every incident as a database would hold it."""
        numbers = itertools.count(1)
        self._alert_ids = itertools.count(1)
        self.correlator = Correlator(lambda: f"in{next(numbers):04}")

    def take(self, seconds: float, one: Alert) -> Placement:
        """Place one alert, received at that second."""
        placed = Placed(id=f"al{next(self._alert_ids)}", alert=one, receipt="rc1", received_at=at(seconds))
        placement = self.correlator.place(placed, self.standing)
        self.standing.apply(placement)
        self.placements.append(placement)
        self._write_down(placement)
        return placement

    def _write_down(self, placement: Placement) -> None:
        match placement.effect:
            case Opens(incident):
                self.record[incident.id] = incident
            case Nothing():
                pass
            case Splits(incident=incident, parent=parent, alerts=alerts) as effect:
                self.record[incident.id] = incident
                self.record[parent] = changed(self.record[parent], effect)
                self.placements = [
                    _moved(one, incident.id) if one.placed.id in alerts else one for one in self.placements
                ]
            case effect:
                self.record[effect.incident] = changed(self.record[effect.incident], effect)

    def told(self, seconds: float, one: Alert) -> tuple[str, str | None, str]:
        """Its fate, incident and effect, in short."""
        placement = self.take(seconds, one)
        effect = placement.effect
        name = type(effect).__name__
        if isinstance(effect, Reopens):
            name += f" {effect.episode}" + ("" if effect.anew else " not anew")
        return str(placement.placed.fate), placement.placed.incident, name

    def reason(self, seconds: float, one: Alert) -> str:
        return self.take(seconds, one).placed.reason

    def incident(self, id_: str) -> Incident:
        case = self.standing.case(id_)
        assert case is not None
        return case.incident

    def rebuilt(self) -> Standing:
        """The standing as it is built after a restart."""
        standing = self._new_standing()
        for incident in self.record.values():
            standing.put(incident)
        for placement in self.placements:
            standing.remember(placement.placed)
        return standing

    def _new_standing(self) -> Standing:
        return Standing(self.rules, inhibit=self.inhibit, silences=self.silences, topology=self.topology)


def _moved(placement: Placement, to: str) -> Placement:
    return replace(placement, placed=placement.placed.model_copy(update={"incident": to}))


def runs(placements: Sequence[Placement]) -> list[tuple[str, int]]:
    """Every investigation that was started: incident and episode."""
    found = []
    for placement in placements:
        match placement.effect:
            case Reopens(incident=incident, episode=episode, anew=True):
                found.append((incident, episode))
            case Opens(incident=opened):
                found.append((opened.id, 1))
    return found


def resolutions(placements: Sequence[Placement]) -> list[str]:
    return [placement.effect.incident for placement in placements if isinstance(placement.effect, Resolves)]
