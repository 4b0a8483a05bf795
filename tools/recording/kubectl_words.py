"""How does kubectl write kinds, ages, counts, labels and what is not there?"""

import re
from collections.abc import Mapping
from typing import Any

from tools.cluster.times import age

_SINGULAR = {
    "pod": "Pod",
    "po": "Pod",
    "node": "Node",
    "no": "Node",
    "deployment": "Deployment",
    "deploy": "Deployment",
    "replicaset": "ReplicaSet",
    "rs": "ReplicaSet",
    "statefulset": "StatefulSet",
    "sts": "StatefulSet",
    "daemonset": "DaemonSet",
    "ds": "DaemonSet",
    "job": "Job",
    "cronjob": "CronJob",
    "service": "Service",
    "svc": "Service",
    "endpoint": "Endpoints",
    "endpoints": "Endpoints",
    "ep": "Endpoints",
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "pvc": "PersistentVolumeClaim",
    "resourcequota": "ResourceQuota",
    "quota": "ResourceQuota",
    "networkpolicy": "NetworkPolicy",
    "netpol": "NetworkPolicy",
    "event": "Event",
    "ev": "Event",
    "horizontalpodautoscaler": "HorizontalPodAutoscaler",
    "hpa": "HorizontalPodAutoscaler",
}
KINDS = _SINGULAR | {f"{word}s": kind for word, kind in _SINGULAR.items()} | {"networkpolicies": "NetworkPolicy"}
"""Every way kubectl takes a kind's name, lower case -> the kind."""
_ASKED = ("kind", "resource_type", "resourceType", "resource", "type")
_REPEATED = re.compile(r"^(\S+)(?: \(x(\d+) over \S+\))?$")
_NOTHING = {"<none>", "<unset>", "<nil>", "<unknown>", ""}


def kind_of(args: Mapping[str, Any]) -> str:
    """The kind that was asked for; empty when none was named."""
    return next((KINDS[word] for key in _ASKED if (word := str(args.get(key, "")).lower()) in KINDS), "")


def kind_named(written: str) -> str:
    """`deployment.apps` -> Deployment."""
    return KINDS.get(written.partition(".")[0].lower(), written)


def absent(written: str) -> str:
    """Empty for what kubectl prints when there is nothing."""
    text = written.strip()
    return "" if text in _NOTHING else text


def ago(written: str) -> tuple[int | None, int]:
    """(seconds ago, times) of `3m19s (x256 over 58m)`."""
    found = _REPEATED.match(written.strip())
    since = age(found[1]) if found else None
    return (int(since.total_seconds()) if since is not None else None), int(found[2] or 1) if found else 1


def count_of(written: str) -> int | None:
    return int(written) if written.strip().isdigit() else None


def labels(written: str) -> dict[str, str]:
    """`app=shop,tier=web`."""
    pairs = (one.strip().partition("=") for one in written.split(","))
    return {key: value for key, equals, value in pairs if equals}
