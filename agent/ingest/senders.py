"""Which systems can send alerts?  Each has a parser here; its name is the end of its webhook's address."""

from collections.abc import Mapping

from agent.ingest import alertmanager, datadog, generic, grafana, pagerduty
from agent.ports import Parser

PARSERS: Mapping[str, Parser] = {
    "alertmanager": alertmanager.parse,
    "datadog": datadog.parse,
    "grafana": grafana.parse,
    "pagerduty": pagerduty.parse,
    "generic": generic.parse,
}
