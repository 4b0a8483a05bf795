"""What could show a leading hypothesis to be wrong? Questions that code asks when the model has asked none.

The accused and its strongest rival are looked at through the same eyes: a cause whose rival shows the same, or which
shows nothing itself, does not stand.
"""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from agent.domain.hypothesis import Hypothesis, Suspect
from agent.ports import ToolCall
from tools.base import Tool

MOST = 4
"""Calls of tools that an attempt may take."""
_EYES = ("log", "change", "platform", "topology")
"""Kinds of evidence, in the order in which they tell two components apart."""


def rival(component: str, hypotheses: Sequence[Hypothesis], suspects: Sequence[Suspect]) -> str:
    """The likeliest other component; empty when nobody has named one."""
    named = [*(one.component for one in hypotheses), *(one.component for one in suspects)]
    return next((name for name in named if name and name.casefold() != component.casefold()), "")


def questions(component: str, other: str, tools: Sequence[Tool]) -> list[ToolCall]:
    """The same question about both, to as many tools as the calls allow; empty when no tool asks about a component."""
    eyes = sorted((tool for tool in tools if tool.kind in _EYES), key=lambda tool: _EYES.index(tool.kind))
    calls = [call for tool in eyes for call in _about(tool, component, other)]
    return calls[:MOST]


def _about(tool: Tool, component: str, other: str) -> Iterator[ToolCall]:
    fields = tool.arguments.model_fields
    for name in filter(None, (component, other)):
        told: dict[str, JsonValue] = {}
        if "services" in fields:
            told = {"services": [name]}
        elif "service" in fields or "component" in fields:
            told = {"service" if "service" in fields else "component": name}
        if told:
            yield ToolCall(id=f"{tool.name} of {name}", name=tool.name, arguments=told)
