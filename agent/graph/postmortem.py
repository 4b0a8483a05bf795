"""How is the incident told afterwards? Markdown, from the record alone; text that outsiders could write is escaped."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.analysis.waves import waves
from agent.domain.alert import Placed
from agent.domain.event import EventType, Recorded
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Diagnosis, Usage, Verdict
from agent.domain.incident import Incident
from agent.domain.remediation import Effect, Proposal, Verification
from agent.domain.wording import chance, counted
from agent.graph.aftermath import follow_ups, impact
from agent.graph.state import Answer
from tools.invisible import written_out

_SHOWN_ALERTS = 20
_SHOWN_SUSPECTS = 5


@dataclass(frozen=True, kw_only=True)
class Account:
    """Everything a postmortem is made of."""

    incident: Incident
    alerts: Sequence[Placed]
    evidence: Sequence[Evidence]
    diagnosis: Diagnosis
    usage: Usage
    proposal: Proposal | None
    decision: Answer | None
    effect: Effect | None
    verification: Verification | None
    because: str
    timeline: Sequence[Recorded]


def postmortem(account: Account) -> str:
    left = follow_ups(account.incident, account.diagnosis, account.effect, account.verification)
    sections = [
        _head(account),
        _waves(account),
        _cause(account.diagnosis),
        _suspects(account.diagnosis),
        _ruled_out(account.diagnosis),
        _hypotheses(account.diagnosis),
        _section("Impact", _list(impact(account.incident, account.alerts, account.evidence, account.diagnosis))),
        _remediation(account),
        _evidence(account.diagnosis, account.evidence),
        _alerts(account.alerts),
        _timeline(account.timeline),
        _section("Follow-ups", _list(left)),
        _cost(account),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def safe(text: str) -> str:
    """Text from outside, on one line and without meaning to Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", written_out(" ".join(text.split())))


def code(text: str) -> str:
    """Text from outside as a code span; the fence is longer than any run of back-ticks in it."""
    flat = written_out(" ".join(text.split()))
    fence = "`" * (max((len(run) for run in re.findall(r"`+", flat)), default=0) + 1)
    return f"{fence} {flat} {fence}" if len(fence) > 1 else f"`{flat}`"


def _head(account: Account) -> str:
    incident, diagnosis = account.incident, account.diagnosis
    analysed = "without a model" if diagnosis.analysed_by == "analysis" else "with a model"
    lines = [
        f"# {incident.id}: {safe(incident.title)}",
        "",
        f"**{incident.status}** · severity {incident.severity} · opened {incident.opened_at:%Y-%m-%d %H:%M:%S} UTC"
        f" · episode {incident.episode}" + (f" · team {safe(incident.team)}" if incident.team else ""),
        "",
        safe(account.because),
        "",
        f"Analysed {analysed}." + (f" {safe(diagnosis.degraded_because)}" if diagnosis.degraded_because else ""),
    ]
    return "\n".join(lines)


def _waves(account: Account) -> str:
    """Whether it may be several incidents, and how one of them is split off."""
    found = waves(account.alerts)
    lines = [f"- {safe(one.why)}" for one in found]
    for one in found[1:]:
        command = f"incident-agent incidents split {account.incident.id} {' '.join(one.alerts)}"
        lines.append(f"- To split the wave of {one.began:%H:%M:%S} off: {code(command)}")
    return _section(f"May be {len(found)} incidents", lines)


def _cause(diagnosis: Diagnosis) -> str:
    match diagnosis.verdict:
        case Verdict.CAUSE:
            title = f"## Cause: {safe(diagnosis.component)} ({diagnosis.fault.words}), {diagnosis.confidence:.0%} sure"
        case Verdict.HEALTHY:
            title = f"## No fault found, {diagnosis.confidence:.0%} sure"
        case Verdict.INCONCLUSIVE:
            title = "## Inconclusive"
    claims = [f"- {safe(claim.text)} [{', '.join(claim.evidence)}]" for claim in diagnosis.claims]
    dropped = (
        [f"- Left out, because the evidence did not bear it out: {counted(diagnosis.claims_dropped, 'statement')}."]
        if diagnosis.claims_dropped
        else []
    )
    check = ["", safe(diagnosis.next_check)] if diagnosis.next_check else []
    how = ["", safe(diagnosis.mechanism)] if diagnosis.mechanism else []
    return "\n".join([title, "", safe(diagnosis.summary), *how, "", *claims, *dropped, *check])


