"""Who is on duty when?"""

from datetime import date, datetime, time

from pydantic import Field, field_validator, model_validator

from agent.domain.base import Noun
from agent.domain.rules import Hours, known_zone


class Rotation(Noun):
    """People who take turns."""

    people: tuple[str, ...] = Field(min_length=1)
    """Names, in the order of their turns."""
    begins: date
    """The day on which the first one's first turn begins; nobody is on duty by it before."""
    days: int = Field(7, ge=1)
    """How long a turn is."""
    handover: time = time(9)
    """When the next turn begins, local time."""
    zone: str = "UTC"
    """An IANA name, e.g. `Europe/Berlin`."""
    hours: Hours | None = None
    """They are on duty only then, in the zone of these hours; unset: around the clock."""

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        return known_zone(zone)


class Override(Noun):
    """Somebody stands in, whatever the rotations say."""

    who: str
    """Their name."""
    starts_at: datetime
    """With its zone."""
    ends_at: datetime
    """With its zone."""

    @model_validator(mode="after")
    def _sound(self) -> "Override":
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise ValueError("a time needs its zone, as in 2026-12-24T00:00:00Z")
        if self.ends_at <= self.starts_at:
            raise ValueError("an override must end after it starts")
        return self


class Schedule(Noun):
    """Who is on duty: by an override, else by the last rotation that has somebody."""

    rotations: tuple[Rotation, ...] = ()
    """Of several the last one that has somebody at the time counts: write who covers nights below who covers all."""
    overrides: tuple[Override, ...] = ()
    """Of several the last one counts."""
    pagerduty: str = ""
    """The id of a schedule at PagerDuty, e.g. `PI7DH85`: it is asked first. What stands here is for when it fails."""


class OnDuty(Noun):
    """Somebody who is on duty, and how that is known."""

    who: str
    why: str
    """The sentence people read."""
    until: datetime | None = None
    """When the next one takes over, as far as that is known."""
