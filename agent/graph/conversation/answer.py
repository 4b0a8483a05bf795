"""What does the record say to a person's question? Sentences with evidence, and what is not known."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from agent.domain.base import Noun
from agent.domain.errors import ModelUnavailable, Refused
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Claim, Diagnosis, Usage, Verdict
from agent.graph.conversation.brief import Brief, told, written
from agent.graph.conversation.form import ToldClaim
from agent.graph.conversation.means import Means
from agent.policy.grounding import Dropped, ground
from agent.policy.redaction import Redactor
from agent.ports import Message
from prompts import render
from tools.invisible import visible

LONGEST_QUESTION = 2_000


class Told(BaseModel):
    sentences: list[ToldClaim] = Field(max_length=8)
    unknown: str = Field(max_length=400)


class Answer(Noun):
    """`sentences` are borne out by what they cite; when there are none, `unknown` or `degraded_because` says why."""

    sentences: tuple[Claim, ...] = ()
    unknown: str = ""
    dropped: tuple[Dropped, ...] = ()
    usage: Usage = Usage()
    degraded_because: str = ""


async def answer(means: Means, question: str, brief: Brief, evidence: Sequence[Evidence]) -> Answer:
    """One call of the model. Never raises for what the model does."""
    try:
        asked = written(means.shield.redact(question[:LONGEST_QUESTION]))
        system, user = render("ask", data=told(brief, evidence, means.shield), question=asked)
        prompt = [Message(role="system", text=system), Message(role="user", text=user)]
        said, usage = await means.model.structured(prompt, Told, deadline=means.budgets.call_deadline)
    except ModelUnavailable as error:
        return Answer(usage=error.usage, degraded_because=str(error))
    except Refused as error:
        return Answer(degraded_because=str(error))
    return _checked(said, usage, brief, evidence, means.shield)


def _checked(said: Told, usage: Usage, brief: Brief, evidence: Sequence[Evidence], shield: Redactor) -> Answer:
    claims = tuple(
        Claim(text=shield.restore(visible(one.text)), evidence=tuple(one.evidence)) for one in said.sentences
    )
    carrier = Diagnosis(verdict=Verdict.INCONCLUSIVE, analysed_by="model", summary="", claims=claims, confidence=0.0)
    checked = ground(carrier, evidence, entities=brief.entities, onset=brief.onset)
    unknown = shield.restore(visible(said.unknown)).strip()
    nothing = "" if checked.diagnosis.claims else "The record does not tell."
    return Answer(sentences=checked.diagnosis.claims, unknown=unknown or nothing, dropped=checked.dropped, usage=usage)
