"""A leased job is worked on: the graph starts, or goes on where it stood."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import RunControl
from langgraph.types import Command, StateSnapshot

from agent.domain.approval import ApprovalStatus
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.job import JobKind, Lease
from agent.graph.build import Graph
from agent.graph.context import Context
from agent.graph.state import Start
from agent.storage import approval_rows, incidents
from agent.storage.checkpoints import LEASE
from agent.storage.database import Database
from agent.tracing import span

STEPS = 40
"""Graph steps a run may take; the graph has no loops, so this is never reached by a sound run."""


class Runs:
    def __init__(self, database: Database, graph: Graph, context: Callable[[Lease, Incident], Context]) -> None:
        """`context` makes what the nodes of one run may use, fenced by the lease."""
        self._database = database
        self._graph = graph
        self._context = context

    async def run(
        self, lease: Lease, control: RunControl | None = None, aside: Callable[[], None] = lambda: None
    ) -> None:
        """Work on the job until it ends or waits for a human. Safe to call again after a crash at any point.

        `aside` is called when from then on it only watches what its action did.
        Raises GraphDrained when `control` asked to stop between two steps.
        """
        job = lease.job
        incident = await self._database.read(lambda connection: incidents.get(connection, job.incident))
        if incident.status is IncidentStatus.CLOSED and job.kind is not JobKind.LEARN:
            return
        thread = str(job.payload.get("thread") or incident.thread)
        config = RunnableConfig(configurable={"thread_id": thread, LEASE: lease}, recursion_limit=STEPS)
        given = await self._next_input(lease, incident, thread, await self._graph.aget_state(config))
        if given is not _NOTHING:
            context = replace(self._context(lease, incident), aside=aside)
            with span(
                "invoke_agent incident-agent",
                gen_ai__operation__name="invoke_agent",
                gen_ai__agent__name="incident-agent",
                gen_ai__conversation__id=incident.id,
                incident_agent__job=job.kind.value,
                incident_agent__run=thread,
            ):
                await self._graph.ainvoke(given, config, context=context, durability="sync", control=control)

    async def _next_input(self, lease: Lease, incident: Incident, thread: str, stands: StateSnapshot) -> Any:
        """What to hand the graph: a start, an answer, None to go on, or nothing at all."""
        if not stands.values:
            learning = lease.job.kind is JobKind.LEARN
            return Start(purpose="learn" if learning else "investigate", incident=incident.id, run=thread)
        # Not `next`: that is empty too when a step's result was stored and the step after it was not yet begun.
        if not stands.tasks:
            return _NOTHING
        if not stands.interrupts:
            return None
        asked = stands.interrupts[0]
        approval = str(asked.value["approval"])
        row = await self._database.read(lambda connection: approval_rows.get(connection, approval))
        # Resumed by the interrupt's id: delivered twice, it cannot answer the next question.
        return _NOTHING if row.status is ApprovalStatus.PENDING else Command(resume={asked.id: approval})


_NOTHING = object()
