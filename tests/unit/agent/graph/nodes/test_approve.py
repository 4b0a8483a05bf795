"""When does a run wait for a human, and when has it been answered already?"""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from langgraph.runtime import Runtime

from agent.domain.approval import Approval, ApprovalStatus, Decision, Vote
from agent.graph.context import Context
from agent.graph.nodes.approve import approve
from agent.graph.state import Answer, Found, State
from tests.unit.agent.graph.test_question import PROPOSAL

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Desk:
    """The approvals as the node sees them: one row."""

    def __init__(self, status: ApprovalStatus) -> None:
        self.row = Approval(
            id="ap-1",
            incident="inc-1",
            proposal=PROPOSAL,
            reason="Medium risk.",
            shown="Restart cart?",
            status=status,
            created_at=NOW,
            expires_at=NOW + timedelta(hours=1),
            decided_by="ann",
            decided_via="rest",
            votes=(Vote(who="ann", decision=Decision.APPROVE, via="rest", at=NOW),),
        )

    async def get(self, _: str) -> Approval:
        return self.row


async def _approved(status: ApprovalStatus) -> Found:
    runtime = SimpleNamespace(context=SimpleNamespace(approvals=Desk(status)))
    return await approve(cast("State", {"approval": "ap-1"}), cast("Runtime[Context]", runtime))


async def test_a_question_that_was_answered_before_the_run_came_here_again_is_not_waited_for() -> None:
    assert await _approved(ApprovalStatus.APPROVED) == {
        "decision": Answer(status="approved", by="ann", via="rest", comment="")
    }


async def test_a_question_that_is_open_is_waited_for() -> None:
    with pytest.raises(RuntimeError, match="outside of a runnable context"):
        await _approved(ApprovalStatus.PENDING)
