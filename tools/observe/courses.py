"""How did a series go before and after the alert?  A few numbers instead of all its points."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import numpy as np
from pydantic import JsonValue

from tools.base import Floats, Series
from tools.invisible import visible
from tools.observe.window import Window
from tools.wording import cut

POINTS_KEPT = 24
"""Points of a series that are kept, evenly chosen."""


@dataclass(frozen=True)
class Course:
    """One series before and after the alert. Seconds of times are Unix; None where there is no sample."""

    series: str
    before: float | None
    """Median before the alert, or the onset when it is known."""
    after: float | None
    """Median since."""
    change: str
    strength: float
    """How far the medians are apart, in units of the spread before the alert (a tenth of the level at least)."""
    first: float | None
    last: float | None
    lowest: float | None
    lowest_at: str
    highest: float | None
    highest_at: str
    points: list[list[float | None]]
    """[Unix seconds, value], at most POINTS_KEPT."""


def courses(found: Sequence[Series], window: Window) -> list[Course]:
    """The biggest change first."""
    told = [_course(one, window) for one in found]
    return sorted(told, key=lambda course: (-course.strength, course.series))


def _course(one: Series, window: Window) -> Course:
    real = ~np.isnan(one.values)
    times, values = one.times[real], one.values[real]
    divide = window.divide.timestamp()
    before, after = _median(values[times < divide]), _median(values[times >= divide])
    low, high = (int(np.argmin(values)), int(np.argmax(values))) if len(values) else (0, 0)
    return Course(
        series=label_of(one),
        before=before,
        after=after,
        change=_change(before, after),
        strength=_strength(before, after, values[times < divide]),
        first=_at(values, 0),
        last=_at(values, -1),
        lowest=_at(values, low),
        lowest_at=_clock(times, low),
        highest=_at(values, high),
        highest_at=_clock(times, high),
        points=_thinned(times, values),
    )


def _thinned(times: Floats, values: Floats) -> list[list[float | None]]:
    places = np.linspace(0, len(times) - 1, min(POINTS_KEPT, len(times))).astype(int)
    return [[float(times[place]), json_of(float(values[place]))] for place in places]


def _strength(before: float | None, after: float | None, calm: Floats) -> float:
    if after is None:
        return 0.0
    if before is None:
        return 1.0  # what appears with the alert is worth a look, but what changed comes first
    level = max(abs(before), abs(after))
    spread = max(float(np.median(np.abs(calm - before))), level / 10)
    return abs(after - before) / spread if spread else 0.0


def _median(values: Floats) -> float | None:
    return json_of(float(np.median(values))) if len(values) else None


def _at(values: Floats, place: int) -> float | None:
    return json_of(float(values[place])) if len(values) else None


def _clock(times: Floats, place: int) -> str:
    return f"{datetime.fromtimestamp(float(times[place]), UTC):%H:%M:%S}Z" if len(times) else ""


def _change(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return "only since then" if before is None and after is not None else "only before"
    if before == after:
        return "no change"
    if before == 0:
        return f"from 0 to {number_of(after)}"
    ratio = after / before
    return f"{ratio:.3g} times" if ratio >= 2 or ratio < 0 else f"{(ratio - 1) * 100:+.1f} %"


def line_of(course: Course) -> str:
    return (
        f"{course.series}: before {number_of(course.before)}, after {number_of(course.after)} ({course.change}); "
        f"first {number_of(course.first)}, last {number_of(course.last)}, "
        f"lowest {number_of(course.lowest)} at {course.lowest_at}, "
        f"highest {number_of(course.highest)} at {course.highest_at}"
    )


def facts_of(course: Course) -> JsonValue:
    facts: dict[str, JsonValue] = asdict(course)
    return facts


def label_of(one: Series) -> str:
    """The series as a selector, cut where a label value is long."""
    short = {name: cut(value, 80) for name, value in one.labels.items()}
    return visible(Series(one.name, short, one.times, one.values).selector)[:300] or "value"


def number_of(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def json_of(value: float) -> float | None:
    """JSON has neither NaN nor infinity."""
    return value if math.isfinite(value) else None
