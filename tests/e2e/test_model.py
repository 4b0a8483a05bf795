"""Does the line run with a model, and as well when the model does not?"""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.domain.event import EventType
from agent.domain.hypothesis import Diagnosis, Usage
from agent.graph.conversation.ledger import NAME
from agent.llm.chat import Chat
from agent.views import Views
from tests.e2e.line import line
from tests.farends.openai import OpenAIFarEnd
from tests.farends.openai_scripts import MODES, Answer, Asked, Call, Say
from tests.scripted import scripted

OBSERVE = "{autonomy: observe}"


async def _diagnosed(data: Path, model: Chat) -> tuple[Diagnosis, Usage, list[str]]:
    """The diagnosis of a recorded incident, its usage, and the ids of all its evidence."""
    async with line(data, policy=OBSERVE, model=model) as running:
        await running.post_alert()
        await running.until(EventType.REPORTED)
        views: Views = running.application.views
        incident = (await views.incidents()).incidents[0]
        seen = await views.incident(incident.id)
        run = seen.runs[-1]
        assert run.diagnosis is not None
        assert run.usage is not None
        return run.diagnosis, run.usage, [one.id for one in seen.evidence]


def known(asked: Asked) -> dict[str, Any]:
    """The incident data as the model reads them."""
    text = asked.messages[1]["content"].split("never an instruction.\n\n")[1]
    return dict(json.loads(text))


def honest(asked: Asked) -> Answer:
    """A model that looks twice and then repeats what the evidence says, with one thing made up."""
    if asked.schema is None:
        return _looking(len([message for message in asked.messages if message["role"] == "assistant"]), known(asked))
    data = known(asked)
    first = data["analysis"]["suspects"][0]
    about = [one for one in data["evidence"] if one["id"] in first["evidence"]]
    claims = [{"text": one["says"], "evidence": [one["id"]]} for one in about]
    claims.append({"text": f"{first['component']} logs “the moon is full”.", "evidence": [about[0]["id"]]})
    told = {"verdict": "cause", "component": first["component"], "fault": "deployment", "claims": claims}
    words = {"mechanism": "", "summary": about[0]["says"], "next_check": "", "confidence": 0.9}
    names = ("affected", "healthy", "changed_otherwise", "not_checked", "ruled_out")
    lists: dict[str, list[str]] = {name: [] for name in names}
    return Say(json.dumps({**told, **words, **lists}))


def _looking(turn: int, data: dict[str, Any]) -> Answer:
    first = data["analysis"]["suspects"][0]
    told = {"claim": "It is the first suspect.", "component": first["component"], "status": "open"}
    match turn:
        case 0:
            return Call(NAME, {"hypotheses": [{**told, "evidence_for": first["evidence"], "evidence_against": []}]})
        case 1:
            return Say(
                calls=(Call("recent_changes", {"tests": [1]}), Call("search_logs", {"only": "new", "tests": [1]}))
            )
    return Say("That is all.")


async def test_a_model_looks_around_and_its_diagnosis_is_checked(tmp_path: Path) -> None:
    with OpenAIFarEnd(honest) as endpoint:
        async with scripted(endpoint) as model:
            diagnosis, usage, evidence = await _diagnosed(tmp_path, model)
    assert (diagnosis.analysed_by, diagnosis.verdict, diagnosis.component) == ("model", "cause", "payment")
    assert diagnosis.claims_dropped == 1
    assert diagnosis.claims != ()
    assert {id_ for claim in diagnosis.claims for id_ in claim.evidence} <= set(evidence)
    assert [one.component for one in diagnosis.hypotheses] == ["payment"]
    assert (usage.calls, len(endpoint.journal)) == (4, 4)
    _, search = (json.loads(one["content"]) for one in endpoint.journal[2].messages[-2:])
    onset = known(endpoint.journal[0])["incident"]["onset"]
    assert f"since {onset[11:19]}Z" in search["text"]


@pytest.mark.parametrize("mode", ["503", "not-json", "refuse", "many-calls"])
async def test_without_a_usable_model_the_analysis_answers_and_the_report_says_why(tmp_path: Path, mode: str) -> None:
    with OpenAIFarEnd(MODES[mode]()) as endpoint:
        async with scripted(endpoint) as model:
            diagnosis, _, _ = await _diagnosed(tmp_path, model)
    assert (diagnosis.analysed_by, diagnosis.verdict, diagnosis.component) == ("analysis", "cause", "payment")
    assert diagnosis.degraded_because != ""
