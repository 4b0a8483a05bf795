import ssl
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from tests.farends.answers import (
    PATIENT,
    Answer,
    CutAfter,
    CutBefore,
    DoneBut,
    Drip,
    Endless,
    Instead,
    Late,
    deadline_for,
)
from tests.farends.endpoint import TOKEN, EndpointFarEnd
from tests.farends.loopback import Asked, FarEnd
from tools.act.http import Endpoint, HttpExecutor
from tools.base import ActResult, BackendError, Unsure
from tools.clients.judged import MAX_BODY

RESTART = {"endpoint": "control", "method": "POST", "path": "/services/checkout/restart"}
STATE = {"endpoint": "control", "path": "/services/checkout"}


@pytest.fixture
def control() -> Iterator[EndpointFarEnd]:
    with EndpointFarEnd() as far_end:
        yield far_end


def _executor(far_end: FarEnd, deadline: timedelta = PATIENT, **endpoint: str) -> HttpExecutor:
    settings = {"url": far_end.url, "token": TOKEN, "read_back": "/effects/{key}", **endpoint}
    return HttpExecutor({"control": Endpoint(**settings)}, deadline=deadline)


async def test_an_action_is_done_once_a_key_however_often_it_is_sent(control: EndpointFarEnd) -> None:
    executor = _executor(control)
    flag = {**RESTART, "path": "/services/checkout/flags/new_prices", "body": {"enabled": False}}
    results = [await executor.run(flag, "key-1") for _ in range(3)]
    assert [(result.ok, result.detail) for result in results] == [
        (True, f"POST {control.url}/services/checkout/flags/new_prices answered 200.")
    ] * 3
    assert control.journal == [
        {"key": "key-1", "service": "checkout", "what": "flags/new_prices", "body": {"enabled": False}}
    ]


async def test_what_is_described_is_what_is_sent(control: EndpointFarEnd) -> None:
    call = {**RESTART, "path": "/services/checkout/pool", "body": {"size": 12, "note": "grösser"}}
    executor = _executor(control)
    assert executor.describe(call) == (
        f'POST {control.url}/services/checkout/pool {{"note": "gr\\u00f6sser", "size": 12}}, with the endpoint\'s token'
    )
    await executor.run(call, "key-1")
    (asked,) = control.asked
    assert (asked.method, asked.raw_path, asked.body) == (
        "POST",
        "/services/checkout/pool",
        b'{"note": "gr\\u00f6sser", "size": 12}',
    )
    assert {name: asked.headers[name] for name in ("host", "authorization", "idempotency-key", "content-type")} == {
        "host": f"127.0.0.1:{control.port}",
        "authorization": f"Bearer {TOKEN}",
        "idempotency-key": "key-1",
        "content-type": "application/json",
    }


async def test_a_precondition_reads_the_fields_it_names(control: EndpointFarEnd) -> None:
    executor = _executor(control)
    assert await executor.read({**STATE, "fields": ["version", "pid"]}) == {"version": "1.1.0", "pid": 100}
    assert await executor.read({**STATE, "fields": {"enabled": "flags.dark_mode"}}) == {"enabled": False}
    assert control.journal == []


async def test_a_precondition_that_cannot_be_read_says_why(control: EndpointFarEnd) -> None:
    executor = _executor(control)
    unreadable: list[tuple[dict[str, Any], str]] = [
        ({**STATE, "path": "/services/none"}, "answered 404"),
        ({**STATE, "fields": ["flags.none"]}, "no field 'flags.none'"),
        (RESTART, "is not a reading call"),
    ]
    for call, why in unreadable:
        with pytest.raises(BackendError, match=why):
            await executor.read(call)
    assert control.journal == []


