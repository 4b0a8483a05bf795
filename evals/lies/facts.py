"""What does one piece of evidence say, as typed facts that can be phrased, and falsified, field by field?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel, ValidationError

from agent.domain.evidence import Evidence, EvidenceKind
from evals.lies.scene import PLACEHOLDER, Scene, near

_SELECTOR = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{.*)?", re.DOTALL)
_BETWEEN = re.compile(r" from (?P<caller>\S+) to (?P<callee>\S+) went from ")
_FLOW = re.compile(r"(?P<what>latency|failing share) of ")
_MOVED = 0.2
"""A quantity that changes by less than this share is not said to have moved."""
_PLAIN = 6.0
"""Robust deviations."""
FEWEST_WORDS = 4
"""A quotation of fewer words would be found anywhere."""


@dataclass(frozen=True)
class Moved:
    """A quantity that changed at the onset."""

    evidence: str
    what: str
    metric: str
    """Empty when the quantity is put together of several metrics."""
    component: str
    before: float
    after: float
    last: float
    at: datetime
    """When it was at `last`."""
    deviations: float
    unit: str
    """`s`, `ms`, `share`, `percent`, `bytes`, `cores`, or empty."""
    caller: str = ""
    """Measured between it and `component`."""

    @property
    def rose(self) -> bool:
        return self.after > self.before

    @property
    def plainly(self) -> bool:
        """Nobody could say that it had not moved."""
        apart = not near(self.before, [self.after], 0.5)
        return abs(self.deviations) >= _PLAIN and apart and near(self.last, [self.after], 0.5)


@dataclass(frozen=True)
class Logged:
    """Lines of one kind since the onset."""

    evidence: str
    component: str
    example: str
    kinds: tuple[str, ...]
    """What all its lines say, and no other line of the component: the template, and parts of it."""
    count: int
    first: datetime
    before: int
    """So many were written before `first`, in all the telemetry there is."""
    new: bool
    """None was; and the analysis says so, too."""


@dataclass(frozen=True)
class Changed:
    evidence: str
    component: str
    kind: str
    at: datetime
    summary: str
    author: str


@dataclass(frozen=True)
class Alerted:
    """Alerts that bear on one component."""

    evidence: str
    component: str
    alerts: int
    first: datetime
    name: str


Fact = Moved | Logged | Changed | Alerted


class _Shift(BaseModel):
    before: float
    after: float
    deviations: float
    samples: list[tuple[float, float]]


class _Lines(BaseModel):
    template: str
    example: str
    count: int
    first: datetime
    expected: float


class _Change(BaseModel):
    at: datetime
    kind: str
    summary: str
    author: str


class _Alerts(BaseModel):
    alerts: int
    first: datetime
    telling: list[tuple[str, int, int]]


def facts(scene: Scene) -> list[Fact]:
    return [fact for one in scene.evidence for fact in _facts(one, scene)]


def _facts(one: Evidence, scene: Scene) -> Iterator[Fact]:
    """None for evidence of a form that is not known here."""
    try:
        match one.kind:
            case EvidenceKind.METRIC:
                yield from _moved(one, _Shift.model_validate(one.content))
            case EvidenceKind.LOG:
                yield _logged(one, _Lines.model_validate(one.content), scene)
            case EvidenceKind.CHANGE:
                told = _Change.model_validate(one.content)
                yield Changed(one.id, one.entity, told.kind, told.at, told.summary, told.author)
            case EvidenceKind.ALERT:
                yield from _alerted(one, _Alerts.model_validate(one.content))
    except ValidationError:
        return


def _moved(one: Evidence, told: _Shift) -> Iterator[Moved]:
    if not one.entity or not told.samples or near(told.before, [told.after], _MOVED):
        return
    between, flow = _BETWEEN.search(one.summary), _FLOW.match(one.summary)
    name = _SELECTOR.fullmatch(one.query.split(" or ")[0])
    if flow is None and name is None:
        return
    metric = name["name"] if name else ""
    yield Moved(
        evidence=one.id,
        what=flow["what"] if flow else metric,
        metric="" if flow else metric,
        component=one.entity,
        before=told.before,
        after=told.after,
        last=told.samples[-1][1],
        at=datetime.fromtimestamp(told.samples[-1][0], UTC),
        deviations=told.deviations,
        unit=_unit(metric, flow["what"] if flow else "", max(told.before, told.after)),
        caller=between["caller"] if between else "",
    )


def _unit(metric: str, flow: str, most: float) -> str:
    words = re.split(r"[_:.]", metric.lower())
    known = {"seconds": "s", "ms": "ms", "ratio": "share", "percent": "percent", "bytes": "bytes", "cores": "cores"}
    if flow == "failing share":
        return "share" if most <= 1 else ""
    if "per" in words:  # A rate: what stands before it is not the unit.
        return ""
    return next((known[word] for word in words if word in known), "")


def _logged(one: Evidence, told: _Lines, scene: Scene) -> Logged:
    before = sum(1 for at in scene.lines(one.entity, told.template) if at < told.first)
    new = told.expected == 0 and not before
    return Logged(
        one.id, one.entity, told.example, _kinds(one.entity, told, scene), told.count, told.first, before, new
    )


def _kinds(component: str, told: _Lines, scene: Scene) -> tuple[str, ...]:
    parts = [part.strip(" :,()") for part in PLACEHOLDER.split(told.template)]
    long = [part for part in parts if len(re.findall(r"\w+", part)) >= FEWEST_WORDS]
    lines = scene.lines(component, told.template)
    return tuple(dict.fromkeys([told.template, *(part for part in long if scene.with_text(component, part) == lines)]))


def _alerted(one: Evidence, told: _Alerts) -> Iterator[Alerted]:
    for name in [name for name, of_its_own, _ in told.telling if of_its_own][:1]:
        yield Alerted(one.id, one.entity, told.alerts, told.first, name)
