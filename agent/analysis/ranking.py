"""Which component is the cause, and how sure is that?  All signals are weighed together here."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from agent.analysis import calls, changes, cluster, conditions, excess, log_templates, onset, report, storm, topology
from agent.analysis.calls import Lost
from agent.analysis.changes import Shift
from agent.analysis.cluster_trouble import Trouble, nats
from agent.analysis.dossier import Dossier, Parts, Weighed
from agent.analysis.findings import Findings
from agent.analysis.log_templates import LineShift
from agent.analysis.log_traces import Spectrum
from agent.analysis.log_unfinished import Unfinished
from agent.analysis.observations import Observations
from agent.analysis.prior import Prior, priors
from agent.analysis.signals import ECHOES
from agent.analysis.storm import Blame
from agent.analysis.symptom import spoken_of
from agent.analysis.table import tabulate
from agent.analysis.topology import Flow, Graph
from agent.analysis.weights import SHIPPED, Fusion, Weights
from tools.base import Change

_CHANGE_WINDOW = timedelta(minutes=60)
"""A change this long before the onset is still worth a sentence."""
_CHANGE_LATE = timedelta(minutes=5)
"""The onset may be found this much too early."""


def diagnose(seen: Observations, weights: Weights = SHIPPED) -> Findings:
    """A complete diagnosis from what was observed. Pure: the same observations give the same findings."""
    return report.write(weigh(seen, weights), weights.judgement)


def weigh(seen: Observations, weights: Weights = SHIPPED) -> Weighed:
    """Every component with all that speaks against it. Cost is linear in series, lines and alerts."""
    table = tabulate(seen)
    began = onset.find(table, seen.alerts, seen.symptom, seen.now, seen.step)
    deps = topology.graph(seen.topology, table)
    tops = {alert.service for alert in seen.alerts} & deps.nodes
    symptom = spoken_of(seen.alerts, seen.symptom)
    measured = excess.excesses(table, began)
    flows = topology.flows(measured, deps, tops, symptom)
    dossiers = {name: Dossier(name) for name in _candidates(seen, deps)}
    _add_shifts(dossiers, changes.shifts(table, began.first, began.last))
    if (failing := topology.failures_shown(measured, tops, symptom)) > 0:
        _add_lost(dossiers, calls.lost(table, began), failing)
    # A sample tells of the step that it ends: what is logged in that may be of the incident already.
    logged = began.at - seen.step if began.sure else began.at
    heard = log_templates.hear(seen.lines, logged, seen.now, deps)
    _add_lines(dossiers, heard.shifts)
    _add_unfinished(dossiers, heard.unfinished)
    _add_failing(dossiers, log_templates.failing(seen.lines, heard.shifts, logged, seen.now))
    begun = log_templates.begun(heard, sorted(dossiers))
    flows = [flow.told(begun) for flow in flows]
    _add_flows(dossiers, flows)
    _add_changes(dossiers, seen.changes, began.at)
    _add_blame(dossiers, storm.blame(seen.alerts, deps, seen.service_label) if len(seen.alerts) > 1 else [])
    _add_troubles(dossiers, cluster.troubles(seen.cluster, deps, seen.alerts))
    clear = max((flow.strength for flow in flows), default=0.0)
    shown = {name: _shown(one, clear) for name, one in dossiers.items()}
    _excuse(dossiers.values(), deps, shown)
    for name, one in dossiers.items():
        one.parts = _parts(one, shown[name], weights.fusion)
        one.weight = fused(one.parts, weights.fusion)
    _add_priors(dossiers, priors(seen.found_before))
    ranked = sorted(dossiers.values(), key=lambda one: (-one.weight, one.component))
    unmet = conditions.unmet(seen.conditions, seen.alerts, seen.now, seen.step)
    return Weighed(seen, table, began, deps, tuple(flows), tuple(ranked), unmet, weights.fusion.nothing)


def fused(parts: Parts, fusion: Fusion) -> float:
    """Nats: the sum of all that speaks against a component."""
    weight = fusion.measured * parts.measured + fusion.tie * parts.moved
    weight += fusion.lines * parts.lines + fusion.change * parts.change + parts.cluster
    return weight + (_blamed(parts.blame, fusion) if parts.blame > 0 else 0.0)


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


def _add_lost(dossiers: Mapping[str, Dossier], found: Sequence[Lost], failing: float) -> None:
    for one in found:
        if one.component in dossiers:
            share = one.part / max(other.part for other in found)
            dossiers[one.component].lost = replace(one, share=share, failing=failing)


def _excuse(found: Iterable[Dossier], deps: Graph, shown: Mapping[str, float]) -> None:
    """A call that went out as ever and met what stands out by itself explains the calls that would have followed it."""
    for one in found:
        if one.lost:
            below = deps.below(one.lost.reached) - {one.component}
            excused = max((shown.get(name, 0.0) for name in below), default=0.0)
            one.lost = replace(one.lost, excused=min(1.0, excused))


def _add_lines(dossiers: Mapping[str, Dossier], found: Sequence[LineShift]) -> None:
    names = sorted(dossiers)
    for shift in found:
        blamed = log_templates.blamed(shift, names)
        for name in blamed or [shift.component]:
            if name in dossiers:
                dossiers[name].lines.append(shift)
        if blamed and shift.component in dossiers:
            dossiers[shift.component].complaints.append(shift)


def _add_unfinished(dossiers: Mapping[str, Dossier], found: Iterable[Unfinished]) -> None:
    for one in found:
        if one.component in dossiers:
            dossiers[one.component].unfinished = one


def _add_failing(dossiers: Mapping[str, Dossier], found: Iterable[Spectrum]) -> None:
    for spectrum in found:
        if spectrum.component in dossiers:
            dossiers[spectrum.component].failing = spectrum


def _add_changes(dossiers: Mapping[str, Dossier], found: Iterable[Change], at: datetime) -> None:
    for change in found:
        minutes = (at - change.at).total_seconds() / 60
        near = -_CHANGE_LATE.total_seconds() / 60 <= minutes <= _CHANGE_WINDOW.total_seconds() / 60
        if near and change.service in dossiers:
            dossiers[change.service].changes.append((change, minutes))


def _add_blame(dossiers: Mapping[str, Dossier], found: Iterable[Blame]) -> None:
    for blame in found:
        if blame.component in dossiers:
            dossiers[blame.component].blame = blame


def _add_troubles(dossiers: dict[str, Dossier], found: Iterable[Trouble]) -> None:
    for trouble in found:
        dossiers.setdefault(trouble.component, Dossier(trouble.component)).troubles.append(trouble)


def _add_priors(dossiers: Mapping[str, Dossier], known: Mapping[str, Prior]) -> None:
    """After all else, and only to what has something against it."""
    for component, prior in known.items():
        if component in dossiers and dossiers[component].weight > 0:
            dossiers[component].prior = prior
            dossiers[component].weight = max(0.0, dossiers[component].weight + prior.nats)


def _shown(one: Dossier, clear: float) -> float:
    """How much of the symptom is its own, or of all that moved in one signal.

    `clear`, 0 to 1, says how much of the symptom a flow has already divided among the components.
    """
    heard = [(1 - clear if shift.row.meaning.signal in ECHOES else 1.0) * shift.standing for shift in one.shifts]
    carried = [flow.strength * _tempered(flow.share[one.component]) for flow in one.flows]
    return max([*heard, *carried], default=0.0)


def _parts(one: Dossier, shown: float, fusion: Fusion) -> Parts:
    passed = one.failing.strength if one.failing else 0.0
    return Parts(
        measured=max([shown, *(found.strength for found in (one.lost, one.unfinished) if found)]),
        moved=math.log1p(max([shift.own for shift in one.shifts], default=0.0)),
        lines=math.log1p(max(0.0, _loudest(one.lines) - fusion.witness * _loudest(one.complaints)) + passed),
        change=max((_recency(minutes, fusion) for _, minutes in one.changes), default=0.0),
        cluster=nats(one.troubles),
        blame=one.blame.weight if one.blame else 0.0,
    )


def _tempered(share: float) -> float:
    return share if share <= 1 else 1 + math.log(share)


def _blamed(blame: float, fusion: Fusion) -> float:
    believed = fusion.nothing + fusion.storm * math.log(blame / fusion.storm_chance)
    return max(0.0, believed) + fusion.tie * blame


def _loudest(lines: Sequence[LineShift]) -> float:
    return max((line.strength for line in lines), default=0.0)


def _recency(minutes: float, fusion: Fusion) -> float:
    return math.exp2(-max(0.0, minutes) * 60 / fusion.change_age.total_seconds())
