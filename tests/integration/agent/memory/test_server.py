"""Does the memory work over a Chroma server that workers share, and without one that is down or hangs?"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.domain.errors import ConfigurationError, MemoryUnavailable
from agent.memory.chroma import Deadlines, State
from agent.memory.embedding import HashingEmbedder
from agent.memory.index import Index
from agent.memory.place import Server
from tests.clocks import Clock
from tests.integration.agent.memory.remembering import Record, incidents, lesson, remembering

QUESTION = ("Checkout answers with 500", "checkout", ["CheckoutErrorRate"], "errors")


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server on an empty folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("chroma")
    program = Path(sys.executable).parent / "chroma"
    with subprocess.Popen(
        [str(program), "run", "--host", "127.0.0.1", "--port", str(port), "--path", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    ) as server:
        try:
            _until_it_listens(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


async def test_what_one_worker_remembers_or_forgets_another_knows(chroma: str) -> None:
    record = Record(lesson("i1"))
    async with (
        remembering(Server(chroma), record) as one,
        remembering(Server(chroma), record) as other,
    ):
        assert incidents(await one.recall(*QUESTION)) == ["i1"]
        record.lessons["i2"] = lesson("i2", title="Checkout answers 500")
        await other.remember([lesson("i2", title="Checkout answers 500")])
        assert sorted(incidents(await one.recall(*QUESTION))) == ["i1", "i2"]
        del record.lessons["i1"]
        assert await other.forget(["i1"]) == 1
        assert incidents(await one.recall(*QUESTION)) == ["i2"]


async def test_another_embedder_replaces_the_collection(chroma: str) -> None:
    class Newer(HashingEmbedder):
        id = "hashing-newer"

    record = Record(lesson("i1"))
    async with remembering(Server(chroma), record) as memory:
        assert (await memory.state()).embedder == "hashing-512-v1"
    async with remembering(Server(chroma), record, Newer()) as memory:
        assert incidents(await memory.recall(*QUESTION)) == ["i1"]
        assert await memory.state() == State(embedder="hashing-newer", lessons=1)


@pytest.mark.parametrize("later", [timedelta(seconds=31), -timedelta(hours=1)], ids=["later", "clock set back"])
async def test_a_server_that_is_down_is_said_and_tried_again_later(chroma: str, later: timedelta) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = Moved(f"http://127.0.0.1:{free.getsockname()[1]}")
    clock = Clock()
    async with remembering(place, Record(lesson("i1")), clock=clock) as memory:
        with pytest.raises(MemoryUnavailable, match="Could not connect to a Chroma server"):
            await memory.recall(*QUESTION)
        place.url = chroma
        with pytest.raises(MemoryUnavailable, match="Could not connect to a Chroma server"):
            await memory.recall(*QUESTION)
        clock.time += later
        assert incidents(await memory.recall(*QUESTION)) == ["i1"]


async def test_a_server_that_never_answers_holds_nobody_up(tmp_path: Path) -> None:
    deadlines = Deadlines(recall=timedelta(seconds=0.3), call=timedelta(seconds=0.6), retry=timedelta(0))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = Server(f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        async with remembering(place, Record(lesson("i1")), deadlines=deadlines) as memory:
            with pytest.raises(MemoryUnavailable, match="is being rebuilt from the record"):
                await memory.recall(*QUESTION)
            with pytest.raises(MemoryUnavailable, match="did not answer within"):
                await memory.state()
            with pytest.raises(MemoryUnavailable, match="busy with an earlier call"):
                await memory.recall(*QUESTION)
        assert time.monotonic() - started < 30


@pytest.mark.parametrize("url", ["chroma:8000", "ftp://chroma", "http://", "/data/chroma"])
def test_an_address_that_is_none_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an address such as http://chroma:8000"):
        Server(url)


class Moved:
    """A server whose address can be changed, to stand for one that comes up again."""

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self, embedder: str, dimension: int, *, fresh: bool) -> Index:
        return Server(self.url).open(embedder, dimension, fresh=fresh)

    def tidy(self) -> None: ...

    def release(self) -> None: ...


def _until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the Chroma server did not start")
