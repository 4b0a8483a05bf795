"""Another team is called in its own channel, when nobody of the first has answered."""

from collections.abc import Callable, Sequence

from agent.domain.event import Recorded
from agent.domain.remediation import EffectStatus
from agent.notify.dispatcher import Later
from agent.notify.errands import Errand, Errands
from agent.notify.news import News, Newsroom
from agent.notify.render_slack import Words, section
from agent.notify.slack_api import Place, SlackApi, Text
from agent.ports import Call
from agent.telemetry import Log
from tools.base import ActResult, BackendError, Unsure

log = Log(__name__)


class SlackCalls:
    name = "slack-calls"

    def __init__(
        self,
        api: SlackApi,
        errands: Errands,
        newsroom: Newsroom,
        *,
        words: Words,
        channels: Callable[[News], Sequence[str]],
        page: str = "",
    ) -> None:
        """`channels`: those of the teams that are called, but for the one where the card stands."""
        self._api = api
        self._errands = errands
        self._newsroom = newsroom
        self._words = words
        self._channels = channels
        self._page = page

    async def tell(self, entry: Recorded) -> None:
        news = await self._newsroom.news(entry)
        if news is None or not news.calls or news.over:
            return
        for channel in dict.fromkeys(self._channels(news)):
            await self._call(news, channel)

    async def _call(self, news: News, channel: str) -> None:
        if because := self._api.busy():
            raise Later(because)
        key = f"call:{news.entry.sequence}:{channel}"
        link = f"\n{self._page}/incidents/{news.incident.id}" if self._page else ""
        text = self._words.pieces(f"{news.entry.event.text}{link}")[0]

        async def run() -> ActResult:
            return _posted(await self._api.post(channel, Text(text, [section(text)]), key))

        async def read_back() -> ActResult | None:
            try:
                found = await self._api.find(key, channel)
            except (Unsure, BackendError) as error:
                raise Later(str(error)) from error
            return _posted(found) if found else ActResult(ok=False, detail="It is not there.", data={"absent": True})

        errand = Errand("call", key, news.incident.id, "Call another team.")
        effect = await self._errands.once(errand, Call(run=run, read_back=read_back))
        if effect.status is not EffectStatus.DONE:
            log.warning("not told", channel=self.name, entry=news.entry.sequence, reason=effect.detail)


def _posted(place: Place) -> ActResult:
    return ActResult(ok=True, detail="Posted.", data={"channel": place.channel, "ts": place.ts})
