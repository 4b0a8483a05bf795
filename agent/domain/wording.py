"""How is a number of things said, a share, and a length of time?"""

from datetime import timedelta


def counted(number: int, thing: str) -> str:
    """`1 alert`, `3 alerts`; for words whose plural is an s more."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def lasting(length: timedelta) -> str:
    """In the two units that matter: `1 h 5 min`, `12 s`; never less than nothing, however clocks differ."""
    whole = max(0, round(length.total_seconds()))
    named = ((whole // 3600, "h"), (whole % 3600 // 60, "min"), (whole % 60, "s"))
    told = [f"{number} {unit}" for number, unit in named if number][:2]
    return " ".join(told) or "0 s"


def chance(value: float) -> str:
    """`34%`; never 0% or 100%, because nothing here is certain."""
    return "<1%" if value < 0.005 else ">99%" if value > 0.995 else f"{value:.0%}"
