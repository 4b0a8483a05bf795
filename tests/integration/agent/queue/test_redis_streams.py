"""Does every job get done, whatever happens to Redis?"""

import asyncio
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from redis.exceptions import RedisError

from agent.domain.job import Job, JobKind
from agent.queue.announcements import ANNOUNCED, GROUP, STREAMS, Announcements
from agent.queue.redis_streams import RedisQueue, redis_queue
from agent.storage.jobs import SqlJobs
from tests.clocks import Clock
from tests.farends.redis import HOW, RedisServer, redis_server
from tests.integration.agent.queue.conftest import LENGTH, Waiting, through
from tests.system import program

pytestmark = pytest.mark.system

PATIENCE = 60.0


@pytest.fixture
def address(tmp_path: Path) -> str:
    """The record is SQLite here: what is tried is Redis."""
    return f"sqlite:///{tmp_path / 'agent.db'}"


def _job(number: int, priority: int = 2) -> Job:
    return Job(id=f"job-{number}", kind=JobKind.INVESTIGATE, incident=f"inc-{number}", priority=priority)


async def _done(waiting: Waiting, number: int) -> list[str]:
    """Do so many jobs as a worker does; their ids."""
    done: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while len(done) < number:
            if lease := await waiting.queue.lease("w", LENGTH):
                done.append(lease.job.id)
                await waiting.queue.acknowledge(lease)
            else:
                await waiting.queue.wait(timedelta(seconds=1))
    return sorted(done)


async def test_what_one_process_puts_another_does(redis: RedisServer, jobs: SqlJobs) -> None:
    async with through(redis, jobs) as web, through(redis, jobs) as worker:
        await web.put("a")
        assert await _done(worker, 1) == ["a"]


async def test_jobs_put_while_redis_is_down_are_done_meanwhile_and_those_after_it_too(
    redis: RedisServer, jobs: SqlJobs
) -> None:
    async with through(redis, jobs) as waiting:
        redis.kill()
        await waiting.put("while down")
        assert await _done(waiting, 1) == ["while down"]
        redis.start()
        await waiting.put("after")
        assert await _done(waiting, 1) == ["after"]


async def test_with_nothing_to_announce_it_is_known_too_whether_redis_answers(
    redis: RedisServer, jobs: SqlJobs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "agent.queue.redis_streams")
    async with through(redis, jobs) as waiting:
        redis.kill()
        await waiting.publish()
        await waiting.publish()
        redis.start()
        await waiting.publish()
    assert [told.message for told in caplog.records if told.name == "agent.queue.redis_streams"] == [
        "Redis does not answer; jobs are taken from the record",
        "Redis answers again",
    ]


async def test_a_redis_that_hangs_is_waited_for_once(redis: RedisServer, jobs: SqlJobs) -> None:
    async with through(redis, jobs) as waiting:
        redis.hang()
        await waiting.put("a")
        await waiting.put("b", "inc-2")
        assert await _done(waiting, 2) == ["a", "b"]


async def test_a_wiped_redis_is_filled_again_from_the_record(redis: RedisServer, jobs: SqlJobs) -> None:
    async with through(redis, jobs) as waiting:
        for number in range(20):
            await jobs.put(_job(number))
        await waiting.publish()
        with redis.client() as client:
            assert client.xlen(STREAMS[2]) == 20
            client.flushall()
            await waiting.publish()
            assert client.xlen(STREAMS[2]) == 20
        assert await _done(waiting, 20) == sorted(f"job-{number}" for number in range(20))


async def test_what_redis_keeps_for_a_reader_that_died_is_found_on_the_record(
    redis: RedisServer, jobs: SqlJobs
) -> None:
    """As when its clock was set back after the reader had died: by that it holds it since a moment that is to come."""
    async with through(redis, jobs, unsettled=timedelta(days=3)) as waiting:
        await waiting.put("a")
        await waiting.publish()
        assert isinstance(waiting.queue, RedisQueue)
        assert await waiting.queue._announcements.take("died") is not None
        await waiting.publish()
        assert await waiting.queue.lease("w", LENGTH) is None
        waiting.queue._look = 0.0
        assert await _done(waiting, 1) == ["a"]


async def test_announcements_that_were_trimmed_away_are_made_again(redis: RedisServer, jobs: SqlJobs) -> None:
    async with through(redis, jobs) as waiting:
        await waiting.put("a")
        await waiting.publish()
        with redis.client() as client:
            client.xtrim(STREAMS[2], maxlen=0)
        await waiting.publish()
        assert await _done(waiting, 1) == ["a"]


