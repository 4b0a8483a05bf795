"""What is a model told of an incident? Facts as JSON, redacted, the evidence by id and in one sentence each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from agent.domain.alert import Alert
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Diagnosis, Hypothesis
from agent.domain.incident import Incident
from agent.policy.redaction import Redactor
from agent.ports import Recalled
from tools.wording import cut

MOST_ALERTS = 10
MOST_EVIDENCE = 40
MOST_SUSPECTS = 8
MOST_COMPONENTS = 80
MOST_RECALLED = 3
SENTENCE = 400
"""Characters of one sentence from outside."""


@dataclass(frozen=True, kw_only=True)
class Brief:
    """Everything known before a model is asked."""

    incident: Incident
    alerts: Sequence[Alert]
    symptom: str
    onset: datetime
    """When the symptom began, as far as the analysis can tell."""
    now: datetime
    findings: Diagnosis
    """What the analysis says by itself."""
    evidence: Sequence[Evidence]
    entities: Sequence[str]
    """Every component that a tool has returned."""
    not_checked: Sequence[str] = ()
    recalled: Sequence[Recalled] = ()


def told(brief: Brief, evidence: Sequence[Evidence], shield: Redactor, hypotheses: Sequence[Hypothesis] = ()) -> str:
    """The block of incident data. What outsiders may have written is abstracted, the rest redacted."""
    data: dict[str, JsonValue] = {
        "incident": _incident(brief),
        "alerts": [_alert(alert) for alert in brief.alerts[:MOST_ALERTS]],
        "evidence": [_evidence(one) for one in evidence[-MOST_EVIDENCE:]],
        "analysis": _analysis(brief.findings),
        "components": list(brief.entities[:MOST_COMPONENTS]),
        "not_checked": list(brief.not_checked),
    }
    if hypotheses:
        data["hypotheses"] = [one.model_dump(mode="json") for one in hypotheses]
    if brief.recalled:
        data["similar_past_incidents"] = [_past(one) for one in brief.recalled[:MOST_RECALLED]]
    return written(shield.abstract_json(data))


def written(value: JsonValue) -> str:
    """JSON for a model: whatever stands in it cannot end the string it is in."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def short(text: str, most: int = SENTENCE) -> str:
    return cut(" ".join(text.split()), most)


def _incident(brief: Brief) -> JsonValue:
    return {
        "title": short(brief.incident.title),
        "service": brief.incident.service,
        "severity": brief.incident.severity.value,
        "symptom": brief.symptom,
        "onset": _utc(brief.onset),
        "now": _utc(brief.now),
        "alerts_in_all": len(brief.alerts),
    }


def _alert(alert: Alert) -> JsonValue:
    labels: dict[str, JsonValue] = {name: short(value, 120) for name, value in alert.labels.items()}
    notes: dict[str, JsonValue] = {name: short(value, 200) for name, value in alert.annotations.items()}
    return {"name": alert.name, "started": _utc(alert.starts_at), "labels": labels, "annotations": notes}


def _evidence(one: Evidence) -> JsonValue:
    return {"id": one.id, "kind": one.kind.value, "component": one.entity, "says": short(one.summary)}


def _analysis(findings: Diagnosis) -> JsonValue:
    return {
        "verdict": findings.verdict.value,
        "summary": short(findings.summary),
        "suspects": [
            {
                "component": one.component,
                "score": round(one.score, 3),
                "why": short(one.why),
                "evidence": list(one.evidence),
            }
            for one in findings.suspects[:MOST_SUSPECTS]
        ],
        "ruled_out": [short(one) for one in findings.ruled_out[:MOST_SUSPECTS]],
    }


def _past(one: Recalled) -> JsonValue:
    return {
        "summary": short(one.summary),
        "component": one.component,
        "fault": one.fault,
        "remedy": short(one.remedy),
        "alike_because": short(one.why),
    }


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
