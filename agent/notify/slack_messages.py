"""How is a message, or a picture, in Slack once, whatever is killed when?  By an errand, and a key it is found by."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.domain.base import digest
from agent.domain.remediation import Effect, EffectStatus
from agent.notify.dispatcher import Later
from agent.notify.errands import Errand, Errands
from agent.notify.slack_api import Picture, Place, Shared, SlackApi, Text
from agent.ports import Call
from agent.telemetry import Log
from tools.base import ActResult, BackendError, Unsure

log = Log(__name__)


@dataclass(frozen=True)
class Message:
    """One to be posted, once."""

    errand: Errand
    channel: str
    text: Text
    thread: str = ""
    key: str = ""
    """What it is found by; empty: the errand says."""


class Messages:
    def __init__(self, api: SlackApi, errands: Errands) -> None:
        self._api = api
        self._errands = errands

    async def post(self, message: Message) -> Effect:
        """Raises Later while it cannot be posted and may be, later."""
        key = message.key or _key(message.errand)

        async def run() -> ActResult:
            return _posted(await self._api.post(message.channel, message.text, key, message.thread))

        return await self._once(message.errand, run, lambda: self._api.find(key, message.channel, message.thread))

    async def picture(self, errand: Errand, below: Place, picture: Picture) -> Effect:
        """The same of a picture in a thread. Where the app may not upload any, there is none."""
        named = f"{_key(errand)[:32]}.png"

        async def run() -> ActResult:
            try:
                file = await self._api.upload(below, named, picture)
            except BackendError as error:
                if "missing_scope" in str(error):
                    raise BackendError("Charts need the scope files:write (docs/slack.md).") from error
                raise
            return ActResult(ok=True, detail="Uploaded.", data={"file": file, "said": picture.said})

        return await self._once(errand, run, lambda: self._api.find_file(named, below))

    async def _once(
        self, errand: Errand, run: Callable[[], Awaitable[ActResult]], find: Callable[[], Awaitable[Place | None]]
    ) -> Effect:
        async def read_back() -> ActResult | None:
            try:
                found = await find()
            except Unsure as error:
                raise Later(str(error)) from error
            except BackendError as error:
                if error.retry:
                    raise Later(str(error)) from error
                return None
            return _posted(found) if found else ActResult(ok=False, detail="It is not there.", data={"absent": True})

        effect = await self._errands.once(errand, Call(run=run, read_back=read_back))
        if effect.status is not EffectStatus.DONE:
            log.warning("not told", channel="slack", errand=errand.name, reason=effect.detail)
        return effect


def place_of(effect: Effect | None) -> Place | None:
    """Where a message was posted; None when it was not."""
    result = effect.result if effect else None
    return Place(str(result["channel"]), str(result["ts"])) if isinstance(result, dict) and "ts" in result else None


def shared_of(effect: Effect | None) -> Shared | None:
    """The picture that was uploaded; None when it was not, or is only known to stand in its thread."""
    result = effect.result if effect else None
    return Shared(str(result["file"]), str(result["said"])) if isinstance(result, dict) and "file" in result else None


def _key(errand: Errand) -> str:
    return digest([errand.name, errand.what])


def _posted(place: Place) -> ActResult:
    return ActResult(ok=True, detail="Posted.", data={"channel": place.channel, "ts": place.ts})
