"""What does an operations endpoint do? A control API of a shop: restart, roll back, flags, pools, each once a key."""

import json
from pathlib import Path
from typing import Any

from tests.farends.answers import Answer
from tests.farends.loopback import Asked, FarEnd

TOKEN = "operator-token-for-tests"


class EndpointFarEnd(FarEnd):
    """`POST`s need an `Idempotency-Key` and are carried out once a key; `GET /effects/{key}` tells of them."""

    def __init__(self, *, record: Path | None = None) -> None:
        super().__init__(record=record)
        self.services: dict[str, dict[str, Any]] = {name: _service(name) for name in ("checkout", "payment")}
        self._answers: dict[str, Answer] = {}

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"error": "Send `Authorization: Bearer <token>`."})
        match asked.path.split("/")[1:]:
            case ["effects", key] if asked.method == "GET":
                known = self._answers.get(key)
                return Answer(200, {"key": key, "status": known.status}) if known else Answer(404, {"error": "unknown"})
            case ["services", name] if asked.method == "GET" and name in self.services:
                return Answer(200, self.services[name])
            case ["services", name, *what] if asked.method == "POST" and name in self.services:
                return self._once(asked, name, what)
        return Answer(404, {"error": f"There is no {asked.path}."})

    def _once(self, asked: Asked, name: str, what: list[str]) -> Answer:
        key = asked.headers.get("idempotency-key", "")
        if not key:
            return Answer(400, {"error": "Send an `Idempotency-Key` header."})
        if key not in self._answers:
            self._answers[key] = self._carried_out(key, name, what, asked.json())
        return self._answers[key]

    def _carried_out(self, key: str, name: str, what: list[str], body: Any) -> Answer:
        state = self.services[name]
        match what:
            case ["restart"]:
                state["pid"] += 1
            case ["rollback"]:
                state["version"] = "1.0.0"
                state["pid"] += 1
            case ["flags", flag] if flag in state["flags"]:
                state["flags"][flag] = body["enabled"]
            case ["pool"] if isinstance(body.get("size"), int):
                state["pool_size"] = body["size"]
            case _:
                return Answer(404, {"error": f"{name} cannot do that."})
        self.took_effect(key=key, service=name, what="/".join(what), body=body)
        return Answer(200, json.loads(json.dumps(state)))


def _service(name: str) -> dict[str, Any]:
    return {
        "service": name,
        "pid": 100,
        "version": "1.1.0",
        "started_at": "2026-11-21T20:55:53Z",
        "flags": {"new_prices": True, "dark_mode": False},
        "pool_size": 8,
    }
