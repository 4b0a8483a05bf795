"""Which tools of other people's MCP servers may be called now, and why may others not?

A server may change what its tool says, and so what a model does with it, after people have looked (a rug pull). So
each tool is pinned as it was when it was first seen: changed, it is called no more until somebody pins it again.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from agent.config import Config, McpPlace
from agent.domain.errors import ConfigurationError
from agent.identity import files
from agent.ports import Tool
from agent.settings import Settings, secret
from agent.telemetry import Log
from tools.base import BackendError
from tools.clients.mcp import McpServer, Offer
from tools.clients.mcp_wires import Place
from tools.observe.mcp import McpTool, Unusable

log = Log(__name__)

LOOK_AGAIN = timedelta(minutes=5)
"""Between two looks at what the servers offer."""
_PASSED_ON = ("PATH", "HOME", "LANG")


class Standing(StrEnum):
    READY = "ready"
    CHANGED = "changed"
    """It is not what it was when it was allowed."""
    MISSING = "missing"
    """The server does not offer it."""
    UNUSABLE = "unusable"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Known:
    """One configured tool, as it stands."""

    server: str
    tool: str
    read_only: bool
    standing: Standing
    says: str = ""
    digest: str = ""


class Pins:
    """Server and tool -> digest of the tool as it was allowed; a file that people may read and compare."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> dict[str, dict[str, str]]:
        """ConfigurationError when the file was spoilt: then nothing is known to be as it was."""
        try:
            found: dict[str, dict[str, str]] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{self._file} cannot be read; move it away, then see `incident-agent tools list`."
            ) from error
        return found

    def add(self, server: str, digests: Mapping[str, str]) -> None:
        """Keep these beside the server's others. ConfigurationError when that is impossible."""
        found = self.read()
        found[server] = {**found.get(server, {}), **digests}
        try:
            files.write_over(self._file, json.dumps(found, indent=1, sort_keys=True))
        except OSError as error:
            new = ", ".join(sorted(digests))
            raise ConfigurationError(
                f"{self._file} cannot be written to ({error.strerror}), so that {new} of the MCP server {server} "
                "cannot be pinned; let the agent write to its folder, or take them out of `mcp` in AGENT_CONFIG."
            ) from error


class McpTools:
    """The configured servers' tools. `tools` and `allowed` answer from the latest look and ask nobody."""

    def __init__(self, places: Sequence[McpPlace], pins: Pins) -> None:
        self._places = tuple(places)
        self._pins = pins
        self._servers = {place.name: McpServer(_place(place)) for place in places}
        self._tools: tuple[Tool, ...] = ()
        self.known: tuple[Known, ...] = ()
        self.looked = asyncio.Event()
        """Set once every server was asked, whatever came of it."""

    @property
    def servers(self) -> Mapping[str, McpServer]:
        return self._servers

    def tools(self) -> tuple[Tool, ...]:
        """Those that an investigation may use now."""
        return self._tools

    def acting(self) -> dict[str, frozenset[str]]:
        """Server -> its tools that actions of the catalogue may call."""
        return {place.name: frozenset(place.tools) for place in self._places if not place.read_only}

    def allowed(self, server: str, tool: str) -> tuple[McpServer, str]:
        """For an action: the server, and the digest of its tool when it was allowed. BackendError when it never was."""
        digest = self._pins.read().get(server, {}).get(tool, "")
        if not digest:
            raise BackendError(f"{tool} of the MCP server {server} has not been seen yet; `incident-agent doctor` asks")
        return self._servers[server], digest

    async def look(self, again: str = "") -> tuple[Known, ...]:
        """Ask every server what it offers; `again` names one whose tools are pinned as they are now."""
        found = await asyncio.gather(*(self._look(place, afresh=place.name == again) for place in self._places))
        self.known = tuple(one for known, _ in found for one in known)
        self._tools = tuple(tool for _, tools in found for tool in tools)
        self.looked.set()
        return self.known

    async def keep_looking(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                known = await self.look()
            except ConfigurationError as error:
                self._tools = ()
                self.looked.set()
                log.error("no MCP tool is used", because=error)  # noqa: TRY400 (our own logger)
            else:
                _tell(known)
            await asyncio.sleep(LOOK_AGAIN.total_seconds())

    async def _look(self, place: McpPlace, *, afresh: bool) -> tuple[list[Known], list[Tool]]:
        try:
            offers = {offer.name: offer for offer in await self._servers[place.name].offers()}
        except BackendError as error:
            lost = (place.read_only, Standing.UNREACHABLE, str(error))
            return [Known(place.name, tool, *lost) for tool in place.tools], []
        offered = [offers[name] for name in place.tools if name in offers]
        pinned = {} if afresh else self._pins.read().get(place.name, {})
        if new := {offer.name: offer.digest for offer in offered if offer.name not in pinned}:
            self._pins.add(place.name, new)
        judged = [_judged(place, self._servers[place.name], name, offers, {**pinned, **new}) for name in place.tools]
        return [known for known, _ in judged], [tool for _, tool in judged if tool]


@asynccontextmanager
async def open_mcp(settings: Settings, config: Config) -> AsyncIterator[McpTools | None]:
    """Looks at the servers while everything else starts; None when none is configured."""
    if not config.mcp:
        yield None
        return
    found = mcp_of(settings, config)
    looking = asyncio.create_task(found.keep_looking())
    try:
        yield found
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


def mcp_of(settings: Settings, config: Config) -> McpTools:
    """ConfigurationError when two servers have one name, or a header's variable is not set."""
    names = [place.name for place in config.mcp]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigurationError(f"AGENT_CONFIG: mcp: two servers are called {twice[0]}; reading and acting need two.")
    return McpTools(config.mcp, Pins(settings.pins))


def _place(place: McpPlace) -> Place:
    missing = [name for name in (*place.headers.values(), *place.environment) if not secret(name)]
    if missing:
        raise ConfigurationError(f"AGENT_CONFIG: mcp: {place.name} needs the environment variable {missing[0]}.")
    passed_on = {name: value for name in (*_PASSED_ON, *place.environment) if (value := os.environ.get(name))}
    return Place(
        name=place.name,
        url=place.url,
        command=place.command,
        headers={header: secret(name) for header, name in place.headers.items()},
        environment=passed_on,
    )


def _tell(known: Sequence[Known]) -> None:
    for one in known:
        if one.standing is not Standing.READY:
            log.warning("an MCP tool is not used", server=one.server, tool=one.tool, reason=one.says)


def _judged(
    place: McpPlace, server: McpServer, tool: str, offers: Mapping[str, Offer], pinned: Mapping[str, str]
) -> tuple[Known, Tool | None]:
    offer = offers.get(tool)
    if offer is None:
        says = f"the server does not offer it; it offers {', '.join(sorted(offers)[:20]) or 'nothing'}"
        return Known(place.name, tool, place.read_only, Standing.MISSING, says), None
    if offer.digest != pinned[tool]:
        says = "its description or its arguments have changed since it was allowed, so that it is not called"
        return Known(place.name, tool, place.read_only, Standing.CHANGED, says, offer.digest), None
    if not place.read_only:
        return Known(place.name, tool, False, Standing.READY, "for actions of the catalogue", offer.digest), None
    try:
        usable = McpTool(server, offer, place.kind)
    except Unusable as error:
        return Known(place.name, tool, True, Standing.UNUSABLE, str(error), offer.digest), None
    return Known(place.name, tool, True, Standing.READY, usable.description, offer.digest), usable
