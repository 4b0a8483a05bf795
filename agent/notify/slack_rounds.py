"""What does Slack hear beside the journal?  What was held back at night, over too soon, or suppressed all day."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from agent.domain.base import Noun, digest
from agent.domain.incident import OVER, Incident
from agent.domain.quiet import DailyDigest, QuietHours
from agent.domain.wording import counted
from agent.notify.dispatcher import Later
from agent.notify.errands import Errand
from agent.notify.render_slack import Words, worded
from agent.notify.slack import SlackChannel
from agent.notify.slack_messages import Message, Messages
from agent.ports import Clock
from agent.telemetry import Log

log = Log(__name__)

DAY = timedelta(days=1)
_LISTED = 20


class Suppressed(Noun):
    """What became of a day's alerts."""

    alerts: int
    incidents: int
    fates: Mapping[str, int]
    """How many ended where."""
    noisiest: tuple[tuple[str, Mapping[str, int]], ...]
    """(the alerts' name, how many of them ended where), the most first."""


class SlackRounds:
    def __init__(
        self,
        slack: SlackChannel,
        messages: Messages,
        clock: Clock,
        *,
        words: Words,
        opened_since: Callable[[datetime], Awaitable[Sequence[Incident]]],
        suppressed: Callable[[datetime], Awaitable[Suppressed]],
        was_hushed: Callable[[Incident], Awaitable[bool]],
        hours: Sequence[QuietHours],
        daily: DailyDigest | None,
        home: str,
    ) -> None:
        """`was_hushed`: did maintenance keep it back?  `hours`: everybody's quiet hours; `home`: the channel of the
        daily digest, empty for none."""
        self._slack = slack
        self._messages = messages
        self._clock = clock
        self._words = words
        self._opened_since = opened_since
        self._suppressed = suppressed
        self._was_hushed = was_hushed
        self._hours = hours
        self._daily = daily if home else None
        self._home = home
        self._was_quiet = tuple(False for _ in hours)
        self._told_of: datetime | None = None

    async def round(self) -> None:
        """Call it every second or so; most rounds have nothing to do."""
        if self._slack.api.busy():
            return
        try:
            await self._after_quiet()
            await self._over_too_soon(self._slack.over_too_soon())
            await self._digest()
        except Later as reason:
            log.warning("channel waits", channel=self._slack.name, reason=str(reason))

    async def _after_quiet(self) -> None:
        quiet = tuple(hours.at(self._clock.now()) for hours in self._hours)
        if any(was and not now for was, now in zip(self._was_quiet, quiet, strict=True)):
            opened = await self._opened_since(self._clock.now() - 3 * DAY)
            for incident in opened:
                await self._slack.catch_up(incident.id)
            await self._over_too_soon([one for one in opened if await self._never_told(one)])
        self._was_quiet = quiet

    async def _never_told(self, incident: Incident) -> bool:
        recent = incident.opened_at > self._clock.now() - DAY
        return recent and incident.status in OVER and await self._slack.place(incident.id) is None

    async def _over_too_soon(self, incidents: Sequence[Incident]) -> None:
        """One message a channel about all that nobody needs to look at any more."""
        for channel in {self._slack.channel(one): None for one in incidents if self._slack.channel(one)}:
            theirs = [one for one in incidents if self._slack.channel(one) == channel]
            many = "1 incident was" if len(theirs) == 1 else f"{len(theirs)} incidents were"
            lines = [f"{many} over before you could be told:", *_listed(theirs)]
            await self._say(channel, "over", digest([one.id for one in theirs]), lines)

    async def _digest(self) -> None:
        if self._daily is None or (due := self._daily.last(self._clock.now())) == self._told_of:
            return
        found, over = await self._suppressed(due - DAY), await self._over_in_maintenance(due - DAY)
        if found.alerts or over:
            await self._say(self._home, "digest", due.date().isoformat(), _digested(found, over))
        self._told_of = due

    async def _over_in_maintenance(self, since: datetime) -> list[Incident]:
        """What began and ended while nobody was to be told."""
        opened = await self._opened_since(since)
        return [one for one in opened if await self._never_told(one) and await self._was_hushed(one)]

    async def _say(self, channel: str, name: str, what: str, lines: Sequence[str]) -> None:
        [first, *_] = self._words.pieces("\n".join(lines))
        errand = Errand(name, f"{channel} {what}", "", "Tell in Slack what nobody was told.")
        await self._messages.post(Message(errand, channel, worded(first)))


def _listed(incidents: Sequence[Incident]) -> list[str]:
    more = len(incidents) - _LISTED
    lines = [f"• {one.id} · {one.severity} · {one.title}" for one in incidents[:_LISTED]]
    return lines + ([f"… and {more} more: /incident list"] if more > 0 else [])


def _digested(found: Suppressed, over: Sequence[Incident]) -> list[str]:
    counts = ", ".join(f"{fate} {number}" for fate, number in sorted(found.fates.items()) if number)
    came, opened = counted(found.alerts, "alert"), counted(found.incidents, "incident")
    lines = [f"The last day: {came} came, {opened} opened." + (f" Where alerts ended: {counts}." if counts else "")]
    for fate in ("silenced", "inhibited", "quarantined"):
        named = [f"{name} {fates[fate]}" for name, fates in found.noisiest if fates.get(fate)]
        lines += [f"{fate.capitalize()}: {', '.join(named[:_LISTED])}."] if named else []
    return lines + (["Began and ended during maintenance:", *_listed(over)] if over else [])
