"""Is what the agent itself stands on in order?  Configuration, data folder, record, clock, queue, memory, runbooks."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from agent.domain.errors import AgentError
from agent.entrypoints.cli.checks.finding import DEADLINE, Finding, State, asked
from agent.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from agent.ports import Clock

_LOW_DISK = 1_000_000_000
"""Bytes; below this the record is in danger."""
_OLDEST_REDIS = (7, 0)
"""Its XAUTOCLAIM drops entries that are gone; older ones hand them out."""


async def configuration(settings: Settings) -> Finding:
    try:
        config = settings.config()
    except AgentError as error:
        return Finding("configuration", State.BROKEN, str(error), "docs/configuration.md has every key.")
    if settings.config_file is None:
        return Finding("configuration", State.OK, "the defaults: nothing is done in the world (autonomy: observe)")
    return Finding("configuration", State.OK, f"{settings.config_file}, autonomy: {config.policy.autonomy}")


async def data_folder(settings: Settings) -> Finding:
    folder = settings.data
    if not folder.exists():
        return _future_folder(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("data folder", State.BROKEN, f"{folder} cannot be written", f"Run: chown -R $USER {folder}")
    if folder.stat().st_mode & 0o077:
        return Finding("data folder", State.BROKEN, f"others can read {folder}", f"Run: chmod -R go= {folder}")
    free = shutil.disk_usage(folder).free
    if free < _LOW_DISK:
        return Finding("data folder", State.BROKEN, f"{free / 1e9:.1f} GB are left", "Make room, or move AGENT_DATA.")
    return Finding("data folder", State.OK, f"{folder}, {free / 1e9:.0f} GB free")


def _future_folder(folder: Path) -> Finding:
    above = next(parent for parent in folder.absolute().parents if parent.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        return Finding("data folder", State.BROKEN, f"{folder} cannot be made", "Set AGENT_DATA to another folder.")
    return Finding("data folder", State.OK, f"{folder} will be made at the first start")


async def record(settings: Settings) -> Finding:
    from sqlalchemy.exc import SQLAlchemyError

    from agent.storage.schema import remedy

    try:
        found, wanted, paused = await asyncio.to_thread(_record, settings)
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return Finding("record", State.BROKEN, reason, remedy(settings.database))
    kind = settings.database.split(":")[0].split("+")[0]
    if not found:
        return Finding("record", State.OK, f"{kind}, empty: the first start fills it")
    if found != wanted:
        return Finding("record", State.BROKEN, f"{kind} at {found}, wanted {wanted}", "Run: incident-agent migrate")
    if paused:
        mend = "A person or a restore has paused them. Once you have looked why, run: incident-agent actions resume"
        return Finding("record", State.OK, f"{kind} at {found}; every action is paused", mend)
    return Finding("record", State.OK, f"{kind} at {found}")


def _record(settings: Settings) -> tuple[str, str, bool]:
    """(the database's revision, the newest, whether every action is paused); empty for one that does not exist yet."""
    from sqlalchemy import make_url

    from agent.storage.schema import newest, revision
    from agent.storage.switches import actions_paused

    wanted = newest()
    # Connecting to a SQLite file that is not there would make it.
    if not settings.shared and not Path(make_url(settings.database).database or "").exists():
        return "", wanted, False
    with _connected(settings) as connection:
        found = revision(connection)
        return found, wanted, found == wanted and actions_paused(connection)


async def clock(settings: Settings, host: "Clock | None" = None) -> Finding:
    """Does this host's agree with the database's, by which jobs go where hosts share one?"""
    from sqlalchemy.exc import SQLAlchemyError

    from agent.bootstrap.machine import SystemClock
    from agent.storage.timing import KEEP_IN_STEP, OUT_OF_STEP, told

    if not settings.shared:
        return Finding("clock", State.OK, "this host's; no other works on the record")
    try:
        lead = await asyncio.to_thread(_lead, settings, host or SystemClock())
    except (SQLAlchemyError, OSError):
        return Finding("clock", State.BROKEN, "not compared: the record does not answer", "Mend the record first.")
    if abs(lead) > OUT_OF_STEP:
        return Finding("clock", State.BROKEN, told(lead), KEEP_IN_STEP)
    return Finding("clock", State.OK, f"within {OUT_OF_STEP.total_seconds():g} s of the database's")


def _lead(settings: Settings, host: "Clock") -> timedelta:
    from agent.storage.timing import ahead

    with _connected(settings) as connection:
        return ahead(connection, host)


@contextmanager
def _connected(settings: Settings) -> "Iterator[Connection]":
    from sqlalchemy import create_engine

    from agent.storage.engine import patience

    engine = create_engine(settings.database, connect_args=patience() if settings.shared else {})
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


async def queue(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return Finding("queue", State.OK, "embedded, in the record")
    from redis.asyncio import Redis
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
    from redis.retry import Retry

    mend = "Check AGENT_REDIS_URL, and that Redis is up. Until then jobs are taken from the record, a little later."
    try:
        redis = Redis.from_url(
            settings.redis_url.get_secret_value(),
            socket_timeout=DEADLINE.total_seconds(),
            socket_connect_timeout=DEADLINE.total_seconds(),
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        return Finding("queue", State.BROKEN, str(error), "Set AGENT_REDIS_URL to redis://... or rediss://...")
    try:
        version = str((await redis.info("server"))["redis_version"])
    except (RedisError, OSError) as error:
        return Finding("queue", State.BROKEN, str(error), mend)
    finally:
        await redis.aclose()
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_REDIS:
        return Finding("queue", State.BROKEN, f"Redis {version} is too old", "Use 7.0 or newer, or Valkey.")
    return Finding("queue", State.OK, f"Redis {version}")


async def memory(settings: Settings) -> Finding:
    if settings.chroma_url:
        return await asked("memory", settings.chroma_url, "/api/v2/heartbeat", "AGENT_CHROMA_URL")
    if settings.embeddings:
        from agent.bootstrap.knowledge import embeddings_of

        try:
            embeddings_of(settings)
        except AgentError as error:
            return Finding("memory", State.BROKEN, str(error), "Mend AGENT_EMBEDDINGS, or unset it.")
        return Finding("memory", State.OK, f"embedded Chroma, vectors by {settings.embeddings}")
    from agent.memory.minilm import MiniLM, ModelFilesMissing

    try:
        await asyncio.to_thread(MiniLM.check)
    except ModelFilesMissing as missing:
        return Finding("memory", State.OK, f"embedded Chroma, vectors by hashing: {missing}", "Run: make setup")
    return Finding("memory", State.OK, "embedded Chroma, vectors by MiniLM on this machine")


async def runbooks(settings: Settings) -> Finding:
    from agent.catalogue.lint import survey

    actions, problems = await asyncio.to_thread(survey, settings.runbooks)
    if problems:
        return Finding("runbooks", State.BROKEN, f"{problems[0]}", "Run: incident-agent runbooks lint")
    return Finding("runbooks", State.OK, f"{len(actions)} actions in {settings.runbooks}")


async def address(settings: Settings) -> Finding:
    if settings.host in {"127.0.0.1", "::1", "localhost"}:
        return Finding("address", State.OK, f"{settings.host}:{settings.port}, this machine alone")
    return Finding(
        "address",
        State.OK,
        f"{settings.host}:{settings.port}, reachable from outside",
        "Put TLS in front of it; keys travel with every request.",
    )
