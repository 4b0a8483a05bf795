import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest

from agent.ingest import alertmanager
from evals.bench.posting import Load, rate


@asynccontextmanager
async def _answering(answer: bytes, heard: list[bytes]) -> AsyncIterator[str]:
    """A server that answers every post with this."""

    connections: list[asyncio.Task[None]] = []

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                heard.append(await reader.readexactly(length))
                writer.write(answer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def connected(reader: StreamReader, writer: StreamWriter) -> None:
        connections.append(asyncio.create_task(serve(reader, writer)))

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhooks/alertmanager"
        await asyncio.gather(*connections)


def _answer(status: str, **content: object) -> bytes:
    body = json.dumps(content).encode()
    return b"HTTP/1.1 %b\r\ncontent-length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


async def test_posts_are_what_alertmanager_sends_and_no_alert_comes_twice() -> None:
    heard: list[bytes] = []
    async with _answering(_answer("202 Accepted", accepted=3), heard) as url:
        measured = await rate(Load(url=url, key="k", alerts=3, senders=2, seconds=0.05))
    alerts = [alert for body in heard for alert in alertmanager.parse(body, datetime.now(UTC))[0]]
    assert measured > 0
    assert len(alerts) == 3 * len(heard) == len({(alert.fingerprint, alert.labels["instance"]) for alert in alerts})
    assert {alert.name for alert in alerts} == {"HighErrorRatio"}


@pytest.mark.parametrize(
    "answer", [_answer("503 Service Unavailable", detail="overloaded"), _answer("202 Accepted", accepted=2)]
)
async def test_alerts_that_were_not_accepted_are_no_figure(answer: bytes) -> None:
    async with _answering(answer, []) as url:
        with pytest.raises(RuntimeError, match="were answered with"):
            await rate(Load(url=url, key="k", alerts=3, senders=1, seconds=0.05))
