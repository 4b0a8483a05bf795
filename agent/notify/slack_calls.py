"""Another team is called in its own channel, when nobody of the first has answered."""

from collections.abc import Callable, Sequence

from agent.domain.event import Recorded
from agent.notify.dispatcher import Later
from agent.notify.errands import Errand, Errands
from agent.notify.news import News, Newsroom
from agent.notify.render_slack import Words, worded
from agent.notify.slack_api import SlackApi
from agent.notify.slack_messages import Message, Messages


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
        self._messages = Messages(api, errands)
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
        errand = Errand("call", key, news.incident.id, "Call another team.")
        await self._messages.post(Message(errand, channel, worded(text), key=key))
