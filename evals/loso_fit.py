"""Which weights do these cases teach?  A conditional logit for the ranking, logistic regressions for the rest."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agent.analysis import verdicts
from agent.analysis.dossier import Parts
from agent.analysis.ranking import fused
from agent.analysis.standing import Standing
from agent.analysis.weights import Fusion, Judgement, Logistic, Weights

Floats = NDArray[np.float64]

LEARNED = ("lines", "change", "storm", "storm_chance", "nothing")
"""Fields of `Fusion` that scale what was found, against `measured`, the unit. What decides what is found is among
`constants.TUNED`."""
_HEAVIEST = 10.0
NEUTRAL = Weights(
    Fusion(lines=1.0, change=1.0, storm=1.0, storm_chance=1.0, nothing=1.0),
    replace(
        Judgement(),
        real=Logistic(0.0, (0.0, 0.0, 0.0)),
        first=Logistic(0.0, (0.0, 0.0)),
        storm=Logistic(0.0, (0.0,)),
        storm_most=_HEAVIEST,
    ),
)
"""Where learning begins: every sign weighs the same, and of what nobody has tried, each answer is as likely. `decided`
alone is not learned."""
_SHARPNESS = tuple(2 ** (n / 2) for n in range(-6, 5))
"""Of the choice between components: fitted with the weights, and thrown away, as the maps to confidence set it anew."""
_STEPS = (0.5, 1 / math.sqrt(2), math.sqrt(2), 2.0)
"""In one step, a weight may become so many times what it was."""
_PASSES = 12
_RIDGE = 0.002
"""On the slopes of a logistic regression whose lessons weigh 1 together, and on the doublings of a weight."""
_CAPS = (1.0, 1.5, 2.0, 3.0, 5.0, _HEAVIEST)
"""Nats of `Judgement.storm_most`."""
_BOTH = 2
_NEWTON = 60
_FAR = 30.0


FAINT, LATE = COPIES = " (faint)", " (late)"
"""After the id of a case: a copy of it whose fault is fainter, or whose alerts start later."""


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

    @property
    def of(self) -> str:
        """The case's id."""
        return case_of(self.id)

    @property
    def copy(self) -> bool:
        """To choose on, not to be judged by."""
        return self.id.endswith(COPIES)


@dataclass(frozen=True)
class Ranked:
    """The same with weights."""

    weights: tuple[float, ...]
    standing: Standing
    first: int


def case_of(name: str) -> str:
    """The id of which this may be that of a copy."""
    return name.removesuffix(FAINT).removesuffix(LATE)


def ranked(one: Looked, fusion: Fusion) -> Ranked:
    """As `ranking.weigh` and `standing.standing` do it."""
    weights = tuple(fused(parts, fusion) for parts in one.parts)
    order = sorted(range(len(weights)), key=lambda place: (-weights[place], one.names[place]))
    first = order[0] if order else 0
    weight, loud = (min(_HEAVIEST, weights[first]), one.louds[first]) if order else (0.0, 0.0)
    return Ranked(weights, replace(one.flags, weight=weight, loud=loud), first)


def fit(looked: Sequence[Looked], start: Weights = NEUTRAL) -> Weights:
    """Fusion first, then verdict and confidence on top of it. Every set counts the same, however many cases it has."""
    fusion = _fusion(looked, start.fusion)
    stood = [(one, ranked(one, fusion)) for one in looked]
    return Weights(fusion, _judgement(stood, start.judgement))


def surprises(looked: Iterable[Looked], fusion: Fusion) -> dict[str, float]:
    """Id -> negative log-likelihood of its cause, of cases that have one, as parts of a mean of the sets' means.

    In the conditional logit (McFadden 1974), as sharp as it explains them best.
    """
    told = [(one, np.array([fused(parts, fusion) for parts in one.parts])) for one in looked if one.true is not None]
    counts = Counter(one.set for one, _ in told)
    tried = [
        {one.id: _surprise(sharp * weights, one.true or 0) / counts[one.set] / len(counts) for one, weights in told}
        for sharp in _SHARPNESS
    ]
    return min(tried, key=lambda one: sum(one.values()))


def doubts(looked: Sequence[Looked], fusion: Fusion) -> dict[str, float]:
    """Id -> log-loss, times its weight, of whether anything is wrong, by a map fitted to the same; they add up."""
    open_ = [(one, s) for one in looked if _open(s := ranked(one, fusion).standing)]
    lessons = [_Lesson(verdicts.of_real(s), one.faulty, (one.set, one.faulty)) for one, s in open_]
    if (by := _logistic(lessons, even=True)) is None:
        return {}
    told = [by(*one.features) if one.told else 1 - by(*one.features) for one in lessons]
    weights = _even(_weights_of(lessons), np.array([one.told for one in lessons]))
    return {one.id: -w * math.log(p) for (one, _), w, p in zip(open_, weights.tolist(), told, strict=True)}


