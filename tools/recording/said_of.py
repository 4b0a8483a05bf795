"""What do others say of components?  The monitors and alerts they list, and the kinds of log line they have counted.

Keys are in camel case, as `cluster_json` brings them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tools.cluster.facts import LogKind, Monitor
from tools.recording.kubectl_words import KINDS

Object = dict[str, Any]

_QUIET = frozenset(
    {
        *("ok", "okay", "up", "normal", "healthy", "good", "green", "pass", "passed", "passing", "success", "none"),
        *("resolved", "recovered", "closed", "clear", "cleared", "inactive", "pending", "expired"),
        *("suppressed", "silenced", "muted", "ignored", "skipped", "paused", "disabled", "unknown", "no data"),
    }
)
"""States in which nothing is wrong, or nobody knows. What is listed with any other word, or with none, fires."""
_STATES = ("overallState", "state", "status")
_NAMES = ("name", "alertname", "alertName", "alert", "monitor", "metric", "title")
_EVIDENCE = ("evidence", "reasons", "messages", "details", "anomalies", "symptoms")
"""Where one alert lists what was measured."""
_COUNTS = ("count", "occurrences", "frequency")
_TEXTS = ("template", "pattern", "logTemplate", "sample", "example")
_COMPONENT_TAGS = (
    "kube_deployment",
    "deployment",
    "kube_stateful_set",
    "kube_daemon_set",
    "service",
    "serviceName",
    "service_name",
    "app",
    "component",
    "workload",
    "kube_pod",
    "pod",
    "podName",
    "pod_name",
    "kube_node",
    "node",
    "nodeName",
    "instance",
    "target",
    "resource",
    "object",
)


def is_monitor(item: Object) -> bool:
    """A state, and something that names it as a monitor or an alert."""
    stated = any(key in item for key in (*_STATES, "severity", "value"))
    named = any(key in item for key in ("alertname", "alertName", "monitor", "alert", "overallState"))
    # The answer to a query has the labels of its series there, and is no alert.
    return stated and (named or isinstance(item.get("metric"), str))


def monitors(item: Object, component: str) -> Iterator[Monitor]:
    """It, or one for each thing that it lists as measured. `component`: whose it is when it does not say."""
    whom, firing = _tagged(item) or _object(item) or component, _state(item).lower() not in _QUIET
    name = next((str(item[key]) for key in _NAMES if item.get(key)), "a monitor")
    lists = (item[key] for key in _EVIDENCE if isinstance(item.get(key), list))
    measured = [text for texts in lists for text in texts if isinstance(text, str) and text.strip()]
    for text in measured or [name]:
        yield Monitor(text[:120], firing, whom)


def _state(item: Object) -> str:
    """Alertmanager's API nests it: `{"status": {"state": "active"}}`."""
    found = next((item[key] for key in _STATES if item.get(key)), "")
    return _state(dict(found)) if isinstance(found, Mapping) else str(found)


def _object(item: Object) -> str:
    """The object of a cluster that `type` and `name` tell of."""
    kind = str(item.get("type") or item.get("kind") or "").lower()
    return str(item.get("name") or "") if kind in KINDS else ""


def is_log_kind(item: Object) -> bool:
    return any(isinstance(item.get(key), str) for key in _TEXTS) and any(key in item for key in _COUNTS)


def log_kind(item: Object, component: str) -> LogKind:
    text = next(item[key] for key in _TEXTS if isinstance(item.get(key), str))
    count = next((int(item[key]) for key in _COUNTS if str(item.get(key, "")).isdigit()), 1)
    return LogKind(_tagged(item) or component, text[:500], count)


def _tagged(item: Object) -> str:
    """The component that labels, tags or fields of its own name."""
    labels = item.get("labels") if isinstance(item.get("labels"), Mapping) else {}
    tags = [str(one).partition(":") for one in item.get("tags") or [] if ":" in str(one)]
    found: Object = {**item, **{key: value for key, _, value in tags}, **(labels or {})}
    return next((str(found[key]) for key in _COMPONENT_TAGS if isinstance(found.get(key), str) and found[key]), "")
