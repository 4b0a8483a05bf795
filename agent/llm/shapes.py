"""How is a model told the shape of an answer, and what tools there are? JSON Schema as providers want it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from agent.ports import Tool


@dataclass(frozen=True)
class Shape:
    """The shape of a structured answer."""

    name: str
    schema: Mapping[str, Any]
    strict: bool
    """Whether the provider can hold the model to it: it cannot where names of fields are free."""

    @property
    def response_format(self) -> dict[str, Any]:
        told = {"name": self.name, "schema": self.schema, "strict": self.strict}
        return {"type": "json_schema", "json_schema": told}

    @property
    def function(self) -> dict[str, Any]:
        """The same as a function to call, for endpoints that know no response format."""
        told = {"name": self.name, "description": "Give the answer.", "parameters": self.schema}
        return {"type": "function", "function": told}


def shape(answer: type[BaseModel]) -> Shape:
    schema = answer.model_json_schema()
    strict = not _free_names(schema)
    return Shape(answer.__name__, _closed(schema) if strict else schema, strict)


def functions(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """The tools, in the order given: the same tools make the same bytes, which the provider can cache."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.arguments.model_json_schema(),
            },
        }
        for tool in tools
    ]


def _free_names(schema: Any) -> bool:
    match schema:
        case {"type": "object", "additionalProperties": value} if value is not False:
            return True
        case dict():
            return any(_free_names(value) for value in schema.values())
        case list():
            return any(_free_names(value) for value in schema)
    return False


def _closed(schema: Any) -> Any:
    """As strict mode demands it: every field required, none besides, no defaults."""
    match schema:
        case {"type": "object", "properties": dict() as properties}:
            kept = {name: _closed(value) for name, value in schema.items() if name not in ("default", "properties")}
            inner = {name: _closed(value) for name, value in properties.items()}
            return {**kept, "properties": inner, "required": list(properties), "additionalProperties": False}
        case dict():
            return {name: _closed(value) for name, value in schema.items() if name != "default"}
        case list():
            return [_closed(value) for value in schema]
    return schema
