"""How may a model call a tool?  Arguments checked, within a deadline, an answer of bounded size, the same call once."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, JsonValue, ValidationError

from tools.base import BackendError, Tool, ToolResult


@dataclass(frozen=True)
class Caps:
    deadline: timedelta = timedelta(seconds=20)
    text: int = 2000
    """Characters that a model reads."""
    data: int = 40_000
    """Characters of the structured part, as JSON."""


DEFAULT_CAPS = Caps()


class Wrapped:
    """A tool that never raises for what its arguments or its back end do, and answers an identical call once.

    Only what went well is remembered: a call that failed may be made again. Two identical calls at once share one.
    """

    def __init__(self, tool: Tool, caps: Caps = DEFAULT_CAPS) -> None:
        self.name = tool.name
        self.description = tool.description
        self.kind = tool.kind
        self.arguments = tool.arguments
        self._tool = tool
        self._caps = caps
        self._answers: dict[str, ToolResult] = {}
        self._under_way: dict[str, asyncio.Lock] = {}

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        return await self.ask(arguments.model_dump(mode="json"))

    async def ask(self, arguments: Mapping[str, Any]) -> ToolResult:
        """The call as a model words it: arguments that do not fit are a result, too."""
        asked = f"{self.name} {_shown(arguments)}"
        try:
            checked = self.arguments.model_validate(arguments)
        except ValidationError as error:
            return ToolResult(ok=False, text=f"{asked}: {reasons(error)}", query=asked)
        return await self._once(checked, asked)

    async def _once(self, arguments: BaseModel, asked: str) -> ToolResult:
        key = _shown(arguments.model_dump(mode="json"))
        async with self._under_way.setdefault(key, asyncio.Lock()):
            if key not in self._answers:
                result = await self._bounded(arguments, asked)
                if not result.ok:
                    return result
                self._answers[key] = result
        return self._answers[key]

    async def _bounded(self, arguments: BaseModel, asked: str) -> ToolResult:
        try:
            async with asyncio.timeout(self._caps.deadline.total_seconds()):
                return capped(await self._tool(arguments), self._caps)
        except TimeoutError:
            text = f"{asked}: no answer within {self._caps.deadline.total_seconds():g} s"
            return ToolResult(ok=False, text=text, query=asked)
        except BackendError as error:
            return capped(ToolResult(ok=False, text=f"{asked}: {error}", query=asked), self._caps)


class Toolbox:
    """The tools of one investigation, by name."""

    def __init__(self, tools: Sequence[Tool], caps: Caps = DEFAULT_CAPS) -> None:
        self.tools: tuple[Wrapped, ...] = tuple(Wrapped(tool, caps) for tool in tools)
        self._by_name = {tool.name: tool for tool in self.tools}

    async def call(self, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        """Never raises for a name, arguments or a back end; a tool that is not here is a result that says so."""
        tool = self._by_name.get(name)
        if tool is None:
            there = ", ".join(sorted(self._by_name)) or "none"
            text = f"There is no tool {name[:100]!r}. The tools are: {there}."
            return ToolResult(ok=False, text=text, query=f"{name[:100]} {_shown(arguments)}")
        return await tool.ask(arguments)


def schema(tool: Tool) -> dict[str, JsonValue]:
    """The tool as OpenAI's API and LangChain's `bind_tools` take it."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.arguments.model_json_schema(),
        },
    }


def capped(result: ToolResult, caps: Caps) -> ToolResult:
    """The result, cut to its caps and marked as cut where it was."""
    text = result.text
    if len(text) > caps.text:
        note = f"\n... cut: {len(text):,} characters in all"
        text = text[: caps.text - len(note)].rsplit("\n", 1)[0] + note
    written = json.dumps(result.data, ensure_ascii=False)
    data: JsonValue = result.data if len(written) <= caps.data else {"cut": written[: caps.data]}
    cut = text != result.text or data is not result.data
    return replace(result, text=text, data=data, truncated=result.truncated or cut)


def reasons(error: ValidationError) -> str:
    """What is wrong with the arguments, one clause each."""
    clauses = []
    for found in error.errors(include_url=False, include_context=False, include_input=False)[:5]:
        where = ".".join(str(part) for part in found["loc"])
        clauses.append(f"{where}: {found['msg']}" if where else str(found["msg"]))
    return "; ".join(clauses)


def _shown(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True, ensure_ascii=False, default=str)[:2000]
