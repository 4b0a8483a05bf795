"""May a past incident answer for this one?  Pure; what is refused is refused with its reason.

Sounding alike is not enough, and neither is a person's word of then: the resource must be the same and the word still
trusted, what was the cause then must be out of the ordinary now and show the same signs, and nothing else that is
remembered may fit as well.
"""

from collections.abc import Sequence

from agent.domain.base import Noun
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Claim, Diagnosis, Fault, Suspect, Verdict
from agent.policy.signs import signs
from agent.policy.timeless import timeless
from agent.ports import Recalled

TRUSTED = 0.5
"""Below this trust a memory is shown, and no more: half a year after a recovery, or after it misled once."""
AMBIGUOUS = 0.05
"""Two that are closer than this cannot be told apart."""
_AMONG = 3
"""The suspects among which the recalled one must be."""
_BEHIND = 0.5
"""It must have at least this share of the first suspect's score: memory decides between neighbours, nothing more."""
_ALIKE = 0.5
"""Of all signs of then and now, the share that must be the same (Jaccard's index)."""
_WORTH = 0.5
"""How sure a memory of full trust alone would be; joined with what the data say by a noisy-or."""


class Refused(Noun):
    incident: str
    reason: str


class Ruling(Noun):
    """Which past incident is this one again, if any?"""

    again: Recalled | None = None
    refused: tuple[Refused, ...] = ()


def rule(recalled: Sequence[Recalled], findings: Diagnosis, evidence: Sequence[Evidence]) -> Ruling:
    """The one that passes every gate by itself and has a margin over the next that does and names another cause.

    `evidence`: what is stored of this incident, in which the signs of then are looked for.
    """
    reasons = {one.incident: _unbelieved(one) or _not_now(one, findings, evidence) for one in recalled}
    refused = tuple(Refused(incident=incident, reason=reason) for incident, reason in reasons.items() if reason)
    fit = sorted((one for one in recalled if not reasons[one.incident]), key=lambda one: -one.score)
    if not fit:
        return Ruling(refused=refused)
    first = fit[0]
    for rival in fit[1:]:
        if rival.component != first.component and first.score - rival.score < AMBIGUOUS:
            reason = f"{rival.incident} names {rival.component} and fits as well"
            return Ruling(refused=(*refused, Refused(incident=first.incident, reason=reason)))
    return Ruling(again=first, refused=refused)


def adopted(findings: Diagnosis, again: Recalled, evidence: str) -> Diagnosis:
    """The analysis's diagnosis with the remembered cause first. `evidence`: the id of what memory said."""
    suspect = _suspect(again.component, findings)
    if suspect is None:
        return findings
    others = tuple(one for one in findings.suspects if one.component != suspect.component)
    said = findings.confidence if findings.component == suspect.component else suspect.score
    told = (Claim(text=f"{again.incident}: {again.summary}", evidence=(evidence,)),) if evidence else ()
    first = suspect.model_copy(update={"score": _highest(findings)})
    return findings.model_copy(
        update={
            "verdict": Verdict.CAUSE,
            "component": suspect.component,
            "fault": suspect.fault if suspect.fault is not Fault.UNKNOWN else Fault(again.fault),
            "summary": f"{again.incident} again, by all signs: {_said_once(again.summary, suspect.why)}",
            "claims": (*findings.claims, *told),
            "suspects": (first, *others),
            "confidence": min(1 - (1 - said) * (1 - _WORTH * again.weight), 0.99),
            "precedent": again.incident,
        }
    )


def _said_once(then: str, now: str) -> str:
    """Both, one after the other; where the memory says what is seen now, as it is now."""
    same = timeless(now)
    return then.replace(same, now, 1) if same and same in then else f"{then} {now}"


def _unbelieved(one: Recalled) -> str:
    """Why it cannot answer, whatever the state of now; empty when it can."""
    if not one.same_resource:
        return "it was about another resource"
    if one.trust != "system":
        return "no person confirmed it"
    if one.weight < TRUSTED:
        return f"it is not trusted enough any more ({one.weight:.2f}, and {TRUSTED:.2f} is needed)"
    return ""


def _not_now(one: Recalled, findings: Diagnosis, evidence: Sequence[Evidence]) -> str:
    """Why the state of now speaks against it; empty when it agrees."""
    suspect = _suspect(one.component, findings)
    if findings.verdict is Verdict.HEALTHY or suspect is None or not suspect.evidence:
        return f"{one.component or 'its cause'} shows nothing out of the ordinary now"
    if suspect.score < _BEHIND * _highest(findings):
        return f"{findings.suspects[0].component} is far more out of the ordinary now than {one.component}"
    if Fault.UNKNOWN not in {suspect.fault, Fault(one.fault)} and suspect.fault != one.fault:
        return f"the trouble of {one.component} is of another kind now: {suspect.fault.value}, then {one.fault}"
    return _other_signs(one, signs(one.component, evidence))


def _other_signs(one: Recalled, now: Sequence[str]) -> str:
    same, known = set(one.signs) & set(now), set(one.signs) | set(now)
    if same and len(same) >= _ALIKE * len(known):
        return ""
    return f"of the {len(known)} signs of {one.component}, then and now, {len(same)} are the same"


def _suspect(component: str, findings: Diagnosis) -> Suspect | None:
    return next((one for one in findings.suspects[:_AMONG] if one.component == component), None)


def _highest(findings: Diagnosis) -> float:
    return max((one.score for one in findings.suspects), default=0.0)
