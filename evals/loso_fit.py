"""Which weights do these cases teach?  A conditional logit for the ranking, logistic regressions for the rest."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agent.analysis import verdicts
from agent.analysis.dossier import Parts
from agent.analysis.ranking import fused
from agent.analysis.standing import Standing
from agent.analysis.weights import Fusion, Judgement, Logistic, Weights

_LEARNED = ("lines", "change")
_STEPS = (0.5, 1 / math.sqrt(2), 1.0, math.sqrt(2), 2.0)
"""A weight may become so many times what it was."""
_PASSES = 2
_PULL = 0.05
"""Nats a case that a weight must earn to be twice or half of what it was."""
_RIDGE = 0.002
"""On the slopes of a logistic regression whose lessons weigh 1 together."""
_BOTH = 2
_NEWTON = 60
_FAR = 30.0


@dataclass(frozen=True)
class Looked:
    """One question put to the analysis: a case, or a window of quiet, before any weight."""

    id: str
    names: tuple[str, ...]
    parts: tuple[Parts, ...]
    louds: tuple[float, ...]
    """Of each component: see `standing.loud`."""
    flags: Standing
    """Of which the weights change `weight` and `loud` alone."""
    quiet: bool = False
    true: int | None = None
    """The place of the cause among the names; None: nothing was wrong, or it is not among them."""
    faulty: bool = False

    @property
    def set(self) -> str:
        return self.id.partition("/")[0]


@dataclass(frozen=True)
class Ranked:
    """The same with weights."""

    weights: tuple[float, ...]
    standing: Standing
    first: int


def ranked(one: Looked, fusion: Fusion) -> Ranked:
    """As `ranking.weigh` and `standing.standing` do it."""
    weights = tuple(fused(parts, fusion) for parts in one.parts)
    order = sorted(range(len(weights)), key=lambda place: (-weights[place], one.names[place]))
    first = order[0] if order else 0
    weight, loud = (min(10.0, weights[first]), one.louds[first]) if order else (0.0, 0.0)
    return Ranked(weights, replace(one.flags, weight=weight, loud=loud), first)


def fit(looked: Sequence[Looked], start: Weights) -> Weights:
    """Fusion first, then verdict and confidence on top of it. Every set counts the same, however many cases it has."""
    fusion = _fusion(looked, start.fusion)
    stood = [(one, ranked(one, fusion)) for one in looked]
    return Weights(fusion, _judgement(stood, start.judgement))


def _fusion(looked: Sequence[Looked], start: Fusion) -> Fusion:
    """Coordinate search over a few multiples of each learned weight, pulled towards where it started."""
    told = [one for one in looked if one.true is not None]
    best, least = start, _loss(told, start, start)
    for name in _LEARNED * _PASSES:
        for step in _STEPS:
            tried = replace(best, **{name: getattr(start, name) * step})
            if (loss := _loss(told, tried, start)) < least - 1e-9:
                best, least = tried, loss
    return best


def _loss(told: Sequence[Looked], fusion: Fusion, start: Fusion) -> float:
    """Negative log-likelihood of the conditional logit (McFadden 1974), a mean of the sets' means, with the pull."""
    counts = Counter(one.set for one in told)
    surprise = sum(_surprise(one, fusion) / counts[one.set] for one in told) / max(1, len(counts))
    return surprise + _PULL * sum(math.log2(getattr(fusion, name) / getattr(start, name)) ** 2 for name in _LEARNED)


def _surprise(one: Looked, fusion: Fusion) -> float:
    weights = np.array([fused(parts, fusion) for parts in one.parts])
    top = weights.max()
    return float(top + np.log(np.exp(weights - top).sum()) - weights[one.true or 0])


@dataclass(frozen=True)
class _Lesson:
    features: tuple[float, ...]
    told: bool
    group: tuple[str, bool]
    """Lessons of one group count as one together: how many cases a set has is chance."""


def _judgement(stood: Sequence[tuple[Looked, Ranked]], start: Judgement) -> Judgement:
    """Faulty and quiet at even odds; without storms to learn from, their confidence is that of the rest."""
    open_ = [(one, r.standing) for one, r in stood if not r.standing.known and not r.standing.harmless]
    real = _logistic([_Lesson(verdicts.of_real(s), one.faulty, (one.set, one.faulty)) for one, s in open_], even=True)
    faulty = [(one, r) for one, r in stood if one.faulty]
    storms, others = ([(one, r) for one, r in faulty if r.standing.storm is storm] for storm in (True, False))
    first = _confidence(others, lambda s: verdicts.of_first(s, start))
    storm = _confidence(storms, lambda s: verdicts.of_storm(s, start)) or _confidence(others, lambda s: (s.weight,))
    return replace(start, real=real or start.real, first=first or start.first, storm=storm or start.storm)


def _confidence(
    faulty: Sequence[tuple[Looked, Ranked]], features: Callable[[Standing], tuple[float, ...]]
) -> Logistic | None:
    lessons = [_Lesson(features(r.standing), _right(one, r), (one.set, True)) for one, r in faulty]
    return _logistic(lessons, even=False)


def _right(one: Looked, r: Ranked) -> bool:
    """The cause is first, and nobody else stands as high."""
    return one.true == r.first and sum(weight == r.weights[r.first] for weight in r.weights) == 1


def _logistic(lessons: Sequence[_Lesson], *, even: bool) -> Logistic | None:
    """Ridge regression by Newton's method; None when all or none are true. `even`: both answers weigh the same."""
    if len({one.told for one in lessons}) < _BOTH:
        return None
    x: NDArray[np.float64] = np.array([[1.0, *one.features] for one in lessons])
    y = np.array([one.told for one in lessons], float)
    w = _weights_of(lessons)
    if even:
        w = np.where(y > 0, w / w[y > 0].sum(), w / w[y == 0].sum()) / 2
    ridge = 2 * _RIDGE * np.diag([1e-6, *[1.0] * (x.shape[1] - 1)])
    b = np.zeros(x.shape[1])
    for _ in range(_NEWTON):
        p = 1 / (1 + np.exp(-np.clip(x @ b, -_FAR, _FAR)))
        b = b - np.linalg.solve((x * (w * p * (1 - p))[:, None]).T @ x + ridge, x.T @ (w * (p - y)) + ridge @ b)
    return Logistic(float(b[0]), tuple(float(one) for one in b[1:]))


def _weights_of(lessons: Sequence[_Lesson]) -> NDArray[np.float64]:
    counts = Counter(one.group for one in lessons)
    return np.array([1 / counts[one.group] / len(counts) for one in lessons])
