"""Somebody asks about an incident: answered from its evidence alone, by a model if there is one. It changes nothing."""

from collections.abc import Callable
from typing import Any, cast

from langchain_core.runnables import RunnableConfig

from agent.domain.base import Noun
from agent.domain.errors import NotFound
from agent.domain.event import Event, EventType
from agent.domain.hypothesis import Claim, Diagnosis, Usage
from agent.domain.incident import Incident
from agent.graph.build import Graph
from agent.graph.context import Context
from agent.graph.conversation import answer
from agent.graph.nodes.investigate import brief_of, means_of
from agent.graph.state import State
from agent.identity.roles import Caller

_QUESTION = 2000
"""Characters of a question that are kept."""


class Answered(Noun):
    answer: str
    """Markdown: each sentence with the evidence it cites."""
    answered_by: str
    """`model` or `analysis`."""
    sentences: tuple[Claim, ...] = ()
    usage: Usage = Usage()


class Questions:
    def __init__(self, graph: Graph, context: Callable[[Incident], Context]) -> None:
        self._graph = graph
        self._context = context

    async def ask(self, incident: Incident, question: str, who: Caller) -> Answered:
        """What the record tells about it. Never raises for what a model does; NotFound for another team's."""
        if not who.sees(incident.team):
            raise NotFound(f"There is no incident {incident.id}.")
        context = self._context(incident)
        state = await self._known(incident)
        if "findings" not in state:
            return Answered(answer="The investigation has not got that far yet; ask again.", answered_by="analysis")
        findings = Diagnosis.model_validate(state.get("diagnosis") or state["findings"])
        if context.model is None:
            return _told(findings.claims, f"No model is configured. The analysis says: {findings.summary}")
        brief = await brief_of(state, context)
        found = await answer(means_of(context, context.model), question[:_QUESTION], brief, brief.evidence)
        text = f"{who.name} asked: {question[:200]}"
        await context.journal.record(
            Event(type=EventType.MODEL_CALLED, incident=incident.id, actor=who.name, text=text)
        )
        if found.degraded_because:
            said = f"The model did not answer ({found.degraded_because}). The analysis says: {findings.summary}"
            return _told(findings.claims, said)
        sentences = "\n".join(_line(claim) for claim in found.sentences)
        return Answered(
            answer="\n\n".join(part for part in (sentences, found.unknown) if part),
            answered_by="model",
            sentences=found.sentences,
            usage=found.usage,
        )

    async def _known(self, incident: Incident) -> State:
        config = RunnableConfig(configurable={"thread_id": incident.thread})
        values: dict[str, Any] = (await self._graph.aget_state(config)).values
        return cast("State", values)


def _told(claims: tuple[Claim, ...], said: str) -> Answered:
    lines = "\n".join(_line(claim) for claim in claims)
    return Answered(answer=f"{said}\n\n{lines}".strip(), answered_by="analysis", sentences=claims)


def _line(claim: Claim) -> str:
    return f"- {claim.text} [{', '.join(claim.evidence)}]"
