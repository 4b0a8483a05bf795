"""Every number that decides who is ranked first, what the verdict is and how sure it is, and where it comes from.

`python -m evals loso` chooses them anew, with one set of cases left out each time, and prints what comes of it; those
marked *learned* were taken from there.
"""

import math
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Logistic:
    """P = 1 / (1 + exp(-(bias + slopes . x))): Platt scaling (1999) when x is a score."""

    bias: float
    slopes: tuple[float, ...]

    def __call__(self, *features: float) -> float:
        z = self.bias + sum(slope * x for slope, x in zip(self.slopes, features, strict=True))
        return 1 / (1 + math.exp(-max(-_FARTHEST, min(_FARTHEST, z))))


@dataclass(frozen=True)
class Fusion:
    """Nats per unit of evidence: weights add up as log-odds do, and their softmax is the conditional logit."""

    measured: float = 6.0
    """The unit. Explaining all of a clear symptom, or being all that moved in one signal."""
    lines: float = 1.0
    """Learned. Each e-fold of deviations by which a kind of line about the component became more frequent."""
    change: float = 2.0
    """Learned. A change at the very onset; it halves with every `change_age`."""
    storm: float = 2.83
    """Learned. Of the logarithm of the blame by alerts, so much is believed: quantities depend on one another, too."""
    storm_chance: float = 8.0
    """Set. Blame, in the nats of `storm`, that somebody in a storm reaches by chance: in three of four, more does."""
    nothing: float = 2.0
    """Set. What the loudest of some hundred quiet series reaches by chance: below it, a component shows nothing."""
    witness: float = 0.5
    """Set. Who complains of another is half excused: it may yet be what makes the other look bad."""
    tie: float = 0.01
    """Set. Between equals, the one that moved further from its usual level."""
    change_age: timedelta = timedelta(minutes=10)
    """Set."""


@dataclass(frozen=True)
class Judgement:
    """What turns the ranking into a verdict and a probability. Features: see `standing.Standing`."""

    real: Logistic = Logistic(-4.39, (0.46, 0.69, 2.26))
    """Learned, of (weight, loud, felt): something is wrong, against quiet windows and healthy cases."""
    decided: float = 1 / 3
    """A policy, from here on it is called a cause: silence about an incident costs twice what a false call does, so
    that 1 / (1 + 2) is where both cost the same (Elkan 2001)."""
    calm: float = 0.05
    """Set. Below this, what could be looked at is called healthy."""
    first: Logistic = Logistic(-4.46, (2.48, -0.91))
    """Learned, of (weight, loud): the first suspect is the cause, when telemetry was looked at. Of two as heavy, the
    one that is so without a loud sign explains more of the symptom."""
    storm_most: float = 5.0
    """Set. Nats beyond which a storm of alerts, which depend on one another, makes nobody surer."""
    storm: Logistic = Logistic(-2.915, (1.106,))
    """Learned, of (weight): the same when alerts are all there is."""


@dataclass(frozen=True)
class Weights:
    fusion: Fusion = Fusion()
    judgement: Judgement = Judgement()


SUREST = 0.99
"""Nobody who only looks at data is surer than this; nor surer of the contrary."""
_FARTHEST = math.log(SUREST / (1 - SUREST))
SHIPPED = Weights()
