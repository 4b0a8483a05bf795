"""May the proposed action run?  Policy answers first; otherwise the graph waits for a human."""

from agent.domain.base import digest
from agent.domain.hypothesis import Diagnosis, Verdict
from agent.domain.remediation import Judgement, Permission, Proposal, Risk
from agent.domain.rules import Autonomy, Policy

_QUORUM = {Risk.LOW: 1, Risk.MEDIUM: 1, Risk.HIGH: 2}


def judge(
    proposal: Proposal,
    diagnosis: Diagnosis,
    policy: Policy,
    team: str,
    observed: frozenset[str],
    *,
    findings: Diagnosis,
) -> Judgement:
    """Run, ask or refuse, with the sentence people read.

    `findings`: what the analysis says by itself, before any model or memory had a say. `observed`: every component a
    tool has returned.
    """
    if refusal := _refusal(proposal, diagnosis, observed):
        return Judgement(permission=Permission.REFUSE, reason=refusal)
    autonomy = autonomy_for(policy, team, proposal.action)
    if autonomy in {"observe", "propose"}:
        return Judgement(
            permission=Permission.REFUSE, reason=f"The policy for {_whom(team)} is “{autonomy}”: nothing is run."
        )
    if autonomy == "auto" and not (doubt := _doubt(proposal, diagnosis, findings, policy)):
        return Judgement(permission=Permission.RUN, reason=f"The policy for {_whom(team)} lets {proposal.action} run.")
    return Judgement(
        permission=Permission.ASK,
        reason=doubt if autonomy == "auto" else f"The policy for {_whom(team)} is to ask a human.",
    )


def quorum(risk: Risk) -> int:
    """How many people must approve an action of that risk."""
    return _QUORUM[risk]


def controls(policy: Policy, code: str) -> str:
    """What a proposal was judged by: when either has changed since, it is judged anew. `code`: digest of the tools."""
    return digest([policy.model_dump(mode="json"), code])


def autonomy_for(policy: Policy, team: str, action: str) -> Autonomy:
    """The action's own setting, or else the team's, or else the general one: of several, the most careful."""
    set_here = [found for found in (policy.per_action.get(action), policy.per_team.get(team)) if found is not None] or [
        policy.autonomy
    ]
    return more_careful(*set_here)


def more_careful(*settings: Autonomy) -> Autonomy:
    """The one that leaves the most to people."""
    order: list[Autonomy] = ["observe", "propose", "approve", "auto"]
    return min(settings, key=order.index)


def _refusal(proposal: Proposal, diagnosis: Diagnosis, observed: frozenset[str]) -> str:
    if diagnosis.verdict is not Verdict.CAUSE:
        return f"No action on a diagnosis that is {diagnosis.verdict}."
    for target in (diagnosis.component, *proposal.targets):
        if target not in observed:
            return f"No tool has ever returned a component named {target!a}."
    return ""


def _doubt(proposal: Proposal, diagnosis: Diagnosis, findings: Diagnosis, policy: Policy) -> str:
    """Why a human is asked although the policy says auto; empty when there is no doubt."""
    if proposal.risk is not policy.auto_risk:
        because = f" ({proposal.factors[0].sentence})" if proposal.factors else ""
        return f"Its risk is {proposal.risk}{because}; only {policy.auto_risk} risk runs by itself."
    if not proposal.reversible:
        return "It cannot be undone."
    if diagnosis.confidence < policy.min_confidence:
        return (
            f"The diagnosis is {diagnosis.confidence:.0%} sure; {policy.min_confidence:.0%} is needed to act unasked."
        )
    return _unsupported(diagnosis, findings)


def _unsupported(diagnosis: Diagnosis, findings: Diagnosis) -> str:
    """Whoever steers a model can have it say true things of a healthy component: its word alone runs nothing."""
    if findings.verdict is not Verdict.CAUSE:
        return f"The measurements alone name no cause; that it is {diagnosis.component} is for people to say."
    if findings.component != diagnosis.component:
        return f"The measurements alone name {findings.component}, and not {diagnosis.component}."
    return ""


def _whom(team: str) -> str:
    return f"team {team}" if team else "this incident"
