"""What is the cause, as far as the evidence bears it out?"""

from typing import Any

from langgraph.runtime import Runtime

from agent.domain.hypothesis import Diagnosis, Usage
from agent.graph.context import Context
from agent.graph.conversation import Conclusion, Inquiry, conclude
from agent.graph.nodes.investigate import brief_of, means_of
from agent.graph.state import State
from agent.ports import Model


async def diagnose(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    context = runtime.context
    diagnosis, usage = Diagnosis.model_validate(state["findings"]), Usage()
    if context.model is not None:
        diagnosis, usage = await _with_a_model(state, context, context.model, diagnosis)
    await context.incidents.save_diagnosis(state["incident"], state["run"], diagnosis, usage)
    return {"diagnosis": diagnosis.model_dump(mode="json"), "usage": usage.model_dump(mode="json")}


async def _with_a_model(state: State, context: Context, model: Model, findings: Diagnosis) -> tuple[Diagnosis, Usage]:
    """The model's diagnosis where there is one; else the analysis's own, with the reason."""
    inquiry = Inquiry.model_validate(state["inquiry"])
    conclusion = await _concluded(state, context, model, inquiry)
    usage = inquiry.usage + conclusion.usage
    if conclusion.diagnosis is not None:
        return conclusion.diagnosis, usage
    alone = {
        "degraded_because": conclusion.degraded_because,
        "hypotheses": inquiry.hypotheses,
        "claims_dropped": findings.claims_dropped + len(conclusion.dropped),
    }
    return findings.model_copy(update=alone), usage


async def _concluded(state: State, context: Context, model: Model, inquiry: Inquiry) -> Conclusion:
    if inquiry.degraded_because:
        return Conclusion(degraded_because=inquiry.degraded_because)
    brief = await brief_of(state, context)
    return await conclude(means_of(context, model), brief, inquiry, brief.evidence)
