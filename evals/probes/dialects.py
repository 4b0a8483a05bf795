"""What do the same measurements look like in the naming conventions of others?

Where a convention counts (requests, seconds of all requests, seconds of processor time), the recorded gauges are added
up to counters, so that the survey has to take rates again.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from agent.analysis import signals
from agent.analysis.signals import Signal
from evals.probes.recording import Recorded
from tools.base import Floats
from tools.recording.openmetrics import Milliseconds, Track

_MILLISECONDS = re.compile(r"_(ms|milliseconds)(_|$)")
_BUCKETS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Of the mean: bounds of the buckets of a histogram, in which times are spread as those of a Poisson process."""
_FELT = frozenset({Signal.LATENCY, Signal.ERRORS, Signal.AVAILABILITY, Signal.TRAFFIC})


@dataclass(frozen=True)
class _Place:
    """Where requests were measured: on a component, or from one to another; with the labels that narrow it down."""

    component: str
    caller: str
    narrower: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Requests:
    """What is known of the requests of one place, moment by moment."""

    place: _Place
    times: Milliseconds
    rate: Floats
    failing: Floats
    """Part of them; 0 where it was not measured."""
    seconds: Floats | None
    """Each, on average; None: not measured."""


Speak = Callable[[_Requests], Iterator[Track]]


def istio(recorded: Recorded, chance: Random) -> Recorded:  # noqa: ARG001 (probes are asked alike)
    """Request metrics of a service mesh, resources as the kubelet and kube-state-metrics tell them."""
    return _spoken(recorded, _istio)


def micrometer(recorded: Recorded, chance: Random) -> Recorded:  # noqa: ARG001 (likewise)
    """Timers without buckets, as Spring services keep them; resources as the kubelet tells them."""
    return _spoken(recorded, _micrometer)


def otel(recorded: Recorded, chance: Random) -> Recorded:  # noqa: ARG001 (likewise)
    """Histograms by the semantic conventions, a service graph from spans; resources as the kubelet tells them."""
    return _spoken(recorded, _otel)


def _spoken(recorded: Recorded, speak: Speak) -> Recorded:
    """Requests by the convention, the rest as objects of a cluster; what has no place stays as it is."""
    felt, others = _split(recorded.tracks)
    spoken = [track for requests in _requests(felt) for track in speak(requests)]
    return replace(recorded, tracks=_distinct([*spoken, *(_object(track) for track in others)]))


def _split(tracks: Sequence[Track]) -> tuple[list[Track], list[Track]]:
    felt: list[Track] = []
    others: list[Track] = []
    for track in tracks:
        told = signals.meaning(track.labels["__name__"], track.labels).signal in _FELT
        (felt if told and signals.component(track.labels) else others).append(track)
    return felt, others


