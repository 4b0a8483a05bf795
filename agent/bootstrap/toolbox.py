"""What may a model ask? The reading tools of whatever is configured, each wrapped in its limits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.graph.context import Sources
from agent.ports import Tool
from tools.clients.datadog import DatadogMetrics
from tools.clients.jira import Jira
from tools.clients.kubernetes import Cluster
from tools.observe.changes import changes_tools
from tools.observe.datadog import datadog_tools
from tools.observe.logs import logs_tools
from tools.observe.metrics import metrics_tools
from tools.observe.platform import platform_tools
from tools.observe.runbooks import ReadRunbook
from tools.observe.tickets import SearchTickets
from tools.observe.topology import topology_tools
from tools.observe.window import Window
from tools.wrap import Caps, Wrapped

_CAPS = Caps(text=20_000)
"""What is stored of a result: a conversation shows the beginning of it, and reads the rest in slices."""


@dataclass(frozen=True, kw_only=True)
class Toolbox:
    """Makes the tools of one incident: an identical call is answered from the first."""

    sources: Sources
    runbooks: Path
    cluster: Cluster | None = None
    datadog: DatadogMetrics | None = None
    jira: Jira | None = None
    jira_project: str = ""
    more: Sequence[Tool] = field(default=())
    foreign: Callable[[], Sequence[Tool]] = tuple
    """Those of MCP servers, as they are at the moment."""

    def tools(self, window: Window) -> tuple[Tool, ...]:
        found = [*self._of_sources(window), ReadRunbook(self.runbooks), *self.more]
        if self.cluster is not None:
            found += platform_tools(self.cluster, window)
        if self.datadog is not None:
            found += datadog_tools(self.datadog, window)
        if self.jira is not None:
            found.append(SearchTickets(self.jira, self.jira_project))
        found += self.foreign()
        return tuple(Wrapped(tool, _CAPS) for tool in found)

    def _of_sources(self, window: Window) -> list[Tool]:
        sources = self.sources
        found: list[Tool] = []
        if sources.metrics is not None:
            found += metrics_tools(sources.metrics, window, service_label=sources.service_label)
        if sources.logs is not None:
            found += logs_tools(sources.logs, window)
        if sources.changes:
            found += changes_tools(sources.changes, window)
        if sources.topology:
            found += topology_tools(sources.topology, window)
        return found
