"""S37 against the real process: no body makes it grow by more than 64 MB, or stops it."""

import asyncio
import gzip
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from agent.ingest.body import MAX_BODY
from tests.integration.agent.entrypoints.web.bodies import GOOD, group

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads /proc, which only Linux has"),
]

MOST_GROWTH = 64 * 1024
"""Kilobytes."""


@dataclass
class Process:
    pid: int
    http: httpx2.AsyncClient

    def kilobytes(self, what: str) -> int:
        """`VmRSS` now, or `VmHWM`, its highest since `forget_peak`."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))

    def forget_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Process]:
    data = tmp_path_factory.mktemp("served")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AGENT_", "OPENAI_"))}
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent", "web", "--port", "0", "--data", str(data)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    assert started.stdout is not None
    async with asyncio.timeout(120):
        while b"serves at" not in (line := await started.stdout.readline()):
            assert line, "it ended before it served"
    address = line.decode().split("serves at ")[1].split(",")[0]
    key = (data / "local-operator.key").read_text().strip()
    async with httpx2.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=60) as http:
        for _ in range(20):
            assert (await http.post("/webhooks/alertmanager", content=GOOD["alertmanager"])).status_code == 202
        yield Process(started.pid, http)
    started.send_signal(signal.SIGTERM)
    await started.communicate()


async def gigabyte(chunk: bytes) -> AsyncIterator[bytes]:
    for _ in range(2**30 // len(chunk)):
        yield chunk


def bodies() -> dict[str, bytes]:
    cut = MAX_BODY - 100
    return {
        "deep": b"[" * 10_000,
        "deep objects": b'{"alerts":' * 10_000,
        "infinite": b'{"alerts":[{"labels":{"a":1e400}}]}',
        "not a number": b'{"alerts":[{"labels":{"a":NaN}}]}',
        "duplicate keys": b'{"alerts":[],"alerts":[1]}',
        "half a surrogate": b'{"alerts":[{"labels":{"a":"\\udc00"}}]}',
        "byte order mark": b"\xef\xbb\xbf" + group("A"),
        "gzip bomb": gzip.compress(b" " * 10**8),
        "many texts": (b'{"alerts":[["a"' + b',"aa"' * (cut // 5))[:cut] + b"]]}",
        "many objects": b'{"alerts":[[{"a":1}' + b',{"a":1}' * 190_000 + b"]]}",
        "wide characters": b'{"alerts":["' + b"a" * cut + "\U0001f525".encode() + b'"]}',
        "one long text": b'{"alerts":[{"labels":{"a":"' + b"x" * cut + b'"}}]}',
        "100,000 alerts": json.dumps(
            {"alerts": [{"labels": {"alertname": "A", "n": str(n)}} for n in range(100_000)]}
        ).encode(),
    }


@pytest.mark.parametrize("name", bodies())
@pytest.mark.attack("S37")
async def test_no_body_costs_more_than_its_share(process: Process, name: str) -> None:
    body = bodies()[name]
    process.forget_peak()
    before = process.kilobytes("VmRSS")
    answer = await process.http.post("/webhooks/alertmanager", content=body)

    assert answer.status_code == 202
    assert answer.json()["quarantined"] >= 1
    assert process.kilobytes("VmHWM") - before <= MOST_GROWTH


@pytest.mark.parametrize("told", [True, False], ids=["with its length", "in chunks"])
@pytest.mark.attack("S37")
async def test_gigabyte_is_cut_off(process: Process, told: bool) -> None:
    chunk = b"[" * 2**20
    headers = {"Content-Length": str(2**30)} if told else {}
    process.forget_peak()
    before = process.kilobytes("VmRSS")
    try:
        answer = await process.http.post("/webhooks/alertmanager", content=gigabyte(chunk), headers=headers)
        assert answer.status_code in {202, 413, 503}
    except httpx2.TransportError:
        pass  # It hung up on a sender that would not stop; the answer may be lost with the connection.

    assert process.kilobytes("VmHWM") - before <= MOST_GROWTH
    assert (await process.http.get("/livez")).status_code == 200


@pytest.mark.attack("S37")
async def test_several_at_once_share_what_there_is(process: Process) -> None:
    process.forget_peak()
    before = process.kilobytes("VmRSS")
    body = b'{"alerts":["' + b"x" * (MAX_BODY - 20) + b'"]}'
    answers = await asyncio.gather(*(process.http.post("/webhooks/generic", content=body) for _ in range(30)))

    assert {answer.status_code for answer in answers} <= {202, 503}
    assert process.kilobytes("VmHWM") - before <= 3 * MOST_GROWTH
    assert (await process.http.post("/webhooks/generic", content=GOOD["generic"])).status_code == 202
