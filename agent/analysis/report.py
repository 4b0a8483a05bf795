"""How is what was found written down: verdict, suspects, claims, and the evidence each of them cites?"""

import math
from collections.abc import Sequence

from agent.analysis import cluster, pictures, signals, verdicts, wording
from agent.analysis.changes import Shift
from agent.analysis.cluster_trouble import strongest
from agent.analysis.dossier import Dossier, Weighed
from agent.analysis.findings import Findings
from agent.analysis.ledger import Ledger
from agent.analysis.signals import ECHOES, Signal
from agent.analysis.standing import standing
from agent.analysis.topology import Flow
from agent.analysis.weights import Judgement
from agent.domain.evidence import EvidenceKind
from agent.domain.hypothesis import Claim, Fault, Suspect, Verdict

_SUSPECTS = 8
"""Suspects that are told; the rest of the components are only counted."""
_PER_SUSPECT = 3
"""Pieces of evidence a suspect carries."""
_CHANGED = {
    "deploy": Fault.DEPLOYMENT,
    "restart": Fault.DEPLOYMENT,
    "scale": Fault.DEPLOYMENT,
    "config": Fault.CONFIGURATION,
    "flag": Fault.CONFIGURATION,
    "infrastructure": Fault.INFRASTRUCTURE,
}
_TELLING = 4.0
"""Robust deviations from which a shift says what kind of fault it is."""


def write(weighed: Weighed, judgement: Judgement) -> Findings:
    """The findings, with everything that a suspect or a claim cites among the evidence."""
    ledger = Ledger(weighed)
    scores = _scores(weighed)
    symptom = _symptom_claims(weighed, ledger)
    suspects = tuple(
        _suspect(one, scores[one.component], ledger) for one in weighed.dossiers[:_SUSPECTS] if one.weight > 0
    )
    verdict, confidence = verdicts.judge(standing(weighed), judgement)
    first = weighed.dossiers[0] if weighed.dossiers else None
    cause = first if verdict is Verdict.CAUSE else None
    ruled_out = _ruled_out(weighed, ledger)
    well = _census_claims(weighed, ledger) if verdict is Verdict.HEALTHY else ()
    claims = (*symptom, *(_cause_claims(cause, ledger) if cause else ()), *well)
    return Findings(
        onset=weighed.onset,
        verdict=verdict,
        component=cause.component if cause else "",
        fault=_fault(cause, weighed) if cause else (Fault.NONE if verdict is Verdict.HEALTHY else Fault.UNKNOWN),
        summary=_summary(weighed, verdict, suspects),
        confidence=confidence,
        suspects=suspects,
        evidence=tuple(ledger.kept.values()),
        claims=claims,
        ruled_out=ruled_out,
        next_check=_next_check(weighed, suspects, verdict),
    )


def _scores(weighed: Weighed) -> dict[str, float]:
    """Softmax of the weights, with "nothing here" among the candidates."""
    weights = [one.weight for one in weighed.dossiers]
    top = max([*weights, weighed.nothing])
    total = sum(math.exp(weight - top) for weight in [*weights, weighed.nothing])
    return {one.component: math.exp(one.weight - top) / total for one in weighed.dossiers}


def _census_claims(weighed: Weighed, ledger: Ledger) -> tuple[Claim, ...]:
    """What was looked at and found well is evidence, too."""
    state = weighed.seen.cluster
    if state is None:
        return ()
    text = wording.sentence(cluster.census(state))
    cited = ledger.add(EvidenceKind.PLATFORM, state.query, "", text, {"as_of": state.at.isoformat()})
    return (Claim(text=text, evidence=(cited,)),)


def _symptom_claims(weighed: Weighed, ledger: Ledger) -> tuple[Claim, ...]:
    claims = [Claim(text=wording.sentence(wording.unmet(one)), evidence=(ledger.unmet(one),)) for one in weighed.unmet]
    claims += [
        Claim(
            text=wording.sentence(wording.excess(flow.top, flow.excess[flow.top], flow)),
            evidence=(ledger.flow(flow, flow.top),),
        )
        for flow in weighed.flows
    ]
    if weighed.onset.sure > 0 and claims:
        claims.append(Claim(text=wording.sentence(f"Onset: {weighed.onset.why}"), evidence=(ledger.onset(),)))
    return tuple(claims)


def _suspect(one: Dossier, score: float, ledger: Ledger) -> Suspect:
    found = _findings(one, ledger)[:_PER_SUSPECT]
    return Suspect(
        component=one.component,
        score=score,
        why=wording.sentence("; ".join([text for text, _ in found[:2]] + ([one.prior.why] if one.prior else [])))
        if found
        else "Nothing of its own was found.",
        evidence=tuple(dict.fromkeys(one for _, one in found)),
        fault=_fault(one, ledger.seen),
    )


def _cause_claims(one: Dossier, ledger: Ledger) -> tuple[Claim, ...]:
    return tuple(
        Claim(text=wording.sentence(text), evidence=(one,)) for text, one in _findings(one, ledger)[: _PER_SUSPECT + 1]
    )


def _findings(one: Dossier, ledger: Ledger) -> list[tuple[str, str]]:
    """(sentence, evidence id) of all that speaks against a component, the weightiest kinds first."""
    found = [(trouble.text, ledger.trouble(trouble)) for trouble in strongest(one.troubles)[:2]]
    measured = [flow for flow in one.flows[:1] if one.component in flow.excess]
    found += [(wording.share(one.component, flow), ledger.flow(flow, one.component)) for flow in measured]
    if one.lost:
        found.append((wording.lost(one.lost), ledger.lost(one.lost)))
    found += [(wording.change(change, minutes), ledger.change(change)) for change, minutes in one.changes[:1]]
    found += [(wording.lines(line), ledger.lines(line)) for line in one.lines[:1]]
    if one.unfinished:
        found.append((wording.unfinished(one.unfinished), ledger.unfinished(one.unfinished)))
    if one.failing:
        found.append((wording.failing(one.failing), ledger.failing(one.failing)))
    found += [(wording.shift(shift), ledger.shift(shift)) for shift in one.shifts[:2] if shift.own >= 1]
    if one.blame:
        found.append((wording.blame(one.blame), ledger.blame(one.blame)))
    return found


