"""Where is everything kept? The database and what stands on it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from agent.bootstrap.roots import chain_of
from agent.bootstrap.tokens import people_with_tokens
from agent.domain.errors import ConfigurationError
from agent.identity.secrets import Secrets
from agent.ports import Clock
from agent.queue.sql import SqlQueue
from agent.service.approvers import Approvers
from agent.settings import Settings
from agent.storage.anchors import Anchors
from agent.storage.approvals import SqlApprovals
from agent.storage.checkpoints import postgres_checkpoints, sqlite_checkpoints
from agent.storage.database import Database
from agent.storage.duties import Duties
from agent.storage.effects import SqlLedger
from agent.storage.incidents import SqlIncidents
from agent.storage.jobs import SqlJobs
from agent.storage.journal import Chain, SqlJournal
from agent.storage.lessons import SqlLessons
from agent.storage.schema import migrate
from agent.storage.threads import Threads


@dataclass(frozen=True, kw_only=True)
class Record:
    database: Database
    chain: Chain
    journal: SqlJournal
    incidents: SqlIncidents
    approvals: SqlApprovals
    ledger: SqlLedger
    lessons: SqlLessons
    queue: SqlQueue
    duties: Duties
    checkpoints: BaseCheckpointSaver[Any]
    threads: Threads
    approvers: Approvers
    anchors: Anchors


@asynccontextmanager
async def open_record(settings: Settings, clock: Clock, secrets: Secrets) -> AsyncIterator[Record]:
    """The database in its newest shape; closed at the end."""
    database = Database(settings.database)
    opened = AsyncExitStack()
    try:
        migrate(database)
        chain = chain_of(secrets, clock)
        anchors = Anchors(settings.anchors, database, chain, clock)
        anchors.open()
        config = settings.config()
        approvers = Approvers(config.teams, clock, people_with_tokens(settings, config))
        duties = await opened.enter_async_context(Duties(settings.database))
        jobs = SqlJobs(database, chain, clock)
        if not settings.shared:
            # The folder is ours alone, so whoever worked on it before is gone.
            await jobs.orphan()
        queue = await opened.enter_async_context(_open_queue(settings, jobs))
        sealed = secrets.derive("checkpoints"), secrets.former("checkpoints")
        saver = (
            sqlite_checkpoints(settings.checkpoints, database, *sealed)
            if settings.checkpoints
            else postgres_checkpoints(settings.database, *sealed)
        )
        async with saver as checkpoints, aclosing(anchors):
            yield Record(
                database=database,
                chain=chain,
                journal=SqlJournal(database, chain),
                incidents=SqlIncidents(database, chain, clock),
                approvals=SqlApprovals(database, chain, clock),
                ledger=SqlLedger(database, chain, clock, may=approvers.still, anchors=anchors),
                lessons=SqlLessons(database, clock),
                queue=queue,
                duties=duties,
                checkpoints=checkpoints,
                threads=Threads(database, settings.checkpoints, checkpoints),
                approvers=approvers,
                anchors=anchors,
            )
    finally:
        await opened.aclose()
        database.close()


@asynccontextmanager
async def _open_queue(settings: Settings, jobs: SqlJobs) -> AsyncIterator[SqlQueue]:
    """The embedded one, or Redis in front of it when there is one."""
    chance = Random()  # noqa: S311 (jitter, not a secret)
    if settings.redis_url is None:
        yield SqlQueue(jobs, chance)
        return
    from agent.queue.announcements import Announcements
    from agent.queue.redis_streams import redis_queue

    try:
        announcements = Announcements(settings.redis_url.get_secret_value())
    except ValueError as error:
        raise ConfigurationError(f"AGENT_REDIS_URL is no address of a Redis: {error}.") from None
    async with redis_queue(announcements, jobs, chance) as queue:
        yield queue
