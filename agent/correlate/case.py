"""What do an incident's alerts add up to in its present episode, and how busy is it now?"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from agent.domain.alert import Alert, Identity, Placed
from agent.domain.incident import OVER, Incident
from agent.domain.rules import Correlation

MOST_RECENT = 2_000
"""Alerts of one burst that are remembered one by one."""


class Member(NamedTuple):
    """What a series brings to its incident."""

    rank: int
    """Of its severity."""
    name: str
    service: str


class Joined(NamedTuple):
    """An alert that joined lately, and may yet turn out to be part of another incident."""

    placed: Placed
    identity: Identity
    anew: bool
    """Its series fired in this incident already, and its end was never told."""
    heard_before: datetime
    """When the incident was last heard of before it."""


@dataclass(slots=True)
class Case:
    """An incident, and what its alerts add up to in this episode."""

    incident: Incident
    group: dict[str, str]
    """The labels it was grouped by."""
    heard_at: datetime
    """When a message about it was last received."""
    began: datetime
    """When the first alert of this episode joined."""
    firing: dict[str, None] = field(default_factory=dict)
    """Series that fire, in the order in which they joined."""
    members: dict[str, Member] = field(default_factory=dict)
    """Series that ever joined in this episode."""
    latest: str = ""
    """The series that joined last."""
    lead: tuple[int, str] | None = None
    """Rank and name of the first of its most severe alerts; what its title names."""
    over: bool = False
    """Its alerts resolved it; the next to fire begins a new tally."""
    recent: deque[Joined] = field(default_factory=lambda: deque(maxlen=MOST_RECENT))
    """What joined within the last burst."""
    places: set[str] = field(default_factory=set)
    """Where the standing finds it: the components its alerts speak of, and what those are parts of."""
    _activity: float = 0.0
    _active_at: datetime | None = None

    @property
    def services(self) -> set[str]:
        return {member.service for member in self.members.values()}

    @property
    def unresolved(self) -> bool:
        return self.incident.status not in OVER

    def begin_again(self, now: datetime) -> None:
        """A new episode: what the last one added up to is gone."""
        self.over, self.lead, self.began = False, None, now
        self.members.clear()
        self.recent.clear()
        self._activity, self._active_at = 0.0, None

    def join(self, placed: Placed, identity: Identity) -> None:
        """A series fires in it, or fires with a greater severity."""
        alert = placed.alert
        known = self.members.get(identity.series)
        rank = min(alert.severity.rank, known.rank) if known else alert.severity.rank
        self.firing[identity.series] = None
        self.members[identity.series] = Member(rank, alert.name, alert.service)
        self.latest = identity.series
        self.lead = lead_of(self, alert)

    def count(self, joined: Joined, burst: timedelta) -> None:
        """A series began to fire in it: it is that much busier."""
        now = joined.placed.received_at
        self._activity = self.activity(now, burst) + 1
        self._active_at = max(now, self._active_at or now)
        while self.recent and now - self.recent[0].placed.received_at > burst:
            self.recent.popleft()
        self.recent.append(joined)

    def leave(self, gone: Iterable[Joined], now: datetime, burst: timedelta) -> None:
        """These were part of another incident all along. A series that fired in it before remains."""
        leaving = {joined.identity.event: joined for joined in gone}
        first = next(iter(leaving.values()))
        self._activity = max(0.0, self.activity(now, burst) - sum(_fade(now, one, burst) for one in leaving.values()))
        self._active_at = now
        for joined in leaving.values():
            self.firing.pop(joined.identity.series, None)
        self.members = staying(self, leaving.values())
        self.recent = deque((one for one in self.recent if one.identity.event not in leaving), maxlen=MOST_RECENT)
        self.heard_at = max([first.heard_before, *(one.placed.received_at for one in self.recent)])
        self.lead = leader(self.members.values())
        self.latest = self.recent[-1].identity.series if self.recent else next(reversed(self.members), "")

    def activity(self, now: datetime, burst: timedelta) -> float:
        """Alerts that joined of late; each counts less the older it is, 1/e after `burst`."""
        if self._active_at is None:
            return 0.0
        return self._activity * math.exp(-max(0.0, (now - self._active_at) / burst))

    def strength(self, now: datetime, burst: timedelta) -> float:
        """How much it draws a next alert: the busier and the younger its episode, the more.

        A self-exciting process (Hawkes 1971) whose rate falls with its age as an aftershock sequence's does
        (Omori 1894); 1 for an open incident that is quiet.
        """
        age = max(0.0, (now - self.began) / burst)
        return 1 + self.activity(now, burst) / (1 + age)


def staying(case: Case, gone: Iterable[Joined]) -> dict[str, Member]:
    """The members without those that leave; a series that started anew was a member before it did."""
    leaving = {joined.identity.series for joined in gone} - {one.identity.series for one in gone if one.anew}
    return {series: member for series, member in case.members.items() if series not in leaving}


def leader(members: Iterable[Member]) -> tuple[int, str] | None:
    """Rank and name of the first of the most severe."""
    first = min(members, key=lambda member: member.rank, default=None)
    return (first.rank, first.name) if first else None


def lead_of(case: Case, alert: Alert) -> tuple[int, str]:
    """The first of the most severe, with this alert among them."""
    rank = alert.severity.rank
    return (rank, alert.name) if case.lead is None or rank < case.lead[0] else case.lead


def resolves(case: Case, ended: str, rules: Correlation) -> bool:
    """Is the incident resolved when this series of it ends?"""
    others = any(series != ended for series in case.firing)
    match rules.resolve:
        case "first":
            return True
        case "last":
            return ended == case.latest or not others
        case "all":
            return not others


def _fade(now: datetime, joined: Joined, burst: timedelta) -> float:
    return math.exp(-max(0.0, (now - joined.placed.received_at) / burst))
