"""How does the shop's delivery pipeline tell a webhook what it changed?"""

import asyncio

import aiohttp

from evals.lab.shop.changes import Change
from evals.lab.shop.layout import Webhook

ATTEMPTS = 5
PAUSE_S = 1.0
DEADLINE_S = 3.0


class Announcer:
    """Posts each change, in the background; after ATTEMPTS it is left to the feed alone."""

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook
        self._posting: set[asyncio.Task[None]] = set()

    def announce(self, change: Change) -> None:
        task = asyncio.create_task(self._post(change))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def close(self) -> None:
        for task in self._posting:
            task.cancel()
        await asyncio.gather(*self._posting, return_exceptions=True)

    async def _post(self, change: Change) -> None:
        headers = {"Authorization": f"Bearer {self._webhook.key}"}
        timeout = aiohttp.ClientTimeout(total=DEADLINE_S)
        async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
            for _ in range(ATTEMPTS):
                if await _accepted(session, self._webhook.url, change):
                    return
                await asyncio.sleep(PAUSE_S)


async def _accepted(session: aiohttp.ClientSession, url: str, change: Change) -> bool:
    try:
        async with session.post(url, json=change.model_dump(mode="json")) as response:
            return response.status < 300
    except (aiohttp.ClientError, TimeoutError):
        return False
