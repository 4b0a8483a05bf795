"""Does what the agent reads from answer?  Metrics, logs, Datadog, Kubernetes."""

import asyncio
import os
from collections.abc import Callable, Mapping

from agent.config import BackEnds
from agent.domain.errors import AgentError
from agent.entrypoints.cli.checks.finding import DEADLINE, Finding, State, asked
from agent.settings import Settings, secret
from tools.clients.http import quoted


async def metrics(settings: Settings) -> Finding:
    if not settings.prometheus_url:
        return Finding("prometheus", State.OFF, "not configured: no metrics tools", "Set PROMETHEUS_URL.")
    headers = _sent(settings, lambda wanted: wanted.prometheus_headers)
    address = settings.prometheus_url
    return await asked("prometheus", address, "/api/v1/query?query=1", "PROMETHEUS_URL", headers=headers)


async def loki(settings: Settings) -> Finding:
    if not settings.loki_url:
        return Finding("loki", State.OFF, "not configured: no log search there", "Set LOKI_URL.")
    headers = _sent(settings, lambda wanted: wanted.loki_headers)
    return await asked("loki", settings.loki_url, "/loki/api/v1/labels", "LOKI_URL", headers=headers)


async def elasticsearch(settings: Settings) -> Finding:
    if not settings.elasticsearch_url:
        return Finding("elasticsearch", State.OFF, "not configured: no log search there", "Set ELASTICSEARCH_URL.")
    headers = _sent(settings, lambda wanted: wanted.elasticsearch_headers)
    return await asked("elasticsearch", settings.elasticsearch_url, "/", "ELASTICSEARCH_URL", headers=headers)


async def log_files(settings: Settings) -> Finding:
    from glob import glob

    try:
        patterns = settings.config().log_files.paths
    except AgentError:
        patterns = ()
    if not patterns:
        return Finding("log files", State.OFF, "not configured", "Set log_files.paths in the file AGENT_CONFIG names.")
    found = [file for pattern in patterns for file in glob(pattern, recursive=True)]  # noqa: PTH207 (may be absolute)
    unreadable = [file for file in found if not os.access(file, os.R_OK)]
    if unreadable or not found:
        says = f"{unreadable[0]} cannot be read" if unreadable else "no file matches log_files.paths"
        return Finding("log files", State.BROKEN, says, "Check the patterns and who may read the files.")
    return Finding("log files", State.OK, f"{len(found)} files")


async def datadog(settings: Settings) -> Finding:
    if settings.dd_api_key is None or settings.dd_app_key is None:
        mend = "Set both DD_API_KEY and DD_APP_KEY."
        return Finding("datadog", State.OFF, "not configured: no Datadog tools", mend)
    headers = {
        "DD-API-KEY": settings.dd_api_key.get_secret_value(),
        "DD-APPLICATION-KEY": settings.dd_app_key.get_secret_value(),
    }
    url = f"https://api.{settings.dd_site}"
    return await asked(
        "datadog", url, "/api/v2/validate_keys", "DD_API_KEY, DD_APP_KEY and DD_SITE", headers=headers, outside=True
    )


async def kubernetes(settings: Settings) -> Finding:
    if not settings.kubeconfig:
        return Finding("kubernetes", State.OFF, "not configured: no pods, events, rollouts", "Set KUBECONFIG.")
    return await asyncio.to_thread(_asked_kubernetes, settings.kubeconfig)


def _sent(settings: Settings, of: Callable[[BackEnds], Mapping[str, str]]) -> dict[str, str]:
    """The configured headers of a back end; none when the configuration cannot be read, which another check tells."""
    try:
        return {header: secret(variable) for header, variable in of(settings.config().back_ends).items()}
    except AgentError:
        return {}


def _asked_kubernetes(kubeconfig: str) -> Finding:
    from kubernetes import client, config
    from urllib3.exceptions import HTTPError

    try:
        api = config.new_client_from_config(kubeconfig)  # type: ignore[no-untyped-call]  # it has no types
        with api:
            version = client.VersionApi(api).get_code(_request_timeout=DEADLINE.total_seconds())
    except (config.ConfigException, client.ApiException, HTTPError, OSError, ValueError) as error:
        says = quoted(str(error))
        return Finding("kubernetes", State.BROKEN, says, "Check KUBECONFIG and the cluster's address.")
    return Finding("kubernetes", State.OK, f"Kubernetes {version.git_version}")
