"""How is somebody told once, whatever is killed when? Each errand goes through the ledger, failed ones once more."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from agent.domain.base import digest
from agent.domain.remediation import Effect, EffectStatus
from agent.notify.dispatcher import Later
from agent.ports import Call, Clock, Ledger
from tools.base import ActResult, BackendError

_ATTEMPTS = 1000


@dataclass(frozen=True)
class Errand:
    """One thing to do at the far end."""

    name: str
    what: str
    """What makes it this one and no other: the incident, or the journal entry."""
    incident: str
    detail: str


class Errands:
    """Those of one channel."""

    def __init__(self, channel: str, kind: Literal["ticket", "message"], ledger: Ledger, clock: Clock) -> None:
        self._channel = channel
        self._kind: Literal["ticket", "message"] = kind
        self._ledger = ledger
        self._clock = clock

    async def done(self, name: str, what: str) -> Effect | None:
        """What came of it, when it was done."""
        for attempt in range(_ATTEMPTS):
            effect = await self._ledger.get(self._key(name, what, attempt))
            if effect is None:
                return None
            if effect.status is EffectStatus.DONE:
                return effect
        return None

    async def tried(self, name: str, what: str) -> bool:
        """Was it ever begun, whatever came of it?"""
        return await self._ledger.get(self._key(name, what, 0)) is not None

    async def latest(self, name: str, what: str) -> Effect | None:
        """The last attempt at it, as the ledger has it."""
        last = None
        for attempt in range(_ATTEMPTS):
            effect = await self._ledger.get(self._key(name, what, attempt))
            if effect is None:
                break
            last = effect
        return last

    async def once(self, errand: Errand, call: Call) -> Effect:
        """An attempt that surely failed is followed by another one, with a key of its own. Raises Later meanwhile."""
        for attempt in range(_ATTEMPTS):
            key = self._key(errand.name, errand.what, attempt)
            known = await self._ledger.get(key)
            if known is not None and _may_try_again(known):
                continue
            effect = await self._ledger.once(self._intent(errand, key, attempt), call)
            if _may_try_again(effect):
                raise Later(effect.detail)
            return effect
        raise Later(f"{_ATTEMPTS} attempts failed: {errand.detail}")

    async def again(self, errand: Errand, send: Callable[[], Awaitable[ActResult]]) -> Effect:
        """As `once`, where a repeat under the same key is the same news: what may have been sent is sent again."""

        async def run() -> ActResult:
            try:
                return await send()
            except BackendError as error:
                return ActResult(ok=False, detail=str(error), data={"retry": error.retry})

        return await self.once(errand, Call(run=run, read_back=run))

    def _intent(self, errand: Errand, key: str, attempt: int) -> Effect:
        return Effect(
            key=key,
            incident=errand.incident,
            kind=self._kind,
            name=f"{self._channel}.{errand.name}",
            arguments={"what": errand.what, "attempt": attempt},
            approval=None,
            status=EffectStatus.INTENT,
            intent_at=self._clock.now(),
            detail=errand.detail,
        )

    def _key(self, name: str, what: str, attempt: int) -> str:
        return digest([self._channel, name, what, attempt])


def _may_try_again(effect: Effect) -> bool:
    return (
        effect.status is EffectStatus.FAILED and isinstance(effect.result, dict) and effect.result.get("retry") is True
    )
