"""What is the cause, as far as the evidence bears it out?"""

from dataclasses import replace

from langgraph.runtime import Runtime

from agent.domain.evidence import EvidenceKind
from agent.domain.hypothesis import Diagnosis, Usage
from agent.graph.context import Context
from agent.graph.conversation import Brief, Inquiry, ask_once, checked_event, conclude
from agent.graph.nodes.investigate import brief_of, means_of
from agent.graph.nodes.recall import said
from agent.graph.state import Found, State
from agent.policy.precedent import adopted
from agent.ports import Model, Recalled


async def diagnose(state: State, runtime: Runtime[Context]) -> Found:
    context = runtime.context
    diagnosis, usage = await _known(state, context), Usage()
    if context.model is not None:
        diagnosis, usage = await _with_a_model(state, context, context.model, diagnosis)
    await context.incidents.save_diagnosis(state["incident"], state["run"], diagnosis, usage)
    return {"diagnosis": diagnosis.model_dump(mode="json"), "usage": usage.model_dump(mode="json")}


async def _known(state: State, context: Context) -> Diagnosis:
    """What stands without a model: the analysis's own, with the remembered cause first when it is that again."""
    findings = Diagnosis.model_validate(state["findings"])
    if not (precedent := state.get("precedent")):
        return findings
    again = Recalled.model_validate(precedent)
    remembered = await context.incidents.evidence(state["incident"], [EvidenceKind.MEMORY])
    told = next((one.id for one in remembered if one.summary == said(again)), "")
    return adopted(findings, again, told)


async def _with_a_model(state: State, context: Context, model: Model, findings: Diagnosis) -> tuple[Diagnosis, Usage]:
    """The model's diagnosis as far as it is borne out; else the analysis's own, with the reason."""
    brief = replace(await brief_of(state, context), findings=findings)
    inquiry = await _inquiry(state, context, model, brief)
    conclusion = conclude(brief, inquiry, brief.evidence)
    if inquiry.told is not None:
        await context.journal.record(checked_event(state["incident"], conclusion))
    if (told := conclusion.diagnosis) is not None:
        precedent = findings.precedent if told.component == findings.component else ""
        return told.model_copy(update={"precedent": precedent}), inquiry.usage
    alone = {
        "degraded_because": conclusion.degraded_because,
        "hypotheses": inquiry.hypotheses,
        "claims_dropped": findings.claims_dropped + len(conclusion.dropped),
    }
    return findings.model_copy(update=alone), inquiry.usage


async def _inquiry(state: State, context: Context, model: Model, brief: Brief) -> Inquiry:
    """What the model found out; of a known incident come again it is asked once, and no tool is."""
    if "inquiry" in state:
        return Inquiry.model_validate(state["inquiry"])
    one_call = context.budgets.model_copy(update={"model_calls": 1})
    once = await ask_once(replace(means_of(context, model), budgets=one_call), brief)
    # What would have refuted the remembered cause was looked for in the data of now.
    return once.model_copy(update={"tried_to_refute": True})
