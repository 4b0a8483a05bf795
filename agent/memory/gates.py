"""Is a past incident that sounds alike worth showing?  Pure; each answer carries its reason.

Sounding alike is cheap: titles repeat, and whoever can write an alert or a ticket can write one that sounds like
anything. So a past incident must also share a name with the new one, or be nearly the same text; what no person of
ours confirmed is shown for its own service alone and pushes nothing else aside; and what is old, or did not help
then, stands further back.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.domain.base import Noun
from agent.ports import Lesson, Recalled
from tools.base import Trust

_AMBIGUOUS = 0.05
_OUTCOME = {"recovered": 1.0, "no_action": 0.9, "not_recovered": 0.8}
_UNCONFIRMED = 0.85
_MISLED = 2
"""How many times a memory must help to make up for having misled once."""
_QUIET = "quiet period"


class Gates(Noun):
    """The thresholds. `related` and `same` are cosines and belong to the embedder that made the vectors."""

    related: float
    """Below this similarity nothing is recalled."""
    same: float
    """From this similarity on the words alone are enough, without a name in common."""
    service_boost: float = 0.15
    """Added to the score for the same service."""
    alert_boost: float = 0.10
    """Added to the score for the same alert name."""
    behind: float = 0.20
    """How far it may score behind one that names another cause; further behind, it is left out."""
    half_life: timedelta = timedelta(days=180)
    oldest: float = 0.7
    """The weight that age alone never goes below."""
    limit: int = 20
    """At most this many are recalled: first one for each cause that showed in its own way, then more of the same."""


@dataclass(frozen=True)
class Question:
    """What is known of the new incident."""

    service: str
    alert_names: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    lesson: Lesson
    similarity: float
    """Cosine of the two texts."""


@dataclass(frozen=True)
class Refusal:
    incident: str
    reason: str


@dataclass(frozen=True)
class Admitted:
    recalled: tuple[Recalled, ...]
    """The best first."""
    refused: tuple[Refusal, ...]


@dataclass(frozen=True)
class _Scored:
    candidate: Candidate
    shared: str
    score: float

    @property
    def cause(self) -> tuple[str, str]:
        lesson = self.candidate.lesson
        return (lesson.component.casefold() or lesson.cause.casefold(), lesson.fault)


def admit(question: Question, candidates: Sequence[Candidate], gates: Gates, now: datetime) -> Admitted:
    """Judge each candidate on its own, then against those that name another cause."""
    scored: list[_Scored] = []
    refused: list[Refusal] = []
    for candidate in candidates:
        shared = _shared(question, candidate.lesson)
        if reason := _refused(candidate, shared, gates):
            refused.append(Refusal(candidate.lesson.incident, reason))
        else:
            score = _score(question, candidate, gates, now)
            scored.append(_Scored(candidate, " and ".join(shared.values()), score))
    kept: list[_Scored] = []
    for one in _varied(scored):
        if reason := _too_far_behind(one, _rival(one, scored), gates) or _beyond(len(kept), gates):
            refused.append(Refusal(one.candidate.lesson.incident, reason))
        else:
            kept.append(one)
    best_first = sorted(kept, key=_by_score)
    return Admitted(
        tuple(_recalled(one, _rival(one, scored), question, gates, now) for one in best_first), tuple(refused)
    )


def _varied(scored: Sequence[_Scored]) -> list[_Scored]:
    """The best of each cause that showed in its own way, then the rest: ten of one must not hide another."""
    ordered = sorted(scored, key=_by_score)
    first = {(one.cause, one.candidate.lesson.signs): one for one in reversed(ordered)}
    return sorted(ordered, key=lambda one: first[one.cause, one.candidate.lesson.signs] is not one)


def _by_score(one: _Scored) -> float:
    return -one.score


def confirmed(lesson: Lesson) -> bool:
    """Did a person of ours stand by it?  Quiet is no confirmation, and a ticket's word is its writer's."""
    return lesson.source != "jira" and lesson.confirmed_by not in ("", _QUIET)


def _shared(question: Question, lesson: Lesson) -> dict[str, str]:
    """What the two have in common by name: `service` and `alert`, each with the phrase for people."""
    shared = {}
    if question.service and _same(question.service, lesson.service):
        shared["service"] = f"the same service ({question.service})"
    elif question.service and _same(question.service, lesson.component):
        shared["service"] = f"the same component ({question.service})"
    alerts = [name for name in question.alert_names if any(_same(name, other) for other in lesson.alert_names)]
    if alerts:
        shared["alert"] = f"the same alert ({alerts[0]})"
    return shared


def _refused(candidate: Candidate, shared: dict[str, str], gates: Gates) -> str:
    """Why it is refused on its own account; empty when it is not."""
    lesson, similarity = candidate.lesson, candidate.similarity
    if similarity < gates.related:
        return f"similarity {similarity:.2f} is below {gates.related:.2f}"
    if not confirmed(lesson) and "service" not in shared:
        return "no person confirmed it, and it is of another service"
    if not shared and similarity < gates.same:
        return f"no service or alert in common, and similarity {similarity:.2f} is below {gates.same:.2f}"
    return ""


def _score(question: Question, candidate: Candidate, gates: Gates, now: datetime) -> float:
    shared = _shared(question, candidate.lesson)
    boost = gates.service_boost * ("service" in shared) + gates.alert_boost * ("alert" in shared)
    return (candidate.similarity + boost) * _weight(candidate.lesson, gates, now)


def _weight(lesson: Lesson, gates: Gates, now: datetime) -> float:
    """1 for one that a person confirmed just now and that ended well; less for each thing that falls short."""
    halvings = max(now - lesson.closed_at, timedelta(0)) / gates.half_life
    age = gates.oldest + (1 - gates.oldest) * math.exp2(-halvings)
    return _worth(lesson) * age


def trusted(lesson: Lesson, gates: Gates, now: datetime) -> float:
    """0 to 1. Without the floor of `oldest`: what is old may be shown for ever, but not believed for ever."""
    return _worth(lesson) * math.exp2(-max(now - lesson.closed_at, timedelta(0)) / gates.half_life)


def _worth(lesson: Lesson) -> float:
    """How it ended, who stood by it, and how it did when it was recalled (Laplace's rule, misleading counting more)."""
    told = (1 + lesson.helped) / (1 + lesson.helped + _MISLED * lesson.misled)
    return _OUTCOME[lesson.outcome] * (1.0 if confirmed(lesson) else _UNCONFIRMED) * told


def _rival(one: _Scored, scored: Sequence[_Scored]) -> _Scored | None:
    """The best of those that name another cause; the unconfirmed are no rivals to the confirmed."""
    rivals = [
        other
        for other in scored
        if other.cause != one.cause and (confirmed(other.candidate.lesson) or not confirmed(one.candidate.lesson))
    ]
    return max(rivals, key=lambda other: other.score, default=None)


def _too_far_behind(one: _Scored, rival: _Scored | None, gates: Gates) -> str:
    if rival is None or rival.score - one.score <= gates.behind:
        return ""
    return f"{rival.candidate.lesson.incident} names another cause and scores {rival.score - one.score:.2f} better"


def _beyond(admitted: int, gates: Gates) -> str:
    return f"{gates.limit} better ones are enough" if admitted >= gates.limit else ""


def _recalled(one: _Scored, rival: _Scored | None, question: Question, gates: Gates, now: datetime) -> Recalled:
    lesson, similarity = one.candidate.lesson, one.candidate.similarity
    margin = one.score - (rival.score if rival else 0.0)
    trust: Trust = "system" if confirmed(lesson) else "user-controlled"
    return Recalled(
        incident=lesson.incident,
        summary=f"{lesson.title}: {lesson.cause}",
        component=lesson.component,
        fault=lesson.fault,
        remedy=lesson.remedy,
        similarity=round(similarity, 4),
        margin=round(margin, 4),
        why=_why(one, rival, now),
        trust=trust,
        score=round(one.score, 4),
        weight=round(trusted(lesson, gates, now), 4),
        same_resource="service" in _shared(question, lesson),
        signs=lesson.signs,
    )


def _why(one: _Scored, rival: _Scored | None, now: datetime) -> str:
    lesson = one.candidate.lesson
    shared = f"{one.shared} and similar words" if one.shared else "nearly the same words and no name"
    days = max((now - lesson.closed_at).days, 0)
    parts = [
        f"Shares {shared} (cosine {one.candidate.similarity:.2f})",
        _provenance(lesson) + f", closed {days} day{'' if days == 1 else 's'} ago",
        _ending(lesson),
    ]
    return "; ".join([*parts, _contest(one, rival)] if rival else parts) + "."


def _provenance(lesson: Lesson) -> str:
    by = "confirmed by a person" if confirmed(lesson) else "not confirmed by a person"
    return by if lesson.source == "incident" else f"{by}, imported from {_SOURCES.get(lesson.source, 'elsewhere')}"


_SOURCES = {"jira": "Jira", "import": "a file"}


def _ending(lesson: Lesson) -> str:
    match lesson.outcome:
        case "recovered":
            return "it recovered then"
        case "not_recovered":
            return "what was done then did not help"
        case _:
            return "nothing is known to have been done then"


def _contest(one: _Scored, rival: _Scored) -> str:
    margin = one.score - rival.score
    named = f"{rival.candidate.lesson.incident}, which names another cause"
    if abs(margin) < _AMBIGUOUS:
        return f"ambiguous: {named}, is {abs(margin):.2f} away"
    return f"{abs(margin):.2f} {'ahead of' if margin > 0 else 'behind'} {named}"


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
