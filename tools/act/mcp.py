"""How does an approved action call a tool of an MCP server?  One that is named in the configuration, as it was allowed.

MCP has no idempotency key and no way to ask what was done: after a call whose answer never came, a human decides.
"""

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from tools.act.calls import Call, understood
from tools.base import ActResult, BackendError, Unsure
from tools.clients.http import quoted
from tools.clients.mcp import McpServer
from tools.clients.outcome import Unanswered

Allowed = Callable[[str, str], tuple[McpServer, str]]
"""(server, tool) -> the server, and the digest of the tool as people allowed it. BackendError when they did not."""


class McpExecutor:
    """Calls tools of the configured MCP servers."""

    name = "mcp"

    def __init__(
        self, servers: Mapping[str, McpServer], allowed: Mapping[str, frozenset[str]], digest: Allowed
    ) -> None:
        """`allowed`: server -> its tools that an action may call."""
        self._servers = dict(servers)
        self._allowed = dict(allowed)
        self._digest = digest

    def describe(self, call: Mapping[str, object]) -> str:
        asked, server = self._understood(call)
        return f"{asked.tool} of the MCP server {asked.server} ({server.shown}) with {asked.arguments}"

    async def read(self, call: Mapping[str, object]) -> JsonValue:
        raise BackendError(f"{self.describe(call)}: a tool that was not declared read-only is not a reading call.")

    async def run(self, call: Mapping[str, object], key: str) -> ActResult:  # noqa: ARG002 (the protocol has no place for it)
        try:
            asked, _ = self._understood(call)
            server, digest = self._digest(asked.server, asked.tool)
            said = await server.call(asked.tool, asked.arguments, digest)
        except Unanswered as error:
            raise Unsure(str(error)) from error
        except BackendError as error:
            return ActResult(ok=False, detail=str(error))
        return ActResult(ok=said.ok, detail=f"{asked.server}: {asked.tool}: {quoted(said.text)}", data=said.data)

    async def read_back(self, call: Mapping[str, object], key: str) -> ActResult | None:  # noqa: ARG002 (a promise of Executor)
        return None

    def _understood(self, call: Mapping[str, object]) -> tuple["_Call", McpServer]:
        asked = understood(_Call, call, "call of an MCP tool")
        if asked.tool not in self._allowed.get(asked.server, frozenset()):
            raise BackendError(f"The configuration allows no tool {asked.tool!a} of an MCP server {asked.server!a}.")
        return asked, self._servers[asked.server]


class _Call(Call):
    server: str
    tool: str
    arguments: dict[str, JsonValue] = {}
