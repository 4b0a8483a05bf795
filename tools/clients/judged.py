"""How is one request made to a configured origin, so that it goes nowhere else?  To the address that was judged.

No redirect is followed; no proxy, cookie or connection is kept from before.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import httpx2

from tools.base import BackendError
from tools.clients.http import quoted
from tools.clients.origin import Origin, Resolve, judged_address
from tools.clients.outcome import Unanswered

MAX_BODY = 64 * 1024
"""Bytes of an answer that are read; the rest of a longer one is not worth waiting for."""
CONNECT = timedelta(seconds=5)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """As much of it as came, up to MAX_BODY."""


class Judged:
    def __init__(self, deadline: timedelta, resolve: Resolve | None = None) -> None:
        """`deadline` is for a request as a whole."""
        self._deadline = deadline.total_seconds()
        self._resolve = resolve

    async def ask(
        self, origin: Origin, method: str, path: str, *, content: bytes | None = None, headers: Mapping[str, str]
    ) -> Answer:
        """Whatever status it has. Unanswered once it may have been sent, BackendError before that."""
        what = f"{method} {origin.url(path)}"
        try:
            async with asyncio.timeout(self._deadline):
                address = await judged_address(origin, self._resolve)
                async with self._client(origin) as client:
                    request = client.build_request(
                        method,
                        origin.url_at(address, path),
                        content=content,
                        headers={**_ALWAYS, "Host": origin.authority, **headers},
                        extensions={"sni_hostname": origin.host},
                    )
                    response = await client.send(request, stream=True)
                    try:
                        named = {name.lower(): value for name, value in response.headers.items()}
                        return Answer(response.status_code, named, await _body(response))
                    finally:
                        await response.aclose()
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol) as error:
            raise BackendError(f"{what}: no connection: {quoted(str(error)) or 'timed out'}.", retry=True) from error
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise Unanswered(f"{what}: no answer within {self._deadline:g} s.") from error
        except httpx2.HTTPError as error:
            raise Unanswered(f"{what}: {quoted(str(error)) or type(error).__name__}.") from error

    def _client(self, origin: Origin) -> httpx2.AsyncClient:
        """One for each request: they are few."""
        timeout = httpx2.Timeout(self._deadline, connect=min(self._deadline, CONNECT.total_seconds()))
        # Reading the list of authorities costs more than the call; plain HTTP asks none of them.
        trust = self._trust if origin.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx2.AsyncClient(verify=trust, timeout=timeout, follow_redirects=False, trust_env=False)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """The machine's own list of authorities, or that of SSL_CERT_FILE: where an in-house one is found."""
        return ssl.create_default_context()


_ALWAYS = {
    "User-Agent": "incident-agent",
    "Accept": "application/json",
    # A compressed answer could unpack to any size.
    "Accept-Encoding": "identity",
}


async def _body(response: httpx2.Response) -> bytes:
    """As much of it as came: the status already says what was done, so a cut body is only a short one."""
    body = bytearray()
    with suppress(httpx2.TransportError):
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) >= MAX_BODY:
                break
    return bytes(body[:MAX_BODY])
