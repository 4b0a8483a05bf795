"""What does a table of `kubectl get` say?  Rows -> objects of the API's shape.

The kind is told by the row's name (`deployment.apps/shop`), else by what was asked, else by the columns.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools.cluster.times import AGE, MADE
from tools.recording.kubectl_words import absent, ago, count_of, kind_named, kind_of, labels

Object = dict[str, Any]
Row = Mapping[str, str]

_HEAD = re.compile(r"^(?:NAMESPACE\s+)?(?:NAME|LAST SEEN)(?:\s{2,}|\s*$)")
_COLUMN = re.compile(r"\S+(?: \S+)*")
_BRANCHES = str.maketrans("├└│─", "    ")
"""Plug-ins print what belongs together as a tree."""
_BARE_POD = re.compile(r"^(?:(\S+)\s+)?(\S+)\s+(\d+)/(\d+)\s+(\S+)\s+(\d+)(?: \((\S+) ago\))?\s+(\S+)(?:\s|$)")
_REASONS = ("READY", "STATUS", "RESTARTS")
_NODE_WORDS = {"Ready": "True", "NotReady": "False", "Unknown": "Unknown"}


def objects(text: str, args: Mapping[str, Any]) -> list[Object]:
    """Every row of every table in the text; nothing when there is none."""
    found: list[Object] = []
    head: list[tuple[str, int]] = []
    for line in text.translate(_BRANCHES).splitlines():
        if _HEAD.match(line):
            head = [(column[0], column.start()) for column in _COLUMN.finditer(line)]
        elif not line.strip():
            head = []
        elif head:
            found += _row(_cells(line, head), args)
        elif kind_of(args) == "Pod" and (bare := _BARE_POD.match(line)):
            found.append(_bare_pod(bare))
    return found


def _cells(line: str, head: Sequence[tuple[str, int]]) -> Row:
    """By the columns' places; by the gaps when the row does not keep to them."""
    starts = [start for _, start in head]
    if any(start < len(line) and start and line[start - 1] != " " for start in starts):
        return _by_gaps(line, head)
    ends = [*starts[1:], None]
    cells = {name: line[start:end].strip() for (name, start), end in zip(head, ends, strict=True)}
    return cells if "  " not in cells.get("NAME", "") else _by_gaps(line, head)


def _by_gaps(line: str, head: Sequence[tuple[str, int]]) -> Row:
    return dict(zip((name for name, _ in head), re.split(r"\s{2,}", line.strip()), strict=False))


def _row(row: Row, args: Mapping[str, Any]) -> list[Object]:
    if "LAST SEEN" in row:
        return [_event(row, args)]
    prefix, slash, rest = row.get("NAME", "").partition("/")
    name = rest if slash else prefix
    kind = kind_named(prefix) if slash else kind_of(args) or _by_columns(row)
    build = _BUILDERS.get(kind)
    if not name or build is None:
        return []
    space = row.get("NAMESPACE") or str(args.get("namespace") or "")
    meta: Object = {"name": name, "namespace": absent(space)}
    if kind == "Pod" and row.get("LABELS"):
        meta["labels"] = labels(absent(row["LABELS"]))
    return [{"kind": kind, "metadata": meta, **build(row)}]


def _by_columns(row: Row) -> str:
    return next((kind for telling, kind in _TELLING if all(column in row for column in telling)), "")


_TELLING = (
    (_REASONS, "Pod"),
    (("READY", "UP-TO-DATE", "AVAILABLE"), "Deployment"),
    (("STATUS", "ROLES"), "Node"),
    (("DESIRED", "CURRENT", "READY", "NODE SELECTOR"), "DaemonSet"),
    (("DESIRED", "CURRENT", "READY"), "ReplicaSet"),
    (("CLUSTER-IP",), "Service"),
    (("ENDPOINTS",), "Endpoints"),
    (("STATUS", "VOLUME"), "PersistentVolumeClaim"),
    (("REQUEST",), "ResourceQuota"),
    (("COMPLETIONS",), "Job"),
    (("POD-SELECTOR",), "NetworkPolicy"),
    (("READY",), "StatefulSet"),
)


def _pod(row: Row) -> Object:
    ready = _of(row.get("READY", ""))
    restarts = re.match(r"(\d+)(?: \((\S+) ago\))?", row.get("RESTARTS", ""))
    last = ago(restarts[2])[0] if restarts and restarts[2] else None
    return {
        "spec": {"nodeName": absent(row.get("NODE", ""))},
        "printed": {
            **_printed(row.get("STATUS", ""), ready, int(restarts[1]) if restarts else 0, last),
            MADE: ago(row.get("AGE", ""))[0],
        },
    }


