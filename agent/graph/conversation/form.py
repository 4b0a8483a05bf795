"""In which form does a model give its diagnosis? A tool it may call when it is done; every field is checked later."""

from typing import Literal

from pydantic import BaseModel, Field

from agent.domain.hypothesis import Fault
from agent.policy.redaction import Redactor
from tools.base import ToolResult
from tools.invisible import visible

NAME = "give_diagnosis"
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


class GiveDiagnosis:
    """The tool as the model sees it: on offer in every turn, so that every prompt begins with the same bytes."""

    name = NAME
    description = "Give the diagnosis and end. Only when nothing more can be learnt, or nothing more may be asked."
    kind = "memory"
    arguments: type[BaseModel] = Told

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        return ToolResult(ok=True, text=Told.model_validate(arguments.model_dump()).verdict, query=NAME)


def restored(told: Told, shield: Redactor) -> Told:
    """With the pseudonyms put back: claims are checked against what is stored, not against what was sent."""

    def own(text: str) -> str:
        return shield.restore(visible(text)).strip()

    def each(texts: list[str]) -> list[str]:
        return [own(text) for text in texts]

    return told.model_copy(
        update={
            "component": own(told.component),
            "mechanism": own(told.mechanism),
            "summary": own(told.summary),
            "claims": [one.model_copy(update={"text": own(one.text)}) for one in told.claims],
            "affected": each(told.affected),
            "healthy": each(told.healthy),
            "changed_otherwise": each(told.changed_otherwise),
            "not_checked": each(told.not_checked),
            "ruled_out": each(told.ruled_out),
            "next_check": own(told.next_check),
        }
    )
