"""Which constants of the analysis would these sets have chosen?  A coordinate search from neutral values.

In each round every other value of every constant is tried alone; then the best of each are taken together, the most
telling first, each only while it still helps. It helps when what the sets lose falls by more than one standard error
of the difference, cause by cause, and rises by as much in none of them: what is to hold elsewhere must hold here.
Cases with the same component at fault are one lesson, not several (a cluster-robust error: Liang and Zeger 1986). The
loss is that of the ranking, in a conditional logit, and that of whether anything is wrong.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from agent.analysis.weights import Fusion
from evals.constants import NEUTRAL, TUNED, Values
from evals.loso_fit import Looked, case_of, doubts, fit, surprises
from evals.loso_study import Study

ROUNDS = 3
"""At most: a round in which nothing moves is the last."""
_WINDOWS = 1
"""Of each case, while searching; the maps to confidence are fitted to all."""
_LEAST = 1e-4
"""Nats that a value must gain: less is rounding."""


def search(study: Study, sets: Sequence[str], rounds: int = ROUNDS) -> Values:
    """What these sets choose; where they have nothing to say, the neutral values."""
    values: Values = NEUTRAL
    for _ in range(rounds):
        before = values
        values = _one_round(study, sets, values)
        if values == before:
            break
    return values


def gained(before: Mapping[str, float], after: Mapping[str, float], causes: Mapping[str, str]) -> float:
    """By how much less is lost, over all sets; 0 when that may be chance, or one of them clearly loses more.

    `causes`: case -> component at fault; cases without one are lessons of their own. Copies and windows of a case stand
    or fall with it.
    """
    less: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for name in sorted(before.keys() | after.keys()):
        case = case_of(name).partition("@")[0]
        less[case.partition("/")[0]][causes.get(case, case)] += before.get(name, 0.0) - after.get(name, 0.0)
    gains = [gain for of_set in less.values() for gain in of_set.values()]
    harmed = any(_clear([-gain for gain in of_set.values()]) for of_set in less.values())
    return math.fsum(gains) if _clear(gains) and not harmed else 0.0


def _clear(gains: Collection[float]) -> bool:
    """Whether their sum is more than one standard error."""
    return math.fsum(gains) > max(math.sqrt(math.fsum(one * one for one in gains)), _LEAST)


def _one_round(study: Study, sets: Sequence[str], values: Values) -> Values:
    fusion = fit(study.looked(sets, values, _WINDOWS)).fusion
    lost = _lost(study, sets, values, fusion)
    for name, at in _alone(study, sets, values, fusion):
        tried = {**values, name: at}
        study.prepare(sets, [tried], _WINDOWS)
        now = _lost(study, sets, tried, fusion)
        if gained(lost, now, study.causes) > 0:
            values, lost = tried, now
    return values


def _alone(study: Study, sets: Sequence[str], values: Values, fusion: Fusion) -> list[tuple[str, float]]:
    """The best other value of each constant that has one, the most telling first."""
    steps = [(one.name, at) for one in TUNED for at in one.kind.values if at != values[one.name]]
    study.prepare(sets, [{**values, name: at} for name, at in steps], _WINDOWS)
    lost = _lost(study, sets, values, fusion)
    best: dict[str, tuple[float, float]] = {}
    for name, at in steps:
        gain = gained(lost, _lost(study, sets, {**values, name: at}, fusion), study.causes)
        if gain > best.get(name, (0.0, at))[0]:
            best[name] = gain, at
    return [(name, at) for name, (_, at) in sorted(best.items(), key=lambda one: -one[1][0])]


def _lost(study: Study, sets: Sequence[str], values: Values, fusion: Fusion) -> dict[str, float]:
    """What each question adds to the loss."""
    looked: list[Looked] = study.looked(sets, values, _WINDOWS)
    ranking, verdict = surprises(looked, fusion), doubts(looked, fusion)
    return {name: ranking.get(name, 0.0) + verdict.get(name, 0.0) for name in ranking.keys() | verdict.keys()}
