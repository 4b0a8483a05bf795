"""How bad is it, and what kind of trouble do the alerts speak of?"""

import re
from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from agent.domain.alert import Alert
from agent.domain.event import Event, EventType
from agent.domain.incident import IncidentStatus, Symptom
from agent.graph.context import Context
from agent.graph.state import State

# In the order in which they are tried: an alert that speaks of slow errors is about errors.
_WORDS: tuple[tuple[Symptom, str], ...] = (
    (Symptom.AVAILABILITY, r"down|absent|unavailab|unreachable|not ?ready|crash|probe|dead|missing"),
    (Symptom.ERRORS, r"error|5xx|fail|exception|success.?rate|availability|reject|refus"),
    (Symptom.LATENCY, r"laten|slow|duration|response.?time|p9\d|timeout|apdex"),
    (Symptom.SATURATION, r"cpu|memory|oom|disk|throttl|saturat|pool|queue|lag|backlog|fds?\b|connections"),
    (Symptom.TRAFFIC, r"traffic|request.?rate|rps|qps|throughput|load"),
)


async def triage(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    context = runtime.context
    incident = await context.incidents.get(state["incident"])
    alerts = [placed.alert for placed in await context.incidents.alerts(incident.id)]
    symptom = symptom_of(alerts)
    await context.incidents.move(incident.id, IncidentStatus.INVESTIGATING, "The investigation begins.")
    text = f"Triaged as {incident.severity} with {symptom} from {len(alerts)} alert(s): {incident.title}."
    facts = {"severity": incident.severity, "symptom": symptom}
    await context.journal.record(Event(type=EventType.TRIAGED, incident=incident.id, text=text, facts=facts))
    return {"symptom": symptom.value}


def symptom_of(alerts: Sequence[Alert]) -> Symptom:
    """By the words of names and labels first and of the summaries second; they are people's own names for trouble."""
    names = " ".join(_words(alert.name) for alert in alerts)
    texts = " ".join(text for alert in alerts for text in alert.annotations.values())
    for said in (names, texts):
        for symptom, words in _WORDS:
            if re.search(words, said, re.IGNORECASE):
                return symptom
    return Symptom.OTHER


def _words(name: str) -> str:
    """`HighErrorRate` -> `High Error Rate`, so that word boundaries mean something."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
