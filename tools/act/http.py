"""How is a configured endpoint called, so that it happens once and nowhere else?

Only endpoints that the configuration names; redirects are never followed; the key travels as `Idempotency-Key` (the
header of draft-ietf-httpapi-idempotency-key-header). An endpoint may say where an effect can be read back:
`GET <read_back>` answers 200 when it has seen the key, with the HTTP status it gave as `status` if it keeps one
(null while it is still at it), and 404 when it has not.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from pydantic import JsonValue

from tools.act.calls import Call, checked_key, understood
from tools.act.observation import observation
from tools.base import ActResult, BackendError, Unsure
from tools.clients.http import quoted
from tools.clients.judged import Judged
from tools.clients.origin import Origin, Resolve, is_path, origin_of
from tools.clients.outcome import Answered, Unanswered

_MAYBE_DONE = frozenset({408, 409})
"""Request time-out, and conflict: the same key may still be at work."""


@dataclass(frozen=True)
class Endpoint:
    """A place that may be called."""

    url: str
    token: str = field(default="", repr=False)
    """Sent as a bearer token."""
    read_back: str = ""
    """Where an effect can be looked up, with `{key}` in it: `/effects/{key}`. Empty: it cannot."""


class HttpExecutor:
    """`tools.base.Executor` for HTTP. A call is `{endpoint, method, path, body}`, and `fields` when it reads."""

    name = "http"

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        *,
        deadline: timedelta = timedelta(seconds=30),
        resolve: Resolve | None = None,
    ) -> None:
        """BackendError when an endpoint cannot be called as it is configured. `deadline` is for a call as a whole."""
        self._endpoints = {name: (endpoint, _origin(name, endpoint)) for name, endpoint in endpoints.items()}
        self._judged = Judged(deadline, resolve)

    def describe(self, call: Mapping[str, object]) -> str:
        asked, endpoint, origin = self._understood(call)
        credential = ", with the endpoint's token" if endpoint.token else ""
        body = "" if asked.body is None else f" {_written(asked.body)}"
        return f"{asked.method} {origin.url(asked.path)}{body}{credential}"

    async def read(self, call: Mapping[str, object]) -> JsonValue:
        asked, endpoint, origin = self._understood(call)
        if asked.method != "GET":
            raise BackendError(f"{asked.method} {origin.url(asked.path)} is not a reading call.")
        what = f"GET {origin.url(asked.path)}"
        status, answer = await self._send(asked, endpoint, origin, {})
        if status != 200 or answer is None:
            raise Answered(f"{what} answered {status}: {_said(answer)}.", status, retry=status >= 500)
        return observation(answer, asked.fields, what)

    async def run(self, call: Mapping[str, object], key: str) -> ActResult:
        try:
            asked, endpoint, origin = self._understood(call)
            status, answer = await self._send(_writing(asked), endpoint, origin, {"Idempotency-Key": checked_key(key)})
        except Unanswered as error:
            raise Unsure(str(error)) from error
        except BackendError as error:
            return ActResult(ok=False, detail=str(error))
        return _result(f"{asked.method} {origin.url(asked.path)}", status, answer)

    async def read_back(self, call: Mapping[str, object], key: str) -> ActResult | None:
        try:
            asked, endpoint, origin = self._understood(call)
            if not endpoint.read_back:
                return None
            path = endpoint.read_back.replace("{key}", checked_key(key))
            look = _Call(endpoint=asked.endpoint, method="GET", path=path)
            status, answer = await self._send(look, endpoint, origin, {})
        except BackendError:
            return None
        return _remembered(f"{asked.method} {origin.url(asked.path)}", status, answer)

    def _understood(self, call: Mapping[str, object]) -> tuple["_Call", Endpoint, Origin]:
        asked = understood(_Call, call, "HTTP call")
        if asked.endpoint not in self._endpoints:
            raise BackendError(f"There is no endpoint {asked.endpoint!a}; the configuration names {self._names()}.")
        if not asked.path or not is_path(asked.path):
            raise BackendError(f"{asked.path!a} is not a path that can be called.")
        return asked, *self._endpoints[asked.endpoint]

    def _names(self) -> str:
        return ", ".join(self._endpoints) or "none"

    async def _send(
        self, asked: "_Call", endpoint: Endpoint, origin: Origin, headers: Mapping[str, str]
    ) -> tuple[int, JsonValue]:
        """(status, the answer's JSON or None). Unanswered once it may have been sent, BackendError before that."""
        content = None if asked.body is None else _written(asked.body).encode()
        sent = {**_headers(asked, endpoint), **headers}
        answer = await self._judged.ask(origin, asked.method, asked.path, content=content, headers=sent)
        return answer.status, _parsed(answer.body)


class _Call(Call):
    endpoint: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str
    body: JsonValue = None
    fields: list[str] | dict[str, str] = []


def _origin(name: str, endpoint: Endpoint) -> Origin:
    if not (endpoint.token.isascii() and endpoint.token.isprintable()):
        raise BackendError(f"The token of the endpoint {name} holds characters that fit no header.")
    if not is_path(endpoint.read_back.replace("{key}", "key")):
        raise BackendError(f"The endpoint {name} cannot be read back at {endpoint.read_back!a}: that is no path.")
    return origin_of(endpoint.url)


def _writing(asked: _Call) -> _Call:
    if asked.method == "GET":
        raise BackendError(f"GET {asked.path} changes nothing; it cannot be run.")
    return asked


def _written(body: JsonValue) -> str:
    """What is sent, and what a human is shown: ASCII, so that nothing in it can look like something else."""
    return json.dumps(body, sort_keys=True, allow_nan=False)


def _headers(asked: _Call, endpoint: Endpoint) -> dict[str, str]:
    token = {"Authorization": f"Bearer {endpoint.token}"} if endpoint.token else {}
    return {**token, **({"Content-Type": "application/json"} if asked.body is not None else {})}


def _parsed(body: bytes) -> JsonValue:
    def refuse(_: str) -> JsonValue:
        raise ValueError

    try:
        answer: JsonValue = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None
    return answer


def _result(what: str, status: int, answer: JsonValue) -> ActResult:
    """2xx: done. 4xx: refused, nothing done. Anything else, and a redirect too, may hide that it was done."""
    if 200 <= status < 300:
        return ActResult(ok=True, detail=f"{what} answered {status}.", data=answer)
    if 400 <= status < 500 and status not in _MAYBE_DONE:
        return ActResult(ok=False, detail=f"{what} answered {status}: {_said(answer)}.", data=answer)
    raise Unsure(f"{what} answered {status}: {_said(answer)}.")


def _remembered(what: str, status: int, answer: JsonValue) -> ActResult | None:
    if status == 404:
        return ActResult(ok=False, detail=f"{what} was never received.", data={"absent": True})
    if status != 200 or not isinstance(answer, dict):
        return None
    match answer.get("status", 200):
        case int(given) if 200 <= given < 300:
            return ActResult(ok=True, detail=f"{what} was done: the far end has it on record.", data=answer)
        case int(given) if 400 <= given < 500:
            return ActResult(ok=False, detail=f"{what} was received and answered {given}.", data=answer)
        case _:
            return None


def _said(answer: JsonValue) -> str:
    return quoted(_written(answer)) if answer is not None else "nothing that can be read"
