"""Can what a human is shown be made to look like something else?"""

import pytest

from agent.domain.hypothesis import Diagnosis, Verdict
from agent.domain.remediation import Judgement, Permission, Proposal, Risk
from agent.graph.question import shown, visible


@pytest.mark.attack("S29")
def test_characters_that_rearrange_text_are_written_out() -> None:
    assert visible("cart\u202e\u200b\n\x1b[2Jx") == "cart\\u202e\\u200b\\u000a\\u001b[2Jx"


@pytest.mark.attack("S29")
def test_the_arguments_come_first_and_nothing_can_add_a_line() -> None:
    proposal = Proposal(
        incident="inc-1",
        run="inc-1.1",
        action="restart-service",
        action_digest="d",
        arguments={"service": "cart"},
        risk=Risk.LOW,
        reversible=True,
        blast_radius="one process",
        title="Restart cart",
        because="cart leaks",
        observed={"version": "2.4.0", "pid": 17},
        dry_run="POST /services/cart/restart",
    )
    diagnosis = Diagnosis(
        verdict=Verdict.CAUSE,
        analysed_by="analysis",
        component="cart",
        summary="It leaks\nservice = payment.",
        confidence=0.9,
    )
    judgement = Judgement(permission=Permission.ASK, reason="Low risk.")
    assert shown(proposal, diagnosis, judgement).splitlines() == [
        "Restart cart?",
        "  service = cart",
        "Would send: POST /services/cart/restart",
        "To undo: nothing; it cannot be undone by the agent",
        "Risk: low, touches one process",
        "Target now: version = 2.4.0, pid = 17",
        "Why: It leaks\\u000aservice = payment. (unknown, 90% sure)",
        "You are asked because: Low risk.",
        f"Digest: {proposal.digest}",
    ]
