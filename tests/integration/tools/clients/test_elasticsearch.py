"""The Elasticsearch client against two independent servers of its protocol; and against one that misbehaves."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.farends.answers import HANG, Answer, Instead, deadline_for
from tests.farends.loopback import Saying
from tests.farends.search import search_server
from tools.base import BackendError, LogLine, LogSearch
from tools.clients.elasticsearch import Elasticsearch, Fields

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module", params=["noida", "osmem"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    with search_server(request.param) as address:
        yield address


@pytest.fixture
async def client(server: str) -> AsyncIterator[Elasticsearch]:
    made = Elasticsearch(server, index="logs-*")
    yield made
    await made.close()


@pytest.fixture
def store(server: str, request: pytest.FixtureRequest) -> Iterator["Store"]:
    """An index that is gone after the test."""
    made = Store(server)
    yield made
    httpx2.delete(f"{server}/logs-app")


class Store:
    def __init__(self, url: str) -> None:
        self._url = url

    def put(self, *documents: dict[str, Any], mappings: dict[str, Any] | None = None) -> None:
        if mappings:
            httpx2.put(f"{self._url}/logs-app", json={"mappings": {"properties": mappings}}).raise_for_status()
        rows = [line for document in documents for line in ({"index": {"_index": "logs-app"}}, document)]
        body = "".join(json.dumps(row) + "\n" for row in rows)
        headers = {"Content-Type": "application/x-ndjson"}
        answer = httpx2.post(f"{self._url}/_bulk?refresh=true", content=body, headers=headers).raise_for_status()
        assert answer.json()["errors"] is False


def line(at: datetime, message: str, service: str = "cart", level: str = "info", **more: Any) -> dict[str, Any]:
    return {
        "@timestamp": at.isoformat(),
        "message": message,
        "service": {"name": service},
        "log": {"level": level},
        **more,
    }


async def test_lines_come_newest_first_with_what_the_document_says(client: Elasticsearch, store: Store) -> None:
    store.put(
        line(T0, "GET / 200", "cart"),
        line(T0 + SECOND, "db gone", "mail", "ERROR", kubernetes={"pod": {"name": "mail-1"}}, trace={"id": "t1"}),
        line(T0 + MINUTE, "too late"),
        line(T0 - SECOND, "too early"),
    )
    page = await client.search(LogSearch(T0, T0 + MINUTE))
    assert page.lines == (
        LogLine(T0 + SECOND, "mail", "db gone", "error", pod="mail-1", trace="t1"),
        LogLine(T0, "cart", "GET / 200", "info"),
    )
    assert (page.total, page.truncated) == (2, False)
    assert page.query.startswith('POST /logs-*/_search {"query": {"bool": {"filter": [{"range": {"@timestamp"')


@pytest.mark.parametrize("service_type", ["keyword", "text with a keyword"])
async def test_services_levels_and_text_narrow_the_search(
    client: Elasticsearch, store: Store, service_type: str
) -> None:
    keyword = {"properties": {"name": {"type": "keyword"}}}
    store.put(
        *(
            line(T0 + place * SECOND, f"{service} said: Connection Timeout, code 7", service, level)
            for place, (service, level) in enumerate(
                (service, level) for service in ("cart", "cart-db", "front-end") for level in ("info", "ERROR", "Warn")
            )
        ),
        mappings={"service": keyword} if service_type == "keyword" else None,
    )
    found = await client.search(LogSearch(T0, T0 + MINUTE, services=("cart", "front-end"), levels=("error", "warning")))
    assert [(one.service, one.level) for one in found.lines] == [
        ("front-end", "warning"),
        ("front-end", "error"),
        ("cart", "warning"),
        ("cart", "error"),
    ]
    assert len((await client.search(LogSearch(T0, T0 + MINUTE, text="connection timeout"))).lines) == 9
    assert (await client.search(LogSearch(T0, T0 + MINUTE, text="timeout connection"))).lines == ()
    assert (await client.search(LogSearch(T0, T0 + MINUTE, services=("nobody",)))).lines == ()


async def test_beyond_the_limit_the_newest_come_and_all_are_counted(client: Elasticsearch, store: Store) -> None:
    store.put(*(line(T0 + place * SECOND, f"line {place}") for place in range(50)))
    page = await client.search(LogSearch(T0, T0 + MINUTE, limit=3))
    assert [one.message for one in page.lines] == ["line 49", "line 48", "line 47"]
    assert (page.total, page.truncated) == (50, True)
    exactly = await client.search(LogSearch(T0, T0 + MINUTE, limit=50))
    assert (exactly.total, exactly.truncated) == (50, False)


@pytest.mark.parametrize(
    "text", ['"}}, "script": {"source": "1"}', "* OR level:debug", "a AND NOT b", "\\", "\x00", "\ud800", "(("]
)
@pytest.mark.attack("S46")
async def test_whatever_the_text_and_the_service_hold_they_stay_values(
    client: Elasticsearch, store: Store, text: str
) -> None:
    store.put(line(T0, "harmless"))
    assert (await client.search(LogSearch(T0, T0 + MINUTE, text=text))).lines == ()
    assert (await client.search(LogSearch(T0, T0 + MINUTE, services=(text,)))).lines == ()


async def test_names_with_dots_are_found_nested_and_as_they_are(server: str, store: Store) -> None:
    store.put(
        {"ts": int(T0.timestamp() * 1000), "msg": "flat", "app.name": "cart"},
        {"ts": int(T0.timestamp() * 1000) - 1, "msg": "nested", "app": {"name": "mail"}},
        mappings={"ts": {"type": "date"}},
    )
    client = Elasticsearch(server, index="logs-app", fields=Fields(time="ts", message="msg", service="app.name"))
    page = await client.search(LogSearch(T0 - SECOND, T0 + SECOND))
    assert [(one.service, one.message) for one in page.lines] == [("cart", "flat"), ("mail", "nested")]
    await client.close()


@pytest.mark.parametrize(
    ("mapping", "written"),
    [
        ({"type": "date"}, str(int(T0.timestamp() * 1000))),
        ({"type": "date", "format": "yyyy/MM/dd HH:mm:ss"}, "2026/03/01 12:00:00"),
    ],
)
async def test_a_time_in_a_form_of_the_mappings_own_is_that_which_the_server_reads(
    client: Elasticsearch, store: Store, mapping: dict[str, Any], written: str
) -> None:
    store.put({**line(T0, "x"), "@timestamp": written}, mappings={"@timestamp": mapping})
    found = await client.search(LogSearch(T0 - MINUTE, T0 + MINUTE))
    assert [(one.at, one.message) for one in found.lines] == [(T0, "x")]


@pytest.mark.parametrize("kind", ["keyword", "text"])
async def test_a_time_that_is_mapped_as_text_is_an_error_that_says_what_to_do(
    client: Elasticsearch, store: Store, kind: str
) -> None:
    store.put(line(T0, "x"), mappings={"@timestamp": {"type": kind}})
    with pytest.raises(BackendError, match=f"@timestamp is mapped as {kind} and not as date.*`elasticsearch_fields`"):
        await client.search(LogSearch(T0 - MINUTE, T0 + MINUTE))


async def test_no_lines_are_no_error_where_the_time_is_a_date(client: Elasticsearch, store: Store) -> None:
    store.put(line(T0, "x"), mappings={"@timestamp": {"type": "date"}})
    assert (await client.search(LogSearch(T0 + MINUTE, T0 + 2 * MINUTE))).lines == ()


async def test_an_index_that_is_not_there_holds_no_lines(server: str) -> None:
    client = Elasticsearch(server, index="filebeat-*")
    assert (await client.search(LogSearch(T0, T0 + MINUTE))).lines == ()
    await client.close()


async def test_an_error_is_told_in_the_words_of_the_server(client: Elasticsearch, store: Store) -> None:
    store.put(line(T0, "x"))
    with pytest.raises(BackendError) as refused:
        await client.search(LogSearch(T0, T0 + MINUTE, limit=-5))
    assert str(refused.value).startswith("POST /logs-*/_search {")
    assert "HTTP 400: " in str(refused.value)
    assert "size" in str(refused.value).partition("HTTP 400: ")[2]
    assert not refused.value.retry


@pytest.mark.parametrize("index", ["", "logs/../_cluster", "a b", "x" * 501, "LOGS?pretty"])
@pytest.mark.attack("S46")
def test_an_index_that_is_no_name_is_refused(index: str) -> None:
    with pytest.raises(BackendError, match="no list of index names"):
        Elasticsearch("http://127.0.0.1", index=index)


ANSWERS: list[object] = [
    {},
    [],
    {"hits": {"hits": [{}], "total": {"value": 1}}},
    {"hits": {"hits": [{"_source": {"message": "no time"}}], "total": {"value": 1}}},
    {"hits": {"hits": [{"_source": {"@timestamp": 1e300}}], "total": {"value": 1}}},
    {"hits": {"hits": [], "total": 1}},
]


@pytest.mark.parametrize("answer", [*ANSWERS, "<html>"])
async def test_an_answer_that_is_not_one_of_elasticsearch_is_an_error(answer: object) -> None:
    with Saying(Answer(200, answer)) as server:
        client = Elasticsearch(server.url)
        with pytest.raises(BackendError, match=r"the answer is not (one of Elasticsearch|JSON)"):
            await client.search(LogSearch(T0, T0 + MINUTE))
        await client.close()


async def test_an_answer_of_some_shards_is_marked_as_cut() -> None:
    hits = {"hits": [{"_source": line(T0, "x")}], "total": {"value": 1, "relation": "eq"}}
    with Saying(Answer(200)) as server:
        client = Elasticsearch(server.url)
        for partial in ({"timed_out": True}, {"_shards": {"failed": 1}}):
            server.says = Answer(200, {"hits": hits, **partial})
            assert (await client.search(LogSearch(T0, T0 + MINUTE))).truncated
        await client.close()


async def test_a_server_that_hangs_or_is_overloaded_may_be_asked_again() -> None:
    with Saying(Answer(200)) as server:
        for misbehaviour in (HANG, Instead(Answer(503)), Instead(Answer(429))):
            client = Elasticsearch(server.url, deadline=deadline_for(misbehaviour))
            server.plan(misbehaviour)
            with pytest.raises(BackendError) as failed:
                await client.search(LogSearch(T0, T0 + MINUTE))
            assert failed.value.retry
            await client.close()


async def test_a_key_is_sent_in_the_header() -> None:
    refused = {"error": {"type": "security_exception", "reason": "missing"}, "status": 401}
    with Saying(Answer(401, refused)) as server:
        client = Elasticsearch(server.url, headers={"Authorization": "ApiKey abc"})
        with pytest.raises(BackendError, match="HTTP 401: security_exception: missing"):
            await client.search(LogSearch(T0, T0 + MINUTE))
        assert server.asked[0].headers["authorization"] == "ApiKey abc"
        await client.close()
