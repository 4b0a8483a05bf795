"""What is worth remembering, now that the incident is closed, and what is not any more?"""

from langgraph.runtime import Runtime

from agent.domain.errors import MemoryUnavailable
from agent.domain.event import Event, EventType
from agent.domain.wording import counted
from agent.graph.context import Context
from agent.graph.state import Found, State
from agent.ports import Lesson, Memory


async def learn(state: State, runtime: Runtime[Context]) -> Found:
    context, incident = runtime.context, state["incident"]
    if (leaned_on := await context.lessons.leaned_on(incident)) is not None:
        await _keep(leaned_on, _record_of(leaned_on), incident, context)
    if (lesson := await context.lessons.draft(incident)) is not None:
        await _keep(lesson, f"Learned: {lesson.cause}", incident, context)
    elif await context.lessons.drop([incident]):
        await _drop(incident, context)
    return {}


async def _keep(lesson: Lesson, text: str, incident: str, context: Context) -> None:
    """In the record first: the memory can be rebuilt from it."""
    await context.lessons.save(lesson)
    later = await _remembered(context.memory, lesson) if context.memory else ""
    await context.journal.record(Event(type=EventType.LEARNED, incident=incident, text=text + later))


async def _remembered(memory: Memory, lesson: Lesson) -> str:
    try:
        await memory.remember([lesson])
    except MemoryUnavailable as unavailable:
        return _later(unavailable)
    return ""


async def _drop(incident: str, context: Context) -> None:
    later = ""
    if context.memory is not None:
        try:
            await context.memory.forget([incident])
        except MemoryUnavailable as unavailable:
            later = _later(unavailable)
    text = f"Forgotten: what {incident} taught was wrong, as a person says, and what was right is not known.{later}"
    await context.journal.record(Event(type=EventType.LEARNED, incident=incident, text=text))


def _later(unavailable: MemoryUnavailable) -> str:
    return f" (the memory will be rebuilt from the record: {unavailable})"


def _record_of(lesson: Lesson) -> str:
    times = f"rightly {counted(lesson.helped, 'time')}, wrongly {counted(lesson.misled, 'time')}"
    return f"{lesson.incident} was taken for the cause of later incidents: {times}."
