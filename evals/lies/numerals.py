"""How does a model write a quantity, a moment, a length of time?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product

FORMS: dict[str, tuple[tuple[float, str], ...]] = {
    "s": ((1, " s"), (1e3, " ms")),
    "ms": ((1, " ms"), (1e-3, " s")),
    "share": ((1, ""), (100, "%")),
    "percent": ((1, "%"),),
    "bytes": ((1e-6, " MB"), (1e-3, " kB")),
    "cores": ((1, " cores"), (1e3, " millicores")),
    "": ((1, ""),),
}
"""Unit -> how it may be written: factor and suffix."""
_READABLE = (0.01, 100_000)


def written(values: Sequence[float], unit: str) -> list[tuple[str, ...]]:
    """The values as a model writes them: in each form that stays readable, to two and to three digits."""
    forms = [form for form in FORMS[unit] if all(_readable(value * form[0]) for value in values)] or [FORMS[unit][0]]
    said = (
        tuple(rounded(value * factor, digits) + suffix for value in values)
        for (factor, suffix), digits in product(forms, (3, 2))
    )
    return list(dict.fromkeys(said))


def confused(values: Sequence[float], unit: str) -> list[tuple[float, tuple[str, ...]]]:
    """The same numerals with a unit they were not measured in; and by what factor that makes them wrong."""
    forms = FORMS[unit]
    return [
        (right / wrong, tuple(rounded(value * right) + suffix for value in values))
        for right, own in forms
        for wrong, suffix in forms
        if suffix != own
    ]


def rounded(value: float, digits: int = 3) -> str:
    """To so many significant digits, never with an exponent."""
    text = f"{float(f'{value:.{digits}g}'):.10f}".rstrip("0").rstrip(".")
    return text if text not in {"", "-0"} else "0"


def clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


def length(span: timedelta) -> str:
    """As people say it: seconds up to two minutes, then minutes."""
    seconds = abs(span.total_seconds())
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _readable(value: float) -> bool:
    return value == 0 or _READABLE[0] <= abs(value) <= _READABLE[1]