def _distinct(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """Of two series of one name and labels, the first."""
    found: dict[tuple[tuple[str, str], ...], Track] = {}
    for track in tracks:
        found.setdefault(tuple(sorted(track.labels.items())), track)
    return tuple(found.values())


def _requests(tracks: Sequence[Track]) -> Iterator[_Requests]:
    by_place: dict[_Place, dict[Signal, list[Track]]] = defaultdict(lambda: defaultdict(list))
    for track in tracks:
        by_place[_place(track.labels)][signals.meaning(track.labels["__name__"], track.labels).signal].append(track)
    for place, told in by_place.items():
        times = np.unique(np.concatenate([track.times for several in told.values() for track in several]))
        rate = _at(told[Signal.TRAFFIC], times, 1.0)
        seconds = _seconds(told[Signal.LATENCY], times) if told[Signal.LATENCY] else None
        yield _Requests(place, times, np.maximum(rate, 0.0), _failing(told, times), seconds)


def _place(labels: Mapping[str, str]) -> _Place:
    caller = edge[0] if (edge := signals.edge(labels)) else ""
    route = tuple((name, labels[name]) for name in ("route", "operation", "path") if name in labels)
    return _Place(signals.component(labels), caller, route)


def _at(tracks: Sequence[Track], times: Milliseconds, missing: float) -> Floats:
    """The first of the tracks at these times, the last value standing; `missing` where there is none."""
    if not tracks:
        return np.full(len(times), missing)
    track = min(tracks, key=_plainness)
    place = np.maximum(np.searchsorted(track.times, times, "right") - 1, 0)
    found: Floats = np.nan_to_num(track.values[place], nan=0.0)
    return found


def _plainness(track: Track) -> tuple[bool, str]:
    """A mean before a median before a high quantile."""
    told = track.labels.get("stat", "") + track.labels.get("quantile", "")
    return ("avg" not in told and "mean" not in told, told)


def _seconds(tracks: Sequence[Track], times: Milliseconds) -> Floats:
    track = min(tracks, key=_plainness)
    return _at([track], times, 0.0) * (1e-3 if _MILLISECONDS.search(track.labels["__name__"]) else 1.0)


def _failing(told: Mapping[Signal, Sequence[Track]], times: Milliseconds) -> Floats:
    if available := told.get(Signal.AVAILABILITY):
        share = _at(available, times, 1.0)
        return np.clip(1 - share / (100.0 if share.max(initial=0.0) > 1.5 else 1.0), 0.0, 1.0)
    return np.clip(_at(told.get(Signal.ERRORS, ()), times, 0.0), 0.0, 1.0)


def _counter(name: str, labels: Mapping[str, str], times: Milliseconds, rate: Floats) -> Track:
    """What a rate a second adds up to."""
    steps = np.diff(times, prepend=times[:1] - 1) / 1000
    return Track({"__name__": name, **labels}, times, np.cumsum(np.nan_to_num(rate) * steps))


def _istio(one: _Requests) -> Iterator[Track]:
    where = {
        "source_workload": one.place.caller or "unknown",
        "destination_workload": one.place.component,
        "destination_service": f"{one.place.component.lower()}.shop.svc.cluster.local",
        "reporter": "destination",
        **dict(one.place.narrower),
    }
    for code, rate in _coded(one):
        yield _counter("istio_requests_total", {**where, "response_code": code}, one.times, rate)
    yield from _timer("istio_request_duration_milliseconds", where, one, unit=1000.0)


def _micrometer(one: _Requests) -> Iterator[Track]:
    side = "client" if one.place.caller else "server"
    where = {"application": one.place.caller or one.place.component, **dict(one.place.narrower)}
    where |= {"client_name": one.place.component} if one.place.caller else {}
    for code, rate in _coded(one):
        seconds = np.ones_like(rate) if one.seconds is None else one.seconds
        labels = {**where, "status": code, "method": "GET"}
        yield _counter(f"http_{side}_requests_seconds_count", labels, one.times, rate)
        yield _counter(f"http_{side}_requests_seconds_sum", labels, one.times, rate * seconds)


def _otel(one: _Requests) -> Iterator[Track]:
    if one.place.caller:
        where = {"client": one.place.caller, "server": one.place.component, **dict(one.place.narrower)}
        yield _counter("traces_service_graph_request_total", where, one.times, one.rate)
        yield _counter("traces_service_graph_request_failed_total", where, one.times, one.rate * one.failing)
        yield from _timer("traces_service_graph_request_server_seconds", where, one)
        return
    where = {"job": f"shop/{one.place.component}", "instance": "10.0.0.1:8080", **dict(one.place.narrower)}
    for code, rate in _coded(one):
        told = replace(one, rate=rate)
        yield from _timer("http_server_request_duration_seconds", {**where, "http_response_status_code": code}, told)


def _coded(one: _Requests) -> Iterator[tuple[str, Floats]]:
    """Series of failures appear with the first of them."""
    yield "200", one.rate * (1 - one.failing)
    if np.any(one.failing > 0):
        yield "503", one.rate * one.failing


def _timer(name: str, where: Mapping[str, str], one: _Requests, unit: float = 1.0) -> Iterator[Track]:
    """A histogram: buckets, sum and count; of requests whose time is not known, none."""
    if one.seconds is None:
        return
    yield _counter(f"{name}_count", where, one.times, one.rate)
    yield _counter(f"{name}_sum", where, one.times, one.rate * one.seconds * unit)
    usual = float(np.median(one.seconds[one.seconds > 0])) if np.any(one.seconds > 0) else 1.0
    for bound in (*(usual * times for times in _BUCKETS), np.inf):
        below = 1 - np.exp(-bound / np.maximum(one.seconds, 1e-9))
        le = "+Inf" if bound == np.inf else f"{bound * unit:.6g}"
        yield _counter(f"{name}_bucket", {**where, "le": le}, one.times, one.rate * below)


def _object(track: Track) -> Track:
    """As an exporter tells of the object, under labels of its own."""
    name, labels = track.labels["__name__"], track.labels
    component, told = signals.component(labels), signals.meaning(name, labels)
    known = _OBJECTS.get((told.signal, told.worse))
    if known is None or not component or signals.edge(labels):
        return track
    kind = re.sub(r"[^a-z]", "", name.lower())[-24:]
    pod = f"{re.sub(r'[^A-Za-z0-9]', '-', component)}-5d8f9c7b6d-x2x4z" if component.isascii() else component
    where = {"namespace": "shop", "container": "server", "service": "kubelet", "job": "kubelet", "kind": kind}
    placed = {"pod": pod} if re.fullmatch(r"[A-Za-z0-9-]+", component) else {"deployment": component}
    made = {"__name__": known, **where, **placed}
    if known.endswith("_total"):
        return _counter(known, {n: v for n, v in made.items() if n != "__name__"}, track.times, track.values)
    return Track(made, track.times, track.values)


_OBJECTS = {
    (Signal.CPU, 1): "container_cpu_usage_seconds_total",
    (Signal.MEMORY, 1): "container_memory_working_set_bytes",
    (Signal.DISK, 1): "container_fs_reads_bytes_total",
    (Signal.NETWORK, 0): "container_network_receive_bytes_total",
    (Signal.NETWORK, 1): "container_network_transmit_packets_dropped_total",
    (Signal.RESTARTS, -1): "kube_deployment_status_replicas_available",
    (Signal.RESTARTS, 1): "kube_pod_container_status_restarts_total",
}
