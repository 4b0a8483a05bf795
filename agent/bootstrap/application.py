"""What is a running installation made of, as its entrypoints see it, and what may be put in the place of a part?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.bootstrap.mcp import McpTools
from agent.bootstrap.record import Record
from agent.config import Config
from agent.correlate.correlator import Correlator
from agent.domain.rules import Policy
from agent.graph.context import Sources
from agent.identity.keys import Keys
from agent.identity.secrets import Secrets
from agent.identity.tokens import Tokens
from agent.notify.dispatcher import Dispatcher
from agent.notify.slack import SlackChannel
from agent.ports import Channel, Clock, Executor, Memory, Model, Queue, Tool
from agent.service import Service
from agent.settings import Settings
from agent.telemetry import Meters
from agent.views import Views


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """What a test, an evaluation or a replay puts in the place of the configured adapters."""

    clock: Clock | None = None
    sources: Sources | None = None
    executors: Mapping[str, Executor] | None = None
    model: Model | None = None
    memory: Memory | None = None
    tools: Sequence[Tool] = ()
    """Beside those of the sources."""
    channels: Sequence[Channel] | None = None
    correlator: Correlator | None = None
    policy: Policy | None = None
    code: str = ""
    """In the place of the digest of the code that acts."""
    record: Callable[[Record], Record] | None = None
    """Given the record as it was opened, the one to go on with."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who may call, and what every key is derived from."""

    secrets: Secrets
    keys: Keys
    local_operator: str | None
    """The key for command line and page while nobody else has one."""
    tokens: Tokens | None = None
    """None when nobody may come with a JSON web token."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """A running installation, as its entrypoints see it."""

    settings: Settings
    config: Config
    service: Service
    views: Views
    queue: Queue
    clock: Clock
    identity: Identity
    record: Record
    dispatcher: Dispatcher
    sources: Sources
    meters: Meters
    slack: SlackChannel | None = None
    """None when Slack is not configured."""
    mcp: McpTools | None = None
    """None when no MCP server is configured."""
