"""What of the model's diagnosis is borne out? Only that is taken; code decides, no model is asked."""

from collections.abc import Sequence

from pydantic import JsonValue

from agent.domain.base import Noun
from agent.domain.event import Event, EventType
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Claim, Diagnosis, Impact, Suspect, Verdict
from agent.domain.wording import counted
from agent.graph.conversation.brief import Brief
from agent.graph.conversation.form import Told
from agent.graph.conversation.inquire import Inquiry
from agent.policy.grounding import Dropped, ground

UNCHALLENGED = 0.6
"""A cause that nothing has tried to refute is not surer than this."""
NOT_BORNE_OUT = "What the model says of a cause is not borne out by the evidence it cites."


class Conclusion(Noun):
    """What came of it. `diagnosis` is None when the model gave none: the analysis's own then stands."""

    diagnosis: Diagnosis | None = None
    dropped: tuple[Dropped, ...] = ()
    degraded_because: str = ""


def conclude(brief: Brief, inquiry: Inquiry, evidence: Sequence[Evidence]) -> Conclusion:
    """The model's diagnosis after the check, against everything that is stored for the incident. Pure."""
    if inquiry.told is None:
        return Conclusion(degraded_because=inquiry.degraded_because or inquiry.ended_because)
    known = (*brief.entities, *inquiry.entities)
    given = _diagnosis(inquiry.told, brief, inquiry)
    checked = ground(given, evidence, entities=known, onset=brief.onset)
    if given.verdict is Verdict.CAUSE and checked.diagnosis.verdict is not Verdict.CAUSE:
        return Conclusion(dropped=checked.dropped, degraded_because=NOT_BORNE_OUT)
    return Conclusion(diagnosis=_ranked(checked.diagnosis), dropped=checked.dropped)


def checked_event(incident: str, conclusion: Conclusion) -> Event:
    """For the journal: what fell, and why."""
    fell = f"Not borne out of the model's diagnosis: {counted(len(conclusion.dropped), 'sentence')}."
    text = fell if conclusion.dropped else "All of the model's diagnosis was borne out."
    lost: list[JsonValue] = [one.model_dump(mode="json") for one in conclusion.dropped]
    return Event(type=EventType.MODEL_CALLED, incident=incident, text=text, facts={"dropped": lost})


def _diagnosis(said: Told, brief: Brief, inquiry: Inquiry) -> Diagnosis:
    return Diagnosis(
        verdict=Verdict(said.verdict),
        analysed_by="model",
        component=said.component,
        fault=said.fault,
        summary=said.summary,
        mechanism=said.mechanism,
        claims=tuple(Claim(text=one.text, evidence=tuple(one.evidence)) for one in said.claims),
        suspects=brief.findings.suspects,
        hypotheses=inquiry.hypotheses,
        ruled_out=tuple(said.ruled_out),
        impact=Impact(
            affected=tuple(said.affected),
            healthy=tuple(said.healthy),
            changed_otherwise=tuple(said.changed_otherwise),
            not_checked=tuple(said.not_checked),
        ),
        confidence=min(said.confidence, 1.0 if inquiry.tried_to_refute else UNCHALLENGED),
        next_check=said.next_check,
    )


def _ranked(said: Diagnosis) -> Diagnosis:
    """With the diagnosed component first among the suspects."""
    if said.verdict is not Verdict.CAUSE:
        return said
    others = tuple(one for one in said.suspects if one.component != said.component)
    top = max([said.confidence, *(one.score for one in others)])
    cited = tuple(dict.fromkeys(one for claim in said.claims for one in claim.evidence))
    why = said.mechanism or said.summary
    first = Suspect(component=said.component, score=top, why=why, evidence=cited, fault=said.fault)
    return said.model_copy(update={"suspects": (first, *others)})
