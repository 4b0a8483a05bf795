"""Where does a run go next? Pure functions of the state."""

from typing import Literal

from agent.domain.remediation import Permission
from agent.graph.state import State


def after_start(state: State) -> Literal["triage", "learn"]:
    return "learn" if state["purpose"] == "learn" else "triage"


def after_recheck(state: State) -> Literal["investigate", "diagnose"]:
    """What is the same again needs no investigation."""
    return "diagnose" if state["precedent"] else "investigate"


def after_plan(state: State) -> Literal["approve", "remediate", "report"]:
    """A human is asked, or the policy has allowed it, or there is nothing to do."""
    judgement = state.get("judgement")
    if judgement is None:
        return "report"
    match Permission(judgement["permission"]):
        case Permission.ASK:
            return "approve"
        case Permission.RUN:
            return "remediate"
        case Permission.REFUSE:
            return "report"


def after_approve(state: State) -> Literal["remediate", "report"]:
    """A no, or no answer, stops here: never the next idea."""
    return "remediate" if state["decision"]["status"] == "approved" else "report"


def after_remediate(state: State) -> Literal["verify", "report"]:
    effect = state.get("effect")
    return "verify" if effect and effect["status"] == "done" else "report"
