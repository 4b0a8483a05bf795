"""What is worth remembering, now that the incident is closed?"""

from typing import Any

from langgraph.runtime import Runtime

from agent.domain.errors import MemoryUnavailable
from agent.domain.event import Event, EventType
from agent.graph.context import Context
from agent.graph.state import State


async def learn(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    context = runtime.context
    lesson = await context.lessons.draft(state["incident"])
    if lesson is None:
        return {}
    await context.lessons.save(lesson)
    text = f"Learned: {lesson.cause}"
    if context.memory is not None:
        try:
            await context.memory.remember([lesson])
        except MemoryUnavailable as unavailable:
            text = f"{text} (the memory will be rebuilt from the record: {unavailable})"
    await context.journal.record(Event(type=EventType.LEARNED, incident=state["incident"], text=text))
    return {}
