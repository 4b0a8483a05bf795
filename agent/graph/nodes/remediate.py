"""Do it: once."""

from typing import Any

from langgraph.runtime import Runtime

from agent.domain.errors import NotFound, Refused
from agent.domain.event import Event, EventType
from agent.domain.incident import IncidentStatus
from agent.domain.remediation import Proposal
from agent.graph.context import Context
from agent.graph.state import State
from tools.base import BackendError


async def remediate(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    context = runtime.context
    proposal = Proposal.model_validate(state["proposal"])
    await context.incidents.move(
        proposal.incident, IncidentStatus.REMEDIATING, f"Remediation begins: {proposal.title}."
    )
    try:
        effect = await context.act.run(proposal, permit(state), context.lease)
    except (Refused, NotFound, BackendError) as refusal:
        event = Event(type=EventType.ACTION_REFUSED, incident=proposal.incident, text=str(refusal))
        await context.journal.record(event)
        return {"refused": str(refusal)}
    return {"effect": effect.model_dump(mode="json")}


def permit(state: State) -> str:
    """What the effect rests on: the human's approval, or else this run's policy decision."""
    return state.get("approval") or f"policy:{state['run']}"
