"""The Loki client against the local Loki, which answers as the real one does; and against a server that misbehaves."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.farends.answers import HANG, Answer, Instead, deadline_for
from tests.farends.logql import LogQuery, parse
from tests.farends.loki import LokiServer, loki
from tests.farends.loopback import Saying
from tools.base import BackendError, LogLine, LogSearch
from tools.clients.loki import Loki, nanoseconds

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def server() -> AsyncIterator[LokiServer]:
    async with loki(now=lambda: nanoseconds(T0 + 10 * MINUTE)) as running:
        yield running


@pytest.fixture
async def client(server: LokiServer) -> AsyncIterator[Loki]:
    made = Loki(server.url)
    yield made
    await made.close()


async def test_lines_of_all_streams_come_newest_first_with_what_the_labels_say(
    server: LokiServer, client: Loki
) -> None:
    cart = {"service_name": "cart", "pod": "cart-1"}
    server.store.push(cart, [(nanoseconds(T0) + 1_500, "GET / 200", {}), (nanoseconds(T0 + MINUTE), "late", {})])
    failed = 'level=ERROR msg="db gone"'
    server.store.push({"app": "mail"}, [(nanoseconds(T0 + SECOND), failed, {"trace_id": "t1"})])
    page = await client.search(LogSearch(T0, T0 + MINUTE))
    assert page.lines == (
        LogLine(
            T0 + SECOND,
            "mail",
            failed,
            "error",
            trace="t1",
            labels={"app": "mail", "service_name": "mail", "detected_level": "error", "trace_id": "t1"},
        ),
        LogLine(
            T0 + timedelta(microseconds=1),
            "cart",
            "GET / 200",
            "",
            pod="cart-1",
            labels={**cart, "detected_level": "unknown"},
        ),
    )
    assert (page.total, page.truncated) == (2, False)
    assert page.query == ('{service_name=~".+"} in [2026-03-01T12:00:00+00:00, 2026-03-01T12:01:00+00:00)')


async def test_services_levels_and_text_narrow_the_search(server: LokiServer, client: Loki) -> None:
    for service in ("cart", "cart.b", "mail"):
        lines: list[tuple[int, str, dict[str, str]]] = [
            (nanoseconds(T0) + place, f"{service} {word} (x|y)", {}) for place, word in enumerate(("info", "ERROR"))
        ]
        server.store.push({"service_name": service}, lines)
    page = await client.search(LogSearch(T0, T0 + MINUTE, services=("cart.b", "mail"), levels=("error",), text="(x|y)"))
    assert [line.message for line in page.lines] == ["cart.b ERROR (x|y)", "mail ERROR (x|y)"]
    assert (await client.search(LogSearch(T0, T0 + MINUTE, text="(X|Y)"))).lines == ()
    assert (await client.search(LogSearch(T0, T0 + MINUTE, services=("car.*",)))).lines == ()


async def test_beyond_the_limit_the_newest_come_and_all_are_counted(server: LokiServer, client: Loki) -> None:
    server.store.push({"app": "cart"}, [(nanoseconds(T0) + place, f"line {place}", {}) for place in range(50)])
    page = await client.search(LogSearch(T0, T0 + MINUTE, limit=3))
    assert [line.message for line in page.lines] == ["line 49", "line 48", "line 47"]
    assert (page.total, page.truncated) == (50, True)
    exactly = await client.search(LogSearch(T0, T0 + MINUTE, limit=50))
    assert (exactly.total, exactly.truncated) == (50, False)


AWKWARD = ['"} | json', "`", "\\", 'a\\"b', "line\nbreak", "\x00\x1b", "{{.msg}}", "|~ `(a+)+`", "é", "\ud800"]


@pytest.mark.parametrize("text", AWKWARD)
@pytest.mark.attack("S45")
async def test_whatever_the_text_and_the_service_hold_they_stay_values(
    server: LokiServer, client: Loki, text: str
) -> None:
    sent = text.encode("utf-8", "replace").decode()
    server.store.push({"service_name": sent}, [(nanoseconds(T0), f"a {sent} b", {}), (nanoseconds(T0), "other", {})])
    page = await client.search(LogSearch(T0, T0 + MINUTE, services=(text,), text=text))
    assert [line.message for line in page.lines] == [f"a {sent} b"]
    query = parse(server.journal[-1][1]["query"])
    assert isinstance(query, LogQuery)
    assert ([m.op for m in query.matchers], len(query.stages)) == (["=~"], 1)


async def test_a_query_too_long_for_an_address_goes_into_the_body(server: LokiServer, client: Loki) -> None:
    server.store.push({"app": "s7"}, [(nanoseconds(T0), "here", {})])
    services = tuple(f"s{number}" + "x" * 190 * (number != 7) for number in range(20))
    page = await client.search(LogSearch(T0, T0 + MINUTE, services=services))
    assert [line.message for line in page.lines] == ["here"]


async def test_an_error_is_told_in_the_words_of_loki(server: LokiServer, client: Loki) -> None:
    with pytest.raises(BackendError) as refused:
        await client.search(LogSearch(T0, T0))
    assert str(refused.value) == (
        '{service_name=~".+"} in [2026-03-01T12:00:00+00:00, 2026-03-01T12:00:00+00:00): '
        "HTTP 400: end timestamp must not be before or equal to start time"
    )
    assert not refused.value.retry


async def test_a_tenant_is_named_where_there_are_many(server: LokiServer) -> None:
    server.tenants = True
    nobody, somebody = Loki(server.url), Loki(server.url, headers={"X-Scope-OrgID": "team-a"})
    with pytest.raises(BackendError, match="HTTP 401: no org id"):
        await nobody.search(LogSearch(T0, T0 + MINUTE))
    assert (await somebody.search(LogSearch(T0, T0 + MINUTE))).lines == ()
    assert server.journal[-1][2]["x-scope-orgid"] == "team-a"
    await nobody.close()
    await somebody.close()


ANSWERS: list[object] = [
    {"status": "success"},
    {"data": {"result": [{"stream": {}, "values": [["x", "y"]]}]}},
    {"data": {"result": [{"values": [["1", "y"]]}]}},
    {"data": {"result": 7}},
    [],
]


@pytest.mark.parametrize("answer", [*ANSWERS, "<html>"])
async def test_an_answer_that_is_not_one_of_loki_is_an_error(answer: object) -> None:
    with Saying(Answer(200, answer)) as server:
        client = Loki(server.url)
        with pytest.raises(BackendError, match=r"the answer is not (one of Loki|JSON)"):
            await client.search(LogSearch(T0, T0 + MINUTE))
        await client.close()


async def test_a_loki_that_hangs_or_is_overloaded_may_be_asked_again() -> None:
    with Saying(Answer(200)) as server:
        for misbehaviour in (HANG, Instead(Answer(503)), Instead(Answer(429))):
            client = Loki(server.url, deadline=deadline_for(misbehaviour))
            server.plan(misbehaviour)
            with pytest.raises(BackendError) as failed:
                await client.search(LogSearch(T0, T0 + MINUTE))
            assert failed.value.retry
            await client.close()
