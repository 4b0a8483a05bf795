"""What is worth reading first about an incident?  One page of plain text."""

from collections.abc import Iterator

from agent.domain.wording import chance, counted
from agent.entrypoints.cli.say import moment
from agent.entrypoints.cli.shown import Diagnosis, WholeIncident


def page(whole: WholeIncident) -> str:
    """What the person who was paged needs first: the diagnosis, its evidence, what was done, what waits."""
    return "\n".join(_lines(whole))


def _lines(whole: WholeIncident) -> Iterator[str]:
    one = whole.incident
    yield f"{one.id}  {one.title}"
    facts = [one.severity, one.status, one.service, one.team, f"opened {moment(one.opened_at)}"]
    yield "  ".join(fact for fact in facts if fact)
    yield f"{counted(len(whole.alerts), 'alert')}: {', '.join(sorted({placed.alert.name for placed in whole.alerts}))}"
    for url in sorted({url for placed in whole.alerts if (url := placed.alert.annotations.get("runbook_url"))}):
        # For the reader to open: the alert's sender wrote it, and nothing here fetches it.
        yield f"Runbook, says the alert: {url}"
    if one.merged_into:
        yield f"Merged into {one.merged_into}: its alerts are there."
    if one.split_from:
        yield f"Split from {one.split_from}."
    yield from _waves(whole)
    if one.parked_because:
        yield f"Parked: {one.parked_because}"
    if whole.diagnosis:
        yield from _diagnosis(whole.diagnosis)
        yield from _evidence(whole, whole.diagnosis)
    yield from _actions(whole)


def _waves(whole: WholeIncident) -> Iterator[str]:
    if whole.waves:
        yield f"May be {len(whole.waves)} incidents:"
    for place, wave in enumerate(whole.waves):
        yield f"  {wave.why}"
        if place:
            yield f"    To split it off: incident-agent incidents split {whole.incident.id} {' '.join(wave.alerts)}"


def _diagnosis(found: Diagnosis) -> Iterator[str]:
    yield ""
    sure = "" if found.verdict == "inconclusive" else f", {found.confidence:.0%} sure"
    yield f"Diagnosis ({found.verdict}{sure}, by {found.analysed_by})"
    yield f"  {found.summary}"
    if found.degraded_because:
        yield f"  Without the model: {found.degraded_because}"
    for claim in found.claims:
        yield f"  - {claim.text} [{', '.join(claim.evidence)}]"
    if found.claims_dropped:
        yield f"  Left out, because the evidence did not bear it out: {counted(found.claims_dropped, 'statement')}."
    if found.suspects:
        yield ""
        yield "Suspects"
    for suspect in found.suspects[:5]:
        yield f"  {chance(suspect.score):>5}  {suspect.component}: {suspect.why} [{', '.join(suspect.evidence)}]"
    if found.ruled_out:
        yield ""
        yield "Ruled out"
    for one in found.ruled_out:
        yield f"  - {one}"
    if found.next_check:
        yield ""
        yield f"Next: {found.next_check}"


def _evidence(whole: WholeIncident, found: Diagnosis) -> Iterator[str]:
    cited = {id_ for claim in found.claims for id_ in claim.evidence}
    cited |= {id_ for suspect in found.suspects[:5] for id_ in suspect.evidence}
    if cited:
        yield ""
        yield "Evidence"
    for evidence in whole.evidence:
        if evidence.id in cited:
            yield f"  {evidence.id}  {evidence.kind}: {evidence.summary}"
            yield f"      {evidence.query}"


def _actions(whole: WholeIncident) -> Iterator[str]:
    for effect in whole.effects:
        yield ""
        yield f"Done at {moment(effect.intent_at)}: {effect.name}, {effect.status}. {effect.detail}".rstrip()
    for approval in whole.approvals:
        if approval.status == "pending":
            yield ""
            yield f"Waits for you until {moment(approval.expires_at)}: {approval.proposal.title}"
            yield f"  incident-agent approvals approve {approval.id}"
            yield f"  incident-agent approvals deny {approval.id}"
