"""Another system hears of a team's incidents: signed JSON, again until it is taken, and told apart by its id."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

from pydantic import JsonValue

from agent.domain.base import digest
from agent.domain.event import EventType, Recorded
from agent.domain.remediation import EffectStatus
from agent.notify.errands import Errand, Errands
from agent.notify.news import LONGEST, News, Newsroom
from agent.ports import Clock
from agent.telemetry import Log
from tools.base import ActResult

log = Log(__name__)

_NOT_TOLD = {
    EventType.ALERTS_RECEIVED,
    EventType.ALERT_PLACED,
    EventType.RECALLED,
    EventType.TOOL_CALLED,
    EventType.MODEL_CALLED,
    EventType.EFFECT_INTENT,
    EventType.LEARNED,
}
_FACTS = ("approval", "status", "decision", "to", "verdict", "component", "confidence", "recovered", "step", "teams")
"""What is told of an entry's facts: ids, counts and closed sets, and nothing that anybody wrote."""


class Hook(Protocol):
    """`tools.act.deliver.Webhook`."""

    async def post(self, key: str, body: Mapping[str, JsonValue], at: int) -> ActResult:
        """Raises BackendError when it was not taken."""
        ...


class WebhookChannel:
    def __init__(
        self,
        name: str,
        hook: Hook,
        errands: Errands,
        newsroom: Newsroom,
        clock: Clock,
        *,
        teams: Collection[str],
        clean: Callable[[str], str],
        page: str = "",
    ) -> None:
        """`teams`: those that hear by it."""
        self.name = f"webhook:{name}"
        self._hook = hook
        self._errands = errands
        self._newsroom = newsroom
        self._clock = clock
        self._teams = frozenset(teams)
        self._clean = clean
        self._page = page

    async def tell(self, entry: Recorded) -> None:
        news = await self._newsroom.news(entry)
        if news is None or news.type in _NOT_TOLD or not self._teams & set(news.teams):
            return
        body = await self._body(news)
        key = digest([self.name, entry.sequence, entry.hash])[:32]
        errand = Errand("post", str(entry.sequence), news.incident.id, f"Tell {self.name} of {news.incident.id}.")
        effect = await self._errands.again(errand, self._posting(key, body))
        if effect.status is not EffectStatus.DONE:
            log.warning("not told", channel=self.name, entry=entry.sequence, reason=effect.detail)

    def _posting(self, key: str, body: Mapping[str, JsonValue]) -> Callable[[], Awaitable[ActResult]]:
        return lambda: self._hook.post(key, body, int(self._clock.now().timestamp()))

    async def _body(self, news: News) -> dict[str, JsonValue]:
        incident, event = news.incident, news.entry.event
        return {
            "version": 1,
            "type": event.type,
            "sequence": news.entry.sequence,
            "at": news.entry.at.isoformat(),
            "text": self._clean(event.text)[:LONGEST],
            "facts": {name: event.facts[name] for name in _FACTS if name in event.facts},
            "quiet": await self._newsroom.hushed(incident),
            "incident": {
                "id": incident.id,
                "episode": incident.episode,
                "title": self._clean(incident.title),
                "severity": incident.severity,
                "status": incident.status,
                "service": self._clean(incident.service),
                "team": incident.team,
                "link": f"{self._page}/incidents/{incident.id}" if self._page else "",
            },
        }
