"""Have we seen this before?"""

from langgraph.runtime import Runtime

from agent.domain.errors import MemoryUnavailable
from agent.domain.event import Event, EventType
from agent.domain.evidence import Evidence, EvidenceKind
from agent.domain.wording import counted
from agent.graph.context import Context
from agent.graph.state import Found, State
from agent.ports import Recalled

SHOWN = 3
"""Of what is recalled, so many are evidence for readers; `recheck` looks at all of it."""


async def recall(state: State, runtime: Runtime[Context]) -> Found:
    context = runtime.context
    if context.memory is None:
        return {"recalled": []}
    incident = await context.incidents.get(state["incident"])
    names = sorted({placed.alert.name for placed in await context.incidents.alerts(incident.id)})
    try:
        found = await context.memory.recall(incident.title, incident.service, names, state["symptom"])
    except MemoryUnavailable as unavailable:
        text = f"Went on without the memory of past incidents: {unavailable}"
        await context.journal.record(Event(type=EventType.RECALLED, incident=incident.id, text=text))
        return {"recalled": []}
    await context.incidents.add_evidence(incident.id, [evidence(one, incident.title) for one in found[:SHOWN]])
    text = f"Recalled {counted(len(found), 'similar incident')}." if found else "Nothing like it in memory."
    facts = {"incidents": [one.incident for one in found]}
    await context.journal.record(Event(type=EventType.RECALLED, incident=incident.id, text=text, facts=facts))
    return {"recalled": [one.model_dump(mode="json") for one in found]}


def said(one: Recalled) -> str:
    """What memory says, as it stands in the evidence."""
    return f"{one.incident}: {one.summary} ({one.why})"


def evidence(one: Recalled, query: str) -> Evidence:
    return Evidence(
        id="e0",
        kind=EvidenceKind.MEMORY,
        source="memory",
        query=query,
        entity=one.component,
        summary=said(one),
        content=one.model_dump(mode="json"),
    )
