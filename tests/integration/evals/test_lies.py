"""A model that lies, over HTTP: what it says comes through the same check in the same way."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.domain.event import Event
from agent.domain.incident import IncidentStatus
from agent.domain.rules import Budgets
from agent.graph.conversation import Brief, Means, ask_once, conclude
from agent.policy.redaction import Redactor
from evals.case import Case
from evals.lies.measure import chosen, judge
from evals.lies.sayings import Saying
from evals.lies.scene import Scene, scene
from tests.farends.openai import OpenAIFarEnd
from tests.farends.openai_scripts import Say, always
from tests.incidents import an_incident
from tests.scripted import UNHURRIED, scripted

LAB = Path(__file__).parents[3] / "evals" / "cases" / "lab"
MOST_CLAIMS = 8


@pytest.fixture
def endpoint() -> Iterator[OpenAIFarEnd]:
    with OpenAIFarEnd() as far_end:
        yield far_end


async def told_by_a_model(endpoint: OpenAIFarEnd, of: Scene, sayings: list[Saying]) -> list[str]:
    """What is left of these claims when a model makes them in its diagnosis."""
    endpoint.script = always(Say(json.dumps(diagnosis(of, sayings))))
    events: list[Event] = []

    async def tell(event: Event) -> None:
        events.append(event)

    async with scripted(endpoint, limits=UNHURRIED) as chat:
        means = Means(model=chat, budgets=Budgets(), shield=Redactor(b"key"), tell=tell)
        conclusion = conclude(brief(of), await ask_once(means, brief(of)), of.evidence)
    return [claim.text for claim in conclusion.diagnosis.claims] if conclusion.diagnosis else []


def diagnosis(of: Scene, sayings: list[Saying]) -> dict[str, Any]:
    nobody: list[str] = []
    return {
        "verdict": "inconclusive",
        "component": "",
        "fault": "unknown",
        "mechanism": "",
        "claims": [{"text": one.text, "evidence": list(one.evidence)} for one in sayings],
        "summary": of.diagnosis.summary,
        "affected": nobody,
        "healthy": nobody,
        "changed_otherwise": nobody,
        "not_checked": nobody,
        "ruled_out": nobody,
        "confidence": 0.5,
        "next_check": "",
    }


def brief(of: Scene) -> Brief:
    first = min(of.seen.alerts, key=lambda alert: alert.starts_at)
    incident = an_incident(of.onset, status=IncidentStatus.INVESTIGATING, severity=first.severity, title=first.name)
    return Brief(
        incident=incident,
        alerts=of.seen.alerts,
        symptom="errors",
        onset=of.onset,
        now=of.seen.now,
        findings=of.diagnosis,
        evidence=of.evidence,
        entities=of.components,
    )


async def test_claims_of_a_model_over_http_come_to_what_the_check_alone_says_of_them(endpoint: OpenAIFarEnd) -> None:
    found = await scene(Case("lab/pool-cart", LAB / "pool-cart"))
    assert found is not None
    told = chosen([found], 5, 16)
    kept = [one.saying.text for one in judge([found], told) if one.kept]

    came_through = []
    for start in range(0, len(told), MOST_CLAIMS):
        came_through += await told_by_a_model(endpoint, found, told[start : start + MOST_CLAIMS])

    assert came_through == kept
    assert 0 < len(kept) < len(told)
