"""One living card an incident: posted when it opens, kept current, its details in the thread below."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from agent.domain.approval import ApprovalStatus
from agent.domain.base import digest
from agent.domain.event import EventType, Recorded
from agent.domain.incident import OVER, Incident, IncidentStatus
from agent.domain.quiet import QuietHours
from agent.notify.dispatcher import Later
from agent.notify.errands import Errand, Errands
from agent.notify.news import Hushed, never, of_telling
from agent.notify.render_slack import SECTION, Card, Seen, Words, worded
from agent.notify.slack_api import Picture, Place, SlackApi, Text
from agent.notify.slack_messages import Message, Messages, place_of, shared_of
from agent.ports import Call, Clock
from agent.telemetry import Log
from tools.base import ActResult, BackendError, Unsure

log = Log(__name__)

FRESH = timedelta(minutes=2)
"""What is told later than this after it happened is told together with what followed."""
_CHANGES_NOTHING = {
    EventType.ALERTS_RECEIVED,
    EventType.ALERT_PLACED,
    EventType.RECALLED,
    EventType.TOOL_CALLED,
    EventType.EFFECT_INTENT,
    EventType.LEARNED,
}
"""What a card does not show."""
_TOLD = {
    EventType.INCIDENT_REOPENED,
    EventType.INCIDENT_MERGED,
    EventType.INCIDENT_SPLIT,
    EventType.DIAGNOSED,
    EventType.ACTION_REFUSED,
    EventType.APPROVAL_REQUESTED,
    EventType.APPROVAL_DECIDED,
    EventType.APPROVAL_REMINDED,
    EventType.APPROVAL_EXPIRED,
    EventType.ESCALATED,
    EventType.EFFECT_OUTCOME,
    EventType.EFFECT_SETTLED,
    EventType.VERIFIED,
    EventType.PARKED,
    EventType.FEEDBACK,
    EventType.JOB_DEAD,
}
"""What is told below the card."""
REMEMBERED = 1_000
"""Incidents whose cards are known as they were last sent; any other's is sent once more, to the same end."""
_MOST_MISSED = 20
"""Sentences of one incident that are told together at most; the page has all of them."""


