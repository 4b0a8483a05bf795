"""Does the evidence bear out what the diagnosis says? Every sentence is looked up; what fails is dropped.

The check knows nothing of causes. It knows whether a component was seen in the evidence that is cited, whether a
number, a time or a quotation stands there (rounded, and in another unit if the unit is named), whose number it is,
whether "before the onset" is before the onset, and whether the evidence says the same in the same words of another.
That is what invented sentences fail at. A sentence that only names components which the evidence speaks of may stay,
but nothing rests on it: it raises no confidence and carries no cause.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from agent.domain.base import Noun
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Claim, Diagnosis, Fault, Hypothesis, Impact, Suspect, Verdict
from agent.policy.characters import disguised
from agent.policy.denials import denied
from agent.policy.echo import Echoes
from agent.policy.names import Names
from agent.policy.observed import Observed, folded, observe
from agent.policy.statements import Statement, sentences, statement
from agent.policy.timing import misplaced, timed
from agent.policy.values import valued


class Dropped(Noun):
    text: str
    reason: str


class Grounded(Noun):
    """What is left of a diagnosis, and what is not."""

    diagnosis: Diagnosis
    dropped: tuple[Dropped, ...]


def ground(
    diagnosis: Diagnosis,
    evidence: Sequence[Evidence],
    *,
    entities: Iterable[str],
    onset: datetime | None = None,
) -> Grounded:
    """The diagnosis without what its evidence does not bear out.

    `entities`: every component that a tool has returned. A cause whose claims all fell, or whose component none of
    them speaks of, is inconclusive. `claims_dropped` counts; the confidence shrinks with the share that fell.
    """
    ledger = _Ledger(evidence, entities, onset)
    kept = tuple(claim for claim in diagnosis.claims if ledger.accepts(claim.text, claim.evidence))
    cited = ledger.behind(diagnosis, kept)
    said = diagnosis.model_copy(
        update={
            "claims": kept,
            "summary": ledger.paragraph(diagnosis.summary, cited) or _told(kept),
            "mechanism": ledger.paragraph(diagnosis.mechanism, cited),
            "ruled_out": tuple(one for one in diagnosis.ruled_out if ledger.accepts(one, tuple(ledger.by_id))),
            "impact": ledger.impact(diagnosis.impact),
            "suspects": tuple(map(ledger.suspect, diagnosis.suspects)),
            "hypotheses": tuple(map(ledger.hypothesis, diagnosis.hypotheses)),
        }
    )
    return Grounded(diagnosis=_concluded(said, ledger), dropped=tuple(ledger.dropped))


class _Ledger:
    """What was looked up, and what fell."""

    def __init__(self, evidence: Sequence[Evidence], entities: Iterable[str], onset: datetime | None) -> None:
        self.by_id: Mapping[str, Evidence] = {one.id: one for one in evidence}
        self.names = Names([*entities, *(one.entity for one in evidence)])
        self.onset = onset.astimezone(UTC) if onset else None
        self.dropped: list[Dropped] = []
        self._echoes = Echoes(self.names)
        self._seen: dict[tuple[str, ...], Observed] = {}

    def accepts(self, text: str, cited: Sequence[str]) -> bool:
        reason = self.problem(text, cited)
        if reason:
            self.dropped.append(Dropped(text=text, reason=reason))
        return not reason

    def problem(self, text: str, cited: Sequence[str]) -> str:
        """Why the evidence does not bear the sentence out; empty when it does."""
        if not cited:
            return "it cites nothing"
        if missing := [one for one in cited if one not in self.by_id]:
            return f"it cites {missing[0]}, which is no evidence"
        said = statement(text, self.names)
        seen = self._observed(cited)
        return next(filter(None, _problems(said, seen, self._echoes, self.onset)), "")

    def _observed(self, cited: Sequence[str]) -> Observed:
        if (key := tuple(cited)) not in self._seen:
            self._seen[key] = observe((self.by_id[one] for one in cited), self.names)
        return self._seen[key]

    def paragraph(self, text: str, cited: Sequence[str]) -> str:
        """The sentences of it that hold, by all the evidence that the kept claims cite."""
        return " ".join(one for one in sentences(text) if cited and self.accepts(one, cited)) if text else ""

    def behind(self, told: Diagnosis, kept: Sequence[Claim]) -> tuple[str, ...]:
        """What a summary may rest on: what claims and suspects cite, and everything when no cause is named."""
        if told.verdict is not Verdict.CAUSE:
            return tuple(self.by_id)
        cited = [one for claim in kept for one in claim.evidence]
        cited += [one for suspect in told.suspects if kept for one in suspect.evidence]
        return tuple(dict.fromkeys(one for one in cited if one in self.by_id))

    def impact(self, told: Impact) -> Impact:
        """Only components that exist."""
        known = {name: tuple(one for one in listed if one in self.names) for name, listed in told}
        return Impact.model_validate(known)

    def suspect(self, one: Suspect) -> Suspect:
        return one.model_copy(update={"evidence": self._known(one.evidence)})

    def hypothesis(self, one: Hypothesis) -> Hypothesis:
        """A hypothesis without evidence for it is not supported, whatever the model says."""
        support, against = self._known(one.evidence_for), self._known(one.evidence_against)
        status = "open" if (one.status == "supported" and not support) else one.status
        return one.model_copy(update={"evidence_for": support, "evidence_against": against, "status": status})

    def _known(self, cited: Iterable[str]) -> tuple[str, ...]:
        return tuple(one for one in cited if one in self.by_id)

    def counts(self, claim: Claim) -> bool:
        """Whether there is something in it that could have been found wrong: only such claims carry a cause."""
        return statement(claim.text, self.names).hard

    def speaks_of(self, component: str, claims: Sequence[Claim]) -> bool:
        """Whether a claim that counts is about the component: names it, or cites evidence that does."""
        for claim in filter(self.counts, claims):
            seen = self._observed(claim.evidence)
            about = {name.casefold() for name in self.names.within(claim.text) | seen.entities}
            if component.casefold() in about:
                return True
        return False


def _problems(said: Statement, seen: Observed, echoes: Echoes, onset: datetime | None) -> Iterable[str]:
    """What is wrong with it, the plainest first."""
    if strange := disguised(said.text):
        yield f"“{strange}” is written in letters of another alphabet"
    if said.empty:
        yield "nothing in it can be looked up"
    missing = [
        *sorted(said.entities - seen.entities),
        *(f"“{quote}”" for quote in said.quotes if not _quoted(quote, seen)),
        *(name for name in said.identifiers if not seen.says(name)),
        *(one.text for one in said.instants if not timed(one, said, seen, onset)),
        *(one.text for one in said.numbers if not valued(one, said, seen, onset)),
    ]
    yield from (f"{one} is not in the evidence it cites" for one in missing)
    yield from misplaced(said, seen, onset)
    yield from denied(said, seen, onset)
    yield echoes.exchanged(said.text, seen)


def _quoted(quote: str, seen: Observed) -> bool:
    return seen.says(quote) or folded(quote) in {name.casefold() for name in seen.entities}


def _told(claims: Sequence[Claim]) -> str:
    return " ".join(claim.text for claim in claims[:3]) or "Nothing that can be shown was found."


def _concluded(said: Diagnosis, ledger: _Ledger) -> Diagnosis:
    fell, stood = len(ledger.dropped), sum(map(ledger.counts, said.claims))
    confidence = said.confidence * (stood / (stood + fell) if stood + fell else 1.0)
    found = said.model_copy(update={"claims_dropped": said.claims_dropped + fell, "confidence": confidence})
    if said.verdict is not Verdict.CAUSE:
        return found.model_copy(update={"component": ""})
    if said.component in ledger.names and ledger.speaks_of(said.component, said.claims):
        return found
    return found.model_copy(
        update={"verdict": Verdict.INCONCLUSIVE, "component": "", "fault": Fault.UNKNOWN, "confidence": 0.0}
    )
