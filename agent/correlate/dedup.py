"""Is this message news?  Re-sends, a second peer's copy and messages that come late are not."""

from datetime import timedelta

from agent.correlate.placement import Answer, Arrival
from agent.correlate.series import Occurrence, Series, ends, tells_start
from agent.correlate.standing import Standing
from agent.domain.alert import Fate

LATE = timedelta(minutes=5)
"""A firing message may come so long after the end was told and still be a late one: a peer of a pair of
Alertmanagers retries for at most its `group_interval`, which is 5 min by default. After that it fires again."""


def judge(arrival: Arrival, standing: Standing) -> Answer | None:
    """About an alert that fires. None: it is news, or it is no longer silenced or inhibited, or its severity rose."""
    series = standing.series(arrival.identity)
    if series is None:
        return None
    if series.firing is None:
        return _late(arrival, series)
    if series.firing.fate is not Fate.INCIDENT:
        return None
    return _repeats(arrival, series, series.firing)


def _repeats(arrival: Arrival, series: Series, firing: Occurrence) -> Answer | None:
    if arrival.alert.severity.rank < firing.severity.rank:
        return None
    if arrival.identity.occurrence == firing.id:
        return _duplicate(firing, f"The same message came before as alert {firing.alert}.")
    if not tells_start(arrival.alert):
        return _duplicate(firing, f"It has been firing since alert {firing.alert}.")
    if arrival.identity.occurrence in series.known or arrival.alert.starts_at <= firing.starts_at:
        return _duplicate(firing, f"It tells of an earlier start of what fires as alert {firing.alert}.")
    return None


def _late(arrival: Arrival, series: Series) -> Answer | None:
    """Its end was told before it."""
    if series.ended_heard_at is None or arrival.now - series.ended_heard_at > LATE:
        return None
    older = series.over_until is not None and arrival.alert.starts_at <= series.over_until
    if not older and arrival.identity.occurrence not in series.ended:
        return None
    return _over_already(arrival, series)


def judge_end(arrival: Arrival, standing: Standing) -> Answer | None:
    """About an alert that is resolved. None: it ends something that is part of an incident."""
    series = standing.series(arrival.identity)
    if series is None:
        return _UNHEARD_OF
    if series.firing and ends(arrival.placed, arrival.identity, series.firing):
        return None if series.firing.fate is Fate.INCIDENT else _ends_unheard(series.firing)
    if arrival.identity.occurrence in series.ended:
        return _over_already(arrival, series)
    known = series.known.get(arrival.identity.occurrence)
    return _ends_earlier(known, series) if known and known.incident else _UNHEARD_OF


def _over_already(arrival: Arrival, series: Series) -> Answer:
    occurrence = arrival.identity.occurrence
    told_by = series.ended.get(occurrence) or next(reversed(series.ended.values()))
    known = series.known.get(occurrence)
    return Answer(Fate.DUPLICATE, f"Alert {told_by} told already that it is over.", known.incident if known else None)


def _ends_earlier(known: Occurrence, series: Series) -> Answer:
    since = f"; it fires again since alert {series.firing.alert}" if series.firing else ""
    return Answer(Fate.INCIDENT, f"What alert {known.alert} told of is over{since}.", known.incident)


_UNHEARD_OF = Answer(
    Fate.DUPLICATE, "It ends nothing that is known to fire; should the firing message come late, it opens nothing."
)


def _ends_unheard(firing: Occurrence) -> Answer:
    return Answer(firing.fate, f"It ends alert {firing.alert}, which was {firing.fate}.")


def _duplicate(firing: Occurrence, reason: str) -> Answer:
    return Answer(Fate.DUPLICATE, reason, firing.incident)
