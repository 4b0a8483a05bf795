"""What can somebody else's MCP server be asked?  Its reading tools as ours: named after it, checked, never trusted.

Nothing a server writes is taken as it is. A tool's name gets the server's in front; its description is cut, cleaned
and marked as the server's own words; of its schema only names, types and choices of top-level arguments are kept.
"""

import re
from collections.abc import Container, Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, create_model

from tools.base import BackendError, ToolResult
from tools.clients.mcp import McpServer, Offer
from tools.invisible import visible
from tools.wording import one_line

LONGEST_DESCRIPTION = 400
"""Characters of a server's words on a tool that a model reads."""
MOST_ARGUMENTS = 30
_ARGUMENT = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_TOOL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OURS = "tests"
"""An argument that every tool gets from us."""
_TYPES: Mapping[str, Any] = {
    "string": Annotated[str, Field(max_length=4000)],
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": Annotated[list[JsonValue], Field(max_length=100)],
    "object": dict[str, JsonValue],
}


class Unusable(Exception):
    """A tool that cannot be offered; the message says why."""


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", serialize_by_alias=True, validate_by_name=False, validate_by_alias=True)


class McpTool:
    """One tool of a server, as it was when people allowed it."""

    def __init__(self, server: McpServer, offer: Offer, kind: str) -> None:
        """`kind`: the kind of evidence it gives. Raises Unusable."""
        self.name = named(server.name, offer.name)
        said = one_line(offer.description)[:LONGEST_DESCRIPTION]
        self.description = f"{offer.name} of the MCP server {server.name}. Its own words, unverified: “{said}”"
        self.kind = kind
        self.arguments = arguments_of(offer)
        self._server = server
        self._offer = offer

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        given = {name: value for name, value in arguments.model_dump(mode="json").items() if value is not None}
        given.pop(_OURS, None)
        asked = f"{self._offer.name} of {self._server.name}: {given}"
        try:
            said = await self._server.call(self._offer.name, given, self._offer.digest)
        except BackendError as error:
            return ToolResult(ok=False, text=str(error), query=asked, trust="user-controlled")
        text = visible(said.text)
        return ToolResult(ok=said.ok, text=text or "(nothing)", query=asked, data=said.data, trust="user-controlled")


def named(server: str, tool: str) -> str:
    """`server__tool`, as models may call it. Raises Unusable."""
    name = f"{server}__{tool}"
    if not tool or not _TOOL.fullmatch(name):
        raise Unusable(f"{tool[:80]!a} is no name that a model can call")
    return name


def arguments_of(offer: Offer) -> type[BaseModel]:
    """The arguments, as far as they can be checked here; the server checks them again. Raises Unusable."""
    properties = offer.schema.get("properties") or {}
    if not isinstance(properties, dict) or len(properties) > MOST_ARGUMENTS:
        raise Unusable(f"{offer.name} has arguments that cannot be understood")
    required = offer.schema.get("required") or []
    needed = {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
    # A property may be called like an attribute of pydantic's model; numbered fields with aliases may not.
    fields: dict[str, Any] = dict(_fields(offer, properties, needed))
    made: type[BaseModel] = create_model("McpArguments", __base__=_Arguments, **fields)
    return made


def _fields(
    offer: Offer, properties: Mapping[str, JsonValue], needed: Container[str]
) -> Iterable[tuple[str, tuple[Any, Any]]]:
    for number, (name, schema) in enumerate(properties.items()):
        if not _ARGUMENT.fullmatch(name) or name == _OURS:
            raise Unusable(f"{offer.name} has an argument {name[:80]!a}, which cannot be offered")
        told = schema if isinstance(schema, dict) else {}
        kind = _kind(told)
        description = one_line(str(told.get("description", "")))[:200]
        if name in needed:
            yield f"argument_{number}", (kind, Field(alias=name, description=description))
        else:
            yield f"argument_{number}", (kind | None, Field(None, alias=name, description=description))


def _kind(schema: Mapping[str, JsonValue]) -> Any:
    """The Python type of a property: the choices it lists, the one type it names, or anything."""
    choices = schema.get("enum")
    if isinstance(choices, list) and choices and all(isinstance(one, str) for one in choices):
        return Literal[tuple(str(one)[:100] for one in choices[:50])]
    kind = schema.get("type")
    return _TYPES.get(kind, JsonValue) if isinstance(kind, str) else JsonValue
