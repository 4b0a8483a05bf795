"""How bad is it, and what kind of trouble do the alerts speak of?"""

from langgraph.runtime import Runtime

from agent.analysis.symptom import symptom_of
from agent.domain.event import Event, EventType
from agent.domain.incident import IncidentStatus
from agent.domain.wording import counted
from agent.graph.context import Context
from agent.graph.state import Found, State


async def triage(state: State, runtime: Runtime[Context]) -> Found:
    context = runtime.context
    incident = await context.incidents.get(state["incident"])
    alerts = [placed.alert for placed in await context.incidents.alerts(incident.id)]
    symptom = symptom_of(alerts)
    await context.incidents.move(incident.id, IncidentStatus.INVESTIGATING, "The investigation begins.")
    text = f"Triaged as {incident.severity} with {symptom} from {counted(len(alerts), 'alert')}: {incident.title}."
    facts = {"severity": incident.severity, "symptom": symptom}
    await context.journal.record(Event(type=EventType.TRIAGED, incident=incident.id, text=text, facts=facts))
    return {"symptom": symptom.value}
