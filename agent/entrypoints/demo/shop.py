"""What does the agent's action reach in a replay? A control API like the lab's, over HTTP, with its own journal."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


class ReplayedShop:
    """Restarts, rollbacks, flags and pools of the recorded services; each key takes effect once."""

    def __init__(self, services: tuple[str, ...], heals: str | None, heal: Callable[[], None]) -> None:
        """`heals`: the one call that heals the recorded fault, e.g. `payment/rollback`; every other changes nothing."""
        self.token = secrets.token_urlsafe(24)
        self.journal: list[dict[str, Any]] = []
        self._states = {name: _state(name, pid, heals or "") for pid, name in enumerate(services, 4201)}
        self._heals = heals
        self._heal = heal
        self.app = Starlette(
            routes=[
                Route("/services/{service}", self._look),
                Route("/services/{service}/{what:path}", self._act, methods=["POST"]),
                Route("/effects/{key}", self._effect),
            ]
        )

    async def _look(self, request: Request) -> JSONResponse:
        state = self._states.get(request.path_params["service"])
        if not self._may(request) or state is None:
            return _no(401 if state else 404)
        return JSONResponse(state)

    async def _act(self, request: Request) -> JSONResponse:
        service, what = request.path_params["service"], request.path_params["what"]
        key = request.headers.get("idempotency-key", "")
        if not self._may(request) or service not in self._states or not key:
            return _no(401)
        if (known := self._known(key)) is not None:
            return JSONResponse(known["answer"])
        answer = self._changed(service, what)
        self.journal.append({"key": key, "service": service, "what": what, "at": _now(), "answer": answer})
        if f"{service}/{what}" == self._heals:
            self._heal()
        return JSONResponse(answer)

    async def _effect(self, request: Request) -> JSONResponse:
        known = self._known(request.path_params["key"])
        return JSONResponse(known) if known and self._may(request) else _no(404)

    def _known(self, key: str) -> dict[str, Any] | None:
        return next((entry for entry in self.journal if entry["key"] == key), None)

    def _changed(self, service: str, what: str) -> dict[str, Any]:
        state = self._states[service]
        if what.startswith("flags/"):
            state["flags"] = state["flags"] | {what.removeprefix("flags/"): False}
        else:
            state |= {"pid": state["pid"] + 100, "started_at": _now()}
        if what == "rollback":
            state["version"] = "previous"
        return {"service": service, "done": what, "pid": state["pid"]}

    def _may(self, request: Request) -> bool:
        return secrets.compare_digest(request.headers.get("authorization", ""), f"Bearer {self.token}")


def _state(name: str, pid: int, heals: str) -> dict[str, Any]:
    """A service as it was recorded: when switching a flag off heals it, the flag is on."""
    service, _, what = heals.partition("/")
    flags = {what.removeprefix("flags/"): True} if what.startswith("flags/") and service == name else {}
    return {"service": name, "pid": pid, "version": "current", "started_at": _now(), "flags": flags, "pool_size": 8}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _no(status: int) -> JSONResponse:
    return JSONResponse({"error": "no"}, status_code=status)
