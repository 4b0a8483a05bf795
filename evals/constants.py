"""Which numbers of the analysis can move an answer, and what else might each have been?

Written so that a search can begin where no set of cases has had a say: with the round value of its kind, or with that
of the literature. `NOT_TUNED` says of every other number why it is none of these; a test holds both lists complete.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any, Literal

Telling = Literal["series", "lines", "changes", "alerts"]
"""What must have been observed for a constant to matter: series, log lines, changes, several alerts."""
Values = Mapping[str, float]
"""Name of a constant -> its value; minutes where the analysis has a duration."""


@dataclass(frozen=True)
class Kind:
    """What such a number usually is, and what it might be as well, in the order of size."""

    neutral: float
    values: tuple[float, ...]


DEVIATIONS = Kind(3.0, (0.5, 1.0, 2.0, 3.0, 5.0))
"""From which something is no noise. Three sigma: Shewhart (1931)."""
PART = Kind(0.5, (0.1, 0.25, 0.5, 0.75, 0.9))
"""A half: neither."""
LITTLE = Kind(0.1, (0.02, 0.05, 0.1, 0.2, 0.4))
"""A tenth."""
FAILING = Kind(0.01, (0.002, 0.005, 0.01, 0.02, 0.05))
"""Requests that fail: one in a hundred."""
USUAL = Kind(0.95, (0.5, 0.75, 0.9, 0.95))
"""The quantile up to which something is usual: nineteen in twenty, Fisher (1925)."""
LEVEL = Kind(0.95, (0.95,))
"""One minus the level of a test: one in twenty, Fisher (1925). It is set before anything is looked at, so none else is
tried: cases with faults, most of what the search sees, are caught the sooner the lower it is."""
COUNT = Kind(3, (2, 3, 5, 8))
"""From so many on it is no accident."""
MINUTES = Kind(10.0, (3.0, 5.0, 10.0, 15.0, 30.0))


@dataclass(frozen=True)
class Constant:
    """One number. `name`: module.NAME, module.NAME.part of a mapping, or Fusion.field."""

    name: str
    kind: Kind
    telling: Telling = "series"
    also: str = ""
    """The other module that has imported it."""


TUNED = (
    Constant("onset._SLACK", Kind(0.5, (0.25, 0.5, 1.0, 2.0))),  # k of the CUSUM as in Montgomery (2009).
    Constant("onset._RARE", LEVEL),
    Constant("onset._CLIP", Kind(10.0, (3.0, 5.0, 8.0, 10.0, 20.0))),
    Constant("onset.LOOK_BACK", MINUTES),
    Constant("onset._DEFAULT_STEPS", Kind(2, (1, 2, 3, 5))),
    Constant("changes._FLOOR", LITTLE),
    Constant("changes._FLOORS.availability", FAILING),
    Constant("changes.MOST", Kind(100.0, (10.0, 30.0, 100.0, 300.0, 1000.0)), also="excess"),
    Constant("changes._CHANCE", DEVIATIONS),
    Constant("changes._PEERS", COUNT),
    Constant("excess.GATE", DEVIATIONS, also="topology"),
    Constant("excess._MOST_CALLERS", PART),
    Constant("excess._USUAL", USUAL),
    Constant("excess._KNOWN", COUNT),
    Constant("topology._BLIND", PART),
    Constant("topology._SHALLOW", LITTLE),
    Constant("calls._JITTER", LITTLE),
    Constant("calls._KNOWN", COUNT),
    Constant("felt._NOTICED", FAILING),
    Constant("felt._USUAL", USUAL),
    Constant("felt._MOST", PART),
    Constant("standing._MOST", USUAL),
    Constant("standing._LOOKED_AT", Kind(10, (3, 5, 10, 20))),
    Constant("standing._SLOWER", Kind(2.0, (1.2, 1.5, 2.0, 3.0))),
    Constant("standing._FAILING", FAILING),
    Constant("standing._CLEAR", DEVIATIONS),
    Constant("standing._STORM", COUNT, "alerts"),
    Constant("storm._ECHO", Kind(0.5, (0.05, 0.1, 0.25, 0.5, 1.0)), "alerts"),
    Constant("storm._UNKNOWN", Kind(0.5, (0.1, 0.25, 0.5, 0.75, 1.0)), "alerts"),
    Constant("storm._WHOLE", Kind(0.5, (0.1, 0.25, 0.5, 0.75, 1.0)), "alerts"),
    Constant("ranking._CHANGE_WINDOW", Kind(60.0, (15.0, 30.0, 60.0, 120.0)), "changes"),
    Constant("ranking._CHANGE_LATE", MINUTES, "changes"),
    Constant("Fusion.change_age", MINUTES, "changes"),
    Constant("Fusion.witness", PART, "lines"),
    Constant("log_templates._CHANGED", DEVIATIONS, "lines"),
    Constant("log_templates._WARNED", PART, "lines"),
    Constant("log_templates._MISSED", PART, "lines"),
    Constant("log_templates._ECHO", PART, "lines"),
    Constant("log_traces._FEWEST", COUNT, "lines"),
    Constant("log_traces._DIFFERS", DEVIATIONS, "lines"),
    Constant("log_traces._PASSED", LITTLE, "lines"),
    Constant("log_absences._GONE", LITTLE, "lines"),
    Constant("log_absences._EVEN", PART, "lines"),
    Constant("log_absences._BEATS", COUNT, "lines"),
    Constant("log_absences._NAMED", PART, "lines"),
    Constant("log_record._SILENCE", Kind(60.0, (20.0, 60.0, 180.0)), "lines"),
    Constant("log_record._PAUSE", Kind(10.0, (2.0, 5.0, 10.0, 20.0)), "lines"),
    Constant("log_record._PAUSES", Kind(5, (3, 5, 10)), "lines"),
    Constant("log_record._JITTER", LITTLE, "lines"),
)

_SHOWN_ONLY = "decides what is told of an answer, and how: not the answer"
_UNITS = "converts units, or is the statistic's own"
_COST = "bounds what one question may cost"
_CLUSTER = "one set alone, opensre_eks, has the state of a cluster: chosen by what Kubernetes means by its words"
_SURVEY = "belongs to what is asked of a back end, before anything is analysed"
_FITTED = "fitted with the weights, after the constants: see `loso_fit`"
NOT_TUNED: Mapping[str, str] = {
    **dict.fromkeys(("capacity", "waves"), "no part of a diagnosis"),
    **dict.fromkeys(("ledger", "pictures", "wording", "report", "onset._seen", "storm._blame"), _SHOWN_ONLY),
    **dict.fromkeys(("log_templates._EXAMPLE",), _SHOWN_ONLY),
    **dict.fromkeys(("calls._missing", "conditions._measured", "conditions._moments", "conditions._unmet"), _UNITS),
    **dict.fromkeys(("changes._MAD_TO_SIGMA", "changes._IQR_TO_SIGMA", "changes.baseline", "changes.medians"), _UNITS),
    **dict.fromkeys(("excess._scale", "excess._seconds", "excess.failing", "log_record.deviations"), _UNITS),
    **dict.fromkeys(("ranking._add_changes", "ranking._recency", "storm._shared", "table.Table.column"), _UNITS),
    **dict.fromkeys(("conditions._condition", "signals._meaning", "signals._workload", "symptom._told"), _COST),
    **dict.fromkeys(("onset._WINDOWS", "table._MAX_STEPS"), _COST),
    **dict.fromkeys(("conditions._MOST", "conditions._STORM", "conditions._COMPARED", "conditions.CLOSEST"), _SURVEY),
    **dict.fromkeys(("survey_plan", "log_traces._SELDOM"), _SURVEY),
    **dict.fromkeys(
        ("log_unfinished._ALWAYS", "log_unfinished._DIFFERS", "log_unfinished._LASTS"),
        "no set has requests of several lines on one component: nineteen in twenty and three deviations, as everywhere",
    ),
    **dict.fromkeys(("log_unfinished._FAR", "log_unfinished._LONGEST"), _COST),
    "log_unfinished.Unfinished.led": "all of them, until others are known",
    **dict.fromkeys(("log_unfinished._fewer", "log_unfinished._angle"), _UNITS),
    **dict.fromkeys(
        ("conditions._BEFORE", "conditions._LATE", "conditions._HOLE"),
        "decides in the quiet alone, whether an alert's condition held: the loss that is searched does not see it",
    ),
    **dict.fromkeys(
        ("cluster", "cluster_addresses", "cluster_explained", "cluster_objects", "cluster_pods", "cluster_refusals"),
        _CLUSTER,
    ),
    **dict.fromkeys(("cluster_reports", "cluster_standing", "cluster_trouble"), _CLUSTER),
    "prior": "what people said of earlier incidents; no case has any",
    "signals._RULES": "which way is worse: a word's meaning",
    "excess._LEAST": "what is no number of its own: of a scale of nothing",
    "onset.LATEST_REPORT": "a promise: an alert may be ten minutes late. In recordings, somebody has set the clock",
    "onset._LATER": "what `onset.LATEST_REPORT` means",
    "excess._typical": "the order of statistics, from a mean to a high quantile",
    "calls._FEWEST": "one of a kind does not tell of all of them",
    "storm._FEWEST_PARTS": "a whole of one part is that part",
    "calls.Lost.share": "all of it, until others are known",
    "calls.Lost.failing": "all of it, until the symptom is known",
    "excess.Excess.agreed": "all of them, until others are known",
    "log_templates.LineShift.led": "all of them, until others are known",
    "log_templates._SPEAKS": "a name of the kind of line that is told by its words; `_trouble` gives the same",
    "log_templates._trouble": "the order of what lines say: an error, its words, a warning, nothing",
    "onset._quiet": "a median is of three",
    "onset._told": "a median is of three",
    "standing._HEAVIEST": "a bound on how far one number may lead a map astray, in the unit of `Fusion.measured`",
    "weights.Fusion.measured": "the unit of the others",
    "weights.Fusion.tie": "breaks ties",
    **dict.fromkeys(("weights.Judgement.real", "weights.Judgement.first", "weights.Judgement.storm"), _FITTED),
    "weights.Judgement.storm_most": _FITTED,
    "weights.Judgement.decided": "a policy: what silence costs against a false call",
    "weights.Judgement.calm": "one in twenty, as everywhere: Fisher (1925)",
    "weights.SUREST": "nobody is surer than 99 in 100",
    "weights._FARTHEST": _UNITS,
}
"""A module, or one name in it -> why no set of cases chooses it."""

NEUTRAL: Values = {one.name: one.kind.neutral for one in TUNED}


@contextmanager
def put(values: Values) -> Iterator[dict[str, Any]]:
    """These values in the analysis's own modules until it is left, for this process; gives those of the fusion.

    The one place where anything but the source sets a constant.
    """
    before: list[tuple[Any, str, Any]] = []
    fusion: dict[str, Any] = {}
    try:
        for constant in TUNED:
            if constant.name in values:
                _put(constant, values[constant.name], before, fusion)
        yield fusion
    finally:
        for module, name, value in reversed(before):
            setattr(module, name, value)


def _put(constant: Constant, value: float, before: list[tuple[Any, str, Any]], fusion: dict[str, Any]) -> None:
    owner, name, *part = constant.name.split(".")
    if owner == "Fusion":
        fusion[name] = _like(getattr(import_module("agent.analysis.weights").Fusion, name), value)
        return
    for module in (import_module(f"agent.analysis.{of}") for of in (owner, constant.also) if of):
        old = getattr(module, name)
        before.append((module, name, old))
        setattr(module, name, {**old, part[0]: value} if part else _like(old, value))


def shipped(constant: Constant) -> float:
    """What stands in the source."""
    owner, name, *part = constant.name.split(".")
    weights = import_module("agent.analysis.weights")
    whole = getattr(weights.Fusion if owner == "Fusion" else import_module(f"agent.analysis.{owner}"), name)
    if part:
        whole = whole[part[0]]
    return float(whole.total_seconds() / 60 if isinstance(whole, timedelta) else whole)


def _like(old: Any, value: float) -> Any:
    """In the type of the old one."""
    return timedelta(minutes=value) if isinstance(old, timedelta) else type(old)(value)