@pytest.mark.parametrize(
    ("misbehaviour", "effects"),
    [
        (CutAfter(), 1),
        (CutBefore(), 0),
        (Late(2), 1),
        (Drip(0.05), 1),
        (DoneBut(Answer(500, {"error": "x"})), 1),
        (Instead(Answer(503)), 0),
        (Instead(Answer(409, {"error": "in progress"})), 0),
        (DoneBut(Answer(303, headers={"Location": "http://127.0.0.1:1/"})), 1),
        (Instead(Answer(307, headers={"Location": "http://127.0.0.1:1/"})), 0),
    ],
)
async def test_what_may_have_been_done_is_unsure_and_the_far_end_knows(
    control: EndpointFarEnd, misbehaviour: Any, effects: int
) -> None:
    control.plan(misbehaviour, "POST")
    with pytest.raises(Unsure):
        await _executor(control, deadline=deadline_for(misbehaviour)).run(RESTART, "key-1")
    looked_up = await _executor(control).read_back(RESTART, "key-1")
    assert looked_up is not None
    assert (len(control.journal), looked_up.ok) == (effects, bool(effects))
    assert effects or looked_up.data == {"absent": True}


async def test_a_cut_in_the_body_of_a_success_is_a_success_still(control: EndpointFarEnd) -> None:
    control.plan(DoneBut(Answer(200, b"{", headers={"Content-Length": "100"})), "POST")
    assert await _executor(control).run(RESTART, "key-1") == ActResult(
        ok=True, detail=f"POST {control.url}/services/checkout/restart answered 200."
    )


async def test_a_refusal_means_that_nothing_was_done(control: EndpointFarEnd) -> None:
    executor = _executor(control)
    unknown = await executor.run({**RESTART, "path": "/services/none/restart"}, "key-1")
    assert (unknown.ok, unknown.detail) == (
        False,
        f'POST {control.url}/services/none/restart answered 404: {{"error": "There is no /services/none/restart."}}.',
    )
    assert control.journal == []


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "other"},
        {"path": "/services/../admin"},
        {"path": "/services/%2e%2e/admin"},
        {"path": "//evil.example/x"},
        {"path": "http://evil.example/"},
        {"path": "@evil.example/"},
        {"path": "/services/checkout/restart?x=1"},
        {"path": "/services/checkout/restart\r\nX: y"},
        {"path": ""},
        {"method": "GET"},
        {"method": "CONNECT"},
        {"headers": {"Host": "evil.example"}},
        {"url": "http://evil.example"},
    ],
)
@pytest.mark.attack("S17")
async def test_a_call_that_is_not_of_the_catalogues_shape_is_refused_before_anything_is_sent(
    control: EndpointFarEnd, change: dict[str, Any]
) -> None:
    result = await _executor(control).run({**RESTART, **change}, "key-1")
    assert (result.ok, control.asked) == (False, [])


@pytest.mark.parametrize("key", ["", "a\r\nX-Evil: 1", "a b", "é", "k" * 201])
async def test_a_key_that_fits_no_header_is_refused(control: EndpointFarEnd, key: str) -> None:
    result = await _executor(control).run(RESTART, key)
    assert (result.ok, control.asked) == (False, [])


async def test_no_connection_means_that_nothing_was_done() -> None:
    with EndpointFarEnd() as gone:
        executor = _executor(gone)
    result = await executor.run(RESTART, "key-1")
    assert (result.ok, "no connection" in result.detail) == (False, True)
    assert await executor.read_back(RESTART, "key-1") is None


@pytest.mark.attack("S51")
async def test_a_redirect_is_not_followed_even_for_reading(control: EndpointFarEnd) -> None:
    with EndpointFarEnd() as elsewhere:
        control.plan(Instead(Answer(302, headers={"Location": f"{elsewhere.url}/services/checkout"})))
        with pytest.raises(BackendError, match="answered 302"):
            await _executor(control).read(STATE)
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    "body", [b'{"pid": "' + b"x" * MAX_BODY + b'"}', b"[" * 60_000, b'{"pid": NaN}', b"\xff\xfe", b"", b"not json"]
)
async def test_an_answer_that_is_no_json_of_a_decent_size_is_no_answer(control: EndpointFarEnd, body: bytes) -> None:
    executor = _executor(control)
    control.plan(Instead(Answer(200, body)), "GET")
    with pytest.raises(BackendError, match="answered 200: nothing that can be read"):
        await executor.read(STATE)
    control.plan(DoneBut(Answer(200, body)), "POST")
    assert (await executor.run(RESTART, "key-1")).data is None


