"""What kind of trouble do the alerts speak of?  By the words of their names first, of their summaries second."""

import re
from collections.abc import Sequence
from functools import lru_cache

from agent.domain.alert import Alert
from agent.domain.incident import Symptom

# In the order in which they are tried: an alert that speaks of slow errors is about errors.
_WORDS: tuple[tuple[Symptom, str], ...] = (
    (Symptom.AVAILABILITY, r"down|absent|unavailab|unreachable|not ?ready|crash|probe|dead|missing"),
    (Symptom.ERRORS, r"error|5xx|fail|exception|success.?rate|availability|reject|refus"),
    (Symptom.LATENCY, r"laten|slow|duration|response.?time|p9\d|timeout|apdex"),
    (Symptom.SATURATION, r"cpu|memory|oom|disk|throttl|saturat|pool|queue|lag|backlog|fds?\b|connections"),
    (Symptom.TRAFFIC, r"traffic|request.?rate|rps|qps|throughput|load"),
)


def symptom_of(alerts: Sequence[Alert]) -> Symptom:
    """The gravest kind that a name tells; when none does, the one kind that the summaries tell."""
    names = " ".join(_words(alert.name) for alert in alerts)
    texts = " ".join(text for alert in alerts for text in alert.annotations.values())
    if told := _told(names):
        return told[0]
    told = _told(texts)
    return told[0] if len(told) == 1 else Symptom.OTHER


def spoken_of(alerts: Sequence[Alert], symptom: Symptom | None) -> Symptom:
    """The symptom as triage saw it, else as it is read here; OTHER when the alerts speak of different ones."""
    each = {symptom_of([alert]) for alert in alerts} - {Symptom.OTHER}
    if len(each) > 1:
        return Symptom.OTHER
    return symptom or next(iter(each), Symptom.OTHER)


@lru_cache(maxsize=4096)
def _told(said: str) -> tuple[Symptom, ...]:
    """Kept: the alerts of a storm say the same few things again and again."""
    return tuple(symptom for symptom, words in _WORDS if re.search(words, said, re.IGNORECASE))


def _words(name: str) -> str:
    """`HighErrorRate` -> `High Error Rate`, so that word boundaries mean something."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
