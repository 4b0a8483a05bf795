"""When is work done on something, so that its alerts are no news?"""

from datetime import UTC, datetime

from pydantic import model_validator

from agent.domain.base import Noun
from agent.domain.rules import Hours
from agent.domain.silence import Matcher


def there_is(moment: datetime) -> datetime:
    """The moment itself; ValueError, with the sentence, when it is none in UTC."""
    try:
        moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time lies in the years 1 to 9999, in UTC as well") from error
    return moment


class MaintenanceWindow(Noun):
    """A planned time of work: once, from `starts_at` to `ends_at`, or in the hours of every week."""

    name: str
    """What people read, e.g. `database patches`."""
    matchers: tuple[Matcher, ...]
    """The labels of the alerts it is about; all must be true."""
    starts_at: datetime | None = None
    """With its zone."""
    ends_at: datetime | None = None
    """With its zone."""
    hours: Hours | None = None
    """Every week on these days, between these times."""
    opens: bool = False
    """Incidents are opened all the same, and nobody is paged or called; else alerts wait until it is over."""

    @model_validator(mode="after")
    def _sound(self) -> "MaintenanceWindow":
        once = self.starts_at is not None and self.ends_at is not None
        if once == (self.hours is not None) or (self.starts_at is None) != (self.ends_at is None):
            raise ValueError("a maintenance window has either starts_at and ends_at, or hours")
        for moment in (self.starts_at, self.ends_at):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a time needs its zone, as in 2026-12-24T00:00:00Z")
            if moment is not None:
                there_is(moment)
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("a maintenance window must end after it starts")
        if not self.matchers:
            raise ValueError("a maintenance window needs at least one matcher, or it would hide everything")
        return self
