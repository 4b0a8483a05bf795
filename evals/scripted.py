"""A model that costs nothing and surprises nobody: it looks where the analysis points, and repeats the evidence."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, JsonValue

from agent.domain.hypothesis import Usage
from agent.graph.conversation.ledger import NAME
from agent.ports import Message, Reply, ToolCall
from tools.base import Tool

Answer = TypeVar("Answer", bound=BaseModel)

_A_CALL = Usage(calls=1, input_tokens=1000, output_tokens=100)
_LISTS: dict[str, JsonValue] = {
    name: [] for name in ("affected", "healthy", "changed_otherwise", "not_checked", "ruled_out")
}


class ScriptedModel:
    """`ports.Model`. It names the first suspect, looks at its logs, tries to refute it with its changes, and ends."""

    name = "scripted"

    async def structured(
        self, prompt: Sequence[Message], answer: type[Answer], *, deadline: timedelta, **_: object
    ) -> tuple[Answer, Usage]:
        del deadline  # It answers at once.
        return answer.model_validate(_diagnosis(_known(prompt))), _A_CALL

    async def converse(
        self, prompt: Sequence[Message], tools: Sequence[Tool], *, deadline: timedelta, **_: object
    ) -> tuple[Reply, Usage]:
        del deadline
        turn = sum(1 for message in prompt if message.role == "assistant")
        wanted = _turn(turn, _known(prompt))
        offered = {tool.name for tool in tools}
        return Reply(text="", calls=tuple(call for call in wanted if call.name in offered)), _A_CALL


def _known(prompt: Sequence[Message]) -> dict[str, Any]:
    """The incident's data, as they stand in the question."""
    text = next(message.text for message in prompt if '{"incident":' in message.text)
    found, _ = json.JSONDecoder().raw_decode(text[text.index('{"incident":') :])
    return dict(found)


def _turn(turn: int, known: dict[str, Any]) -> list[ToolCall]:
    first = _suspect(known)
    match turn:
        case 0:
            return [_hypothesis("open", first), _call("search_logs", {"only": "new"})]
        case 1:
            return [_call("recent_changes", {})]
        case 2:
            return [_hypothesis("supported", first)]
    return []


def _hypothesis(status: str, suspect: dict[str, Any]) -> ToolCall:
    told: dict[str, JsonValue] = {
        "claim": f"It is {suspect['component']}.",
        "component": suspect["component"],
        "status": status,
        "evidence_for": suspect["evidence"],
        "evidence_against": [],
    }
    return _call(NAME, {"hypotheses": [told]})


def _call(name: str, arguments: dict[str, JsonValue]) -> ToolCall:
    return ToolCall(id=f"call_{name}", name=name, arguments=arguments)


def _diagnosis(known: dict[str, Any]) -> dict[str, JsonValue]:
    suspect = _suspect(known)
    says = {one["id"]: one["says"] for one in known["evidence"]}
    cited = [one for one in suspect["evidence"] if one in says]
    claims: list[JsonValue] = [{"text": says[one], "evidence": [one]} for one in cited]
    return {
        "verdict": "cause" if claims else "inconclusive",
        "component": suspect["component"] if claims else "",
        "fault": "unknown",
        "mechanism": "",
        "claims": claims,
        "summary": says[cited[0]] if cited else "Nothing stands out.",
        "confidence": 0.8,
        "next_check": "",
        **_LISTS,
    }


def _suspect(known: dict[str, Any]) -> dict[str, Any]:
    nobody = {"component": "", "evidence": []}
    return dict(next(iter(known["analysis"]["suspects"]), nobody))
