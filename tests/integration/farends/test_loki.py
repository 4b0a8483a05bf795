"""The local Loki answers the captured requests as the real one (3.4.2) answered them.

The captures hold the requests and the answers, not what had been pushed; `pushed` is what they show it to have been.
Every captured count of lines, bytes and entries then comes out, the volumes to the byte. One thing the captures cannot
show is what made each access line 24 characters longer than its three fields: an array is put there, which `| json`
leaves out as the real one left it out.

Compared loosely: times and rates that follow from them (`execTime`, `queueTime`, `...PerSecond`, `chunkRefsFetchTime`),
how the real one split and sharded a query (`splits`, `shards`, `totalBatches`), and what its caches did (`cache`). Of
these the presence is compared, and the type. Everything else must be equal; errors byte for byte.
"""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.farends.logql import Entry, LogQuery, ParseError, parse
from tests.farends.loki import LokiServer, loki

CAPTURES = sorted((Path(__file__).parents[2] / "farends" / "loki_captures").glob("*.json"))
BEGIN = 1_795_292_580
CAPTURED_AT = 1_795_294_392 * 10**9
LOOSE = {
    "execTime",
    "queueTime",
    "bytesProcessedPerSecond",
    "linesProcessedPerSecond",
    "chunkRefsFetchTime",
    "splits",
    "shards",
    "totalBatches",
    "cache",
}


def pushed() -> Iterator[dict[str, Any]]:
    """Ten minutes of a shop with two pods: an access line a second each, from minute 7 on errors every other second."""
    for pod in (0, 1):
        labels = {"app": "shop", "env": "prod", "pod": f"shop-{pod + 1}"}
        access, errors = [], []
        for second in range(600):
            stamp = str((BEGIN + second) * 10**9 + pod)
            access.append([stamp, _access(second % 90)])
            if second > 400 and second % 2:
                trace = f"{second:08x}"
                errors.append([stamp, _error(trace), {"trace_id": trace}])
        yield {"stream": {**labels, "level": "info"}, "values": access}
        yield {"stream": {**labels, "level": "error"}, "values": errors}
    payment = 'logfmt level=info msg="charged" amount=12.5 dur=30ms'
    labels = {"app": "payments", "env": "prod", "level": "info", "pod": "pay-1"}
    yield {"stream": labels, "values": [[str((BEGIN + 1) * 10**9), payment]]}


def _access(milliseconds: int) -> str:
    line = {"level": "info", "msg": f"GET /cart 200 in {milliseconds}ms", "duration_ms": milliseconds}
    return json.dumps({**line, "tags": ["web", "eu1"]})


def _error(trace: str) -> str:
    message = "QueuePool limit of size 20 overflow 0 reached, connection timed out"
    return json.dumps({"level": "error", "logger": "sqlalchemy.pool", "msg": message, "trace_id": trace})


BODIES = {
    "01-push": {"streams": list(pushed())},
    "30-push-bad-ts-400": {"streams": [{"stream": {"a": "b"}, "values": [[123, "x"]]}]},
    "31-push-2024-old-sample": {"streams": [{"stream": {"app": "case1"}, "values": [["1714557600000000000", "old"]]}]},
}
"""The captures of pushes hold no body."""


@pytest.fixture
async def server() -> AsyncIterator[LokiServer]:
    async with loki(now=lambda: CAPTURED_AT) as running:
        async with httpx2.AsyncClient(base_url=running.url) as client:
            for name in ("01-push", "31-push-2024-old-sample"):
                await client.post("/loki/api/v1/push", content=_packed(BODIES[name]), headers=JSON)
        yield running


JSON = {"Content-Type": "application/json"}