async def test_an_answer_that_never_ends_is_not_waited_for(control: EndpointFarEnd) -> None:
    executor = _executor(control)
    control.plan(Endless(), "GET")
    with pytest.raises(BackendError, match="answered 200: nothing that can be read"):
        await executor.read(STATE)
    control.plan(Endless(), "POST")
    assert (await executor.run(RESTART, "key-1")).ok


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(200, {"status": 200}), (True, {"status": 200})),
        (Answer(200, {"key": "key-1"}), (True, {"key": "key-1"})),
        (Answer(200, {"status": 422}), (False, {"status": 422})),
        (Answer(404), (False, {"absent": True})),
        (Answer(200, {"status": None}), None),
        (Answer(200, {"status": "done"}), None),
        (Answer(200, []), None),
        (Answer(500), None),
        (Answer(401), None),
    ],
)
async def test_the_far_ends_record_is_believed_as_far_as_it_goes(
    control: EndpointFarEnd, answer: Answer, expected: tuple[bool, Any] | None
) -> None:
    control.plan(Instead(answer), "GET")
    found = await _executor(control).read_back(RESTART, "key-1")
    assert (found and (found.ok, found.data)) == expected


async def test_without_a_record_at_the_far_end_nothing_can_tell(control: EndpointFarEnd) -> None:
    assert await _executor(control, read_back="").read_back(RESTART, "key-1") is None
    assert control.asked == []


async def test_the_token_is_in_no_description_and_no_error(control: EndpointFarEnd) -> None:
    endpoint = Endpoint(control.url, token=TOKEN)
    control.plan(Instead(Answer(401, {"error": "no"})))
    refused = await _executor(control).run(RESTART, "key-1")
    assert all(TOKEN not in text for text in (repr(endpoint), _executor(control).describe(RESTART), refused.detail))


@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint("file:///etc/passwd"),
        Endpoint("http://127.0.0.1", token="a\r\nX: y"),
        Endpoint("http://127.0.0.1", read_back="/../{key}"),
    ],
)
def test_an_endpoint_that_cannot_be_called_is_refused_at_the_start(endpoint: Endpoint) -> None:
    with pytest.raises(BackendError):
        HttpExecutor({"control": endpoint})


async def test_the_connection_is_made_to_the_address_that_was_judged(control: EndpointFarEnd) -> None:
    answers = [["127.0.0.1"]]

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop() if answers else ["192.0.2.1"]  # A second look would be told something else.

    endpoint = Endpoint(f"http://control.localhost:{control.port}", token=TOKEN)
    result = await HttpExecutor({"control": endpoint}, resolve=resolve).run(RESTART, "key-1")
    assert (result.ok, control.asked[0].headers["host"]) == (True, f"control.localhost:{control.port}")


async def test_a_name_rebound_to_this_machine_is_not_called(control: EndpointFarEnd) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    endpoint = Endpoint(f"http://ops.example.com:{control.port}", token=TOKEN)
    result = await HttpExecutor({"control": endpoint}, resolve=resolve).run(RESTART, "key-1")
    assert (result.ok, control.asked) == (False, [])


async def test_no_proxy_of_the_environment_is_used(control: EndpointFarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await _executor(control).run(RESTART, "key-1")).ok


@pytest.mark.system
@pytest.mark.skipif(which("openssl") is None, reason="needs the program openssl: apt-get install openssl")
async def test_tls_is_checked_against_the_configured_name_not_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = _certificate(tmp_path, "control.localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with _Tls(certificate) as far_end:
        outcomes = {}
        for host in ("control.localhost", "other.localhost"):
            endpoint = Endpoint(f"https://{host}:{far_end.port}")
            result = await HttpExecutor({"control": endpoint}, resolve=_here).run(RESTART, "key-1")
            outcomes[host] = result.ok
    assert outcomes == {"control.localhost": True, "other.localhost": False}
    assert [asked.path for asked in far_end.asked] == ["/services/checkout/restart"]


async def _here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


class _Tls(FarEnd):
    def __init__(self, certificate: Path) -> None:
        super().__init__()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def answer(self, asked: Asked) -> Answer:
        return Answer(200, {})


def _certificate(folder: Path, name: str) -> Path:
    certificate = folder / "far-end.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "1",
    ]
    files = ["-keyout", str(certificate.with_suffix(".key")), "-out", str(certificate)]
    subprocess.run(
        [*command, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", *files],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return certificate
