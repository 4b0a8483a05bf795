"""How is it said?  Titles, labels and lengths of time, in the reasons that people read."""

from collections.abc import Mapping
from datetime import timedelta


def title_of(name: str, service: str, count: int) -> str:
    where = f" on {service}" if service else ""
    return f"{name}{where} ({count} alerts)" if count > 1 else f"{name}{where}"


def words(group: Mapping[str, str]) -> str:
    return ", ".join(f"{label}={value}" for label, value in group.items())


def duration(length: timedelta) -> str:
    seconds = length.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
