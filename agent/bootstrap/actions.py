"""What can be changed? The executors, and the actions of the catalogue that they can carry out."""

from collections.abc import Mapping
from pathlib import Path

import tools
from agent import settings as environment
from agent.bootstrap.mcp import McpTools
from agent.catalogue.catalogue import Catalogue
from agent.config import Config
from agent.domain.base import digest
from agent.ports import Executor
from agent.settings import Settings
from agent.telemetry import Log
from tools.act.command import Command, CommandExecutor
from tools.act.http import Endpoint, HttpExecutor
from tools.act.mcp import McpExecutor
from tools.clients.kubernetes import Cluster

log = Log(__name__)


def executors_of(config: Config, cluster: Cluster | None, mcp: McpTools | None) -> dict[str, Executor]:
    """Those that are configured; an action that needs another is left out of the catalogue."""
    found: dict[str, Executor] = {}
    if config.endpoints:
        found["http"] = HttpExecutor(
            {
                name: Endpoint(url=one.url, token=environment.secret(one.token_env), read_back=one.read_back)
                for name, one in config.endpoints.items()
            }
        )
    if config.commands:
        commands = {name: Command(path=one.path, read_back=one.read_back) for name, one in config.commands.items()}
        found["command"] = CommandExecutor(commands)
    if cluster:
        from tools.act.kubernetes import KubernetesExecutor

        found["kubernetes"] = KubernetesExecutor(cluster)
    if mcp and mcp.acting():
        found["mcp"] = McpExecutor(mcp.servers, mcp.acting(), mcp.allowed)
    return found


def catalogue_of(settings: Settings, executors: Mapping[str, Executor]) -> Catalogue:
    """The runbooks' actions that this installation can carry out."""
    if not settings.runbooks.is_dir():
        log.warning("no action can be proposed: AGENT_RUNBOOKS is no folder", folder=str(settings.runbooks))
        return Catalogue([])
    return Catalogue.load(settings.runbooks).usable(executors)


def code_digest() -> str:
    """SHA-256 of the code that carries actions out, in hexadecimal: an approval does not outlive a change of it."""
    sources = sorted(path for folder in _CODE for path in (_TOOLS / folder).rglob("*.py"))
    return digest({path.relative_to(_TOOLS).as_posix(): path.read_text(encoding="utf-8") for path in sources})


_TOOLS = Path(tools.__path__[0])
_CODE = ("act", "clients")


def executors_for(name: str, url: str, token: str) -> dict[str, Executor]:
    """One endpoint alone, whose effects can be looked up: what a replay acts on."""
    return {"http": HttpExecutor({name: Endpoint(url=url, token=token, read_back="/effects/{key}")})}
