"""What is a tool to the model? The tool itself, and which hypotheses its answer would tell apart."""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel, Field, JsonValue, create_model

from agent.ports import Tool, ToolCall
from tools.base import ToolResult

TESTS = "tests"
_NUMBERS: Any = Field(
    default=[], max_length=8, description="Numbers of the hypotheses that the answer would tell apart."
)


class Offered:
    """A tool with one more argument, which is taken off before it is asked."""

    def __init__(self, tool: Tool) -> None:
        self.name = tool.name
        self.description = tool.description
        self.kind = tool.kind
        self.arguments = _with_tests(tool.arguments)
        self._tool = tool

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        return await self._tool(arguments)


def taken_apart(call: ToolCall) -> tuple[ToolCall, tuple[int, ...]]:
    """The call as the tool takes it, and the numbers of the hypotheses it is to test (1 is the first)."""
    arguments = dict(call.arguments)
    told: JsonValue = arguments.pop(TESTS, [])
    numbers = tuple(one for one in told if isinstance(one, int)) if isinstance(told, list) else ()
    return call.model_copy(update={"arguments": arguments}), numbers


@lru_cache(256)
def _with_tests(arguments: type[BaseModel]) -> type[BaseModel]:
    """Made once: it takes longer than most tools take to answer."""
    more: dict[str, Any] = {TESTS: (list[int], _NUMBERS)}
    return create_model(arguments.__name__, __base__=arguments, **more)
