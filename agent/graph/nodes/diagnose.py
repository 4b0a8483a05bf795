"""What is the cause, as far as the evidence bears it out?"""

from typing import Any

from langgraph.runtime import Runtime

from agent.domain.hypothesis import Diagnosis, Usage
from agent.graph.context import Context
from agent.graph.conversation import Inquiry, checked_event, conclude
from agent.graph.nodes.investigate import brief_of
from agent.graph.state import State


async def diagnose(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    context = runtime.context
    diagnosis, usage = Diagnosis.model_validate(state["findings"]), Usage()
    if context.model is not None:
        diagnosis, usage = await _with_a_model(state, context, diagnosis)
    await context.incidents.save_diagnosis(state["incident"], state["run"], diagnosis, usage)
    return {"diagnosis": diagnosis.model_dump(mode="json"), "usage": usage.model_dump(mode="json")}


async def _with_a_model(state: State, context: Context, findings: Diagnosis) -> tuple[Diagnosis, Usage]:
    """The model's diagnosis as far as it is borne out; else the analysis's own, with the reason."""
    inquiry, brief = Inquiry.model_validate(state["inquiry"]), await brief_of(state, context)
    conclusion = conclude(brief, inquiry, brief.evidence)
    if inquiry.told is not None:
        await context.journal.record(checked_event(state["incident"], conclusion))
    if conclusion.diagnosis is not None:
        return conclusion.diagnosis, inquiry.usage
    alone = {
        "degraded_because": conclusion.degraded_because,
        "hypotheses": inquiry.hypotheses,
        "claims_dropped": findings.claims_dropped + len(conclusion.dropped),
    }
    return findings.model_copy(update=alone), inquiry.usage
