"""A Grafana webhook (version 1) -> alerts: Alertmanager's shape, with values and links beside each alert.

https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

from datetime import datetime

from pydantic import JsonValue

from agent.domain.alert import Alert
from agent.ingest import alertmanager, signature
from agent.ingest.fields import Fields, text
from agent.ports import Unparsed

_BESIDE = ("valueString", "silenceURL", "dashboardURL", "panelURL", "imageURL")


def parse(content: bytes, received_at: datetime) -> tuple[list[Alert], list[Unparsed]]:
    return alertmanager.parse_group(
        content, lambda item, left_out: alertmanager.alert("grafana", item, received_at, left_out, _beside(item))
    )


def _beside(item: Fields) -> signature.Capped:
    """The measured values and Grafana's links, as annotations."""
    found: dict[str, JsonValue] = {field: said for field in _BESIDE if (said := text(item.get(field)))}
    values = item.get("values")
    if isinstance(values, dict) and values:
        found["values"] = ", ".join(f"{key} = {text(value)}" for key, value in sorted(values.items()))
    return signature.annotations(found)
