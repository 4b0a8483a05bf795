"""What does PagerDuty say to its REST API and its Events API v2? A strict one: what real PagerDuty refuses, this does.

It knows what is open as its readers see it: `open`, by the dedup key, which is how it knows a repeat.
"""

from typing import Any

from tests.farends.answers import Answer
from tests.farends.loopback import Asked, FarEnd

TOKEN = "pd-token-for-tests"
ROUTING_KEY = "r" * 32
SEVERITIES = {"critical", "error", "warning", "info"}
MOST_PAGES = 25


class PagerDutyFarEnd(FarEnd):
    def __init__(self) -> None:
        super().__init__()
        self.on_call: dict[str, list[dict[str, Any]]] = {}
        """Schedule -> its people now: `name`, `email`, `end`."""
        self.open: dict[str, str] = {}
        """Dedup key -> `triggered`, `acknowledged` or `resolved`."""
        self.keys = {ROUTING_KEY}

    def answer(self, asked: Asked) -> Answer:
        match asked.method, asked.path:
            case "GET", "/oncalls":
                return self._oncalls(asked)
            case "POST", "/v2/enqueue":
                return self._enqueue(asked.json())
        return Answer(404, {"error": {"message": "Not Found", "code": 2100}})

    def _oncalls(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Token token={TOKEN}":
            return Answer(401, {"error": {"message": "Unauthorized", "code": 2006}})
        if "version=2" not in asked.headers.get("accept", ""):
            return Answer(406, {"error": {"message": "Not Acceptable", "code": 2000}})
        wanted = asked.query.get("schedule_ids[]", [])
        whole = "users" in asked.query.get("include[]", [])
        found = [_oncall(schedule, one, whole=whole) for schedule in wanted for one in self.on_call.get(schedule, [])]
        return Answer(200, {"oncalls": found, "limit": MOST_PAGES, "offset": 0, "more": False, "total": None})

    def _enqueue(self, event: dict[str, Any]) -> Answer:
        if errors := _errors(event, self.keys):
            return Answer(400, {"status": "invalid event", "message": "Event object is invalid", "errors": errors})
        key, action = event["dedup_key"], event["event_action"]
        before = self.open.get(key, "")
        match action:
            case "trigger" if before in {"", "resolved"}:
                self.open[key] = "triggered"
                self.took_effect(effect="trigger", key=key, severity=event["payload"]["severity"])
            case "acknowledge" if before == "triggered":
                self.open[key] = "acknowledged"
                self.took_effect(effect="acknowledge", key=key)
            case "resolve" if before in {"triggered", "acknowledged"}:
                self.open[key] = "resolved"
                self.took_effect(effect="resolve", key=key)
        return Answer(202, {"status": "success", "message": "Event processed", "dedup_key": key})


def _errors(event: dict[str, Any], keys: set[str]) -> list[str]:
    payload = event.get("payload") or {}
    triggers = event.get("event_action") == "trigger"
    checks = {
        "'routing_key' is invalid": event.get("routing_key") in keys,
        "'event_action' is invalid": event.get("event_action") in {"trigger", "acknowledge", "resolve"},
        "'dedup_key' must be 1 to 255 characters": 0 < len(event.get("dedup_key", "")) <= 255,
        "'payload.summary' must be 1 to 1024 characters": not triggers or 0 < len(payload.get("summary", "")) <= 1024,
        "'payload.source' is missing or blank": not triggers or bool(payload.get("source")),
        "'payload.severity' is invalid": not triggers or payload.get("severity") in SEVERITIES,
    }
    return [problem for problem, sound in checks.items() if not sound]


def _oncall(schedule: str, one: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    user = {"id": "P" + one["name"].upper(), "type": "user_reference", "summary": one["name"]}
    if whole:
        user |= {"type": "user", "name": one["name"], "email": one["email"]}
    return {
        "user": user,
        "schedule": {"id": schedule, "type": "schedule_reference", "summary": schedule},
        "escalation_policy": {"id": "PPOLICY", "type": "escalation_policy_reference"},
        "escalation_level": 1,
        "start": "2026-11-21T00:00:00Z",
        "end": one.get("end"),
    }