def _printed(status: str, ready: tuple[int, int] | None, restarts: int, last: int | None) -> Object:
    whole = ready is not None and ready[0] >= ready[1]
    return {"status": status, "ready": whole, "restarts": restarts, AGE: last}


def _of(written: str) -> tuple[int, int] | None:
    """`1/2`."""
    found = re.fullmatch(r"(\d+)/(\d+)", written)
    return (int(found[1]), int(found[2])) if found else None


def _bare_pod(found: re.Match[str]) -> Object:
    space, name, ready, of, status, restarts, last, _ = found.groups()
    printed = _printed(status, (int(ready), int(of)), int(restarts), ago(last)[0] if last else None)
    return {"kind": "Pod", "metadata": {"name": name, "namespace": space or ""}, "printed": printed}


def _replicated(row: Row) -> Object:
    ready = _of(row.get("READY", ""))
    if ready is None:
        return {}
    return {"spec": {"replicas": ready[1]}, "status": {"readyReplicas": ready[0]}}


def _counted(row: Row) -> Object:
    wanted, ready = count_of(row.get("DESIRED", "")), count_of(row.get("READY", ""))
    if wanted is None or ready is None:
        return {}
    status = {"readyReplicas": ready, "numberReady": ready, "desiredNumberScheduled": wanted}
    return {"spec": {"replicas": wanted}, "status": status}


def _node(row: Row) -> Object:
    words = row.get("STATUS", "").split(",")
    ready = _NODE_WORDS.get(words[0])
    conditions = [{"type": "Ready", "status": ready}] if ready else []
    return {"spec": {"unschedulable": "SchedulingDisabled" in words}, "status": {"conditions": conditions}}


def _service(row: Row) -> Object:
    ports = re.findall(r"(\d+)(?::\d+)?/", row.get("PORT(S)", ""))
    spec: Object = {"ports": [{"port": int(port)} for port in ports]}
    if chosen := labels(absent(row.get("SELECTOR", ""))):
        spec["selector"] = chosen
    if own := absent(row.get("CLUSTER-IP", "")):
        spec["clusterIP"] = own
    return {"spec": spec}


def _endpoints(row: Row) -> Object:
    written = absent(row.get("ENDPOINTS", ""))
    return {"subsets": [{"addresses": [{"ip": one} for one in written.split(",") if one]}]}


def _claim(row: Row) -> Object:
    return {"status": {"phase": row.get("STATUS", "")}}


def _quota(row: Row) -> Object:
    """`pods: 3/10, requests.cpu: 1/2`."""
    pairs = re.findall(r"([\w./-]+): (\S+?)/(\S+?)(?:,|$)", f"{row.get('REQUEST', '')}, {row.get('LIMIT', '')}")
    return {
        "status": {"used": {name: used for name, used, _ in pairs}, "hard": {name: hard for name, _, hard in pairs}}
    }


def _policy(row: Row) -> Object:
    selector = {"matchLabels": labels(absent(row.get("POD-SELECTOR", "")))}
    return {"spec": {"podSelector": selector}, "printed": {MADE: ago(row.get("AGE", ""))[0]}}


def _job(row: Row) -> Object:
    done = _of(row.get("COMPLETIONS", ""))
    return {"status": {"succeeded": done[0]}} if done else {}


_BUILDERS: Mapping[str, Callable[[Row], Object]] = {
    "Pod": _pod,
    "Deployment": _replicated,
    "StatefulSet": _replicated,
    "ReplicaSet": _counted,
    "DaemonSet": _counted,
    "Node": _node,
    "Service": _service,
    "Endpoints": _endpoints,
    "PersistentVolumeClaim": _claim,
    "ResourceQuota": _quota,
    "NetworkPolicy": _policy,
    "Job": _job,
}


def _event(row: Row, args: Mapping[str, Any]) -> Object:
    kind, _, name = row.get("OBJECT", "").partition("/")
    since, count = ago(row["LAST SEEN"])
    about = {
        "kind": kind_named(kind),
        "name": name,
        "namespace": row.get("NAMESPACE") or str(args.get("namespace") or ""),
    }
    counted = count_of(row.get("COUNT", "")) or count
    return {
        "kind": "Event",
        "type": row.get("TYPE", ""),
        "reason": row.get("REASON", ""),
        "message": row.get("MESSAGE", ""),
        "count": counted,
        "involvedObject": about,
        AGE: since,
    }
