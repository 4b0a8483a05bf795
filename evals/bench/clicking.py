"""After how long is a click answered? At a fixed rate, whether or not the one before has its answer.

Started as `python -m evals.bench.clicking '<Clicks as JSON>'`, a process of its own; its last line is `{"p99": ...}`.
"""

import asyncio
import hmac
import json
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Clicks:
    """One on each approval, so many a second."""

    url: str
    """Where they are posted."""
    replies: str
    """Slack's origin: where each may be answered later."""
    secret: str
    member: str
    approvals: Sequence[str]
    rate: float

    def told(self) -> str:
        return json.dumps(asdict(self))


async def p99(clicks: Clicks) -> float:
    """Seconds from the moment a click was due to the end of its answer; the nearest-rank percentile."""
    began = time.perf_counter() + 0.5
    taken = await asyncio.gather(
        *(_click(clicks, approval, began + place / clicks.rate) for place, approval in enumerate(clicks.approvals))
    )
    return sorted(taken)[-(-99 * len(taken) // 100) - 1]


async def _click(clicks: Clicks, approval: str, due: float) -> float:
    await asyncio.sleep(due - time.perf_counter() - 0.2)
    address = urlsplit(clicks.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    request = _request(clicks, approval)
    await asyncio.sleep(max(0.0, due - time.perf_counter()))
    writer.write(request)
    await _answered(reader)
    took = time.perf_counter() - due
    await _close(writer)
    return took


async def _answered(reader: StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"A click was answered with {head[:60]!r}.")


async def _close(writer: StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


def _request(clicks: Clicks, approval: str) -> bytes:
    """As Slack posts it."""
    payload = {
        "type": "block_actions",
        "team": {"id": "T0BENCH"},
        "user": {"id": clicks.member},
        "trigger_id": f"{approval}.trigger",
        "response_url": f"{clicks.replies}/respond/{approval}",
        "actions": [{"type": "button", "action_id": "approve", "value": approval}],
    }
    body, at = urlencode({"payload": json.dumps(payload)}).encode(), str(int(time.time()))
    sign = hmac.new(clicks.secret.encode(), b"v0:" + at.encode() + b":" + body, sha256).hexdigest()
    head = (
        f"POST /slack/events HTTP/1.1\r\nhost: {urlsplit(clicks.url).netloc}\r\n"
        f"x-slack-request-timestamp: {at}\r\nx-slack-signature: v0={sign}\r\n"
        f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    print(json.dumps({"p99": asyncio.run(p99(Clicks(**json.loads(sys.argv[1]))))}))