def _packed(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


async def test_there_are_33_captures() -> None:
    assert [path.stem[:2] for path in CAPTURES] == [f"{number:02}" for number in range(1, 34)]


@pytest.mark.parametrize("path", CAPTURES, ids=[path.stem for path in CAPTURES])
async def test_a_captured_request_gets_the_captured_answer(path: Path, server: LokiServer) -> None:
    captured = json.loads(path.read_text())
    async with httpx2.AsyncClient(base_url=server.url) as client:
        reply = await client.send(_request(client, captured["request"], path.stem))
    assert reply.status_code == captured["status"], reply.text
    assert _significant(dict(reply.headers)) == _significant(captured["headers"])
    if isinstance(captured["body"], str):
        assert reply.text == captured["body"]
    else:
        assert_same(reply.json(), captured["body"])


def _request(client: httpx2.AsyncClient, request: dict[str, Any], name: str) -> httpx2.Request:
    if name in BODIES:
        return client.build_request("POST", request["path"], content=_packed(BODIES[name]), headers=JSON)
    fields = {"params": request.get("params"), "data": request.get("data")}
    return client.build_request(request["method"], request["path"], **fields)


def _significant(headers: dict[str, str]) -> dict[str, str]:
    """All that the capture holds but the date; a push has no body and says nothing of it."""
    names = ("content-type", "x-content-type-options", "content-length", "transfer-encoding")
    found = {name.lower(): value for name, value in headers.items()}
    return {name: found[name] for name in names if name in found and found.get("content-length") != "0"}


def assert_same(ours: Any, theirs: Any, at: str = "") -> None:
    """Equal, but for what is loose; a list that the capture has cut has its first, its last and its length."""
    assert type(ours) is type(theirs) or {type(ours), type(theirs)} == {int, float}, at
    if at.rpartition(".")[2] in LOOSE:
        assert not isinstance(ours, dict) or _names(ours) == _names(theirs), at
    elif isinstance(theirs, dict):
        assert ours.keys() == theirs.keys(), at
        for name, value in theirs.items():
            assert_same(ours[name], value, f"{at}.{name}")
    elif isinstance(theirs, list):
        marks = [place for place, one in enumerate(theirs) if isinstance(one, list) and one[0] == "...trimmed..."]
        if marks:
            [place] = marks
            assert len(ours) == theirs[place][1], at
            ours, theirs = [*ours[:place], *ours[place - len(theirs) + 1 :]], theirs[:place] + theirs[place + 1 :]
        assert ours == theirs if not theirs or not isinstance(theirs[0], dict) else len(ours) == len(theirs), at
        for place, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(mine, other, f"{at}[{place}]")
    else:
        assert ours == theirs, at


def _names(nested: Any) -> Any:
    return {name: _names(value) for name, value in nested.items()} if isinstance(nested, dict) else None


async def test_without_a_tenant_a_loki_of_many_tenants_refuses(server: LokiServer) -> None:
    server.tenants = True
    async with httpx2.AsyncClient(base_url=server.url) as client:
        refused = await client.get("/loki/api/v1/labels")
        accepted = await client.get("/loki/api/v1/labels", headers={"X-Scope-OrgID": "a"})
    assert (refused.status_code, refused.text, accepted.status_code) == (401, "no org id\n", 200)


@pytest.mark.parametrize(
    "query",
    [
        '{app=~"("}',
        '{app="a"} |~ "["',
        '{app="a"} | level like "x"',
        '{app="a"} | json | duration_ms => 3',
        r'{app="\q"}',
        '{app="a"} | unwrap size',
        'max(rate({app="a"}[1m]))',
        'sum({app="a"})',
        '{app="a"} )',
    ],
)
def test_what_cannot_be_evaluated_is_a_parse_error(query: str) -> None:
    with pytest.raises(ParseError, match=r"^parse error"):
        parse(query)


@pytest.mark.parametrize(
    ("line", "stages", "labels"),
    [
        ('{"ms": 1.50, "at": {"zone": "a"}, "ok": true}', "| json", {"ms": "1.50", "at_zone": "a", "ok": "true"}),
        ("[1]", "| json", {"__error__": "JSONParserErr"}),
        (r'msg="say \"hi\"" n=3', "| logfmt", {"msg": 'say "hi"', "n": "3"}),
        ("n=3", "| logfmt | n != 4", {"n": "3"}),
        ("n=x", "| logfmt | n > 4", {"n": "x", "__error__": "LabelFilterErr"}),
        ("m=3", "| logfmt | n != 4", None),
        ("took=30ms", "| logfmt | took < 1s", {"took": "30ms"}),
    ],
)
def test_a_line_leaves_the_stages_with_what_was_found_in_it(
    line: str, stages: str, labels: dict[str, str] | None
) -> None:
    query = parse('{app="a"} ' + stages)
    assert isinstance(query, LogQuery)
    found = [entry.labels for entry in query.passed([Entry(1, line, {}, {})])]
    assert found == ([] if labels is None else [labels])
