"""Who is on duty now?  PagerDuty is asked where a schedule names one, else what is written counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from agent.domain.duty import OnDuty, Schedule
from agent.domain.rules import Person
from agent.policy.on_call import on_duty
from agent.telemetry import Log
from tools.base import BackendError

log = Log(__name__)


class Elsewhere(Protocol):
    """Another system that knows who is on duty."""

    async def on_duty(self, schedule: str, at: datetime) -> Sequence[OnDuty]:
        """`who` is a name or an e-mail address. Raises BackendError."""
        ...


class Rota:
    def __init__(
        self, schedules: Mapping[str, Schedule], people: Mapping[str, Person], elsewhere: Elsewhere | None = None
    ) -> None:
        self._schedules = schedules
        self._people = people
        self._elsewhere = elsewhere

    async def now(self, schedule: str, at: datetime) -> list[OnDuty]:
        """Nobody, when the schedule has a gap or there is none of that name."""
        known = self._schedules.get(schedule)
        if known is None:
            return []
        if not known.pagerduty or self._elsewhere is None:
            return _written(known, at)
        try:
            return [self._by_our_name(one) for one in await self._elsewhere.on_duty(known.pagerduty, at)]
        except BackendError as error:
            log.warning("not told who is on duty", schedule=schedule, because=str(error))
            instead = "PagerDuty did not answer; by the written schedule: "
            return [one.model_copy(update={"why": instead + one.why}) for one in _written(known, at)]

    def _by_our_name(self, found: OnDuty) -> OnDuty:
        """As `people` calls whoever has that address; what is not known there stays as it is."""
        ours = {person.email.casefold(): name for name, person in self._people.items() if person.email}
        return found.model_copy(update={"who": ours.get(found.who.casefold(), found.who)})


def _written(schedule: Schedule, at: datetime) -> list[OnDuty]:
    found = on_duty(schedule, at)
    return [found] if found else []
