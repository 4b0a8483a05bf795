"""What does a model find out, given what the data say?"""

import secrets
from datetime import datetime

from langgraph.runtime import Runtime

from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Diagnosis
from agent.graph.context import Context
from agent.graph.conversation import Brief, Means, inquire
from agent.graph.state import Found, State
from agent.policy.redaction import Redactor
from agent.ports import Model, Recalled


async def investigate(state: State, runtime: Runtime[Context]) -> Found:
    context = runtime.context
    if context.model is None:
        return {"inquiry": {}}

    async def store(found: Evidence) -> Evidence:
        return (await context.incidents.add_evidence(state["incident"], [found]))[0]

    inquiry = await inquire(
        means_of(context, context.model), await brief_of(state, context), context.tools(_onset(state)), store
    )
    return {"inquiry": inquiry.model_dump(mode="json")}


def means_of(context: Context, model: Model) -> Means:
    # Pseudonyms live as long as one conversation, and are put back before anything of it is stored.
    shield = Redactor(secrets.token_bytes(32))
    return Means(model=model, budgets=context.budgets, shield=shield, tell=context.journal.record)


async def brief_of(state: State, context: Context) -> Brief:
    """Everything known so far, for a model."""
    incident = await context.incidents.get(state["incident"])
    alerts = [placed.alert for placed in await context.incidents.alerts(incident.id)]
    findings = Diagnosis.model_validate(state["findings"])
    return Brief(
        incident=incident,
        alerts=alerts,
        symptom=state["symptom"],
        onset=_onset(state) or min([alert.starts_at for alert in alerts], default=incident.opened_at),
        now=context.clock.now(),
        findings=findings,
        evidence=await context.incidents.evidence(incident.id),
        entities=state["entities"],
        not_checked=state.get("not_checked", []),
        recalled=[Recalled.model_validate(one) for one in state.get("recalled", [])],
    )


def _onset(state: State) -> datetime | None:
    return datetime.fromisoformat(state["onset"]) if "onset" in state else None
