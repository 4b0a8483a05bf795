"""How does a reading client speak HTTP?  To one origin, within one deadline, up to one size, following nothing."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2

from tools.base import BackendError
from tools.wording import cut, in_url

Params = Mapping[str, str | int | float | Sequence[str]]
"""Query or form fields; a sequence repeats its key."""

MAX_BODY = 32 * 1024 * 1024
"""Bytes of an answer, after decompression."""
HEADERS = {"User-Agent": "incident-agent", "Accept-Encoding": "identity"}
"""Nothing compressed is asked for: back ends are near, and what is not unpacked cannot swell."""
MAX_QUOTED = 400
"""Characters of a back end's own words that an error repeats."""


@dataclass(frozen=True)
class Reply:
    """An answer whose whole body was read."""

    status: int
    content_type: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def json(self, asked: str) -> Any:
        """The body as JSON. Raises BackendError, naming what was asked, when it is not."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise BackendError(f"{asked}: the answer is not JSON: {quoted(self.body)}") from error


def quoted(body: bytes | str) -> str:
    """The beginning of a back end's own words, on one line, fit for an error message."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    line = "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))
    return cut(line, MAX_QUOTED)


@dataclass(frozen=True)
class Origin:
    """A configured back end: its address without credentials, and the credentials."""

    address: str
    credentials: tuple[str, str] | None


def origin_of(url: str) -> Origin:
    """Raises BackendError when the URL is not one of http or https; credentials never stand in a message."""
    try:
        parts = urlsplit(url.strip().rstrip("/"))
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise BackendError(f"a configured address is no URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise BackendError("a configured address must be http or https with a host, and without query and fragment")
    credentials = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return Origin(f"{parts.scheme}://{in_url(parts.hostname)}{port}{parts.path}", credentials)


class Http:
    """One origin. Credentials in `url` are sent as basic auth and never shown. Raises BackendError alone.

    Redirects are not followed, so that an answer cannot send a request elsewhere; nothing is retried here, since the
    caller knows what a second try costs (`BackendError.retry` says whether one makes sense).
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: timedelta = timedelta(seconds=10),
        max_body: int = MAX_BODY,
        through_proxy: bool = False,
    ) -> None:
        """`through_proxy`: use the environment's HTTPS_PROXY, for a back end outside the own network."""
        origin = origin_of(url)
        self.origin = origin.address
        self._deadline = deadline.total_seconds()
        self._max_body = max_body
        self._client = httpx2.AsyncClient(
            auth=origin.credentials,
            headers={**HEADERS, **(headers or {})},
            timeout=httpx2.Timeout(self._deadline),
            follow_redirects=False,
            trust_env=through_proxy,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, params: Params | None = None, *, asked: str) -> Reply:
        """GET; `asked` says in the words of a person what for, and begins every error."""
        return await self._send("GET", path, asked, params=dict(params or {}))

    async def post_form(self, path: str, form: Params, *, asked: str) -> Reply:
        """POST with the fields in the body: for a query too long for an address."""
        return await self._send("POST", path, asked, data=dict(form))

    async def post_json(self, path: str, body: Any, *, asked: str) -> Reply:
        return await self._send("POST", path, asked, json=body)

    async def _send(self, method: str, path: str, asked: str, **content: Any) -> Reply:
        if not path.startswith("/") or path.startswith("//") or ".." in path.split("/"):
            raise BackendError(f"{asked}: {quoted(path)} is not a path below {self.origin}")
        try:
            async with asyncio.timeout(self._deadline):
                async with self._client.stream(method, self.origin + path, **content) as response:
                    return await self._read(response, asked)
        except (TimeoutError, httpx2.TimeoutException) as error:
            message = f"{asked}: no complete answer from {self.origin} within {self._deadline:g} s"
            raise BackendError(message, retry=True) from error
        except httpx2.HTTPError as error:
            raise BackendError(f"{asked}: {self.origin}: {_cause(error)}", retry=True) from error
        except httpx2.InvalidURL as error:
            raise BackendError(f"{asked}: {error}") from error

    async def _read(self, response: httpx2.Response, asked: str) -> Reply:
        if response.is_redirect:
            raise BackendError(f"{asked}: {self.origin} answered {response.status_code}, a redirect: not followed")
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._max_body:
                raise BackendError(f"{asked}: the answer is larger than {self._max_body:,} bytes: ask for less")
        return Reply(
            status=response.status_code,
            content_type=response.headers.get("content-type", ""),
            headers={name.lower(): value for name, value in response.headers.items()},
            body=bytes(body),
        )


def refusal(asked: str, reply: Reply, words: str = "") -> BackendError:
    """The error for a reply whose status is no success; `words` are the back end's, taken out of its body."""
    said = quoted(words or reply.body) or "with no explanation"
    return BackendError(f"{asked}: HTTP {reply.status}: {said}", retry=may_pass(reply.status))


def may_pass(status: int) -> bool:
    """Time-out, too early, too many, or trouble of its own: asked again it may be answered."""
    return status in {408, 425, 429} or status >= 500


def _cause(error: httpx2.HTTPError) -> str:
    return quoted(str(error)) or type(error).__name__
