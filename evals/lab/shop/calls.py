"""How does a service call another one: with a deadline, counted, and with a clear failure?"""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from pydantic import JsonValue

from evals.lab.shop.telemetry import Stopwatch, Telemetry


class CallFailed(Exception):
    """The other service gave no usable answer."""

    def __init__(self, target: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.target = target
        self.code = code

    @property
    def status(self) -> int:
        """What our own caller is told: 504 when nobody answered in time, 502 otherwise."""
        return 504 if self.code == "timeout" else 502


@dataclass(frozen=True)
class Answer:
    status: int
    body: JsonValue


class Calls:
    """Calls to the other services. Every answer below 500 is an answer; everything else raises CallFailed."""

    def __init__(self, session: aiohttp.ClientSession, urls: Mapping[str, str], telemetry: Telemetry) -> None:
        self._session = session
        self._urls = urls
        self._telemetry = telemetry

    async def get(self, target: str, path: str, trace: str, deadline_s: float) -> Answer:
        return await self._call("GET", target, path, None, trace=trace, deadline_s=deadline_s)

    async def post(self, target: str, path: str, body: JsonValue, trace: str, deadline_s: float) -> Answer:
        return await self._call("POST", target, path, body, trace=trace, deadline_s=deadline_s)

    async def _call(
        self, method: str, target: str, path: str, body: JsonValue, *, trace: str, deadline_s: float
    ) -> Answer:
        watch = Stopwatch()
        try:
            answer = await self._send(method, self._urls[target] + path, body, trace, deadline_s)
        except TimeoutError:
            raise self._failed(
                target, "timeout", watch, f"{target}: no answer to {method} {path} within {deadline_s * 1000:.0f} ms"
            ) from None
        except aiohttp.ClientConnectorError:
            raise self._failed(target, "refused", watch, f"{target}: connection refused") from None
        except aiohttp.ClientError:
            raise self._failed(target, "reset", watch, f"{target}: connection lost during {method} {path}") from None
        if answer.status >= 500:
            reason = f"{target} answered {answer.status} to {method} {path}"
            raise self._failed(target, str(answer.status), watch, reason)
        self._telemetry.called(target, str(answer.status), watch.seconds)
        return answer

    async def _send(self, method: str, url: str, body: JsonValue, trace: str, deadline_s: float) -> Answer:
        timeout = aiohttp.ClientTimeout(total=deadline_s)
        headers = {"x-trace-id": trace}
        async with self._session.request(method, url, json=body, headers=headers, timeout=timeout) as response:
            return Answer(response.status, await response.json())

    def _failed(self, target: str, code: str, watch: Stopwatch, reason: str) -> CallFailed:
        self._telemetry.called(target, code, watch.seconds)
        return CallFailed(target, code, reason)