def _fault(one: Dossier, weighed: Weighed) -> Fault:
    """The kind of fault, by what speaks loudest: a change, the component's own state, then what its requests show."""
    state = cluster.fault(one.troubles)
    if state is not Fault.UNKNOWN:
        return state
    if weighed.graph.kinds.get(one.component) in {"host", "node"}:
        return Fault.INFRASTRUCTURE
    for change, _ in one.changes:
        return _CHANGED.get(change.kind, Fault.UNKNOWN)
    telling = [shift for shift in one.shifts if shift.own >= _TELLING]
    for shift in sorted(telling, key=_loudness):
        if shift.row.meaning.signal not in {Signal.OTHER, Signal.TRAFFIC}:
            return signals.FAULTS[shift.row.meaning.signal]
    if one.flows or one.lines or one.unfinished:
        return Fault.APPLICATION
    return signals.FAULTS[one.blame.signal] if one.blame else Fault.UNKNOWN


def _loudness(shift: Shift) -> tuple[bool, bool, float, float]:
    """Measured on the component itself before measured by its callers, its state before its requests."""
    return (shift.row.edge is not None, shift.row.meaning.signal in ECHOES, -shift.standing, -shift.own)


def _summary(weighed: Weighed, verdict: Verdict, suspects: Sequence[Suspect]) -> str:
    looked = _looked_at(weighed)
    if _blind(weighed):
        return "There was nothing to look at: no metrics, logs or changes of that time are at hand."
    if not suspects or verdict is Verdict.HEALTHY:
        return f"Nothing that points to a fault was found in {looked} around {wording.clock(weighed.onset.at)}."
    first = suspects[0]
    if verdict is Verdict.CAUSE:
        return f"{first.component} is the most probable cause since {wording.clock(weighed.onset.at)}. {first.why}"
    if weighed.unmet:
        over = "The alert's own condition does not hold"
        return f"{over}; what else is unusual shows most at {first.component}. {first.why}"
    others = " and ".join(one.component for one in suspects[:2] if one.evidence) or first.component
    return f"The evidence in {looked} does not decide between causes; look at {others} first. {first.why}"


def _blind(weighed: Weighed) -> bool:
    seen = weighed.seen
    return not (len(weighed.table.rows) or seen.lines or seen.changes or seen.cluster or weighed.dossiers)


def _looked_at(weighed: Weighed) -> str:
    seen = weighed.seen
    measured = f"{len(weighed.table.rows)} series, {len(seen.lines)} log lines and {len(seen.changes)} changes"
    return f"{measured}{cluster.extent(seen.cluster)}"


def _ruled_out(weighed: Weighed, ledger: Ledger) -> tuple[str, ...]:
    """Components that move only because something they depend on does, then those that did not move."""
    flow = next(iter(weighed.flows), None)
    passed_on = {
        one.component: by
        for one in weighed.dossiers[1:]
        if flow and (by := _explained_by(one.component, flow, weighed))
    }
    said = [wording.sentence(wording.explained(name, flow, by)) for name, by in passed_on.items() if flow]
    still = sum(1 for one in weighed.dossiers[1:] if one.weight < weighed.nothing)
    if still:
        said.append(f"{still} of {len(weighed.dossiers)} components show nothing beyond their usual variation.")
    _compared(weighed, said, still, ledger)
    return tuple(said[:_SUSPECTS])


def _compared(weighed: Weighed, said: Sequence[str], still: int, ledger: Ledger) -> None:
    """What was measured of all components together: what rules some of them out, or finds nothing at all."""
    compared = f"{len(weighed.dossiers)} components were compared with their usual variation"
    ledger.add(
        EvidenceKind.TOPOLOGY,
        f"the {len(weighed.table.rows)} series of all components, and their calls",
        "",
        f"{compared} around {wording.clock(weighed.onset.at)} in {_looked_at(weighed)}; {still} did not leave it.",
        {"components": len(weighed.dossiers), "within_usual_variation": still, "ruled_out": list(said)},
        picture=pictures.call_graph(weighed),
    )


def _explained_by(node: str, flow: Flow, weighed: Weighed) -> str:
    excess = flow.excess.get(node)
    if not excess or excess.z < 4 or flow.share.get(node, 0.0) > 0.2 or node not in flow.share:
        return ""
    below = [kid for kid in weighed.graph.callees.get(node, ()) if kid in flow.excess]
    best = max(below, key=lambda kid: flow.excess[kid].amount, default="")
    return best if best and flow.excess[best].amount > 0.5 * excess.amount else ""


def _next_check(weighed: Weighed, suspects: Sequence[Suspect], verdict: Verdict) -> str:
    if verdict is Verdict.CAUSE and len(suspects) > 1:
        return wording.sentence(f"If this is wrong, look at {suspects[1].component}: {suspects[1].why.rstrip('.')}")
    if weighed.unmet:
        return "See whether the alert still fires: it may have been over when the agent looked."
    if verdict is Verdict.HEALTHY:
        return "Check whether the alert's rule still fits: what it speaks of is back in its usual range."
    if _blind(weighed):
        return "Connect metrics, logs or changes; incident-agent doctor says which of them answer."
    return "Ask for more: metrics, logs or changes of the alerted component and of what it depends on."
