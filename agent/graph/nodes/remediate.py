"""Do it: once."""

from langgraph.runtime import Runtime

from agent.domain.errors import JournalBroken, NotFound, Refused
from agent.domain.event import Event, EventType
from agent.domain.incident import IncidentStatus
from agent.domain.remediation import Proposal
from agent.graph.context import Context
from agent.graph.state import Found, State
from tools.base import BackendError


async def remediate(state: State, runtime: Runtime[Context]) -> Found:
    context = runtime.context
    proposal = Proposal.model_validate(state["proposal"])
    await context.incidents.move(
        proposal.incident, IncidentStatus.REMEDIATING, f"Remediation begins: {proposal.title}."
    )
    try:
        team = (await context.incidents.get(proposal.incident)).team
        effect = await context.act.run(proposal, permit(state), team, context.lease)
    except (Refused, NotFound, BackendError, JournalBroken) as refusal:
        event = Event(type=EventType.ACTION_REFUSED, incident=proposal.incident, text=str(refusal))
        await context.journal.record(event)
        return {"refused": str(refusal)}
    return {"effect": effect.model_dump(mode="json")}


def permit(state: State) -> str:
    """The row that the effect rests on; without one the ledger refuses."""
    return state.get("approval") or ""
