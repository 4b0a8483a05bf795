"""Which labels is an alert grouped by, and which do several share?"""

from collections.abc import Sequence

from agent.domain.alert import Alert
from agent.domain.rules import Correlation


def group_of(alert: Alert, rules: Correlation) -> dict[str, str]:
    """Those of the rules; the service under whatever label names it; failing all, the alert's name."""
    found = {label: alert.labels.get(label, "") for label in rules.group_by}
    if "service" in found:
        found["service"] = alert.service
    kept = {label: value for label, value in found.items() if value}
    return kept if kept.keys() - {"cluster", "env"} else kept | {"alertname": alert.name}


def shared(alerts: Sequence[Alert]) -> dict[str, str]:
    """The labels on which all of them agree; there is at least one alert."""
    first, *others = alerts
    return {
        label: value for label, value in first.labels.items() if all(one.labels.get(label) == value for one in others)
    }
