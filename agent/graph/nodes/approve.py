"""Does a human allow it? The graph waits here, for as long as it takes."""

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agent.domain.approval import ApprovalStatus
from agent.graph.context import Context
from agent.graph.question import interruption
from agent.graph.state import Answer, Found, State


async def approve(state: State, runtime: Runtime[Context]) -> Found:
    asked = await runtime.context.approvals.get(str(state["approval"]))
    # No side effect above this line: on resume LangGraph runs the node again from the top.
    # Come here again after a crash it may have been answered already, and nobody would wake who waits then.
    while asked.status is ApprovalStatus.PENDING:
        interrupt(interruption(asked))
        # The row decides, not what the resume carried: whoever wakes the graph cannot approve by doing so.
        asked = await runtime.context.approvals.get(asked.id)
    who = " and ".join(asked.approvers) if asked.status is ApprovalStatus.APPROVED else asked.decided_by
    return {"decision": Answer(status=asked.status.value, by=who, via=asked.decided_via, comment=asked.comment)}
