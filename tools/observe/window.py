"""Which stretch of time does a tool's argument mean?  Minutes around the alert, or absolute times."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from tools.base import BackendError

LONGEST = timedelta(days=7)
"""The longest stretch that one call may ask for."""


@dataclass(frozen=True)
class Window:
    """The incident's own times, in UTC."""

    alert_at: datetime
    """When the first alert began."""
    now: datetime
    """The moment at which the question is asked; nothing later is looked at."""
    onset: datetime | None = None
    """When the trouble itself began, once the analysis has found it: alerts fire late."""

    @property
    def divide(self) -> datetime:
        """What comes before is 'before', what comes from then on is 'after'."""
        return self.onset or self.alert_at

    @property
    def division(self) -> str:
        """The same in words."""
        return f"the onset at {self.onset.astimezone(UTC):%H:%M:%S}Z" if self.onset else "the alert"

    def relative(self, at: datetime) -> str:
        """`2026-03-01 11:51:00Z (9 min before the alert)`."""
        seconds = round((at - self.alert_at).total_seconds())
        size = f"{abs(seconds)} s" if abs(seconds) < 120 else f"{round(abs(seconds) / 60)} min"
        when = f"{size} {'after' if seconds > 0 else 'before'} the alert" if seconds else "at the alert"
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z ({when})"


class Span(BaseModel):
    """A stretch of time, as a model says it."""

    model_config = ConfigDict(extra="forbid")

    minutes_before: int = Field(60, ge=0, le=7 * 1440, description="Begin this many minutes before the alert began.")
    minutes_after: int | None = Field(
        None, ge=0, le=7 * 1440, description="End this many minutes after the alert began; leave out for now."
    )
    start: datetime | None = Field(None, description="Instead of minutes_before: ISO 8601, UTC unless it says.")
    end: datetime | None = Field(None, description="Instead of minutes_after: ISO 8601, UTC unless it says.")

    def within(self, window: Window) -> tuple[datetime, datetime]:
        """(start, end), the end never after now. Raises BackendError when nothing, or too much, lies between them."""
        start = _utc(self.start) if self.start else window.alert_at - timedelta(minutes=self.minutes_before)
        end = window.now
        if self.end:
            end = min(end, _utc(self.end))
        elif self.minutes_after is not None:
            end = min(end, window.alert_at + timedelta(minutes=self.minutes_after))
        if start >= end:
            raise BackendError(f"the start {start.isoformat()} is not before the end {end.isoformat()}")
        if end - start > LONGEST:
            raise BackendError(f"{end - start} is longer than {LONGEST}: ask for less")
        return start, end


class Moment(BaseModel):
    """One point in time, as a model says it."""

    model_config = ConfigDict(extra="forbid")

    minutes_after_alert: int | None = Field(
        None,
        ge=-7 * 1440,
        le=7 * 1440,
        description="Minutes after the alert began, negative: before; leave out for now.",
    )
    at: datetime | None = Field(None, description="Instead: ISO 8601, UTC unless it says.")

    def within(self, window: Window) -> datetime:
        """Never after now. Raises BackendError when UTC has no such time."""
        if self.at:
            return min(_utc(self.at), window.now)
        if self.minutes_after_alert is None:
            return window.now
        return min(window.alert_at + timedelta(minutes=self.minutes_after_alert), window.now)


def _utc(at: datetime) -> datetime:
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError as error:
        raise BackendError(f"{at.isoformat()} is no time in UTC") from error