class SlackChannel:
    name = "slack"

    def __init__(
        self,
        api: SlackApi,
        errands: Errands,
        look: Callable[[str], Awaitable[Seen]],
        timeline: Callable[[str], Awaitable[Sequence[Recorded]]],
        *,
        clock: Clock,
        card: Card,
        words: Words,
        channel: Callable[[Incident], str],
        quiet: Callable[[Incident], QuietHours | None],
        picture: Callable[[Seen], Awaitable[Picture | None]],
        hushed: Hushed = never,
    ) -> None:
        """`look`: an incident as it stands, and its `timeline`; `channel`: where its card goes, empty for nowhere;
        `quiet`: its team's quiet hours; `picture`: what the diagnosis was read from, drawn; `hushed`: why nobody is to
        be told of it now."""
        self.api = api
        self.words = words
        self._errands = errands
        self._messages = Messages(api, errands)
        self._look = look
        self._timeline = timeline
        self._clock = clock
        self._card = card
        self.channel = channel
        self._quiet = quiet
        self._picture = picture
        self._hushed = hushed
        self._last: OrderedDict[str, str] = OrderedDict()
        """Incident -> digest of the card as it was last sent from here, of the REMEMBERED latest."""
        self._too_soon: list[Incident] = []
        self._one_at_a_time = asyncio.Lock()
        """An errand under way must not be begun again beside itself."""

    async def tell(self, entry: Recorded) -> None:
        event = entry.event
        if event.incident is None or of_telling(entry.event):
            return
        if event.type in _CHANGES_NOTHING:
            return
        if because := self.api.busy():
            raise Later(because)
        if "hush_over" in event.facts:
            await self.catch_up(event.incident)
            return
        async with self._one_at_a_time:
            await self._tell(event.incident, entry)

    async def catch_up(self, incident: str) -> None:
        """What was not to be told at the time, of one that is still open: its card, and what happened so far."""
        async with self._one_at_a_time:
            seen = await self._look(incident)
            if await self._not_now(seen):
                return
            place = await self.place(incident) or await self._post(seen)
            told = [one for one in await self._timeline(incident) if _worth_telling(one)]
            if place is not None and told:
                await self._detail(place, seen, told[-1])

    def over_too_soon(self) -> list[Incident]:
        """Those that were over before they could be told of; each is said once."""
        found, self._too_soon = self._too_soon, []
        return found

    async def place(self, incident: str) -> Place | None:
        """Where its card stands."""
        return place_of(await self._errands.done("post", incident))

    async def incident_at(self, place: Place) -> str:
        """Whose card stands there; empty when it is none of ours. What Slack says is checked against the ledger."""
        incident = (await self.api.key_at(place)).removeprefix(_CARD)
        return incident if incident and await self.place(incident) == place else ""

    async def drawn(self, incident: str) -> Text:
        """The card as it would be now."""
        return await self._drawn(await self._look(incident))

    async def answer(self, incident: str, place: Place, question: str, text: str) -> None:
        """Answer what was asked below a card, once a question."""
        where = await self.place(incident)
        if where is None:
            return
        for number, piece in enumerate(self.words.pieces(text)):
            errand = Errand("answer", f"{place.channel} {question} {number}", incident, "Answer a question in Slack.")
            await self._messages.post(Message(errand, place.channel, worded(piece), thread=where.ts))

    async def _tell(self, incident: str, entry: Recorded) -> None:
        seen = await self._look(incident)
        place, not_now = await self.place(incident), await self._not_now(seen)
        if place is not None:
            await self._update(place, seen, str(entry.sequence))
        elif not not_now:
            place = await self._post(seen)
            self._note_if_over(seen.incident, entry.event.type)
        if place is not None and _worth_telling(entry) and not not_now:
            await self._detail(place, seen, entry)

    async def _not_now(self, seen: Seen) -> bool:
        """During work on it, or a lesser incident at night, and nothing of it waits for a human."""
        if any(one.status is ApprovalStatus.PENDING for one in seen.approvals):
            return False
        return self._at_night(seen.incident) or bool(await self._hushed(seen.incident))

    def _at_night(self, incident: Incident) -> bool:
        hours = self._quiet(incident)
        lesser = hours is not None and incident.severity.rank > hours.unless.rank and hours.at(self._clock.now())
        return lesser and incident.status is not IncidentStatus.PARKED

    def _note_if_over(self, incident: Incident, because: EventType) -> None:
        """While Slack was away, say. Whoever connects Slack is not told of what was long before."""
        recent = incident.opened_at > self._clock.now() - timedelta(days=1)
        if because is EventType.INCIDENT_OPENED and incident.status in OVER and recent:
            self._too_soon.append(incident)

    async def _post(self, seen: Seen) -> Place | None:
        """The card, unless it is over already."""
        incident = seen.incident
        channel = self.channel(incident)
        if not channel or incident.status in OVER:
            return None
        drawn = await self._drawn(seen)
        errand = Errand("post", incident.id, incident.id, f"Post a card for {incident.id}.")
        posted = await self._messages.post(Message(errand, channel, drawn, key=_CARD + incident.id))
        place = place_of(posted)
        if place is not None:
            self._sent(incident.id, drawn)
        return place

    async def _update(self, place: Place, seen: Seen, what: str) -> None:
        drawn, id_ = await self._drawn(seen), seen.incident.id
        if self._last.get(id_) == _looks(drawn):
            return

        async def run() -> ActResult:
            shown = drawn
            try:
                await self.api.update(place, shown)
            except BackendError as refused:
                shown = _without_picture(drawn)
                if refused.retry or shown == drawn:
                    raise
                # A file that Slack has not looked through yet, or that somebody deleted, cannot stand on a card.
                await self.api.update(place, shown)
            self._sent(id_, shown)
            return ActResult(ok=True, detail="The card is current.")

        async def again() -> ActResult:
            # It says how the card looks now: said twice it is no other.
            try:
                return await run()
            except (BackendError, Unsure) as error:
                raise Later(str(error)) from error

        errand = Errand("update", what, id_, f"Update the card of {id_}.")
        await self._errands.once(errand, Call(run=run, read_back=again))

    def _sent(self, incident: str, drawn: Text) -> None:
        self._last[incident] = _looks(drawn)
        self._last.move_to_end(incident)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)

    async def _detail(self, place: Place, seen: Seen, entry: Recorded) -> None:
        """Below the card. What is told late is told at once with what followed: the last of it speaks for all."""
        worth = [one for one in await self._timeline(seen.incident.id) if _worth_telling(one)]
        after = [one for one in worth if one.sequence > entry.sequence]
        if after and self._clock.now() - entry.at > FRESH:
            return
        entries = [*await self._missed([one for one in worth if one.sequence < entry.sequence]), entry]
        pieces = self.words.pieces(_together(entries))
        if any(one.event.type is EventType.APPROVAL_REQUESTED for one in entries):
            pieces += self._whole_question(seen)
        for number, piece in enumerate(pieces):
            errand = Errand("reply", f"{entry.sequence} {number}", seen.incident.id, "Tell it below the card.")
            await self._messages.post(Message(errand, place.channel, worded(piece), thread=place.ts))
        if any(one.event.type is EventType.DIAGNOSED for one in entries):
            await self._draw(place, seen, entry)

    async def _missed(self, before: Sequence[Recorded]) -> list[Recorded]:
        """The last of them that were never told, in order."""
        missed: list[Recorded] = []
        for one in reversed(before):
            if len(missed) == _MOST_MISSED or await self._errands.tried("reply", f"{one.sequence} 0"):
                break
            missed.insert(0, one)
        return missed

    async def _draw(self, place: Place, seen: Seen, entry: Recorded) -> None:
        """The chart behind the diagnosis. Nobody waits for it: without one the card says the same in words."""
        picture = await self._picture(seen)
        if picture is None:
            return
        errand = Errand("chart", _behind(seen), seen.incident.id, "Show the chart behind the diagnosis.")
        try:
            await self._messages.picture(errand, place, picture)
        except Later as reason:
            log.warning("a chart was not shown", reason=str(reason))
            return
        await self._update(place, seen, f"{entry.sequence} with its chart")

    async def _drawn(self, seen: Seen) -> Text:
        """The card, with the chart once that is in Slack."""
        uploaded = await self._errands.done("chart", _behind(seen)) if seen.diagnosis else None
        return self._card.draw(seen, shared_of(uploaded))

    def _whole_question(self, seen: Seen) -> list[str]:
        """What the card has no room for."""
        long = [one for one in seen.approvals if one.status is ApprovalStatus.PENDING and len(one.shown) > SECTION // 5]
        return [piece for one in long for piece in self.words.pieces(one.shown)]


_CARD = "card:"
"""What the key of a card begins with; the incident follows."""


def _behind(seen: Seen) -> str:
    """What makes the chart of this diagnosis this one and no other."""
    return digest([seen.incident.id, seen.diagnosis.model_dump(mode="json") if seen.diagnosis else None])


def _without_picture(drawn: Text) -> Text:
    return Text(drawn.text, [block for block in drawn.blocks if block["type"] != "image"])


def _worth_telling(entry: Recorded) -> bool:
    return entry.event.type in _TOLD and not of_telling(entry.event)


def _together(entries: Sequence[Recorded]) -> str:
    if len(entries) == 1:
        return entries[0].event.text
    return "\n".join(f"{one.at:%H:%M} UTC · {one.event.text}" for one in entries)


def _looks(drawn: Text) -> str:
    return digest([drawn.text, *drawn.blocks])
