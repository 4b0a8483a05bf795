"""How much has passed since?  A host's clock may have been set back meanwhile, and what it said then lies ahead."""

from datetime import datetime, timedelta

APART = timedelta(minutes=10)
"""Clocks that anybody keeps in step are never so far apart: what lies further ahead was written down by one that has
been set back since."""


def passed(since: datetime | None, length: timedelta, now: datetime) -> bool:
    """Has so long, or was it never?

    Also when that cannot be told: whoever waits must not wait until the clock has caught up.
    """
    return since is None or not since <= now < since + length


def lately(moment: datetime, length: timedelta, now: datetime) -> bool:
    """Is it less than so long ago, by the record?  Not when that is not believed."""
    return now - length < moment <= now + APART


def unbelievable(moment: datetime, now: datetime) -> bool:
    """Was what has happened then, by the record, written down by a clock that has been set back since?"""
    return moment > now + APART
