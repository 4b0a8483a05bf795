"""What is the cause, as far as the evidence bears it out?"""

from typing import Any

from langgraph.runtime import Runtime

from agent.domain.hypothesis import Diagnosis, Usage
from agent.graph.context import Context
from agent.graph.state import State


async def diagnose(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    diagnosis, usage = Diagnosis.model_validate(state["findings"]), Usage()
    await runtime.context.incidents.save_diagnosis(state["incident"], state["run"], diagnosis, usage)
    return {"diagnosis": diagnosis.model_dump(mode="json"), "usage": usage.model_dump(mode="json")}
