"""Can what a human is shown be made to look like something else?"""

from datetime import UTC, datetime

import pytest
from langgraph.prebuilt.interrupt import HumanInterrupt
from pydantic import TypeAdapter

from agent.domain.approval import Approval, ApprovalStatus
from agent.domain.hypothesis import Diagnosis, Verdict
from agent.domain.remediation import Judgement, Permission, Proposal, Risk
from agent.graph.question import interruption, shown

PROPOSAL = Proposal(
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


@pytest.mark.attack("S29")
def test_the_arguments_come_first_and_nothing_can_add_a_line() -> None:
    diagnosis = Diagnosis(
        verdict=Verdict.CAUSE,
        analysed_by="analysis",
        component="cart",
        summary="It leaks\nservice = payment.",
        confidence=0.9,
    )
    judgement = Judgement(permission=Permission.ASK, reason="Low risk.")
    assert shown(PROPOSAL, diagnosis, judgement).splitlines() == [
        "Restart cart?",
        "  service = cart",
        "Would send: POST /services/cart/restart",
        "To undo: nothing; it cannot be undone by the agent",
        "Risk: low, touches one process",
        "Target now: version = 2.4.0, pid = 17",
        "Why: It leaks\\u000aservice = payment. (unknown, 90% sure)",
        "You are asked because: Low risk.",
        f"Digest: {PROPOSAL.digest}",
    ]


def test_an_agent_inbox_can_show_the_question_and_change_nothing_about_it() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    asked = Approval(
        id="ap-1",
        incident="inc-1",
        proposal=PROPOSAL,
        reason="a human is asked",
        shown="Restart cart?",
        status=ApprovalStatus.PENDING,
        created_at=now,
        expires_at=now,
    )

    found = interruption(asked)

    assert TypeAdapter(HumanInterrupt).validate_python(found) == {
        "action_request": {"action": PROPOSAL.action, "args": PROPOSAL.arguments},
        "config": {"allow_accept": True, "allow_ignore": True, "allow_respond": False, "allow_edit": False},
        "description": "Restart cart?",
    }
    assert found["approval"] == "ap-1"
