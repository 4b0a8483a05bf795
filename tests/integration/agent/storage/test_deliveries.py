"""Is a delivery heard once, kept until it is done, and nobody's when other hands wrote it?  On each engine."""

import asyncio
from datetime import timedelta

from agent.storage.database import Database
from agent.storage.deliveries import KEPT, Left, SqlDeliveries
from tests.clocks import Clock

AFTER = timedelta(minutes=2)


async def test_of_many_who_hear_it_at_once_one_is_the_first(database: Database, clock: Clock) -> None:
    heard = SqlDeliveries(database, clock, b"k" * 32)
    assert sorted(await asyncio.gather(*(heard.first_time("a", "a click") for _ in range(5)))) == [False] * 4 + [True]
    assert (await heard.first_time("b", "another"), await heard.waiting()) == (True, 2)


async def test_what_is_not_done_comes_back_later_once_and_what_is_done_does_not(
    database: Database, clock: Clock
) -> None:
    heard = SqlDeliveries(database, clock, b"k" * 32)
    for name in ("done", "left"):
        await heard.first_time(name, f"a click on {name}")
    await heard.done("done")
    assert await heard.left(AFTER) == []
    await clock.sleep(AFTER)
    assert [await heard.left(AFTER), await heard.left(AFTER)] == [[Left("left", "a click on left")], []]


async def test_what_is_not_done_comes_back_also_where_the_clock_was_set_back_since(
    database: Database, clock: Clock
) -> None:
    heard = SqlDeliveries(database, clock, b"k" * 32)
    await heard.first_time("left", "a click")
    clock.time -= timedelta(days=3)
    assert await heard.waiting() == 1
    assert [await heard.left(AFTER), await heard.left(AFTER)] == [[Left("left", "a click")], []]


async def test_what_another_key_sealed_is_nobodys_click(database: Database, clock: Clock) -> None:
    await SqlDeliveries(database, clock, b"x" * 32).first_time("forged", "a click")
    await clock.sleep(AFTER)
    assert await SqlDeliveries(database, clock, b"k" * 32).left(AFTER) == []


async def test_it_is_forgotten_when_nobody_tries_again(database: Database, clock: Clock) -> None:
    heard = SqlDeliveries(database, clock, b"k" * 32)
    await heard.first_time("a", "a click")
    await clock.sleep(KEPT + AFTER)
    await heard.left(AFTER)
    assert await heard.first_time("a", "a click")
