"""What does a model find out, given what the data say?"""

from typing import Any

from langgraph.runtime import Runtime

from agent.graph.context import Context
from agent.graph.state import State


async def investigate(state: State, runtime: Runtime[Context]) -> dict[str, Any]:  # noqa: ARG001 (no model is asked)
    return {"inquiry": {}}
