"""S39 and S40: what comes too slowly, too large or in two meanings is cut off, and nobody else waits for it."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from statistics import median
from time import perf_counter

import httpx2
import pytest

from agent.entrypoints import bodies, server
from tests import served as web_side
from tests.integration.agent.entrypoints.web.bodies import GOOD
from tests.integration.agent.entrypoints.web.conftest import Served
from tests.integration.agent.entrypoints.web.wire import exchange

pytestmark = pytest.mark.asyncio(loop_scope="module")


def request(served: Served, *headers: str, body: str = "") -> bytes:
    key = served.application.identity.local_operator
    lines = ["POST /webhooks/generic HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


async def closed_after(reader: asyncio.StreamReader) -> float:
    started = perf_counter()
    async with asyncio.timeout(20):
        with suppress(ConnectionError):
            await reader.read()
    return perf_counter() - started


@pytest.mark.attack("S39")
async def test_headers_that_drip_are_cut_off(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADERS_WITHIN", 0.5)
    for beginning in (b"", b"POST /webhooks/generic HTTP/1.1\r\nHost: loc", request(served)[:-2]):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(beginning)
        assert await closed_after(reader) < 9  # not the default of 10 s
        writer.close()


@pytest.mark.attack("S39")
async def test_second_request_of_a_connection_has_its_own_deadline(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEADERS_WITHIN", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(request(served, "Content-Length: 14", body='{"title": "x"}'))
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 202 ")
    await reader.readuntil(b"}")
    writer.write(b"POST /webhooks")
    assert await closed_after(reader) < 9  # not the default of 10 s
    writer.close()


@pytest.mark.attack("S39")
async def test_headers_without_end_are_refused(served: Served) -> None:
    answer = await exchange(served.port, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: " + b"a" * 10**6)

    assert answer == b"" or answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))


@pytest.mark.attack("S39")
async def test_headers_that_are_too_long_are_refused_also_when_they_come_at_once(served: Served) -> None:
    def asked(size: int) -> bytes:
        return b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-A: " + b"a" * size + b"\r\n\r\n"

    answers = [await exchange(served.port, asked(size)) for size in (60_000, 70_000)]

    assert answers[0].startswith(b"HTTP/1.1 200 ")
    assert answers[1] == b"" or answers[1].startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))


@pytest.mark.attack("S39")
async def test_some_requests_may_be_sent_ahead_of_their_answers_and_thousands_may_not(served: Served) -> None:
    asked = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    assert (await _answers(served, asked * 15 + last)).count(b"HTTP/1.1 200 ") == 16
    assert (await _answers(served, asked * 3_000 + last)).count(b"HTTP/1.1 200 ") < 100


async def _answers(served: Served, sent: bytes) -> bytes:
    """All that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(sent)
    found = bytearray()
    async with asyncio.timeout(20):
        with suppress(ConnectionError):
            while chunk := await reader.read(65_536):
                found += chunk
    writer.close()
    return bytes(found)


@pytest.mark.attack("S39")
async def test_body_that_drips_is_told_to_come_again(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies.read, "__defaults__", (timedelta(seconds=0.3),))
    answer = await exchange(served.port, request(served, "Content-Length: 1000", body='{"title'))

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"The body came too slowly; try again." in answer


async def test_sender_that_hangs_up_half_way_harms_nobody(served: Served) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(request(served, "Content-Length: 1000", body='{"title'))
        await writer.drain()
        writer.transport.abort()

    assert (await served.post("generic", GOOD["generic"])).status_code == 202
    room = served.running.config.app.state.room  # type: ignore[union-attr]
    async with asyncio.timeout(10):
        while room._taken:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 14", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 14"),
        ("Content-Length: 14", "Content-Length: 15"),
        ("Content-Length: +14",),
        ("Content-Length: -1",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding : chunked",),
        ("Host: localhost", "Content-Length: 5"),
        ("Host: agent.example", "Content-Length: 5"),
    ],
    ids=range(9),
)
@pytest.mark.attack("S40")
async def test_request_with_two_meanings_is_refused(served: Served, headers: tuple[str, ...]) -> None:
    smuggled = "0\r\n\r\nGET /api/incidents HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = await exchange(served.port, request(served, *headers, body=smuggled))

    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 "))


@pytest.mark.attack("S39")
async def test_hundreds_of_slow_connections_do_not_keep_others_waiting(served: Served) -> None:
    async def usual() -> float:
        """Seconds; the middle one, which a hiccup of a busy machine does not move."""
        took = []
        for _ in range(100):
            started = perf_counter()
            assert (await served.http.get("/livez")).status_code == 200
            took.append(perf_counter() - started)
        return median(took)

    alone = await usual()
    slow = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(400)]
    for _, writer in slow:
        writer.write(b"POST /webhooks/generic HTTP/1.1\r\nHost: localhost\r\nX-")
    beside = await usual()
    for _, writer in slow:
        writer.transport.abort()

    assert beside < 2 * alone + 0.1


async def test_stop_lets_requests_under_way_end(served: Served) -> None:
    """Asked of a second server, over the same application."""
    async with (
        web_side.served(served.application) as second,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.listening_on(second)[1]}") as http,
    ):
        http.headers = served.http.headers
        posts = [asyncio.create_task(http.post("/webhooks/generic", content=GOOD["generic"])) for _ in range(20)]
        await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        second.should_exit = True
        answers = await asyncio.gather(*posts, return_exceptions=True)
    accepted = [one for one in answers if isinstance(one, httpx2.Response)]

    assert accepted
    assert {one.status_code for one in accepted} == {202}
