"""One page an incident and team: triggered when it opens or the team is called, acknowledged and resolved with it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from pydantic import JsonValue

from agent.domain.alert import Severity
from agent.domain.event import EventType, Recorded
from agent.domain.remediation import EffectStatus
from agent.notify.errands import Errand, Errands
from agent.notify.news import News, Newsroom
from agent.telemetry import Log
from tools.base import ActResult

log = Log(__name__)

SEVERITIES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
    Severity.INFO: "info",
}
_SUMMARY = 1_024
"""Characters; PagerDuty's own limit."""
_OPENS = {EventType.INCIDENT_OPENED, EventType.INCIDENT_REOPENED}


class Pager(Protocol):
    """`tools.act.deliver.PagerDutyEvents`."""

    async def send(self, routing_key: str, event: Mapping[str, JsonValue]) -> ActResult:
        """Raises BackendError when it was not taken."""
        ...


class PagerDutyChannel:
    def __init__(
        self,
        team: str,
        pager: Pager,
        routing_key: str,
        errands: Errands,
        newsroom: Newsroom,
        *,
        clean: Callable[[str], str],
        page: str = "",
    ) -> None:
        self.name = f"pagerduty:{team}"
        self._team = team
        self._pager = pager
        self._routing_key = routing_key
        self._errands = errands
        self._newsroom = newsroom
        self._clean = clean
        self._page = page

    async def tell(self, entry: Recorded) -> None:
        news = await self._newsroom.news(entry)
        if news is None:
            return
        paged = await self._errands.done("trigger", news.incident.thread)
        if self._pages(news) and not paged and not news.over and not await self._newsroom.hushed(news.incident):
            await self._send("trigger", news)
        elif paged and entry.event.facts.get("acknowledged"):
            await self._send("acknowledge", news)
        elif paged and news.ends:
            await self._send("resolve", news)

    def _pages(self, news: News) -> bool:
        return self._team in news.teams and (news.calls or news.late or news.type in _OPENS)

    async def _send(self, action: str, news: News) -> None:
        incident = news.incident
        # One trigger an episode; the others by the entry that tells of them.
        what = incident.thread if action == "trigger" else str(news.entry.sequence)
        errand = Errand(action, what, incident.id, f"{action.capitalize()} a page about {incident.id}.")
        effect = await self._errands.again(errand, self._sending(action, news))
        if effect.status is not EffectStatus.DONE:
            log.warning("not told", channel=self.name, entry=news.entry.sequence, reason=effect.detail)

    def _sending(self, action: str, news: News) -> Callable[[], Awaitable[ActResult]]:
        event: dict[str, JsonValue] = {"event_action": action, "dedup_key": news.incident.id}
        if action == "trigger":
            event |= self._triggered(news)
        return lambda: self._pager.send(self._routing_key, event)

    def _triggered(self, news: News) -> dict[str, JsonValue]:
        incident = news.incident
        title = self._clean(incident.title)
        payload: dict[str, JsonValue] = {
            "summary": (self._clean(news.entry.event.text) if news.calls else title)[:_SUMMARY] or incident.id,
            "source": self._clean(incident.service) or "incident-agent",
            "severity": SEVERITIES[incident.severity],
            "timestamp": news.entry.at.isoformat(),
            "component": self._clean(incident.service),
            "custom_details": {"incident": incident.id, "title": title, "team": incident.team},
        }
        links: list[JsonValue] = [{"href": f"{self._page}/incidents/{incident.id}", "text": "The incident"}]
        return {"payload": payload, "client": "incident-agent", **({"links": links} if self._page else {})}
