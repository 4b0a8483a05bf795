import asyncio
import io
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from evals.lab.shop.calls import CallFailed
from evals.lab.shop.pool import StorePool
from evals.lab.shop.store import Database, Server
from evals.lab.shop.telemetry import Telemetry


def telemetry() -> Telemetry:
    return Telemetry("cart", "cart-x", "1.0.0", io.StringIO())


def address(listening: asyncio.Server) -> tuple[str, int]:
    host, port = listening.sockets[0].getsockname()
    return host, port


@asynccontextmanager
async def store(folder: Path) -> AsyncIterator[int]:
    """The real store on a port of its own."""
    server = Server(Database(folder / "store.sqlite", random.Random(1)), telemetry())
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    try:
        yield address(listening)[1]
    finally:
        listening.close()
        server.close()
        await listening.wait_closed()


async def test_what_was_put_into_a_cart_is_read_back(tmp_path: Path) -> None:
    async with store(tmp_path) as port:
        pool = StorePool(("127.0.0.1", port), 2, telemetry())
        await pool.ask("add", "t", user="u1", sku="sku-001", quantity=2)
        await pool.ask("add", "t", user="u1", sku="sku-001", quantity=1)
        cart = await pool.ask("cart", "t", user="u1")
        in_use = pool.in_use
        pool.close()

    assert (cart, in_use) == ([["sku-001", 3]], 0)


async def test_leaked_connections_exhaust_the_pool_and_a_larger_pool_helps(tmp_path: Path) -> None:
    async with store(tmp_path) as port:
        pool = StorePool(("127.0.0.1", port), 2, telemetry(), lambda: True, wait_s=0.05)
        for _ in range(2):
            await pool.ask("cart", "t", user="u1")
        with pytest.raises(CallFailed) as caught:
            await pool.ask("cart", "t", user="u1")
        await pool.resize(3)
        answer = await pool.ask("cart", "t", user="u1")
        pool.close()

    assert (caught.value.code, str(caught.value)) == (
        "pool",
        "timed out after 50 ms waiting for a store connection: 2 of 2 in use",
    )
    assert answer == []


async def test_a_store_that_says_no_is_a_failure_with_its_words(tmp_path: Path) -> None:
    async with store(tmp_path) as port:
        pool = StorePool(("127.0.0.1", port), 1, telemetry())
        with pytest.raises(CallFailed, match="reserve-by-site failed: no such column: site_quantity") as caught:
            await pool.ask("reserve-by-site", "t", sku="sku-001", quantity=1)
        pool.close()

    assert (caught.value.code, caught.value.status) == ("500", 502)


async def test_a_silent_store_is_given_up_on_and_its_connection_is_not_kept() -> None:
    writers: list[asyncio.StreamWriter] = []

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    pool = StorePool(address(listening), 1, telemetry(), deadline_s=0.05)
    for _ in range(2):
        with pytest.raises(CallFailed) as caught:
            await pool.ask("cart", "t", user="u1")
        assert (caught.value.code, caught.value.status, pool.in_use) == ("timeout", 504, 0)

    assert len(writers) == 2
    pool.close()
    for writer in writers:
        writer.close()
    listening.close()
    await listening.wait_closed()


async def test_a_connection_that_the_store_has_closed_is_not_used_again() -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(json.dumps({"ok": True, "result": "fresh"}).encode() + b"\n")
        writer.close()

    listening = await asyncio.start_server(once, "127.0.0.1", 0)
    pool = StorePool(address(listening), 1, telemetry())
    answers = []
    for _ in range(3):
        answers.append(await pool.ask("cart", "t", user="u1"))
        async with asyncio.timeout(60):
            while not all(connection.lost for connection in pool._idle):
                await asyncio.sleep(0)
    pool.close()
    listening.close()
    await listening.wait_closed()

    assert answers == ["fresh", "fresh", "fresh"]
