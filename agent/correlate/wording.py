"""How is it said?  Titles and labels, in the reasons that people read."""

from collections.abc import Mapping


def title_of(name: str, service: str, count: int) -> str:
    where = f" on {service}" if service else ""
    return f"{name}{where} ({count} alerts)" if count > 1 else f"{name}{where}"


def words(group: Mapping[str, str]) -> str:
    return ", ".join(f"{label}={value}" for label, value in group.items())
