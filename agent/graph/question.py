"""What exactly is a human shown before deciding? Arguments first, nothing that could hide them."""

import unicodedata

from pydantic import JsonValue

from agent.domain.hypothesis import Diagnosis
from agent.domain.remediation import Judgement, Proposal, Risk
from agent.policy.approval import quorum


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
        f"Why: {diagnosis.summary} ({diagnosis.fault}, {diagnosis.confidence:.0%} sure)",
        f"You are asked because: {judgement.reason}",
        *([f"Needs: {quorum(proposal.risk)} people"] if quorum(proposal.risk) > 1 else []),
        f"Digest: {proposal.digest}",
    ]
    return "\n".join(visible(line) for line in lines)


def _told(observed: JsonValue) -> str:
    """What the precondition read, as `version = 2.4.0, pid = 17`."""
    match observed:
        case None:
            return "not read"
        case dict():
            return ", ".join(f"{name} = {value}" for name, value in observed.items())
        case _:
            return str(observed)


def visible(line: str) -> str:
    """Control, bidirectional and zero-width characters written out, so that none of them can rearrange what is read."""
    return "".join(
        f"\\u{ord(character):04x}"
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        else character
        for character in line
    )
