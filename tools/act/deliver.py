"""How is something said to a far end that knows a repeat by its key?  Again and again, until it is taken or refused.

Whoever gets the same key twice has been told once. So a call of unknown outcome is simply made again, and every
trouble that may pass is a BackendError with `retry`; what a far end refuses for good is one without.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta

from pydantic import JsonValue

from tools.base import ActResult
from tools.clients.http import may_pass, quoted
from tools.clients.judged import Answer, Judged
from tools.clients.origin import origin_of
from tools.clients.outcome import Answered

DEADLINE = timedelta(seconds=10)
_AT_WORK = 409
"""A conflict: the same key is being taken."""


class Webhook:
    """A place that is posted signed JSON.

    Its receiver checks `X-Agent-Signature: v1=HMAC-SHA256(secret, timestamp.body)` and how old `X-Agent-Timestamp`
    is, and knows a repeat by `Idempotency-Key`, which is also the body's `id`.
    """

    def __init__(self, url: str, secret: str, *, deadline: timedelta = DEADLINE) -> None:
        """BackendError when the address cannot be called."""
        self._origin = origin_of(url)
        self._secret = secret.encode()
        self._judged = Judged(deadline)

    async def post(self, key: str, body: Mapping[str, JsonValue], at: int) -> ActResult:
        """`at`: Unix seconds, now."""
        written = json.dumps({"id": key, **body}, sort_keys=True, allow_nan=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "X-Agent-Timestamp": str(at),
            "X-Agent-Signature": signature(self._secret, at, written),
        }
        answer = await self._judged.ask(self._origin, "POST", "", content=written, headers=headers)
        return taken(f"POST {self._origin.url('')}", answer)


class PagerDutyEvents:
    """PagerDuty's Events API v2. Its `dedup_key` names what is open: the same event twice is one."""

    def __init__(self, url: str, *, deadline: timedelta = DEADLINE) -> None:
        """BackendError when the address cannot be called."""
        self._origin = origin_of(url)
        self._judged = Judged(deadline)

    async def send(self, routing_key: str, event: Mapping[str, JsonValue]) -> ActResult:
        written = json.dumps({"routing_key": routing_key, **event}, sort_keys=True, allow_nan=False).encode()
        headers = {"Content-Type": "application/json"}
        answer = await self._judged.ask(self._origin, "POST", "/v2/enqueue", content=written, headers=headers)
        return taken("PagerDuty", answer)


def signature(secret: bytes, at: int, body: bytes) -> str:
    """Of the body as it was sent and the time; a receiver compares it in constant time."""
    return "v1=" + hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def taken(what: str, answer: Answer) -> ActResult:
    """2xx: it was. Raises Answered otherwise; `retry` unless it was refused for good."""
    if 200 <= answer.status < 300:
        return ActResult(ok=True, detail=f"{what} answered {answer.status}.")
    said = quoted(answer.body) or "nothing"
    message = f"{what} answered {answer.status}: {said}."
    if wait := answer.headers.get("retry-after", ""):
        message += f" It wants quiet for {quoted(wait)} s."
    raise Answered(message, answer.status, retry=may_pass(answer.status) or answer.status == _AT_WORK)
