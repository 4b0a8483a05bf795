"""Cause, healthy or inconclusive, and how sure is that?"""

from dataclasses import replace

from agent.analysis.standing import Standing
from agent.analysis.weights import SUREST, Judgement
from agent.domain.hypothesis import Verdict


def judge(one: Standing, by: Judgement) -> tuple[Verdict, float]:
    """The verdict, and its probability: that the first suspect is the cause, or of `healthy` that nothing is wrong.

    Who has looked n times and seen nothing is not sure beyond (n + 1) / (n + 2): Laplace's rule of succession (1814).
    """
    if not one.anything:
        return Verdict.INCONCLUSIVE, 0.0
    real = probability_real(one, by)
    if _decided(one, by):
        return Verdict.CAUSE, probability_first(one, by)
    if _well_seen(one) and real < by.calm:
        return Verdict.HEALTHY, (1 - real) * (one.seen + 1) / (one.seen + 2)
    return Verdict.INCONCLUSIVE, probability_first(one, by)


def _decided(one: Standing, by: Judgement) -> bool:
    """Whether it is told as a cause.

    Where what the alerts fire on does not hold, their number says nothing, and what was seen must be as sure as it must
    be that nothing is wrong: the expression is the sender's word, which may be forged.
    """
    if not one.unmet:
        return probability_real(one, by) >= by.decided
    return one.told >= by.decided or probability_real(replace(one, known=False), by) >= 1 - by.calm


def _well_seen(one: Standing) -> bool:
    """Whether what the alerts speak of was looked at and found as usual, or harmless, or not to hold."""
    return one.visible and (one.unmet or one.harmless or not one.unusual)


def probability_real(one: Standing, by: Judgement) -> float:
    """That something is wrong at all."""
    if one.known:
        return 1.0
    return _either(one.told, by.real(0.0, 0.0, 0.0) if one.harmless else by.real(*of_real(one)))


def of_real(one: Standing) -> tuple[float, float, float]:
    """The features of `Judgement.real`."""
    return one.weight, one.loud, one.felt


def probability_first(one: Standing, by: Judgement) -> float:
    """That the first suspect is the cause, given that something is wrong."""
    return _either(one.told, (by.storm if one.storm else by.first)(*of_first(one, by)))


def of_first(one: Standing, by: Judgement) -> tuple[float, ...]:
    """The features of `Judgement.first`, or of `Judgement.storm`."""
    return of_storm(one, by) if one.storm else (one.weight, one.loud)


def of_storm(one: Standing, by: Judgement) -> tuple[float]:
    """The feature of `Judgement.storm`."""
    return (min(one.weight, by.storm_most),)


def _either(one: float, other: float) -> float:
    """Noisy-or of two witnesses that saw different things."""
    return min(SUREST, 1 - (1 - one) * (1 - other))