def _fusion(looked: Sequence[Looked], start: Fusion) -> Fusion:
    """Coordinate search by factors until none helps, with a ridge on how far each weight goes from its start."""
    told = [one for one in looked if one.true is not None]
    best, least = start, _loss(told, start, start)
    for _ in range(_PASSES):
        before = least
        for name in LEARNED:
            for step in _STEPS:
                tried = replace(best, **{name: getattr(best, name) * step})
                if (loss := _loss(told, tried, start)) < least - 1e-9:
                    best, least = tried, loss
        if least == before:
            break
    return best


def _loss(told: Sequence[Looked], fusion: Fusion, start: Fusion) -> float:
    far = sum(math.log2(getattr(fusion, name) / getattr(start, name)) ** 2 for name in LEARNED)
    return sum(surprises(told, fusion).values()) + _RIDGE * far


def _surprise(weights: Floats, true: int) -> float:
    top = weights.max()
    return float(top + np.log(np.exp(weights - top).sum()) - weights[true])


@dataclass(frozen=True)
class _Lesson:
    features: tuple[float, ...]
    told: bool
    group: tuple[str, bool]
    """Lessons of one group count as one together: how many cases a set has is chance."""


_Stood = Sequence[tuple[Looked, Ranked]]


def _open(one: Standing) -> bool:
    """Whether it is by what was measured that anything is called wrong."""
    return not one.known and not one.harmless


def _judgement(stood: _Stood, start: Judgement) -> Judgement:
    """Faulty and quiet at even odds. What they do not teach stays as it was."""
    open_ = [(one, r.standing) for one, r in stood if _open(r.standing)]
    real = _logistic([_Lesson(verdicts.of_real(s), one.faulty, (one.set, one.faulty)) for one, s in open_], even=True)
    faulty = [(one, r) for one, r in stood if one.faulty]
    storms, others = ([(one, r) for one, r in faulty if r.standing.storm is storm] for storm in (True, False))
    first = _confidence(others, partial(verdicts.of_first, by=start))
    return _of_storms(storms, replace(start, real=real or start.real, first=first or start.first))


def _of_storms(storms: _Stood, start: Judgement) -> Judgement:
    """With the map of storms, and the cap of its feature that explains them best; as it was when they teach nothing."""
    tried = [replace(start, storm_most=cap) for cap in _CAPS]
    maps = [(one, _confidence(storms, partial(verdicts.of_storm, by=one))) for one in tried]
    learned = [replace(one, storm=of) for one, of in maps if of]
    return min(learned, key=lambda one: _unsure(storms, one), default=start)


def _unsure(storms: _Stood, by: Judgement) -> float:
    told = [(by.storm(*verdicts.of_storm(r.standing, by)), _right(one, r)) for one, r in storms]
    return -sum(math.log(p if right else 1 - p) for p, right in told)


def _confidence(faulty: _Stood, features: Callable[[Standing], tuple[float, ...]]) -> Logistic | None:
    lessons = [_Lesson(features(r.standing), _right(one, r), (one.set, True)) for one, r in faulty]
    return _logistic(lessons, even=False)


def _right(one: Looked, r: Ranked) -> bool:
    """The cause is first, and nobody else stands as high."""
    return one.true == r.first and sum(weight == r.weights[r.first] for weight in r.weights) == 1


def _logistic(lessons: Sequence[_Lesson], *, even: bool) -> Logistic | None:
    """Ridge regression by Newton's method; None when all or none are true. `even`: both answers weigh the same."""
    if len({one.told for one in lessons}) < _BOTH:
        return None
    x: Floats = np.array([[1.0, *one.features] for one in lessons])
    y = np.array([one.told for one in lessons])
    w = _even(_weights_of(lessons), y) if even else _weights_of(lessons)
    ridge = 2 * _RIDGE * np.diag([1e-6, *[1.0] * (x.shape[1] - 1)])
    b = np.zeros(x.shape[1])
    for _ in range(_NEWTON):
        p = 1 / (1 + np.exp(-np.clip(x @ b, -_FAR, _FAR)))
        b = b - np.linalg.solve((x * (w * p * (1 - p))[:, None]).T @ x + ridge, x.T @ (w * (p - y)) + ridge @ b)
    return Logistic(float(b[0]), tuple(float(one) for one in b[1:]))


def _weights_of(lessons: Sequence[_Lesson]) -> Floats:
    counts = Counter(one.group for one in lessons)
    return np.array([1 / counts[one.group] / len(counts) for one in lessons])


def _even(w: Floats, y: NDArray[np.bool_]) -> Floats:
    even: Floats = np.where(y, w / w[y].sum(), w / w[~y].sum()) / 2
    return even