async def test_a_job_is_announced_once_and_nothing_is_left_of_it_when_it_is_leased(
    redis: RedisServer, jobs: SqlJobs
) -> None:
    async with through(redis, jobs) as one, through(redis, jobs) as other:
        await one.put("a")
        await asyncio.gather(one.publish(), other.publish(), one.publish())
        with redis.client() as client:
            assert (client.xlen(STREAMS[2]), list(client.hgetall(ANNOUNCED))) == (1, ["a"])
            await one.lease()
            await one.publish()
            assert (client.xlen(STREAMS[2]), client.hgetall(ANNOUNCED)) == (0, {})
            assert client.xpending(STREAMS[2], GROUP)["pending"] == 0


async def test_a_worker_that_died_before_it_had_the_job_hands_its_announcement_on(
    redis: RedisServer, jobs: SqlJobs
) -> None:
    async with through(redis, jobs, unsettled=timedelta(milliseconds=50)) as waiting:
        await waiting.put("a")
        await waiting.publish()
        dead = Announcements(redis.url)
        assert await dead.take("dead") is not None
        await dead.close()
        assert await _done(waiting, 1) == ["a"]


async def test_a_backlog_larger_than_a_stream_is_done_whole(redis: RedisServer, jobs: SqlJobs) -> None:
    async with through(redis, jobs, most=5) as waiting:
        for number in range(30):
            await jobs.put(_job(number))
        await waiting.publish()
        with redis.client() as client:
            assert client.xlen(STREAMS[2]) == 5
        assert await _done(waiting, 30) == sorted(f"job-{number}" for number in range(30))


async def test_what_strangers_write_into_a_stream_stops_nobody(redis: RedisServer, jobs: SqlJobs) -> None:
    async with through(redis, jobs) as waiting:
        with redis.client() as client:
            client.xadd(STREAMS[0], {"job": "unheard of"})
            client.xadd(STREAMS[0], {"x": b"\xff\x00", "y": "z"})
        await waiting.put("a")
        assert await _done(waiting, 1) == ["a"]


async def test_without_room_in_redis_jobs_are_taken_from_the_record(redis: RedisServer, jobs: SqlJobs) -> None:
    async with through(redis, jobs) as waiting:
        with redis.client() as client:
            client.config_set("maxmemory", "1")
        await waiting.put("a")
        assert await _done(waiting, 1) == ["a"]


async def test_it_can_be_left_at_any_moment(redis: RedisServer, jobs: SqlJobs) -> None:
    """Also as an answer of Redis comes, when a cancellation is easily lost."""
    for moment in range(60):
        async with asyncio.timeout(PATIENCE), through(redis, jobs):
            for _ in range(moment):
                await asyncio.sleep(0)


async def test_consumers_of_workers_long_gone_are_forgotten(redis: RedisServer) -> None:
    gone, new = Announcements(redis.url), Announcements(redis.url, gone=timedelta(milliseconds=-1))
    await gone.announce([_job(1)])
    told = await gone.take("gone")
    assert told is not None
    await gone.settle(told)
    await new.tidy()
    with redis.client() as client:
        assert client.xinfo_consumers(STREAMS[2], GROUP) == []
    await gone.close()
    await new.close()


@pytest.fixture
def with_password() -> Iterator[RedisServer]:
    options = ("--requirepass", "s3cret-word")
    with redis_server(program("redis-server", HOW), options, "redis://:s3cret-word@127.0.0.1:{port}/0") as server:
        yield server


async def test_a_password_in_the_address_is_shown_and_a_wrong_one_leaves_the_record(
    with_password: RedisServer, jobs: SqlJobs
) -> None:
    wrong = with_password.url.replace("s3cret", "other")
    for url in (with_password.url, wrong):
        async with redis_queue(Announcements(url), jobs, Random(1)) as queue:
            waiting = Waiting(queue, queue._sweep)
            await waiting.put(url)
            assert await _done(waiting, 1) == [url]
            assert queue._answers is (url != wrong)


async def test_it_speaks_tls_and_trusts_no_other_certificate(tmp_path: Path, jobs: SqlJobs, clock: Clock) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = [program("openssl", "apt-get install openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
    made += ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run(made, check=True, capture_output=True, timeout=60)
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key))
    options = ("--port", "0", "--tls-port", "{port}", *files, "--tls-auth-clients", "no")
    url = f"rediss://127.0.0.1:{{port}}/0?ssl_ca_certs={certificate}"
    with redis_server(program("redis-server", HOW), options, url) as server:
        trusting, suspicious = Announcements(server.url), Announcements(server.url.partition("?")[0])
        assert await trusting.announce([_job(1)]) == 1
        with pytest.raises(RedisError, match=r"CERTIFICATE_VERIFY_FAILED|certificate verify failed"):
            await suspicious.announce([_job(2)])
        await trusting.close()
        await suspicious.close()
