"""How many workers does it take?  Little's law on the journal for what is, Erlang's C formula for what should be.

J. D. C. Little, A proof for the queuing formula L = λW, 1961; A. K. Erlang, Solution of some problems in the theory of
probabilities, 1917 (as in Kleinrock, Queueing Systems I, 1975, section 3.5). Erlang assumes arrivals by chance; alerts
come in storms, so the busiest quarter of an hour is what is planned for.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from agent.domain.base import Noun
from agent.domain.event import EventType

PEAK = timedelta(minutes=15)
"""The window whose busiest position in the journal is planned for."""

_BEGINS = {EventType.INCIDENT_OPENED, EventType.INCIDENT_REOPENED}
_WORKS = {EventType.TRIAGED, EventType.APPROVAL_DECIDED, EventType.APPROVAL_EXPIRED}
_RESTS = {EventType.APPROVAL_REQUESTED, EventType.REPORTED, EventType.PARKED}


class Told(NamedTuple):
    """What an entry of the journal says of an episode. There are many: the rest of it is not read."""

    at: datetime
    type: str
    incident: str | None


class Episode(Noun):
    """One firing of an incident, as the journal tells it."""

    arrived: datetime
    answered: datetime | None = None
    """When it was diagnosed."""
    busy: timedelta = timedelta(0)
    """How long a worker had it; the wait for a human is not in it."""


class Traffic(Noun):
    """What the journal says of the load. Rates are episodes an hour."""

    episodes: int
    hours: float
    rate: float
    """λ over the whole journal."""
    peak_rate: float
    """λ in its busiest quarter of an hour."""
    answer_seconds: float
    """W: from the alert to the diagnosis, on average."""
    in_progress: float
    """L = λW: episodes without a diagnosis at a moment taken by chance."""
    busy_seconds: float
    """What one episode costs a worker."""


class Plan(Noun):
    """How many jobs must be worked on at once."""

    slots: int
    waits: float
    """Seconds an episode waits for a slot then, on average, at the peak."""
    busy: float
    """Share of the slots in use at the peak, 0 to 1."""


TELLING = _BEGINS | _WORKS | _RESTS | {EventType.DIAGNOSED}
"""The types of entries that say anything of one."""


def episodes(entries: Iterable[Told]) -> list[Episode]:
    """The episodes in a journal, read in order."""
    found: list[Episode] = []
    current: dict[str, int] = {}
    since: dict[str, datetime] = {}
    for at, kind, about in entries:
        incident = about or ""
        if kind in _BEGINS:
            current[incident] = len(found)
            found.append(Episode(arrived=at))
        if (place := current.get(incident)) is None:
            continue
        if kind in _WORKS:
            since[incident] = at
        elif kind in _RESTS and incident in since:
            busy = found[place].busy + (at - since.pop(incident))
            found[place] = found[place].model_copy(update={"busy": busy})
        if kind == EventType.DIAGNOSED and found[place].answered is None:
            found[place] = found[place].model_copy(update={"answered": at})
    return found


def traffic(found: Sequence[Episode]) -> Traffic | None:
    """None when no episode has been diagnosed yet: there is nothing to reckon with."""
    answered = [(one.answered - one.arrived).total_seconds() for one in found if one.answered]
    busy = [one.busy.total_seconds() for one in found if one.busy]
    if not answered or not busy:
        return None
    span = max(found[-1].arrived - found[0].arrived, PEAK)
    hours = span.total_seconds() / 3600
    rate, wait = len(found) / hours, sum(answered) / len(answered)
    return Traffic(
        episodes=len(found),
        hours=hours,
        rate=rate,
        peak_rate=_peak([one.arrived for one in found]) / (PEAK.total_seconds() / 3600),
        answer_seconds=wait,
        in_progress=rate / 3600 * wait,
        busy_seconds=sum(busy) / len(busy),
    )


def plan(load: Traffic, target: timedelta) -> Plan:
    """The fewest slots with which an episode waits no longer than `target`, on average, at the peak."""
    offered = load.peak_rate / 3600 * load.busy_seconds
    slots = int(offered) + 1
    while (waits := mean_wait(slots, offered, load.busy_seconds)) > target.total_seconds():
        slots += 1
    return Plan(slots=slots, waits=waits, busy=offered / slots)


def mean_wait(slots: int, offered: float, service: float) -> float:
    """Seconds until a slot is free. `offered` is the load in slots (Erlang), below `slots`; `service` in seconds."""
    return erlang_c(slots, offered) * service / (slots - offered)


def erlang_c(slots: int, offered: float) -> float:
    """The share of arrivals that must wait at all; `offered` must be below `slots`, else the queue grows for ever."""
    if offered >= slots:
        raise ValueError(f"{slots} slots cannot carry a load of {offered:g}.")
    # Erlang's B by its recursion, which neither overflows nor divides large factorials.
    blocked = 1.0
    for number in range(1, slots + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked / (1 - offered / slots * (1 - blocked))


def _peak(arrivals: Sequence[datetime]) -> int:
    """Arrivals in the fullest window."""
    most, first = 0, 0
    for last, at in enumerate(arrivals):
        while arrivals[first] < at - PEAK:
            first += 1
        most = max(most, last - first + 1)
    return most
