"""One living card an incident: posted when it opens, kept current, its details in the thread below."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.domain.approval import ApprovalStatus
from agent.domain.base import digest
from agent.domain.errors import Refused
from agent.domain.event import EventType, Recorded
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.remediation import Effect, EffectStatus
from agent.notify.dispatcher import Later
from agent.notify.errands import Errand, Errands
from agent.notify.render_slack import SECTION, Card, Seen, Words, section
from agent.notify.slack_api import Place, SlackApi, Text
from agent.ports import Call
from agent.telemetry import Log
from tools.base import ActResult, BackendError, Unsure

log = Log(__name__)

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
_OVER = {IncidentStatus.RESOLVED, IncidentStatus.CLOSED}


@dataclass(frozen=True)
class _Message:
    """One to be posted, once."""

    errand: Errand
    channel: str
    text: Text
    thread: str = ""


class SlackChannel:
    name = "slack"

    def __init__(
        self,
        api: SlackApi,
        errands: Errands,
        look: Callable[[str], Awaitable[Seen]],
        *,
        card: Card,
        words: Words,
        channel: Callable[[Incident], str],
    ) -> None:
        """`look`: an incident as it stands; `channel`: where its card goes, empty for nowhere."""
        self.api = api
        self.words = words
        self._errands = errands
        self._look = look
        self._card = card
        self._channel = channel
        self._last: dict[str, str] = {}
        """Incident -> digest of the card as it was last sent from here."""

    async def tell(self, entry: Recorded) -> None:
        event = entry.event
        if event.incident is None or event.facts.get("kind") in {"ticket", "message"}:
            return
        if event.type in _CHANGES_NOTHING:
            return
        if because := self.api.busy():
            raise Later(because)
        seen = await self._look(event.incident)
        place = await self.place(event.incident)
        if place is None:
            place = await self._post(seen)
        else:
            await self._update(place, seen, str(entry.sequence))
        if place is not None and event.type in _TOLD:
            await self._detail(place, seen, entry)

    async def place(self, incident: str) -> Place | None:
        """Where its card stands."""
        return _place(await self._errands.done("post", incident))

    async def incident_at(self, place: Place) -> str:
        """Whose card stands there; empty when it is none of ours. What Slack says is checked against the ledger."""
        incident = (await self.api.key_at(place)).removeprefix(_CARD)
        return incident if incident and await self.place(incident) == place else ""

    async def drawn(self, incident: str) -> Text:
        """The card as it would be now."""
        return self._card.draw(await self._look(incident))

    async def answer(self, incident: str, place: Place, question: str, text: str) -> None:
        """Answer what was asked below a card, once a question."""
        where = await self.place(incident)
        if where is None:
            return
        for number, piece in enumerate(self.words.pieces(text)):
            errand = Errand("answer", f"{place.channel} {question} {number}", incident, "Answer a question in Slack.")
            await self._once(_Message(errand, place.channel, _worded(piece), thread=where.ts))

    async def _post(self, seen: Seen) -> Place | None:
        """The card, unless it is over already: whoever connects Slack is not told of what was long before."""
        incident = seen.incident
        channel = self._channel(incident)
        if not channel or incident.status in _OVER:
            return None
        drawn = self._card.draw(seen)
        errand = Errand("post", incident.id, incident.id, f"Post a card for {incident.id}.")
        place = _place(await self._once(_Message(errand, channel, drawn)))
        if place is not None:
            self._last[incident.id] = _looks(drawn)
        return place

    async def _update(self, place: Place, seen: Seen, what: str) -> None:
        drawn, id_ = self._card.draw(seen), seen.incident.id
        if self._last.get(id_) == _looks(drawn):
            return

        async def run() -> ActResult:
            await self.api.update(place, drawn)
            return ActResult(ok=True, detail="The card is current.")

        async def again() -> ActResult:
            # It says how the card looks now: said twice it is no other.
            try:
                return await run()
            except (BackendError, Unsure) as error:
                raise Later(str(error)) from error

        errand = Errand("update", what, id_, f"Update the card of {id_}.")
        effect = await self._errands.once(errand, Call(run=run, read_back=again))
        if effect.status is EffectStatus.DONE:
            self._last[id_] = _looks(drawn)

    async def _detail(self, place: Place, seen: Seen, entry: Recorded) -> None:
        pieces = self.words.pieces(entry.event.text)
        if entry.event.type is EventType.APPROVAL_REQUESTED:
            pieces += self._whole_question(seen)
        for number, piece in enumerate(pieces):
            errand = Errand("reply", f"{entry.sequence} {number}", seen.incident.id, "Tell it below the card.")
            await self._once(_Message(errand, place.channel, _worded(piece), thread=place.ts))

    def _whole_question(self, seen: Seen) -> list[str]:
        """What the card has no room for."""
        long = [one for one in seen.approvals if one.status is ApprovalStatus.PENDING and len(one.shown) > SECTION // 5]
        return [piece for one in long for piece in self.words.pieces(one.shown)]

    async def _once(self, message: _Message) -> Effect:
        errand = message.errand
        key = _CARD + errand.what if errand.name == "post" else digest([errand.name, errand.what])

        async def run() -> ActResult:
            return _posted(await self.api.post(message.channel, message.text, key, message.thread))

        async def read_back() -> ActResult | None:
            try:
                found = await self.api.find(key, message.channel, message.thread)
            except Unsure as error:
                raise Later(str(error)) from error
            except BackendError as error:
                if error.retry:
                    raise Later(str(error)) from error
                return None
            return _posted(found) if found else ActResult(ok=False, detail="It is not there.", data={"absent": True})

        effect = await self._errands.once(errand, Call(run=run, read_back=read_back))
        if effect.status is not EffectStatus.DONE:
            log.warning("not told", channel=self.name, errand=errand.name, reason=effect.detail)
        return effect


_CARD = "card:"
"""What the key of a card begins with; the incident follows."""


def shielded(clean: Callable[[str], str]) -> Words:
    """Words whose cleaning never lets a text through that it could not clean."""

    def cleaned(text: str) -> str:
        try:
            return clean(text)
        except Refused as reason:
            return f"(not shown: {reason})"

    return Words(cleaned)


def _posted(place: Place) -> ActResult:
    return ActResult(ok=True, detail="Posted.", data={"channel": place.channel, "ts": place.ts})


def _place(effect: Effect | None) -> Place | None:
    result = effect.result if effect else None
    return Place(str(result["channel"]), str(result["ts"])) if isinstance(result, dict) and "ts" in result else None


def _worded(piece: str) -> Text:
    return Text(piece, [section(piece)])


def _looks(drawn: Text) -> str:
    return digest([drawn.text, *drawn.blocks])
