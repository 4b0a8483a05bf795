"""What can be looked at?  The back ends that are configured: one client for each, closed at the end."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from agent.config import Config
from agent.graph.context import Sources
from agent.ports import Logs, Metrics, TopologySource
from agent.settings import Settings, secret
from agent.storage.changes import SqlChanges
from tools.base import BackendError, LogPage, LogSearch, Topology
from tools.clients.datadog import DatadogMetrics
from tools.clients.jira import Jira
from tools.clients.kubernetes import Cluster
from tools.clients.kubernetes_state import KubernetesState
from tools.observe.rollouts import RolloutChanges


class ConfiguredTopology:
    """The calls that AGENT_CONFIG lists."""

    def __init__(self, edges: Sequence[tuple[str, str]]) -> None:
        nodes = frozenset(name for edge in edges for name in edge)
        self.known = Topology(nodes=nodes, edges=frozenset(edges)) if edges else None

    async def topology(self, at: datetime) -> Topology | None:  # noqa: ARG002 (a configured graph holds always)
        return self.known


class FirstOf:
    """Several log back ends as one: the first that answers with lines."""

    def __init__(self, logs: Sequence[Logs]) -> None:
        self._logs = logs

    async def search(self, asked: LogSearch) -> LogPage:
        page = LogPage(lines=(), total=0, truncated=False, query="")
        failures: list[str] = []
        for logs in self._logs:
            try:
                page = await logs.search(asked)
            except BackendError as error:
                failures.append(str(error))
                continue
            if page.lines:
                return page
        if len(failures) == len(self._logs):
            raise BackendError("; ".join(failures))
        return page


@runtime_checkable
class _Closes(Protocol):
    async def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Clients:
    """What asks the back ends; None or empty for those that are not configured."""

    metrics: Metrics | None
    logs: Sequence[Logs]
    """In the order in which they are asked."""
    datadog: DatadogMetrics | None
    """For a model alone: Datadog's query language is not the survey's."""
    cluster: Cluster | None
    jira: Jira | None


@asynccontextmanager
async def open_clients(settings: Settings, config: Config) -> AsyncIterator[Clients]:
    """Each connects when it is first asked."""
    found = Clients(
        metrics=_metrics(settings, config),
        logs=log_back_ends(settings, config),
        datadog=_datadog(settings),
        cluster=Cluster(settings.kubeconfig) if settings.kubeconfig else None,
        jira=_jira(settings),
    )
    async with AsyncExitStack() as opened:
        for client in (found.metrics, *found.logs, found.datadog, found.cluster, found.jira):
            if isinstance(client, _Closes):
                opened.push_async_callback(client.close)
        yield found


def sources_of(clients: Clients, config: Config, changes: SqlChanges) -> Sources:
    """What the survey asks; a back end that is not configured is simply not there."""
    logs, cluster, namespaces = clients.logs, clients.cluster, config.back_ends.kubernetes_namespaces
    topology: list[TopologySource] = [ConfiguredTopology(config.topology)] if config.topology else []
    return Sources(
        metrics=clients.metrics,
        logs=logs[0] if len(logs) == 1 else FirstOf(logs) if logs else None,
        changes=(changes, *([RolloutChanges(cluster, namespaces)] if cluster else [])),
        topology=tuple(topology),
        cluster=KubernetesState(cluster, namespaces) if cluster else None,
        selectors=config.survey_metrics,
        service_label=config.service_label,
        step=config.survey_step,
    )


def _metrics(settings: Settings, config: Config) -> Metrics | None:
    if settings.prometheus_url:
        from tools.clients.prometheus import Prometheus

        return Prometheus(settings.prometheus_url, headers=_sent(config.back_ends.prometheus_headers))
    return None


def _datadog(settings: Settings) -> DatadogMetrics | None:
    if not (settings.dd_api_key and settings.dd_app_key):
        return None
    return DatadogMetrics(
        settings.dd_site, settings.dd_api_key.get_secret_value(), settings.dd_app_key.get_secret_value()
    )


def log_back_ends(settings: Settings, config: Config) -> list[Logs]:
    found: list[Logs] = []
    wanted = config.back_ends
    if settings.loki_url:
        from tools.clients.loki import Loki

        found.append(
            Loki(settings.loki_url, headers=_sent(wanted.loki_headers), service_label=wanted.loki_service_label)
        )
    if settings.elasticsearch_url:
        from tools.clients.elasticsearch import ECS, Elasticsearch

        found.append(
            Elasticsearch(
                settings.elasticsearch_url,
                index=wanted.elasticsearch_index,
                fields=replace(ECS, **wanted.elasticsearch_fields),
                headers=_sent(wanted.elasticsearch_headers),
            )
        )
    if settings.dd_api_key and settings.dd_app_key:
        from tools.clients.datadog import DatadogLogs

        keys = settings.dd_api_key.get_secret_value(), settings.dd_app_key.get_secret_value()
        found.append(DatadogLogs(settings.dd_site, *keys))
    if config.log_files.paths:
        from tools.clients.log_files import LogFiles

        found.append(LogFiles(config.log_files.paths, zone=ZoneInfo(config.log_files.zone)))
    return found


def _sent(headers: Mapping[str, str]) -> dict[str, str]:
    return {header: secret(variable) for header, variable in headers.items()}


def _jira(settings: Settings) -> Jira | None:
    if not settings.jira_url:
        return None
    token = settings.jira_token.get_secret_value() if settings.jira_token else ""
    return Jira(settings.jira_url, user=settings.jira_user, token=token)
