"""Which explanations are still possible? A ledger that the model keeps through a tool of ours, and that code checks."""

from collections.abc import Collection
from typing import Literal

from pydantic import BaseModel, Field

from agent.domain.hypothesis import Hypothesis
from agent.policy.redaction import Redactor
from tools.base import ToolResult
from tools.invisible import visible

NAME = "record_hypotheses"


class Told(BaseModel):
    claim: str = Field(max_length=400, description="One sentence: what is broken, and how that makes the symptom.")
    component: str = Field(max_length=200, description="Where it would sit, by its exact name.")
    status: Literal["open", "supported", "refuted"]
    evidence_for: list[str] = Field(default=[], max_length=20, description="Ids such as e7.")
    evidence_against: list[str] = Field(default=[], max_length=20, description="Ids such as e9.")


class Record(BaseModel):
    hypotheses: list[Told] = Field(min_length=1, max_length=8, description="All of them, the likeliest first.")


class RecordHypotheses:
    """The tool as the model sees it. It is answered here, asks nobody and costs no call."""

    name = NAME
    description = (
        "Record all explanations that are still possible or were refuted, the likeliest first, with the evidence for "
        "and against each. Replaces what was recorded before."
    )
    kind = "memory"
    arguments: type[BaseModel] = Record

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        said = Record.model_validate(arguments.model_dump())
        return ToolResult(ok=True, text=f"{len(said.hypotheses)} hypotheses recorded.", query=NAME)


def recorded(said: Record, ids: Collection[str], shield: Redactor) -> tuple[Hypothesis, ...]:
    """As values of ours. Ids that do not exist are left out, and nothing is supported by nothing."""
    return tuple(_hypothesis(one, ids, shield) for one in said.hypotheses)


def leading(hypotheses: Collection[Hypothesis]) -> Hypothesis | None:
    """The first that is supported, else the first that is open."""
    for status in ("supported", "open"):
        for one in hypotheses:
            if one.status == status:
                return one
    return None


def _hypothesis(one: Told, ids: Collection[str], shield: Redactor) -> Hypothesis:
    support = tuple(id_ for id_ in one.evidence_for if id_ in ids)
    against = tuple(id_ for id_ in one.evidence_against if id_ in ids)
    return Hypothesis(
        claim=shield.restore(visible(one.claim)),
        component=shield.restore(visible(one.component)),
        status="open" if one.status == "supported" and not support else one.status,
        evidence_for=support,
        evidence_against=against,
    )
