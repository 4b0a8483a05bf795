from typing import Any

from pydantic import BaseModel

from agent.llm.shapes import functions, shape
from tools.base import ToolResult


class Part(BaseModel):
    name: str
    weight: float = 1.0


class Whole(BaseModel):
    parts: list[Part] = []
    note: str | None = None


class Open(BaseModel):
    labels: dict[str, str]


class Ask(BaseModel):
    query: str


class Tool:
    name = "ask"
    description = "Ask it."
    kind = "metric"
    arguments: type[BaseModel] = Ask

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        raise NotImplementedError


def test_a_strict_schema_requires_everything_and_allows_nothing_else() -> None:
    assert shape(Whole).schema == {
        "$defs": {
            "Part": {
                "title": "Part",
                "type": "object",
                "properties": {
                    "name": {"title": "Name", "type": "string"},
                    "weight": {"title": "Weight", "type": "number"},
                },
                "required": ["name", "weight"],
                "additionalProperties": False,
            }
        },
        "title": "Whole",
        "type": "object",
        "properties": {
            "parts": {"title": "Parts", "type": "array", "items": {"$ref": "#/$defs/Part"}},
            "note": {"title": "Note", "anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["parts", "note"],
        "additionalProperties": False,
    }


def test_free_names_of_fields_cannot_be_strict() -> None:
    assert (shape(Whole).strict, shape(Open).strict) == (True, False)
    assert shape(Open).schema == Open.model_json_schema()


def test_tools_are_told_in_the_order_given_and_always_alike() -> None:
    told: list[dict[str, Any]] = functions([Tool()])
    assert told == functions([Tool()])
    assert told == [
        {
            "type": "function",
            "function": {
                "name": "ask",
                "description": "Ask it.",
                "parameters": {
                    "title": "Ask",
                    "type": "object",
                    "properties": {"query": {"title": "Query", "type": "string"}},
                    "required": ["query"],
                },
            },
        }
    ]
