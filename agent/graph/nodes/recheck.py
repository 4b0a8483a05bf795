"""Is it the same again, now that the data are in?  Memory proposes; the telemetry of this moment decides."""

from langgraph.runtime import Runtime
from pydantic import JsonValue

from agent.domain.event import Event, EventType
from agent.domain.hypothesis import Diagnosis
from agent.graph.context import Context
from agent.graph.nodes.recall import evidence
from agent.graph.state import Found, State
from agent.policy.precedent import Ruling, rule
from agent.ports import Recalled


async def recheck(state: State, runtime: Runtime[Context]) -> Found:
    context = runtime.context
    incident = await context.incidents.get(state["incident"])
    recalled = [Recalled.model_validate(one) for one in state.get("recalled", [])]
    if not recalled:
        return {"precedent": None}
    findings = Diagnosis.model_validate(state["findings"])
    ruling = rule(recalled, findings, await context.incidents.evidence(incident.id))
    await context.journal.record(_event(incident.id, ruling))
    if ruling.again is None:
        return {"precedent": None}
    await context.incidents.add_evidence(incident.id, [evidence(ruling.again, incident.title)])
    return {"precedent": ruling.again.model_dump(mode="json")}


def _event(incident: str, ruling: Ruling) -> Event:
    refused: list[JsonValue] = [one.model_dump(mode="json") for one in ruling.refused]
    if ruling.again is None:
        text = f"It is none of the remembered incidents again: {_reasons(ruling)}."
        return Event(type=EventType.RECALLED, incident=incident, text=text, facts={"refused": refused})
    text = f"It is {ruling.again.incident} again: {ruling.again.component} is out of the ordinary now as it was then."
    facts: dict[str, JsonValue] = {"precedent": ruling.again.incident, "refused": refused}
    return Event(type=EventType.RECALLED, incident=incident, text=text, facts=facts)


def _reasons(ruling: Ruling) -> str:
    return "; ".join(f"{one.incident}: {one.reason}" for one in ruling.refused)
