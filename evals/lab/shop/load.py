"""What do the customers do: steady, jittered traffic through the front door?"""

import asyncio
import math
import random
import time
from dataclasses import dataclass

import aiohttp

IN_FLIGHT = 120
"""More customers than this do not wait at once; the rest give up at the door."""
PATIENCE_S = 4.0
TIDE_S = 97.0
TIDE = 0.12
"""Traffic swings by this share in TIDE_S seconds."""


@dataclass
class Traffic:
    """The knob: 2 is twice the usual traffic."""

    factor: float = 1.0


@dataclass(frozen=True)
class Click:
    """One request of a customer."""

    method: str
    path: str
    body: dict[str, str | int] | None = None


def click(chance: random.Random) -> Click:
    """Browsing mostly, some carts, some orders."""
    sku, user = f"sku-{chance.randrange(60):03d}", f"u{chance.randrange(200)}"
    kind = chance.random()
    if kind < 0.30:
        return Click("GET", "/")
    if kind < 0.48:
        return Click("GET", f"/products/{sku}")
    if kind < 0.58:
        return Click("GET", f"/cart/{user}")
    if kind < 0.74:
        return Click("POST", f"/cart/{user}", {"sku": sku, "quantity": chance.randint(1, 3)})
    currency = chance.choices(("EUR", "USD", "JPY"), (60, 30, 10))[0]
    order: dict[str, str | int] = {
        "sku": sku,
        "quantity": chance.randint(1, 3),
        "amount": chance.randint(5, 300),
        "currency": currency,
    }
    return Click("POST", "/checkout", order)


async def generate(url: str, per_second: float, traffic: Traffic, chance: random.Random) -> None:
    """An open loop with exponential gaps, for ever: slow answers do not slow the customers down."""
    limit = asyncio.Semaphore(IN_FLIGHT)
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with (
        aiohttp.ClientSession(timeout=timeout, connector=connector) as session,
        asyncio.TaskGroup() as customers,
    ):
        while True:
            tide = 1 + TIDE * math.sin(2 * math.pi * time.monotonic() / TIDE_S)
            await asyncio.sleep(chance.expovariate(per_second * traffic.factor * tide))
            if not limit.locked():
                customers.create_task(_visit(session, limit, url, click(chance)))


async def _visit(session: aiohttp.ClientSession, limit: asyncio.Semaphore, url: str, wanted: Click) -> None:
    async with limit:
        try:
            async with session.request(wanted.method, url + wanted.path, json=wanted.body) as response:
                await response.read()
        except (aiohttp.ClientError, TimeoutError):
            return  # the shop counts its own failures; a customer just leaves
