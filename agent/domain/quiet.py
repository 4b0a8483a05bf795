"""When are people not to be disturbed, and by what nonetheless?"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import field_validator

from agent.domain.alert import Severity
from agent.domain.base import Noun
from agent.domain.rules import known_zone


class QuietHours(Noun):
    """In these hours a lesser incident gets no new message; its card is there in the morning."""

    begin: time = time(22)
    """Local time."""
    end: time = time(7)
    """Local time; earlier than `begin`, it is that of the next day."""
    weekends: bool = False
    """Also all of Saturday and Sunday."""
    zone: str = "UTC"
    """An IANA name, e.g. `Europe/Berlin`."""
    unless: Severity = Severity.HIGH
    """Incidents at least this severe are told of at any hour, and so is whatever waits for a human."""

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        return known_zone(zone)

    def at(self, moment: datetime) -> bool:
        """Is it quiet then?"""
        local = moment.astimezone(ZoneInfo(self.zone))
        if self.weekends and local.weekday() >= 5:
            return True
        if self.begin <= self.end:
            return self.begin <= local.time() < self.end
        return local.time() >= self.begin or local.time() < self.end


class DailyDigest(Noun):
    """Once a day, what was kept from people: silenced, inhibited, joined to what they knew already."""

    at: time = time(9)
    """Local time."""
    zone: str = "UTC"
    """An IANA name, e.g. `Europe/Berlin`."""

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        return known_zone(zone)

    def last(self, now: datetime) -> datetime:
        """When the latest one was due."""
        local = now.astimezone(ZoneInfo(self.zone))
        due = local.replace(hour=self.at.hour, minute=self.at.minute, second=0, microsecond=0)
        return due if due <= local else due - timedelta(days=1)
