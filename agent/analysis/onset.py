"""When did it begin?  The clock of the alert is a hint only: rules wait, evaluate and group before they fire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from agent.analysis.changes import Baseline, baseline
from agent.analysis.conditions import about
from agent.analysis.signals import SYMPTOMS
from agent.analysis.symptom import spoken_of
from agent.analysis.table import Table
from agent.domain.alert import Alert
from agent.domain.incident import Symptom
from tools.base import Floats

LATEST_REPORT = timedelta(minutes=10)
"""An alert may be this late after what it speaks of."""
LOOK_BACK = timedelta(minutes=15)
"""The onset is looked for from this long before the alerts, and from LATEST_REPORT and three steps at least."""
_LATER = 0.1
"""Part of the alerts that are later than LATEST_REPORT, where delays are distributed exponentially."""
_SLACK = 0.5
"""Robust deviations that are not counted as a change (the reference value k of Page's CUSUM)."""
_RARE = 0.96
"""What one in twenty-five moments of the history would have shown to an alert, too, is no onset."""
_WINDOWS = 100
"""Moments of the history that are looked at, at most about so many."""
_DEFAULT_STEPS = 2
"""Steps before the alert at which it is taken to have begun when nothing shows."""
_CLIP = 8.0
"""One wild sample counts no more than this."""


@dataclass(frozen=True)
class Onset:
    """The columns [first, last) of the table are the incident; everything before is its baseline."""

    at: datetime
    sure: float
    """0 to 1: how rarely the baseline shows the like; 0 when nothing moved and `at` follows from the alerts alone."""
    first: int
    last: int
    why: str


def find(table: Table, alerts: Sequence[Alert], symptom: Symptom | None, now: datetime, step: timedelta) -> Onset:
    """The onset of the symptom. Page's CUSUM (1954) on robust deviations, as the heaviest segment near the alerts.

    No height decides whether it is one, but how rarely the symptom's own history shows the like.
    """
    told = min([alert.starts_at for alert in alerts] + [now])
    quiet = _quiet(table, told, step)
    deviation = _symptom_deviation(table, alerts, symptom, quiet)
    excess = deviation - _SLACK
    counts = _counts(table.times[quiet:], told)
    weight, first, last = heaviest(_counted(excess[quiet:], counts))
    rare = 1 - _usual(excess[:quiet], counts, weight)
    if weight > 0 and rare >= _RARE:
        return _seen(table, quiet + first, quiet + last, rare)
    return _told(table, told, step)


def heaviest(excess: Floats) -> tuple[float, int, int]:
    """(sum, first, last) of the segment [first, last) with the greatest sum (Kadane); NaN counts as nothing."""
    best, begin, total = (0.0, 0, 0), 0, 0.0
    for place, value in enumerate(np.nan_to_num(excess)):
        if total <= 0:
            begin, total = place, 0.0
        total += float(value)
        if total > best[0]:
            best = (total, begin, place + 1)
    return best


def _usual(excess: Floats, counts: Floats, weight: float) -> float:
    """The part of the history's moments at which an alert would have been shown a segment as heavy; 0 without any.

    Each is looked at as the present is: as long, and with as much of it before the alert, where it counts less.
    """
    length, before = len(counts), int((counts < 1).sum())
    known = np.pad(excess, (before, 0))
    starts = range(0, len(known) - length + 1, max(1, len(excess) // _WINDOWS))
    heavy = [heaviest(_counted(known[start : start + length], counts))[0] >= weight for start in starts]
    return sum(heavy) / len(heavy) if heavy else 0.0


def _counts(times: Floats, told: datetime) -> Floats:
    """How much excess counts at each time: what is over long before the alert is not what it speaks of.

    As much as there are alerts so late; what comes after the alert counts in full.
    """
    late = np.maximum(0.0, told.timestamp() - times) / LATEST_REPORT.total_seconds()
    counts: Floats = np.power(_LATER, late)
    return counts


def _counted(excess: Floats, counts: Floats) -> Floats:
    counted: Floats = np.where(excess > 0, excess * counts, excess)
    return counted


def _quiet(table: Table, told: datetime, step: timedelta) -> int:
    """Where the baseline ends: far enough before the alerts; of a short history, half is kept as the baseline."""
    start = table.column(told - max(LOOK_BACK, LATEST_REPORT + 3 * step))
    half = min(len(table.times) // 2, table.column(told - 2 * step))
    return max(0, min(max(start, half, 3), len(table.times) - 3))


def _symptom_deviation(table: Table, alerts: Sequence[Alert], symptom: Symptom | None, quiet: int) -> Floats:
    """The mean robust deviation, in the bad direction, of the signals that show the symptom; of each, of its series.

    One that is told by seven series has no more to say than one that is told by one.
    """
    rows = symptom_rows(table, alerts, symptom)
    if not len(rows) or quiet < 2:
        return np.zeros(len(table.times))
    before: Baseline = baseline(table.values[rows, :quiet], [table.rows[row] for row in rows])
    bad = np.array([table.rows[row].meaning.worse for row in rows])[:, None]
    z = (table.values[rows] - before.median[:, None]) / before.scale[:, None]
    known = np.ma.masked_invalid(np.clip(np.where(bad == 0, np.abs(z), z * bad), -_CLIP, _CLIP))
    signals = [table.rows[row].meaning.signal for row in rows]
    of_each = [known[[one is signal for one in signals]].mean(axis=0) for signal in dict.fromkeys(signals)]
    mean: Floats = np.ma.stack(of_each).mean(axis=0).filled(0.0)
    return mean


def symptom_rows(table: Table, alerts: Sequence[Alert], symptom: Symptom | None) -> list[int]:
    """The rows that the alerts speak of: a metric they name, else the alerted component's matching signals."""
    values = _told_values(alerts)
    named = [i for i, row in enumerate(table.rows) if row.reading.series.name in values]
    if named:
        return named
    services = {alert.service for alert in alerts}
    signals = SYMPTOMS[spoken_of(alerts, symptom)]
    of_service = [i for i, row in enumerate(table.rows) if row.component in services and row.edge is None]
    fitting = [i for i in of_service if table.rows[i].meaning.signal in signals]
    return [i for i in fitting if any(about(table.rows[i].reading.series.labels, alert) for alert in alerts)]


def _told_values(alerts: Sequence[Alert]) -> set[str]:
    return {value for alert in alerts for value in alert.labels.values()}


def _seen(table: Table, first: int, last: int, rare: float) -> Onset:
    at = table.at(first)
    left = f"the symptom left its usual range at {at:%H:%M:%S} UTC"
    others = "no window before shows" if rare > 0.995 else f"{1 - rare:.0%} of the windows before show"
    why = f"{left}; {others} a shift as strong"
    return Onset(at, rare, first, last, why)


def _told(table: Table, told: datetime, step: timedelta) -> Onset:
    """Nothing to see in the symptom: the last samples before the alerts and all since."""
    at = told - _DEFAULT_STEPS * step
    first = max(0, min(table.column(at), len(table.times) - 3))
    why = f"no series shows the symptom clearly; taken from the alerts' own time, {told:%H:%M:%S} UTC"
    return Onset(at, 0.0, first, len(table.times), why)
