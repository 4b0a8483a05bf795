"""How many alerts does an address take a second? Raw HTTP on kept connections, so that the sender is not the slow part.

Started as `python -m evals.bench.posting '<Load as JSON>'`, a process of its own; its last line is `{"rate": ...}`.
"""

import asyncio
import json
import secrets
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import count
from urllib.parse import urlsplit

_MARK = b"@@serial@@"


@dataclass(frozen=True)
class Load:
    """What is posted, how long, by how many at once."""

    url: str
    key: str
    alerts: int
    """In each post."""
    senders: int
    seconds: float

    def told(self) -> str:
        return json.dumps(asdict(self))


async def rate(load: Load) -> float:
    """Accepted alerts a second, from the first post to the last answer; every sender has posted once before."""
    bodies = _bodies(load.alerts)
    senders = [await _Sender.open(load) for _ in range(load.senders)]
    try:
        await asyncio.gather(*(sender.post(next(bodies)) for sender in senders))
        began = time.perf_counter()
        posted = await asyncio.gather(*(_post_until(sender, bodies, began + load.seconds) for sender in senders))
        took = time.perf_counter() - began
    finally:
        await asyncio.gather(*(sender.close() for sender in senders))
    return sum(posted) * load.alerts / took


async def _post_until(sender: "_Sender", bodies: Iterator[bytes], end: float) -> int:
    posted = 0
    while time.perf_counter() < end:
        await sender.post(next(bodies))
        posted += 1
    return posted


class _Sender:
    """One connection, one post at a time."""

    def __init__(self, load: Load, reader: StreamReader, writer: StreamWriter) -> None:
        self._alerts = load.alerts
        self._reader, self._writer = reader, writer
        address = urlsplit(load.url)
        self._head = (
            f"POST {address.path} HTTP/1.1\r\nhost: {address.netloc}\r\nauthorization: Bearer {load.key}\r\n"
            "content-type: application/json\r\ncontent-length: "
        ).encode()

    @classmethod
    async def open(cls, load: Load) -> "_Sender":
        address = urlsplit(load.url)
        return cls(load, *await asyncio.open_connection(address.hostname, address.port))

    async def post(self, body: bytes) -> None:
        """Returns when it is answered; RuntimeError unless every alert was accepted."""
        self._writer.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
        head = await self._reader.readuntil(b"\r\n\r\n")
        content = await self._reader.readexactly(_length(head))
        accepted = json.loads(content).get("accepted", self._alerts) if head.startswith(b"HTTP/1.1 202") else 0
        if accepted != self._alerts:
            raise RuntimeError(f"{self._alerts} alert(s) were answered with {head[:60]!r} {content[:200]!r}")

    async def close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))


def _bodies(alerts: int) -> Iterator[bytes]:
    """Alertmanager's posts, no alert twice: the templates are made once, a post costs a replacement."""
    template = json.dumps(_body(alerts)).encode()
    run = secrets.token_hex(4)
    for number in count():
        yield template.replace(_MARK, f"{run}-{number}".encode())


def _body(alerts: int) -> dict[str, object]:
    common = {"alertname": "HighErrorRatio", "severity": "critical", "team": "storefront", "route": "/checkout"}
    note = {"summary": "34.39% of the requests to /checkout fail", "runbook_url": "https://runbooks.example/errors"}
    serial = _MARK.decode()
    fired = [
        {
            "status": "firing",
            "labels": common | {"service": f"shop-{number}", "instance": f"shop-{number}-{serial}:8080"},
            "annotations": note,
            "startsAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example:9090/graph?g0.expr=route%3Aerror_ratio+%3E+0.1&g0.tab=1",
            "fingerprint": f"{serial}-{number}",
        }
        for number in range(alerts)
    ]
    return {
        "receiver": "incident-agent",
        "status": "firing",
        "alerts": fired,
        "groupLabels": {"alertname": "HighErrorRatio"},
        "commonLabels": common,
        "commonAnnotations": note,
        "externalURL": "http://alertmanager.example:9093",
        "version": "4",
        "groupKey": '{}:{alertname="HighErrorRatio"}',
        "truncatedAlerts": 0,
    }


if __name__ == "__main__":
    print(json.dumps({"rate": asyncio.run(rate(Load(**json.loads(sys.argv[1]))))}))
