"""A wrapped tool: arguments checked, deadline kept, answers capped, identical calls answered once, nothing raised."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tools.base import BackendError, ToolResult
from tools.wrap import Caps, Toolbox, Wrapped, capped, schema


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    word: str = Field(max_length=10, description="What to say.")
    times: int = Field(1, ge=1, le=3)


class Echo:
    """Says a word; `hang`, `fail` and `deny` do what they say."""

    name = "echo"
    description = "Say a word."
    kind = "metric"
    arguments: type[BaseModel] = Arguments

    def __init__(self, data: JsonValue = None) -> None:
        self.calls: list[str] = []
        self._data = data

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = Arguments.model_validate(arguments.model_dump())
        self.calls.append(asked.word)
        await asyncio.sleep(60 if asked.word == "hang" else 0)
        if asked.word == "fail":
            raise BackendError("'fail': HTTP 503", retry=True)
        return ToolResult(ok=asked.word != "deny", text=asked.word * asked.times, query="echo", data=self._data)


async def test_an_identical_call_is_answered_from_the_first() -> None:
    echo = Echo()
    tool = Wrapped(echo)
    first = await tool.ask({"word": "a"})
    assert [await tool.ask({"times": 1, "word": "a"}), await tool(Arguments(word="a"))] == [first, first]
    await asyncio.gather(*(tool.ask({"word": "b"}) for _ in range(20)))
    assert echo.calls == ["a", "b"]


async def test_a_call_that_failed_may_be_made_again() -> None:
    echo = Echo()
    tool = Wrapped(echo)
    results = [await tool.ask({"word": word}) for word in ("fail", "fail", "deny", "deny")]
    assert [(result.ok, result.text) for result in results] == [
        (False, 'echo {"word": "fail"}: \'fail\': HTTP 503'),
        (False, 'echo {"word": "fail"}: \'fail\': HTTP 503'),
        (False, "deny"),
        (False, "deny"),
    ]
    assert echo.calls == ["fail", "fail", "deny", "deny"]


async def test_a_tool_that_hangs_ends_at_the_deadline() -> None:
    result = await Wrapped(Echo(), Caps(deadline=timedelta(milliseconds=50))).ask({"word": "hang"})
    assert (result.ok, result.text) == (False, 'echo {"word": "hang"}: no answer within 0.05 s')


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({}, "word: Field required"),
        ({"word": "x" * 11}, "word: String should have at most 10 characters"),
        (
            {"word": "a", "times": 0, "shell": "id"},
            "times: Input should be greater than or equal to 1; shell: Extra inputs are not permitted",
        ),
        ({"word": {"lc": 1}}, "word: Input should be a valid string"),
    ],
)
async def test_arguments_that_do_not_fit_are_a_result_that_says_why(arguments: dict[str, object], reason: str) -> None:
    echo = Echo()
    result = await Wrapped(echo).ask(arguments)
    assert (result.ok, result.text.partition(": ")[2] or result.text, echo.calls)[::2] == (False, [])
    assert result.text.endswith(reason)


def test_what_is_too_long_is_cut_at_a_line_and_marked() -> None:
    long = "\n".join(f"line {number}" for number in range(100))
    result = capped(ToolResult(ok=True, text=long, query="q", data=["x" * 50]), Caps(text=60, data=20))
    assert (result.text, result.data, result.truncated) == (
        "line 0\nline 1\nline 2\nline 3\n... cut: 789 characters in all",
        {"cut": '["xxxxxxxxxxxxxxxxxx'},
        True,
    )
    short = ToolResult(ok=True, text="short", query="q", data=[1])
    assert capped(short, Caps(text=60, data=20)) == short


async def test_a_tool_that_is_not_there_is_a_result_that_lists_those_that_are() -> None:
    result = await Toolbox([Echo()]).call("run_shell", {"command": "id"})
    assert result == ToolResult(
        ok=False,
        text="There is no tool 'run_shell'. The tools are: echo.",
        query='run_shell {"command": "id"}',
    )


def test_the_schema_is_the_one_of_openai() -> None:
    assert schema(Echo()) == {
        "type": "function",
        "function": {"name": "echo", "description": "Say a word.", "parameters": Arguments.model_json_schema()},
    }