def _suspects(diagnosis: Diagnosis) -> str:
    rows = [
        f"| {rank} | {safe(one.component)} | {safe(chance(one.score))} | {safe(one.why)} | {', '.join(one.evidence)} |"
        for rank, one in enumerate(diagnosis.suspects[:_SHOWN_SUSPECTS], 1)
    ]
    return (
        _section("Suspects", ["| | component | score | why | evidence |", "|---|---|---|---|---|", *rows])
        if rows
        else ""
    )


def _ruled_out(diagnosis: Diagnosis) -> str:
    return _section("Ruled out", [f"- {safe(one)}" for one in diagnosis.ruled_out])


def _hypotheses(diagnosis: Diagnosis) -> str:
    """The model's ledger as it stood at the end."""
    lines = [
        f"- {one.status}: {safe(one.claim)} ({safe(one.component)}; for: {', '.join(one.evidence_for) or 'nothing'};"
        f" against: {', '.join(one.evidence_against) or 'nothing'})"
        for one in diagnosis.hypotheses
    ]
    return _section("Hypotheses", lines)


def _remediation(account: Account) -> str:
    if account.proposal is None:
        return ""
    proposal = account.proposal
    lines = [f"- Proposed: {safe(proposal.title)}: {code(proposal.dry_run)}", f"- Why: {safe(proposal.because)}"]
    if decision := account.decision:
        said = f"- {decision['status'].capitalize()} by {safe(decision['by'] or 'nobody')}"
        lines.append(said + (f" via {decision['via']}" if decision["via"] else "") + _quoted(decision["comment"]))
    if effect := account.effect:
        lines.append(f"- Effect: {effect.status}: {safe(effect.detail)}")
    if seen := account.verification:
        verdict = "recovered" if seen.recovered else "not recovered"
        lines.append(f"- Verification: {verdict}. {safe(seen.detail)} {code(seen.query)}")
    return _section("Remediation", lines)


def _evidence(diagnosis: Diagnosis, evidence: Sequence[Evidence]) -> str:
    """What is cited, with the query to ask it again."""
    cited = {id_ for claim in diagnosis.claims for id_ in claim.evidence}
    cited |= {id_ for suspect in diagnosis.suspects[:_SHOWN_SUSPECTS] for id_ in suspect.evidence}
    lines = [
        f"- **{one.id}** ({one.kind}, {one.source}): {safe(one.summary)} {code(one.query)}"
        for one in evidence
        if one.id in cited
    ]
    return _section("Evidence", lines)


def _alerts(alerts: Sequence[Placed]) -> str:
    lines = [
        f"- {placed.alert.starts_at:%H:%M:%S} {safe(placed.alert.name)} ({placed.alert.status}): {safe(placed.reason)}"
        for placed in alerts[:_SHOWN_ALERTS]
    ]
    if len(alerts) > _SHOWN_ALERTS:
        lines.append(f"- and {len(alerts) - _SHOWN_ALERTS} more")
    return _section(f"Alerts ({len(alerts)})", lines)


def _timeline(entries: Sequence[Recorded]) -> str:
    # What the agent itself moves the incident to is told by what it did.
    told = [one for one in entries if one.event.type is not EventType.INCIDENT_STATUS or one.event.actor != "agent"]
    lines = [f"- {entry.at:%H:%M:%S} {safe(entry.event.text)}" for entry in told]
    return _section("Timeline (UTC)", lines)


def _cost(account: Account) -> str:
    usage = account.usage
    if usage.calls == 0:
        return ""
    tokens = f"{usage.input_tokens} tokens in ({usage.cached_tokens} cached), {usage.output_tokens} out"
    return _section("Cost", [f"- {counted(usage.calls, 'model call')}, {tokens}, ${usage.cost_usd:.4f}"])


def _section(title: str, lines: Iterable[str]) -> str:
    body = "\n".join(lines)
    return f"## {title}\n\n{body}" if body else ""


def _list(sentences: Iterable[str]) -> list[str]:
    return [f"- {safe(one)}" for one in sentences]


def _quoted(comment: str) -> str:
    return f": “{safe(comment)}”" if comment else ""
