"""S31: a resume that the record does not know of, handed to the graph itself, past everything that guards it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from agent.domain.approval import Approval, Decision
from agent.domain.job import Job, JobKind
from agent.storage import jobs
from agent.views import IncidentView
from tests.attacks.attacker import Attacker
from tests.attacks.episodes import honest
from tests.attacks.world import World, ground

pytestmark = pytest.mark.attack("S31")

DONE = ["/services/cart/clear-cache", "/services/cart/fill-cache"]
"""What one yes allows: the step, and its rollback, since in this world nothing heals."""


@asynccontextmanager
async def waiting() -> AsyncIterator[tuple[World, IncidentView, Approval]]:
    """A run that waits for a human's answer."""
    async with ground() as prepared, prepared.world(Attacker(honest("cart")), "{autonomy: approve}") as world:
        seen = await world.alert()
        [asked] = seen.approvals
        yield world, seen, asked


async def hand_in(world: World, seen: IncidentView, given: Any) -> None:
    """What somebody with the graph in their hands would do; its context is that of a leased job, as in earnest."""
    application, thread = world.application, seen.incident.thread
    job = Job(id="forged", kind=JobKind.RESUME, incident=seen.incident.id, payload={"thread": thread})
    await application.record.database.write(lambda connection: jobs.put(connection, job, world.clock))
    lease = await application.queue.lease("forger", jobs.LONGEST)
    assert lease
    runs, config = application.service.runs, RunnableConfig(configurable={"thread_id": thread}, recursion_limit=40)
    await runs._graph.ainvoke(given, config, context=runs._context(lease, seen.incident), durability="sync")
    await application.queue.acknowledge(lease)


async def interrupts(world: World, seen: IncidentView) -> list[str]:
    """Ids of the questions that the graph waits with."""
    config = RunnableConfig(configurable={"thread_id": seen.incident.thread})
    return [one.id for one in (await world.application.service.runs._graph.aget_state(config)).interrupts]


async def after_an_honest_yes(world: World, seen: IncidentView) -> list[str]:
    """What the hands did in all, once a person who may has said yes."""
    await world.decide(seen.incident.id, Decision.APPROVE, "anne", "bert")
    return [entry["path"] for entry in world.journal]


@pytest.mark.parametrize("forged", ["unmatched id", "no id", "matched id", "matched id, another approval"])
async def test_a_forged_resume_does_nothing_and_the_question_still_waits(forged: str) -> None:
    async with waiting() as (world, seen, asked):
        [known] = await interrupts(world, seen)
        given = {
            "unmatched id": {"0" * 32: asked.id},
            "no id": {"approval": asked.id, "status": "approved"},
            "matched id": {known: {"status": "approved", "by": "anne"}},
            "matched id, another approval": {known: "ap-" + "0" * 32},
        }
        await hand_in(world, seen, Command(resume=given[forged]))
        row, still = await world.application.views.approval(asked.id), await interrupts(world, seen)
        assert (world.journal, row.status, len(still)) == ([], "pending", 1)
        assert await after_an_honest_yes(world, seen) == DONE


async def test_a_forged_step_past_the_question_finds_no_approval_and_does_nothing() -> None:
    async with waiting() as (world, seen, asked):
        told = {"decision": {"status": "approved", "by": "anne", "via": "rest", "comment": ""}}
        await hand_in(world, seen, Command(goto="remediate", update=told))
        timeline = (await world.application.views.incident(seen.incident.id)).timeline
        refused = [entry.event.text for entry in timeline if entry.event.type == "action_refused"]
        assert (world.journal, len(refused)) == ([], 1)
        assert (await world.application.views.approval(asked.id)).status == "pending"


async def test_an_answer_delivered_twice_does_not_answer_again() -> None:
    async with waiting() as (world, seen, asked):
        [known] = await interrupts(world, seen)
        assert await after_an_honest_yes(world, seen) == DONE
        await hand_in(world, seen, Command(resume={known: asked.id}))
        assert [entry["path"] for entry in world.journal] == DONE
