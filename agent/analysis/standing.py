"""How do the first suspect and the symptom stand: how heavy, how loud, how clearly shown against the usual noise?"""

import math
from dataclasses import dataclass

import numpy as np

from agent.analysis import changes, cluster, signals
from agent.analysis.changes import Shift
from agent.analysis.cluster_trouble import nats
from agent.analysis.dossier import Dossier, Weighed
from agent.analysis.felt import felt, samples, unusual
from agent.analysis.onset import Onset, symptom_rows
from agent.analysis.signals import Signal
from agent.analysis.symptom import spoken_of
from agent.analysis.table import Table
from agent.analysis.topology import Flow
from agent.domain.incident import Symptom

_HEAVIEST = 10.0
_LOOKED_AT = 12
"""Series of a suspect that are compared with their own history."""
_STORM = 4
"""So many alerts are something, when their own series are not there to be looked at."""
_MOST = 0.9
_SLOWER = 2.0
"""People notice when it takes twice as long,"""
_FAILING = 0.01
"""or when one request in a hundred fails,"""
_CLEAR = 2.0
"""and a quiet time does not show the like, by so many robust deviations: half shown."""
_COMPRESSIBLE = frozenset({Signal.CPU, Signal.TRAFFIC})
"""Resources of which less only means slower: their use alone harms nobody."""


@dataclass(frozen=True)
class Standing:
    """The features that verdict and confidence are read from."""

    weight: float
    """Of the first suspect, in nats."""
    loud: float
    """Nats by which its loudest sign exceeds what its own history, or chance, shows."""
    felt: float
    """0 to 1: how much worse what the alerts speak of became for people; 0 when that cannot be looked at."""
    unusual: bool
    """At its worst moment since the onset, what the alerts speak of was worse than it usually gets."""
    seen: int
    """How often what the alerts speak of was looked at: samples, moments of their conditions, objects of a cluster."""
    told: float
    """0 to 1: that the first suspect is at fault, by what the state of the cluster says of it alone."""
    storm: bool
    """Alerts are all there is."""
    known: bool
    """So many alerts that something is wrong, of which none can be held against its own series."""
    visible: bool
    """What the alerts speak of, or the state of the cluster, could be looked at."""
    harmless: bool
    """The alerts speak of load alone, and nobody waits or fails for it."""
    unmet: bool
    """What the alerts fire on could be looked at, and does not hold."""
    anything: bool
    """There was something to look at besides the alert itself."""


def standing(weighed: Weighed) -> Standing:
    seen = weighed.seen
    first = weighed.dossiers[0] if weighed.dossiers else Dossier("")
    rows = symptom_rows(weighed.table, seen.alerts, seen.symptom)[:_LOOKED_AT]
    telemetry = bool(weighed.table.rows or seen.lines or seen.cluster)
    measured = samples(weighed.table, weighed.onset, rows)
    return Standing(
        weight=min(_HEAVIEST, first.weight),
        loud=loud(first, weighed),
        felt=felt(weighed.table, weighed.onset, rows),
        unusual=unusual(weighed.table, weighed.onset, rows),
        seen=measured + sum(one.moments for one in weighed.unmet) + cluster.size(seen.cluster),
        told=1 / (1 + math.exp(weighed.nothing - nats(first.troubles))) if first.troubles else 0.0,
        storm=not telemetry and len(seen.alerts) > 1,
        known=len(seen.alerts) >= _STORM and not rows,
        unmet=bool(weighed.unmet),
        visible=measured > 0 or bool(weighed.unmet) or (cluster.looked(seen.cluster) and not first.troubles),
        harmless=_harmless(weighed),
        anything=(bool(weighed.dossiers) or cluster.looked(seen.cluster))
        and (telemetry or bool(seen.changes) or len(seen.alerts) > 1),
    )


def loud(one: Dossier, weighed: Weighed) -> float:
    """The loudest of all that was measured: series, lines, calls no longer made."""
    moved = [_beyond(shift, weighed) for shift in one.shifts[:_LOOKED_AT]]
    said = [line.strength for line in one.lines]
    lost = [one.lost.failing * one.lost.z] if one.lost else []
    return math.log1p(max([0.0, *moved, *said, *lost]))


def _beyond(shift: Shift, weighed: Weighed) -> float:
    return shift.own - strays(weighed.table, weighed.onset, shift.index, shift.before, shift.scale)


def strays(table: Table, onset: Onset, row: int, median: float, scale: float) -> float:
    """The bad deviations that nine of ten stretches of its history, as long as the incident, stay below."""
    length = onset.last - onset.first
    history = table.values[row, : onset.first]
    stretches = len(history) // length
    if not stretches:
        return 0.0
    levels = changes.medians(history[len(history) - stretches * length :].reshape(stretches, length))
    worse = table.rows[row].meaning.worse
    away = [changes.badly(worse, float((level - median) / scale)) for level in levels[np.isfinite(levels)]]
    return max(0.0, float(changes.quantiles(np.array([away]), _MOST)[0][0])) if away else 0.0


def _harmless(weighed: Weighed) -> bool:
    alerts = weighed.seen.alerts
    told = spoken_of(alerts, weighed.seen.symptom) is Symptom.TRAFFIC
    told = told or all(signals.meaning(alert.name, {}).signal in _COMPRESSIBLE for alert in alerts)
    measured = any(row.meaning.signal in signals.ECHOES for row in weighed.table.rows)
    return told and measured and not any(_harm(flow) for flow in weighed.flows)


def _harm(flow: Flow) -> bool:
    felt = flow.excess[flow.top]
    slower = felt.after >= _SLOWER * felt.before
    worse = slower if flow.dimension == "time" else felt.after - felt.before >= _FAILING
    return worse and felt.beyond > _CLEAR
