"""What is left when part of the telemetry was never recorded?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import numpy as np

from agent.analysis import signals
from agent.analysis.signals import Signal
from evals.observe import alerts_of
from evals.probes.recording import Recorded
from tools.recording.openmetrics import Track

_KEPT = 0.4
"""Part of the series that `few_series` leaves."""
_MISSED = 0.2
"""Part of the scrapes that `gaps` loses, each for all series of a component at once."""
_COARSER = 2
_FAILURES = frozenset({Signal.ERRORS, Signal.AVAILABILITY})
_TRACED = frozenset({Signal.SELF_TIME, Signal.OUTGOING_LATENCY})


def no_logs(recorded: Recorded, chance: Random) -> Recorded:  # noqa: ARG001 (probes are asked alike)
    return replace(recorded, lines=())


def no_graph(recorded: Recorded, chance: Random) -> Recorded:  # noqa: ARG001 (likewise)
    return replace(recorded, graph=None)


def no_traces(recorded: Recorded, chance: Random) -> Recorded:  # noqa: ARG001 (likewise)
    """Nothing between two components, no self time, no time spent waiting for others."""
    return _kept(recorded, lambda track: not _traced(track))


def no_calls(recorded: Recorded, chance: Random) -> Recorded:
    """Who calls whom is told nowhere."""
    return no_graph(no_traces(recorded, chance), chance)


def front_only(recorded: Recorded, chance: Random) -> Recorded:  # noqa: ARG001 (likewise)
    """Failures are counted where the alert is, and nowhere else."""
    alerted = {alert.service for alert in alerts_of(recorded.case)}
    return _kept(recorded, lambda track: not _fails(track) or signals.component(track.labels) in {"", *alerted})


def few_series(recorded: Recorded, chance: Random) -> Recorded:
    return _kept(recorded, lambda _: chance.random() < _KEPT)


def coarse(recorded: Recorded, chance: Random) -> Recorded:  # noqa: ARG001 (likewise)
    """Scraped half as often: of each pair of steps, counted back from now, the later sample."""
    step = recorded.step * _COARSER
    end = recorded.case.now
    last = 0.0 if end is None else 1000 * end.timestamp()
    return replace(recorded, step=step, tracks=tuple(_thinned(track, step, last) for track in recorded.tracks))


def gaps(recorded: Recorded, chance: Random) -> Recorded:
    """A fifth of the scrapes are missing; a component's series miss the same ones."""
    seed = chance.random()
    return replace(recorded, tracks=tuple(_holed(track, recorded.step, seed) for track in recorded.tracks))


def _kept(recorded: Recorded, keep: Callable[[Track], bool]) -> Recorded:
    return replace(recorded, tracks=tuple(track for track in recorded.tracks if keep(track)))


def _traced(track: Track) -> bool:
    name, labels = track.labels["__name__"], track.labels
    return signals.edge(labels) is not None or signals.meaning(name, labels).signal in _TRACED


def _fails(track: Track) -> bool:
    return signals.meaning(track.labels["__name__"], track.labels).signal in _FAILURES


def _thinned(track: Track, step: timedelta, last: float) -> Track:
    bins = np.floor((last - track.times) / (1000 * step.total_seconds()))
    keep = np.append(bins[1:] != bins[:-1], True)
    return Track(track.labels, track.times[keep], track.values[keep])


def _holed(track: Track, step: timedelta, seed: float) -> Track:
    target, width = signals.component(track.labels), 1000 * step.total_seconds()
    keep = [Random(f"{seed} {target} {at // width}").random() >= _MISSED for at in track.times.tolist()]
    return Track(track.labels, track.times[keep], track.values[keep])
