"""The HTTP policy of reading clients, against a server that misbehaves."""

import time
from collections.abc import AsyncIterator

import pytest

from tests.farends.misbehaving import Misbehaving, deadline_in, misbehaving
from tools.base import BackendError
from tools.clients.http import Http, Reply, origin_of, refusal


@pytest.fixture
async def server() -> AsyncIterator[Misbehaving]:
    async with misbehaving() as running:
        yield running


@pytest.fixture
async def http(server: Misbehaving) -> AsyncIterator[Http]:
    client = Http(server.url + "/base/", max_body=1 << 20)
    yield client
    await client.close()


@pytest.mark.parametrize(
    ("mode", "reason", "retry"),
    [
        ("hang", "no complete answer from {url}/base within 0.5 s", True),
        ("drip", "no complete answer from {url}/base within 0.5 s", True),
        ("cut", "{url}/base: peer closed connection without sending complete message body", True),
        ("redirect", "{url}/base answered 302, a redirect: not followed", False),
        ("flood", "the answer is larger than 1,048,576 bytes: ask for less", False),
        ("bomb", "the answer is larger than 1,048,576 bytes: ask for less", False),
    ],
)
async def test_an_answer_that_does_not_come_whole_is_an_error_in_time(
    server: Misbehaving, mode: str, reason: str, retry: bool
) -> None:
    server.mode = mode
    http = Http(server.url + "/base/", deadline=deadline_in(mode), max_body=1 << 20)
    began = time.monotonic()
    with pytest.raises(BackendError) as failed:
        await http.get("/x", asked="the thing")
    assert str(failed.value).startswith(f"the thing: {reason.format(url=server.url)}")
    assert failed.value.retry is retry
    await http.close()
    assert time.monotonic() - began < 30
    assert len(server.journal) == 1


async def test_a_server_that_is_not_there_is_an_error() -> None:
    http = Http("http://127.0.0.1:1")
    with pytest.raises(BackendError, match=r"^the thing: http://127.0.0.1:1: ") as failed:
        await http.get("/x", asked="the thing")
    assert failed.value.retry
    await http.close()


async def test_every_status_comes_back_with_its_body(server: Misbehaving, http: Http) -> None:
    server.mode, server.body = "503", b"over\x1b[31m loaded " + b"x" * 1000
    reply = await http.get("/x", {"q": "a b", "n": ["1", "2"]}, asked="the thing")
    assert (reply.status, reply.content_type, reply.body) == (503, "text/plain", server.body)
    refused = refusal("the thing", reply)
    assert (str(refused)[:45], refused.retry) == ("the thing: HTTP 503: over?[31m loaded xxxxxxx", True)
    assert len(str(refused)) < 450
    with pytest.raises(BackendError, match="the thing: the answer is not JSON: over"):
        reply.json("the thing")


def test_an_answer_nested_without_end_is_no_json() -> None:
    with pytest.raises(BackendError, match=r"the thing: the answer is not JSON: \[\["):
        Reply(200, "application/json", {}, b"[" * 100_000).json("the thing")


async def test_credentials_of_the_address_are_sent_and_never_shown(server: Misbehaving) -> None:
    http = Http(server.url.replace("//", "//ann:s%40cret@"))
    server.mode = "200"
    await http.post_form("/x", {"q": "1"}, asked="the thing")
    assert server.journal[0].headers["authorization"] == "Basic YW5uOnNAY3JldA=="
    assert (server.journal[0].method, server.journal[0].fields) == ("POST", {"q": "1"})
    assert http.origin == server.url
    await http.close()


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "http://evil.example", "x", "/../admin", "/a/../../b", "@evil.example/"]
)
@pytest.mark.attack("S17", "S51")
async def test_a_path_never_leaves_the_origin(server: Misbehaving, http: Http, path: str) -> None:
    with pytest.raises(BackendError, match="is not a path below"):
        await http.get(path, asked="the thing")
    assert server.journal == []


@pytest.mark.parametrize("url", ["", "ftp://x", "file:///etc/passwd", "http://", "http://x/?a=b", "http://x:99999"])
@pytest.mark.attack("S51")
def test_an_address_that_cannot_be_asked_is_refused(url: str) -> None:
    with pytest.raises(BackendError, match="configured address"):
        origin_of(url)


def test_an_ipv6_address_keeps_its_brackets() -> None:
    assert origin_of("https://u:p@[::1]:9090/prom/").address == "https://[::1]:9090/prom"
