"""What would help, and may it be done?"""

from collections.abc import Mapping

from langgraph.runtime import Runtime

from agent.domain.errors import Refused
from agent.domain.event import Event, EventType
from agent.domain.evidence import EvidenceKind
from agent.domain.hypothesis import Diagnosis, Verdict
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.remediation import Action, Judgement, Permission, Proposal
from agent.graph.context import Context
from agent.graph.live import look
from agent.graph.question import shown
from agent.graph.state import Found, State
from agent.policy.approval import autonomy_for, judge
from agent.policy.risk import score
from tools.base import BackendError

_NOTHING: Found = {"proposal": None, "judgement": None, "approval": None}


async def plan(state: State, runtime: Runtime[Context]) -> Found:
    context = runtime.context
    diagnosis = Diagnosis.model_validate(state["diagnosis"])
    incident = await context.incidents.get(state["incident"])
    if diagnosis.verdict is not Verdict.CAUSE or autonomy_for(context.policy, incident.team, "") == "observe":
        return _NOTHING
    proposal = await _first_that_fits(state, context, incident, diagnosis)
    if proposal is None:
        return _NOTHING
    findings = Diagnosis.model_validate(state["findings"])
    observed = frozenset(_observed(state))
    judgement = judge(proposal, diagnosis, context.policy, incident.team, observed, findings=findings)
    await _tell(context, proposal, judgement)
    if judgement.permission is Permission.REFUSE:
        return _planned(proposal, judgement, None)
    try:
        return await _permit(context, proposal, judgement, diagnosis)
    except Refused as refusal:
        event = Event(type=EventType.ACTION_REFUSED, incident=incident.id, text=f"{proposal.title}: {refusal}")
        await context.journal.record(event)
        return _NOTHING


async def _permit(context: Context, proposal: Proposal, judgement: Judgement, diagnosis: Diagnosis) -> Found:
    """Ask a human, or put the policy's own leave on the record; either is one row that is spent once."""
    put = context.approvals.request if judgement.permission is Permission.ASK else context.approvals.allow
    text = shown(proposal, diagnosis, judgement)
    asked = await put(proposal, judgement.reason, text, context.policy.approval_valid)
    # After a crash the row is the one of the first try, and what people were shown then is what counts.
    permission = Permission.RUN if asked.decided_via == "policy" else Permission.ASK
    if permission is Permission.ASK:
        because = f"Waits for a human: {asked.proposal.title}?"
        await context.incidents.move(proposal.incident, IncidentStatus.AWAITING_APPROVAL, because)
    return _planned(asked.proposal, judgement.model_copy(update={"permission": permission}), asked.id)


def _planned(proposal: Proposal, judgement: Judgement, approval: str | None) -> Found:
    return {
        "proposal": proposal.model_dump(mode="json"),
        "judgement": judgement.model_dump(mode="json"),
        "approval": approval,
    }


async def _first_that_fits(state: State, context: Context, incident: Incident, diagnosis: Diagnosis) -> Proposal | None:
    """The best action whose target can be read; why another was passed over goes to the journal."""
    changes = await _changes_of(context, incident, diagnosis.component)
    for action, arguments in context.catalogue.choose(diagnosis, _observed(state), changes=changes):
        try:
            return await _propose(state, context, incident, action, arguments, diagnosis=diagnosis)
        except (Refused, BackendError) as refusal:
            text = f"{action.name} was not proposed: {refusal}"
            await context.journal.record(Event(type=EventType.ACTION_REFUSED, incident=incident.id, text=text))
    return None


def _observed(state: State) -> list[str]:
    """Every component that the survey's or the model's tools have returned; what comes again was not investigated."""
    return sorted({*state["entities"], *state.get("inquiry", {}).get("entities", ())})


async def _changes_of(context: Context, incident: Incident, component: str) -> list[str]:
    """What was lately changed about it, the latest first: a flag's name stands nowhere else."""
    found = await context.incidents.evidence(incident.id, [EvidenceKind.CHANGE])
    about = [one for one in found if one.entity == component]
    return [one.summary for one in sorted(about, key=lambda one: one.starts_at or incident.opened_at, reverse=True)]


async def _propose(
    state: State,
    context: Context,
    incident: Incident,
    action: Action,
    arguments: Mapping[str, str | int],
    *,
    diagnosis: Diagnosis,
) -> Proposal:
    checked = context.catalogue.arguments_for(action, arguments)
    observed = await context.act.observe(action, checked)
    now = await look(context, incident, action, checked, observed)
    factors = score(action, now, diagnosis, context.policy)
    return Proposal(
        incident=state["incident"],
        run=state["run"],
        action=action.name,
        action_digest=action.digest,
        arguments=checked,
        observed=observed,
        controls=context.act.controls,
        targets=now.targets,
        factors=factors,
        risk=factors[0].level,
        reversible=action.reversible,
        blast_radius=action.blast_radius,
        title=context.catalogue.title(action, checked),
        because=(
            f"{diagnosis.component} is the likeliest cause ({diagnosis.fault.words}, {diagnosis.confidence:.0%} sure)."
        ),
        dry_run=context.act.describe(action.do, checked, observed),
        rehearsed=await context.act.rehearse(action, checked),
        rollback=context.act.describe(action.rollback, checked, observed),
    )


async def _tell(context: Context, proposal: Proposal, judgement: Judgement) -> None:
    refused = judgement.permission is Permission.REFUSE
    event = Event(
        type=EventType.ACTION_REFUSED if refused else EventType.ACTION_PROPOSED,
        incident=proposal.incident,
        text=f"{'Refused' if refused else 'Proposed'}: {proposal.title}. {judgement.reason}",
        facts={
            "action": proposal.action,
            "arguments": dict(proposal.arguments),
            "permission": judgement.permission,
            "risk": proposal.risk,
            "factors": {factor.name: f"{factor.level}: {factor.sentence}" for factor in proposal.factors},
            "digest": proposal.digest,
        },
    )
    await context.journal.record(event)
