"""How do all series look on one clock?  A matrix of series by time, with what each row measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from agent.analysis import signals
from agent.analysis.observations import Observations, Reading
from agent.analysis.signals import Meaning, Signal
from tools.base import Floats

_MAX_STEPS = 2_000
"""Columns kept, the newest: more history than this does not move a median."""


@dataclass(frozen=True)
class Row:
    """What one row of the table measures."""

    reading: Reading
    meaning: Meaning
    component: str
    """Empty when the series names none."""
    edge: tuple[str, str] | None
    """(caller, target) when it was measured between two components."""

    @property
    def place(self) -> frozenset[tuple[str, str]]:
        """The labels that say where it was measured, without those that say which statistic it is."""
        return frozenset(pair for pair in self.reading.series.labels.items() if pair[0] not in _STATISTIC_LABELS)

    @property
    def family(self) -> str:
        """Rows of one family measure the same thing on different components."""
        kept = [value for name, value in sorted(self.reading.series.labels.items()) if name in _STATISTIC_LABELS]
        return "/".join([self.reading.series.name, *kept])


@dataclass(frozen=True)
class Table:
    """`values[i, t]` is row i at `times[t]`; NaN where nothing was measured. `times` are Unix seconds."""

    rows: tuple[Row, ...]
    times: Floats
    values: Floats

    def column(self, at: datetime) -> int:
        """The first column at or after `at`; the number of columns when all are earlier."""
        return int(np.searchsorted(self.times, at.timestamp() - 1e-6))

    def at(self, column: int) -> datetime:
        return datetime.fromtimestamp(float(self.times[column]), UTC)


_STATISTIC_LABELS = frozenset({"stat", "quantile", "le", "reporter", "statistic", "aggregation"})


_FELT = frozenset({Signal.LATENCY, Signal.ERRORS, Signal.AVAILABILITY})


def tabulate(seen: Observations) -> Table:
    """All readings up to `now` on the clock of `step`; of two samples in one step the later counts."""
    step = seen.step.total_seconds()
    now = seen.now.timestamp()
    used = [reading for reading in seen.readings if np.any(reading.series.times <= now)]
    start = min((float(reading.series.times[0]) for reading in used), default=now)
    count = min(_MAX_STEPS, round((now - start) / step) + 1)
    times = now - step * np.arange(count - 1, -1, -1.0)
    values = np.full((len(used), count), np.nan)
    for row, reading in enumerate(used):
        places = np.rint((reading.series.times - times[0]) / step).astype(np.int64)
        inside = (places >= 0) & (places < count) & (reading.series.times <= now)
        values[row, places[inside]] = reading.series.values[inside]
    values[~np.isfinite(values)] = np.nan
    rows = tuple(_row(reading, seen.service_label, _alerted(seen)) for reading in used)
    _begin_at_zero(rows, values)
    return Table(rows, times, values)


def _begin_at_zero(rows: Sequence[Row], values: Floats) -> None:
    """A count of failures that nobody had yet begun to keep was 0: such series appear with the first failure."""
    for row, line in zip(rows, values, strict=True):
        if row.meaning.signal is Signal.ERRORS and (measured := np.flatnonzero(np.isfinite(line))).size:
            line[: measured[0]] = 0.0


def _alerted(seen: Observations) -> str:
    """The one component that the alerts speak of; empty when there are several."""
    named = {alert.service for alert in seen.alerts}
    return named.pop() if len(named) == 1 else ""


def _row(reading: Reading, service_label: str, alerted: str) -> Row:
    """What people feel and nobody is named for is felt where the alert says."""
    labels, name = reading.series.labels, reading.series.name
    meaning = signals.meaning(name, labels)
    whole = alerted if meaning.signal in _FELT else ""
    return Row(
        reading=reading,
        meaning=meaning,
        component=signals.component(labels, service_label, name) or whole,
        edge=signals.edge(labels, service_label, name),
    )
