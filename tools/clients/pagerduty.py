"""Who is on call, as PagerDuty knows it?  Its REST API v2, reading alone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.base import BackendError
from tools.clients.http import Http, refusal


@dataclass(frozen=True)
class OnCall:
    """Somebody on a schedule. What is written there is people's own, and untrusted."""

    name: str
    email: str
    until: datetime | None


class PagerDuty:
    def __init__(self, url: str, token: str, *, deadline: timedelta = timedelta(seconds=5)) -> None:
        headers = {"Authorization": f"Token token={token}", "Accept": "application/vnd.pagerduty+json;version=2"}
        self._http = Http(url, headers=headers, deadline=deadline, through_proxy=True)

    async def on_call(self, schedule: str, at: datetime) -> list[OnCall]:
        """Who is on that schedule at the moment; nobody when its turns have a gap. Raises BackendError."""
        moment = at.astimezone(UTC)
        params = {
            "schedule_ids[]": [schedule],
            "include[]": ["users"],
            "earliest": "true",
            "since": moment.isoformat(),
            "until": (moment + timedelta(seconds=1)).isoformat(),
        }
        asked = f"PagerDuty, who is on call on {schedule}"
        reply = await self._http.get("/oncalls", params, asked=asked)
        if reply.status != 200:
            raise refusal(asked, reply)
        return _found(reply.json(asked), asked, schedule)

    async def close(self) -> None:
        await self._http.close()


def _found(said: Any, asked: str, schedule: str) -> list[OnCall]:
    try:
        entries = [one for one in said["oncalls"] if (one.get("schedule") or {}).get("id") == schedule]
        return [_on_call(one) for one in entries]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BackendError(f"{asked}: the answer is not what PagerDuty would say: {error!r}") from error


def _on_call(entry: dict[str, Any]) -> OnCall:
    user = entry["user"]
    until = datetime.fromisoformat(entry["end"]).astimezone(UTC) if entry.get("end") else None
    return OnCall(str(user.get("name") or user["summary"]), str(user.get("email") or ""), until)
