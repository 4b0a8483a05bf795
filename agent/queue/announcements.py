"""What does Redis hold?  Announcements: "this job is due", one stream a priority, read by one consumer group.

An announcement is not the job. It goes as soon as the record says who has the job, and what was announced and is
lost is announced again from the record. So Redis may be wiped, and a stream never grows beyond MOST.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

from agent.domain.job import Job

MOST = 1000
"""Announcements a stream holds; what is due beyond that is announced when there is room."""
DEADLINE = timedelta(seconds=5)
"""For what one call asks of Redis."""
GROUP = "workers"
PRIORITIES = 5
UNSETTLED = timedelta(seconds=10)
"""An announcement that was read and not settled for so long is handed to another worker: its reader has died."""
GONE = timedelta(hours=1)
"""A consumer that has not been heard of for so long, and holds nothing, is forgotten."""

STREAMS = [f"{{agent}}:jobs:{priority}" for priority in range(PRIORITIES)]
"""The most urgent first. The braces keep all keys on one node of a Redis Cluster."""
ANNOUNCED = "{agent}:announced"
"""Hash: job -> its announcement, so that none is made twice."""
BELL = "{agent}:bell"
"""A stream of one entry that changes whenever something was announced."""


@dataclass(frozen=True)
class Announcement:
    stream: str
    id: str
    job: str


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """The client's own deadline is not used: before Python 3.12 its `asyncio.wait_for` forgets a cancellation that
    comes together with what it waits for, and whoever was to stop would go on for ever."""
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            yield
    except TimeoutError as error:
        raise NoAnswer(f"no answer within {DEADLINE.total_seconds():g} s") from error


class Announcements:
    """All of it raises RedisError when Redis does not answer in time, or refuses."""

    def __init__(self, url: str, *, most: int = MOST, unsettled: timedelta = UNSETTLED, gone: timedelta = GONE) -> None:
        """ValueError when the address is none."""
        self._most = most
        self._unsettled = unsettled
        self._gone = gone
        self._redis: Redis = Redis.from_url(
            url,
            decode_responses=True,
            encoding_errors="replace",
            socket_timeout=None,
            socket_connect_timeout=DEADLINE.total_seconds(),
            # Whoever calls knows better when to try again.
            retry=Retry(NoBackoff(), 0),
        )
        self._announce = self._redis.register_script(_ANNOUNCE)
        self._take = self._redis.register_script(_TAKE)
        self._settle = self._redis.register_script(_SETTLE)
        self._tidy = self._redis.register_script(_TIDY)
        self._heard = "0"

    @_in_time()
    async def announce(self, due: Sequence[Job]) -> int:
        """Those that are not announced yet, while there is room; how many that was. Redis is asked in any case."""
        if not due:
            await self._redis.ping()
            return 0
        args: list[str | int] = [self._most]
        for job in due:
            args += [job.id, 1 + min(max(job.priority, 0), PRIORITIES - 1)]
        return int(await self._announce(keys=[*STREAMS, ANNOUNCED, BELL], args=args))

    @_in_time()
    async def take(self, consumer: str) -> Announcement | None:
        """The most urgent that nobody has; or one whose reader has died before it was settled."""
        args: list[str | int] = [GROUP, consumer, _milliseconds(self._unsettled)]
        try:
            found = await self._take(keys=STREAMS, args=args)
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self._prepare()
            found = await self._take(keys=STREAMS, args=args)
        return Announcement(*found) if found else None

    @_in_time()
    async def settle(self, announcement: Announcement) -> None:
        """It has served: the record says who has the job, or that there is none."""
        args = [GROUP, announcement.id, announcement.job]
        await self._settle(keys=[announcement.stream, ANNOUNCED], args=args)

    @_in_time()
    async def listen(self, longest: timedelta) -> bool:
        """Until the bell rings; at most so long, which must be shorter than DEADLINE. Did it?"""
        heard: Any = await self._redis.xread({BELL: self._heard}, block=_milliseconds(longest))
        for _, entries in heard:
            self._heard = entries[-1][0]
        return bool(heard)

    @_in_time()
    async def tidy(self) -> None:
        """Forget the consumers of workers that are long gone."""
        await self._prepare()
        await self._tidy(keys=STREAMS, args=[GROUP, _milliseconds(self._gone)])

    async def close(self) -> None:
        await self._redis.aclose()

    async def _prepare(self) -> None:
        """The consumer group on every stream: Redis is new, or was wiped."""
        for stream in STREAMS:
            try:
                await self._redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise


def _milliseconds(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1000)


# Each script is one step for Redis: what it checks still holds when it writes.

_ANNOUNCE = """
local most, bell, announced = tonumber(ARGV[1]), table.remove(KEYS), table.remove(KEYS)
local made = 0
for i = 2, #ARGV, 2 do
  local job, stream = ARGV[i], KEYS[tonumber(ARGV[i + 1])]
  local known = redis.call('HGET', announced, job)
  local there = known and #redis.call('XRANGE', stream, known, known) > 0
  if not there and redis.call('XLEN', stream) < most then
    redis.call('HSET', announced, job, redis.call('XADD', stream, '*', 'job', job))
    made = made + 1
  end
end
if made > 0 then redis.call('XADD', bell, 'MAXLEN', 1, '*', 'announced', made) end
return made
"""

_TAKE = """
local group, consumer, idle = ARGV[1], ARGV[2], ARGV[3]
for _, stream in ipairs(KEYS) do
  local entry = redis.call('XAUTOCLAIM', stream, group, consumer, idle, '0-0', 'COUNT', 1)[2][1]
  if not entry then
    local read = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', 1, 'STREAMS', stream, '>')
    entry = read and read[1][2][1]
  end
  if entry then return {stream, entry[1], entry[2][2]} end
end
return nil
"""

_SETTLE = """
local stream, announced, group, id, job = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
redis.call('XACK', stream, group, id)
redis.call('XDEL', stream, id)
if redis.call('HGET', announced, job) == id then redis.call('HDEL', announced, job) end
"""

_TIDY = """
for _, stream in ipairs(KEYS) do
  for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', stream, ARGV[1])) do
    local consumer = {}
    for i = 1, #fields, 2 do consumer[fields[i]] = fields[i + 1] end
    if consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
      redis.call('XGROUP', 'DELCONSUMER', stream, ARGV[1], consumer.name)
    end
  end
end
"""
