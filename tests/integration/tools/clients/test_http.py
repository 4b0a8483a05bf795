"""The HTTP policy of reading clients, against a server that misbehaves."""

import time
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.farends.answers import HALF, HANG, REDIRECT, Answer, Drip, Endless, Misbehaviour, bomb, deadline_for
from tests.farends.loopback import Saying
from tools.base import BackendError
from tools.clients.http import Http, Reply, origin_of, refusal


@pytest.fixture
def server() -> Iterator[Saying]:
    with Saying(Answer(200, {"status": "success"})) as running:
        yield running


@pytest.fixture
async def http(server: Saying) -> AsyncIterator[Http]:
    client = Http(server.url + "/base/", max_body=1 << 20)
    yield client
    await client.close()


@pytest.mark.parametrize(
    ("misbehaviour", "reason", "retry"),
    [
        (HANG, "no complete answer from {url}/base within 0.5 s", True),
        (Drip(0.05), "no complete answer from {url}/base within 0.5 s", True),
        (HALF, "{url}/base: peer closed connection without sending complete message body", True),
        (REDIRECT, "{url}/base answered 302, a redirect: not followed", False),
        (Endless(), "the answer is larger than 1,048,576 bytes: ask for less", False),
        (bomb(), "the answer is larger than 1,048,576 bytes: ask for less", False),
    ],
)
async def test_an_answer_that_does_not_come_whole_is_an_error_in_time(
    server: Saying, misbehaviour: Misbehaviour, reason: str, retry: bool
) -> None:
    server.plan(misbehaviour)
    http = Http(server.url + "/base/", deadline=deadline_for(misbehaviour), max_body=1 << 20)
    began = time.monotonic()
    with pytest.raises(BackendError) as failed:
        await http.get("/x", asked="the thing")
    assert str(failed.value).startswith(f"the thing: {reason.format(url=server.url)}")
    assert failed.value.retry is retry
    await http.close()
    assert time.monotonic() - began < 30
    assert len(server.asked) == 1


async def test_a_server_that_is_not_there_is_an_error() -> None:
    http = Http("http://127.0.0.1:1")
    with pytest.raises(BackendError, match=r"^the thing: http://127.0.0.1:1: ") as failed:
        await http.get("/x", asked="the thing")
    assert failed.value.retry
    await http.close()


async def test_every_status_comes_back_with_its_body(server: Saying, http: Http) -> None:
    body = "over\x1b[31m loaded " + "x" * 1000
    server.says = Answer(503, body)
    reply = await http.get("/x", {"q": "a b", "n": ["1", "2"]}, asked="the thing")
    assert (reply.status, reply.content_type, reply.body) == (503, "text/plain; charset=utf-8", body.encode())
    refused = refusal("the thing", reply)
    assert (str(refused)[:45], refused.retry) == ("the thing: HTTP 503: over?[31m loaded xxxxxxx", True)
    assert len(str(refused)) < 450
    with pytest.raises(BackendError, match="the thing: the answer is not JSON: over"):
        reply.json("the thing")


def test_an_answer_nested_without_end_is_no_json() -> None:
    with pytest.raises(BackendError, match=r"the thing: the answer is not JSON: \[\["):
        Reply(200, "application/json", {}, b"[" * 100_000).json("the thing")


async def test_credentials_of_the_address_are_sent_and_never_shown(server: Saying) -> None:
    http = Http(server.url.replace("//", "//ann:s%40cret@"))
    await http.post_form("/x", {"q": "1"}, asked="the thing")
    assert server.asked[0].headers["authorization"] == "Basic YW5uOnNAY3JldA=="
    assert (server.asked[0].method, server.asked[0].form) == ("POST", {"q": ["1"]})
    assert http.origin == server.url
    await http.close()


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "http://evil.example", "x", "/../admin", "/a/../../b", "@evil.example/"]
)
@pytest.mark.attack("S17", "S51")
async def test_a_path_never_leaves_the_origin(server: Saying, http: Http, path: str) -> None:
    with pytest.raises(BackendError, match="is not a path below"):
        await http.get(path, asked="the thing")
    assert server.asked == []


@pytest.mark.parametrize("url", ["", "ftp://x", "file:///etc/passwd", "http://", "http://x/?a=b", "http://x:99999"])
@pytest.mark.attack("S51")
def test_an_address_that_cannot_be_asked_is_refused(url: str) -> None:
    with pytest.raises(BackendError, match="configured address"):
        origin_of(url)


def test_an_ipv6_address_keeps_its_brackets() -> None:
    assert origin_of("https://u:p@[::1]:9090/prom/").address == "https://[::1]:9090/prom"
