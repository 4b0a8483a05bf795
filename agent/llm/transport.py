"""How much may an endpoint send? A stream without end, or a compression bomb, stops at the cap."""

from collections.abc import AsyncIterator
from typing import cast

import httpx2

MOST_BYTES = 16_000_000
"""The longest answer in bytes: server-sent events write a token as some 250."""


def http_client(most: int = MOST_BYTES) -> httpx2.AsyncClient:
    """A client without redirects (nothing but the configured origin is spoken to) and with capped answers.

    Only the connection has a time-out here: how long an answer may take is the caller's deadline.
    """

    async def cap(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise httpx2.DecodingError("the endpoint compressed its answer although it was asked not to")
        response.stream = _Capped(cast("httpx2.AsyncByteStream", response.stream), most)

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=5.0),
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,
        event_hooks={"response": [cap]},
    )


class _Capped(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream = stream
        self._left = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._left -= len(piece)
            if self._left < 0:
                raise httpx2.ReadError("the endpoint's answer has no end")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
