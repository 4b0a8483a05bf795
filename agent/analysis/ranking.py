"""Which component is the cause, and how sure is that?  All signals are weighed together here."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from agent.analysis import calls, changes, cluster, log_templates, onset, report, storm, topology
from agent.analysis.calls import Lost
from agent.analysis.changes import Shift
from agent.analysis.cluster_trouble import Trouble, nats
from agent.analysis.dossier import Dossier, Weighed
from agent.analysis.findings import Findings
from agent.analysis.log_templates import LineShift
from agent.analysis.observations import Observations
from agent.analysis.onset import Onset
from agent.analysis.signals import ECHOES
from agent.analysis.storm import Blame
from agent.analysis.symptom import spoken_of
from agent.analysis.table import Table, tabulate
from agent.analysis.topology import Flow, Graph
from agent.domain.incident import Symptom
from tools.base import Change

_MEASURED = 6.0
"""Weight of explaining all of a clear symptom, or of all that moved in one signal."""
NOTHING = 2.0
"""Weight of "nothing here": what the loudest of some hundred quiet series reaches by chance."""
_UNSEEN = 3.0
"""Added to it when the symptom itself cannot be seen where it should be."""
_STORM_NOTHING = 12.0
"""Blame by alerts, in the nats of `storm`, that any component of a storm reaches by chance."""
_STORM = 4.0
"""Alerts of a storm depend on one another: so much of the logarithm of the blame is believed."""
_WITNESS = 0.5
"""Who complains of another is half excused: it may yet be what makes the other look bad."""
_TIE = 0.01
"""Between equals, the one that moved further from its usual level."""
_CHANGE = 2.0
"""Weight of a change at the very onset; it halves with every _CHANGE_AGE."""
_CHANGE_AGE = timedelta(minutes=10)
_CHANGE_WINDOW = timedelta(minutes=60)
_FAILING = frozenset({Symptom.ERRORS, Symptom.AVAILABILITY})


def diagnose(seen: Observations) -> Findings:
    """A complete diagnosis from what was observed. Pure: the same observations give the same findings."""
    return report.write(weigh(seen))


def weigh(seen: Observations) -> Weighed:
    """Every component with all that speaks against it. Cost is linear in series, lines and alerts."""
    table = tabulate(seen)
    began = onset.find(table, seen.alerts, seen.symptom, seen.now, seen.step)
    deps = topology.graph(seen.topology, table)
    tops = {alert.service for alert in seen.alerts} & deps.nodes
    flows = topology.flows(table, began, deps, tops, spoken_of(seen.alerts, seen.symptom))
    dossiers = {name: Dossier(name) for name in _candidates(seen, deps)}
    _add_shifts(dossiers, changes.shifts(table, began.first, began.last))
    _add_flows(dossiers, flows)
    if spoken_of(seen.alerts, seen.symptom) in _FAILING:
        _add_lost(dossiers, calls.lost(table, began))
    _add_lines(dossiers, log_templates.line_shifts(seen.lines, began.at, seen.now))
    _add_changes(dossiers, seen.changes, began.at)
    _add_blame(dossiers, storm.blame(seen.alerts, deps, seen.service_label) if len(seen.alerts) > 1 else [])
    _add_troubles(dossiers, cluster.troubles(seen.cluster, deps))
    clear = max((flow.strength for flow in flows), default=0.0)
    for one in dossiers.values():
        one.weight = _weight(one, clear)
    ranked = sorted(dossiers.values(), key=lambda one: (-one.weight, one.component))
    return Weighed(seen, table, began, deps, tuple(flows), tuple(ranked), _nothing(table, began, seen))


def _nothing(table: Table, began: Onset, seen: Observations) -> float:
    """Heavier when what the alerts speak of is measured and does not show."""
    spoken = spoken_of(seen.alerts, seen.symptom) is not Symptom.OTHER
    measured = bool(onset.symptom_rows(table, seen.alerts, seen.symptom))
    return NOTHING + (_UNSEEN * (1 - began.sure) if spoken and measured else 0.0)


def _candidates(seen: Observations, deps: Graph) -> set[str]:
    """Whatever was measured, logged, changed or alerted, and what these depend on; hosts when a storm names them."""
    named = {line.service for line in seen.lines} | {alert.service for alert in seen.alerts}
    named |= {change.service for change in seen.changes}
    return {name for name in deps.nodes | named if name}


def _add_shifts(dossiers: Mapping[str, Dossier], found: Iterable[Shift]) -> None:
    for shift in found:
        if shift.row.component in dossiers and shift.own > 0:
            dossiers[shift.row.component].shifts.append(shift)
    for one in dossiers.values():
        one.shifts.sort(key=lambda shift: (-shift.own, shift.index))


def _add_flows(dossiers: Mapping[str, Dossier], flows: Iterable[Flow]) -> None:
    for flow in flows:
        for node, share in flow.share.items():
            if share > 0 and node in dossiers:
                dossiers[node].flows.append(flow)
    for one in dossiers.values():
        one.flows.sort(key=lambda flow: -flow.share[one.component] * flow.strength)


def _add_lost(dossiers: Mapping[str, Dossier], found: Sequence[Lost]) -> None:
    for one in found:
        if one.component in dossiers:
            dossiers[one.component].lost = replace(one, share=one.part / max(other.part for other in found))


def _add_lines(dossiers: Mapping[str, Dossier], found: Sequence[LineShift]) -> None:
    names = sorted(dossiers)
    for shift in found:
        blamed = log_templates.blamed(shift, names)
        for name in blamed or [shift.component]:
            if name in dossiers:
                dossiers[name].lines.append(shift)
        if blamed and shift.component in dossiers:
            dossiers[shift.component].complaints.append(shift)


def _add_changes(dossiers: Mapping[str, Dossier], found: Iterable[Change], at: datetime) -> None:
    for change in found:
        minutes = (at - change.at).total_seconds() / 60
        near = -_CHANGE_AGE.total_seconds() / 120 <= minutes <= _CHANGE_WINDOW.total_seconds() / 60
        if near and change.service in dossiers:
            dossiers[change.service].changes.append((change, minutes))


def _add_blame(dossiers: Mapping[str, Dossier], found: Iterable[Blame]) -> None:
    for blame in found:
        if blame.component in dossiers:
            dossiers[blame.component].blame = blame


def _add_troubles(dossiers: dict[str, Dossier], found: Iterable[Trouble]) -> None:
    for trouble in found:
        dossiers.setdefault(trouble.component, Dossier(trouble.component)).troubles.append(trouble)


def _weight(one: Dossier, clear: float) -> float:
    """`clear`, 0 to 1, says how much of the symptom a flow has already divided among the components."""
    heard = [(1 - clear if shift.row.meaning.signal in ECHOES else 1.0) * shift.standing for shift in one.shifts]
    carried = [flow.strength * _tempered(flow.share[one.component]) for flow in one.flows]
    missed = [one.lost.strength] if one.lost else []
    weight = _MEASURED * max([*heard, *carried, *missed], default=0.0)
    weight += _TIE * math.log1p(max([shift.own for shift in one.shifts], default=0.0))
    weight += math.log1p(max(0.0, _loudest(one.lines) - _WITNESS * _loudest(one.complaints)))
    weight += max((_recency(minutes) for _, minutes in one.changes), default=0.0)
    weight += nats(one.troubles)
    return weight + (_blamed(one.blame.weight) if one.blame else 0.0)


def _tempered(share: float) -> float:
    return share if share <= 1 else 1 + math.log(share)


def _blamed(weight: float) -> float:
    return max(0.0, NOTHING + _STORM * math.log(weight / _STORM_NOTHING)) + _TIE * weight if weight > 0 else 0.0


def _loudest(lines: Sequence[LineShift]) -> float:
    return max((line.strength for line in lines), default=0.0)


def _recency(minutes: float) -> float:
    return _CHANGE * math.exp2(-max(0.0, minutes) * 60 / _CHANGE_AGE.total_seconds())
