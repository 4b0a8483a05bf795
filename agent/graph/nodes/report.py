"""What is told, and where does the incident stand now?"""

from langgraph.runtime import Runtime

from agent.domain.hypothesis import Diagnosis, Usage, Verdict
from agent.domain.incident import IncidentStatus
from agent.domain.remediation import Effect, EffectStatus, Proposal, Verification
from agent.graph.context import Context
from agent.graph.postmortem import Account, postmortem
from agent.graph.state import Found, State


async def report(state: State, runtime: Runtime[Context]) -> Found:
    context = runtime.context
    incident = await context.incidents.get(state["incident"])
    status, because = standing(state)
    # A resolved incident is parked again only for what nobody but a human can find out.
    if incident.status is not IncidentStatus.RESOLVED or _unknown(state):
        await context.incidents.move(incident.id, status, because)
    account = Account(
        incident=await context.incidents.get(incident.id),
        alerts=tuple(await context.incidents.alerts(incident.id)),
        evidence=tuple(await context.incidents.evidence(incident.id)),
        diagnosis=Diagnosis.model_validate(state["diagnosis"]),
        usage=Usage.model_validate(state["usage"]),
        proposal=Proposal.model_validate(state["proposal"]) if state.get("proposal") else None,
        decision=state.get("decision"),
        effect=Effect.model_validate(state["effect"]) if state.get("effect") else None,
        verification=Verification.model_validate(state["verification"]) if state.get("verification") else None,
        because=because,
        timeline=tuple(await context.journal.about(incident.id)),
    )
    await context.incidents.save_report(incident.id, state["run"], postmortem(account))
    return {}


def standing(state: State) -> tuple[IncidentStatus, str]:
    """The incident's status after the run, and the sentence that says why."""
    if verification := state.get("verification"):
        seen = Verification.model_validate(verification)
        if seen.recovered:
            return IncidentStatus.RESOLVED, f"Recovered and verified: {seen.detail}"
        return IncidentStatus.PARKED, f"The action did not help. {seen.detail} A human must take over."
    if effect := state.get("effect"):
        return IncidentStatus.PARKED, f"The action is {effect['status']}: {effect['detail']}"
    if refused := state.get("refused"):
        return IncidentStatus.PARKED, f"The action was not run: {refused}"
    if decision := state.get("decision"):
        return IncidentStatus.PARKED, _unapproved(decision["status"], decision["by"], decision["comment"])
    return _undone(state)


def _unapproved(status: str, by: str, comment: str) -> str:
    if status == "denied":
        return f"{by} said no{f' (“{comment}”)' if comment else ''}; nothing was done and a human must take over."
    return f"The question was not answered ({status}); nothing was done and a human must take over."


def _undone(state: State) -> tuple[IncidentStatus, str]:
    diagnosis = Diagnosis.model_validate(state["diagnosis"])
    match diagnosis.verdict:
        case Verdict.HEALTHY:
            return IncidentStatus.OPEN, "It looks healthy; the incident stays open until its alerts resolve."
        case Verdict.INCONCLUSIVE:
            return IncidentStatus.PARKED, "The evidence does not single out a cause; a human must look."
        case Verdict.CAUSE:
            judgement = state.get("judgement")
            why = judgement["reason"] if judgement else "No action of the catalogue fits, or the policy is to observe."
            return IncidentStatus.PARKED, f"{diagnosis.component} is the most probable cause. {why}"


def _unknown(state: State) -> bool:
    effect = state.get("effect")
    return effect is not None and effect["status"] == EffectStatus.UNKNOWN
