"""A program for the tests that freeze it: it writes, stops itself in the midst, and tells how it ended once it woke.

python -m tests.integration.agent.storage.freezing checkpoint|writes|turn|third ADDRESS SECONDS LEASE

SECONDS are those after which what somebody has left open is ended. `third` does not stop.
"""

import asyncio
import os
import signal
import sys
from typing import Any

import psycopg
from langgraph.checkpoint.base import empty_checkpoint
from psycopg.types.string import StrDumper
from sqlalchemy import bindparam, update

from agent.domain.errors import LeaseLost
from agent.domain.job import Lease
from agent.storage import engine, transaction
from agent.storage.checkpoints import LEASE, postgres_checkpoints
from agent.storage.database import Database
from agent.storage.tables import tallies

KEY = b"k" * 32


class _Stops(str):
    """A word at which the process stops as it is to be sent, once."""

    def __hash__(self) -> int:
        return super().__hash__()


class _StopsDumper(StrDumper):
    stopped = False

    def dump(self, obj: str) -> bytes:
        if not _StopsDumper.stopped:
            _StopsDumper.stopped = True
            os.kill(os.getpid(), signal.SIGSTOP)
        return obj.encode()


async def _checkpoint(address: str, lease: Lease) -> None:
    """Two values of its state: it stops when the first is sent."""
    async with postgres_checkpoints(address, KEY) as saver:
        for _ in range(2):
            checkpoint = empty_checkpoint()
            values = {"first": {"epoch": lease.epoch}, _Stops("second"): {"epoch": lease.epoch}}
            checkpoint["channel_values"] = values
            versions: Any = dict.fromkeys(values, "1")
            checkpoint["channel_versions"] = versions
            await _told(saver.aput(_config(lease), checkpoint, {}, versions))


async def _writes(address: str, lease: Lease) -> None:
    async with postgres_checkpoints(address, KEY) as saver:
        writes = [("first", {"epoch": lease.epoch}), (_Stops("second"), {"epoch": lease.epoch})]
        for _ in range(2):
            await _told(saver.aput_writes(_config(lease, "1"), writes, "task"))


async def _turn(address: str, _: Lease) -> None:
    """Two rows in its turn to write: it stops when the first is sent."""
    await _count(address, "first", _Stops("second"))


async def _third(address: str, _: Lease) -> None:
    await _count(address, "third")


async def _count(address: str, *names: str) -> None:
    database = Database(address)
    change = update(tallies).where(tallies.c.name == bindparam("its_name")).values(number=tallies.c.number + 1)
    rows = [{"its_name": name} for name in names]
    await _told(database.write(lambda connection: connection.execute(change, rows) and None))
    database.close()


def _config(lease: Lease, checkpoint: str | None = None) -> Any:
    return {"configurable": {"thread_id": "inc-1.1", "checkpoint_ns": "", "checkpoint_id": checkpoint, LEASE: lease}}


async def _told(writing: Any) -> None:
    try:
        await writing
    except (LeaseLost, psycopg.Error) as error:
        print(type(error).__name__)
    else:
        print("written")


if __name__ == "__main__":
    what, address, seconds, lease = sys.argv[1:]
    engine.ABANDONED = transaction.FROZEN = int(seconds)
    psycopg.adapters.register_dumper(_Stops, _StopsDumper)
    writing = {"checkpoint": _checkpoint, "writes": _writes, "turn": _turn, "third": _third}[what]
    asyncio.run(writing(address, Lease.model_validate_json(lease)))
