"""What is the cause, in a form that code can check? One structured answer, and only what its evidence bears out."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from agent.domain.base import Noun
from agent.domain.errors import ModelUnavailable, Refused
from agent.domain.event import Event, EventType
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Claim, Diagnosis, Fault, Impact, Suspect, Usage, Verdict
from agent.graph.conversation.brief import Brief, told
from agent.graph.conversation.inquire import Inquiry
from agent.graph.conversation.means import Means
from agent.graph.conversation.meter import Meter
from agent.policy.budget import Spent
from agent.policy.grounding import Dropped, ground
from agent.policy.redaction import Redactor, visible
from agent.ports import Message
from prompts import render

UNCHALLENGED = 0.6
"""A cause that nothing has tried to refute is not surer than this."""
NOT_BORNE_OUT = "What the model says of a cause is not borne out by the evidence it cites."
Names = list[str]


class ToldClaim(BaseModel):
    text: str = Field(max_length=500, description="One sentence.")
    evidence: list[str] = Field(max_length=12, description="Ids such as e7.")


class Told(BaseModel):
    """A diagnosis as the model writes it."""

    verdict: Literal["cause", "healthy", "inconclusive"]
    component: str = Field(max_length=200)
    fault: Fault
    mechanism: str = Field(max_length=500)
    claims: list[ToldClaim] = Field(max_length=8)
    summary: str = Field(max_length=1200)
    affected: Names = Field(max_length=30)
    healthy: Names = Field(max_length=30)
    changed_otherwise: Names = Field(max_length=30)
    not_checked: Names = Field(max_length=30)
    ruled_out: list[str] = Field(max_length=8)
    confidence: float = Field(ge=0, le=1)
    next_check: str = Field(max_length=400)


class Conclusion(Noun):
    """What came of it. `diagnosis` is None when the model gave none: the analysis's own then stands."""

    diagnosis: Diagnosis | None = None
    dropped: tuple[Dropped, ...] = ()
    usage: Usage = Usage()
    degraded_because: str = ""


async def conclude(means: Means, brief: Brief, inquiry: Inquiry, evidence: Sequence[Evidence]) -> Conclusion:
    """The model's diagnosis after the check. Never raises for what the model does, or for a budget.

    `evidence`: everything that is stored for the incident, what the inquiry found included.
    """
    meter = Meter(means.budgets, Spent(inquiry.usage, inquiry.tool_calls, timedelta(seconds=inquiry.seconds)))
    try:
        prompt = _prompt(brief, inquiry, evidence, means.shield)
        if spent := meter.before_answer(prompt):
            return Conclusion(degraded_because=spent)
        said, usage = await means.model.structured(prompt, Told, deadline=meter.for_the_answer())
    except ModelUnavailable as error:
        return Conclusion(usage=error.usage, degraded_because=str(error))
    except Refused as error:
        return Conclusion(degraded_because=str(error))
    known = (*brief.entities, *inquiry.entities)
    checked = ground(_diagnosis(said, brief, inquiry, means.shield), evidence, entities=known, onset=brief.onset)
    await means.tell(_event(brief, means.model.name, usage, checked.dropped))
    if Verdict(said.verdict) is Verdict.CAUSE and checked.diagnosis.verdict is not Verdict.CAUSE:
        return Conclusion(dropped=checked.dropped, usage=usage, degraded_because=NOT_BORNE_OUT)
    return Conclusion(diagnosis=_ranked(checked.diagnosis), dropped=checked.dropped, usage=usage)


def _prompt(brief: Brief, inquiry: Inquiry, evidence: Sequence[Evidence], shield: Redactor) -> list[Message]:
    system, user = render("diagnose", data=told(brief, evidence, shield, inquiry.hypotheses))
    return [Message(role="system", text=system), Message(role="user", text=user)]


def _diagnosis(said: Told, brief: Brief, inquiry: Inquiry, shield: Redactor) -> Diagnosis:
    """In our words, with the pseudonyms put back: claims are checked against what is stored, not what was sent."""

    def own(text: str) -> str:
        return shield.restore(visible(text)).strip()

    return Diagnosis(
        verdict=Verdict(said.verdict),
        analysed_by="model",
        component=own(said.component),
        fault=said.fault,
        summary=own(said.summary),
        mechanism=own(said.mechanism),
        claims=tuple(Claim(text=own(one.text), evidence=tuple(one.evidence)) for one in said.claims),
        suspects=brief.findings.suspects,
        hypotheses=inquiry.hypotheses,
        ruled_out=tuple(map(own, said.ruled_out)),
        impact=Impact(
            affected=tuple(map(own, said.affected)),
            healthy=tuple(map(own, said.healthy)),
            changed_otherwise=tuple(map(own, said.changed_otherwise)),
            not_checked=tuple(map(own, said.not_checked)),
        ),
        confidence=min(said.confidence, 1.0 if inquiry.tried_to_refute else UNCHALLENGED),
        next_check=own(said.next_check),
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


def _event(brief: Brief, model: str, usage: Usage, dropped: Sequence[Dropped]) -> Event:
    fell = f"{len(dropped)} sentence(s) of it were not borne out" if dropped else "all of it was borne out"
    lost: list[JsonValue] = [one.model_dump(mode="json") for one in dropped]
    facts: dict[str, JsonValue] = {"model": model, "dropped": lost, **usage.model_dump(mode="json")}
    text = f"Asked {model} for the diagnosis; {fell}."
    return Event(type=EventType.MODEL_CALLED, incident=brief.incident.id, text=text, facts=facts)
