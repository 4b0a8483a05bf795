"""What can be looked at? The reading back ends that are configured, as sources for the survey and tools for a model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.config import Config
from agent.domain.errors import ConfigurationError
from agent.graph.context import Sources
from agent.ports import Changes, Logs, Metrics, TopologySource
from agent.settings import Settings, secret
from agent.storage.changes import SqlChanges
from tools.base import BackendError, LogPage, Topology
from tools.clients.datadog import DatadogMetrics
from tools.cluster.facts import ClusterSource


class ConfiguredTopology:
    """The calls that AGENT_CONFIG lists."""

    def __init__(self, edges: Sequence[tuple[str, str]]) -> None:
        nodes = frozenset(name for edge in edges for name in edge)
        self._topology = Topology(nodes=nodes, edges=frozenset(edges)) if edges else None

    async def topology(self, at: datetime) -> Topology | None:  # noqa: ARG002 (a configured graph holds always)
        return self._topology


class FirstOf:
    """Several log back ends as one: the first that answers with lines."""

    def __init__(self, logs: Sequence[Logs]) -> None:
        self._logs = logs

    async def search(
        self,
        start: datetime,
        end: datetime,
        *,
        services: Sequence[str] = (),
        text: str = "",
        levels: Sequence[str] = (),
        limit: int = 1000,
    ) -> LogPage:
        page = LogPage(lines=(), total=0, truncated=False, query="")
        failures: list[str] = []
        for logs in self._logs:
            try:
                page = await logs.search(start, end, services=services, text=text, levels=levels, limit=limit)
            except BackendError as error:
                failures.append(str(error))
                continue
            if page.lines:
                return page
        if len(failures) == len(self._logs):
            raise BackendError("; ".join(failures))
        return page


def sources_of(settings: Settings, config: Config, changes: SqlChanges) -> Sources:
    """What the survey asks; a back end that is not configured is simply not there."""
    logs = log_back_ends(settings, config)
    topology: list[TopologySource] = [ConfiguredTopology(config.topology)] if config.topology else []
    return Sources(
        metrics=metrics_back_end(settings, config),
        logs=logs[0] if len(logs) == 1 else FirstOf(logs) if logs else None,
        changes=(changes, *_rollouts(settings, config)),
        topology=tuple(topology),
        cluster=_cluster_state(settings, config),
        selectors=config.survey_metrics,
        service_label=config.service_label,
        step=config.survey_step,
    )


def metrics_back_end(settings: Settings, config: Config) -> Metrics | None:
    if settings.prometheus_url:
        from tools.clients.prometheus import Prometheus

        return Prometheus(settings.prometheus_url, headers=_sent(config.back_ends.prometheus_headers))
    return None


def datadog_metrics(settings: Settings) -> DatadogMetrics | None:
    """For a model alone: Datadog's query language is not the survey's."""
    if not (settings.dd_api_key and settings.dd_app_key):
        return None
    return DatadogMetrics(
        settings.dd_site, settings.dd_api_key.get_secret_value(), settings.dd_app_key.get_secret_value()
    )


def log_back_ends(settings: Settings, config: Config) -> list[Logs]:
    """In the order in which they are asked."""
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
    for variable in headers.values():
        if not secret(variable):
            raise ConfigurationError(f"AGENT_CONFIG: back_ends: {variable} is not set.")
    return {header: secret(variable) for header, variable in headers.items()}


def _rollouts(settings: Settings, config: Config) -> list[Changes]:
    if not settings.kubeconfig:
        return []
    from tools.clients.kubernetes import Cluster
    from tools.observe.rollouts import RolloutChanges

    return [RolloutChanges(Cluster(settings.kubeconfig), config.back_ends.kubernetes_namespaces)]


def _cluster_state(settings: Settings, config: Config) -> ClusterSource | None:
    if not settings.kubeconfig:
        return None
    from tools.clients.kubernetes import Cluster
    from tools.clients.kubernetes_state import KubernetesState

    return KubernetesState(Cluster(settings.kubeconfig), config.back_ends.kubernetes_namespaces)
