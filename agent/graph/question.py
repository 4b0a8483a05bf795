"""What exactly is a human shown before deciding? Arguments first, nothing that could hide them."""

from pydantic import JsonValue

from agent.domain.approval import Approval
from agent.domain.hypothesis import Diagnosis
from agent.domain.remediation import Judgement, Proposal, Risk
from agent.policy.approval import quorum
from tools.invisible import written_out


def shown(proposal: Proposal, diagnosis: Diagnosis, judgement: Judgement) -> str:
    """The text every surface shows, line by line; it is stored, and its digest is part of what is approved."""
    lines = [
        f"{proposal.title}?",
        *(f"  {name} = {value}" for name, value in sorted(proposal.arguments.items())),
        f"Would send: {proposal.dry_run}",
        *([f"Dry run: {proposal.rehearsed}"] if proposal.rehearsed else []),
        f"To undo: {proposal.rollback or 'nothing; it cannot be undone by the agent'}",
        f"Risk: {proposal.risk}, touches {proposal.blast_radius}",
        *(f"  {factor.level}: {factor.sentence}" for factor in proposal.factors if factor.level is not Risk.LOW),
        f"Target now: {_told(proposal.observed)}",
        f"Why: {diagnosis.summary} ({diagnosis.fault.words}, {diagnosis.confidence:.0%} sure)",
        f"You are asked because: {judgement.reason}",
        *([f"Needs: {quorum(proposal.risk)} people"] if quorum(proposal.risk) > 1 else []),
        f"Digest: {proposal.digest}",
    ]
    return "\n".join(written_out(line) for line in lines)


def interruption(asked: Approval) -> dict[str, JsonValue]:
    """The question as LangGraph's Agent Inbox shows an interrupt (`HumanInterrupt` of langgraph.prebuilt.interrupt).

    Nothing may be edited: what was shown is what is approved. It is decided at our own doors, where the row is; a run
    that is merely woken stays as it was.
    """
    arguments: dict[str, JsonValue] = dict(asked.proposal.arguments)
    return {
        "approval": asked.id,
        "action_request": {"action": asked.proposal.action, "args": arguments},
        "config": {"allow_accept": True, "allow_ignore": True, "allow_respond": False, "allow_edit": False},
        "description": asked.shown,
    }


def _told(observed: JsonValue) -> str:
    """What the precondition read, as `version = 2.4.0, pid = 17`."""
    match observed:
        case None:
            return "not read"
        case dict():
            return ", ".join(f"{name} = {value}" for name, value in observed.items())
        case _:
            return str(observed)
