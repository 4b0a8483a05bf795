"""What does a Kubernetes API server do with a deployment? One for a few paths, with a small deployment controller.

It begins with objects captured from a real cluster (`tests/payloads/kubernetes`); replica sets, which were not
captured, are made of the deployments, pods and events. Served: deployments (GET, PATCH as strategic merge, with
`dryRun=All` and `metadata.resourceVersion` as a guard), their `scale`, replica sets, pods, `pods/log`, events.
Errors are Status objects with 401, 403, 404, 409, 415 and 422.
"""

import copy
import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.farends.answers import PATIENT, Answer
from tests.farends.loopback import Asked, FarEnd
from tools.clients.kubernetes import Cluster

OPERATOR = "operator-token-for-tests"
VIEWER = "viewer-token-for-tests"
PAYLOADS = Path(__file__).parents[1] / "payloads" / "kubernetes"

REVISION = "deployment.kubernetes.io/revision"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
HASH = "pod-template-hash"
MERGE_BY_NAME = {"containers", "initContainers", "volumes", "env"}

Object = dict[str, Any]


def kubeconfig(url: str, folder: Path, token: str = OPERATOR, **user: Any) -> Path:
    path = folder / "kubeconfig.json"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "agent", "namespace": "shop"}}],
        "clusters": [{"name": "here", "cluster": {"server": url}}],
        "users": [{"name": "agent", "user": {"token": token, **user}}],
    }
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


class _Refused(Exception):
    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.answer = Answer(
            status,
            {
                "kind": "Status",
                "apiVersion": "v1",
                "status": "Failure",
                "message": message,
                "reason": reason,
                "code": status,
            },
        )


class KubernetesFarEnd(FarEnd):
    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC), record: Path | None = None) -> None:
        super().__init__(record=record)
        self.deployments = {item["metadata"]["name"]: item for item in _captured("deployments")}
        self.pods = {item["metadata"]["name"]: item for item in _captured("pods")}
        self.events = _captured("events")
        self.others: dict[str, list[Object]] = {}
        """Plural of a kind -> its objects, of every namespace: `services`, `nodes`, ... An unset kind is not served."""
        self.replica_sets = {item["metadata"]["name"]: item for item in self._replica_sets()}
        self.logs: dict[tuple[str, bool], list[tuple[datetime, str]]] = {}
        """(pod, of the container that ended last) -> its lines; a pod without an entry has an empty log."""
        self._now = now
        self._version = 1000

    def kubeconfig(self, folder: Path, token: str = OPERATOR, **user: Any) -> Path:
        """One that leads here."""
        return kubeconfig(self.url, folder, token, **user)

    def cluster(self, folder: Path, token: str = OPERATOR, deadline: timedelta = PATIENT) -> Cluster:
        """The agent's client of it."""
        return Cluster(str(self.kubeconfig(folder, token)), deadline=deadline)

    def touch(self, deployment: str, **annotations: str) -> None:
        """Somebody else writes to it."""
        with self.lock:
            item = self.deployments[deployment]
            item["metadata"]["annotations"].update(annotations)
            self._stamp(item)

    def answer(self, asked: Asked) -> Answer:
        try:
            _authorise(asked)
            return self._served(asked)
        except _Refused as refused:
            return refused.answer

    def _served(self, asked: Asked) -> Answer:
        match asked.path.strip("/").split("/"):
            case ["apis", "apps", "v1", "namespaces", namespace, "deployments"] if asked.method == "GET":
                return _listed("apps/v1", "DeploymentList", self._inside(self.deployments, namespace), asked)
            case ["apis", "apps", "v1", "namespaces", namespace, "replicasets"] if asked.method == "GET":
                return _listed("apps/v1", "ReplicaSetList", self._inside(self.replica_sets, namespace), asked)
            case ["apis", "apps", "v1", "namespaces", namespace, "deployments", name, *sub]:
                return self._deployment(self._found("deployments.apps", self.deployments, namespace, name), asked, sub)
            case ["api", "v1", "namespaces", namespace, *rest] if asked.method == "GET":
                return self._core(namespace, rest, asked)
            case ["api", "v1", "nodes"] if asked.method == "GET" and "nodes" in self.others:
                return _listed("v1", "NodeList", self.others["nodes"], asked)
        raise _Refused(404, "NotFound", "the server could not find the requested resource")

    def _core(self, namespace: str, rest: list[str], asked: Asked) -> Answer:
        match rest:
            case ["pods"]:
                return _listed("v1", "PodList", self._inside(self.pods, namespace), asked)
            case ["events"]:
                items = [item for item in self.events if item["metadata"]["namespace"] == namespace]
                return _listed("v1", "EventList", items, asked)
            case [kind] if kind in self.others:
                items = [item for item in self.others[kind] if item["metadata"]["namespace"] == namespace]
                return _listed("v1", "List", items, asked)
            case ["pods", name, "log"]:
                return self._log(self._found("pods", self.pods, namespace, name), asked)
        raise _Refused(404, "NotFound", "the server could not find the requested resource")

    def _deployment(self, item: Object, asked: Asked, sub: list[str]) -> Answer:
        match asked.method, sub:
            case "GET", []:
                return Answer(200, item)
            case "PATCH", []:
                return self._patch(item, asked, asked.json())
            case "GET", ["scale"]:
                return Answer(200, _scale(item))
            case "PATCH", ["scale"]:
                self._patch(item, asked, {"spec": {"replicas": asked.json()["spec"]["replicas"]}})
                return Answer(200, _scale(item))
        raise _Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")

    def _patch(self, item: Object, asked: Asked, patch: Object) -> Answer:
        kind = asked.headers.get("content-type", "")
        if kind not in {"application/strategic-merge-patch+json", "application/merge-patch+json"}:
            raise _Refused(415, "UnsupportedMediaType", f"the body of the request was in an unknown format: {kind}")
        name = item["metadata"]["name"]
        wanted = patch.get("metadata", {}).get("resourceVersion", item["metadata"]["resourceVersion"])
        if wanted != item["metadata"]["resourceVersion"]:
            raise _Refused(
                409,
                "Conflict",
                f'Operation cannot be fulfilled on deployments.apps "{name}": the object has been modified; please '
                "apply your changes to the latest version and try again",
            )
        after = _merged(item, patch)
        _validate(after)
        if asked.one("dryRun") == "All":
            return Answer(200, after)
        self._write(item, after)
        self.took_effect(method="PATCH", deployment=name, patch=patch)
        return Answer(200, copy.deepcopy(item))

    def _write(self, item: Object, after: Object) -> None:
        changed = after["spec"] != item["spec"]
        item.clear()
        item.update(after)
        if changed:
            item["metadata"]["generation"] += 1
            self._roll_out(item)
        self._stamp(item)

    def _roll_out(self, item: Object) -> None:
        """What the deployment controller would do, all at once."""
        ours = [
            one
            for one in self.replica_sets.values()
            if one["metadata"]["ownerReferences"][0]["name"] == item["metadata"]["name"]
        ]
        latest = max(int(one["metadata"]["annotations"][REVISION]) for one in ours)
        current = next(
            (one for one in ours if _plain(one["spec"]["template"]) == _plain(item["spec"]["template"])), None
        )
        if current is None:
            current = _replica_set(item, item["spec"]["template"], latest + 1, self._now())
            self.replica_sets[current["metadata"]["name"]] = current
        elif int(current["metadata"]["annotations"][REVISION]) < latest:
            current["metadata"]["annotations"][REVISION] = str(latest + 1)
        kept = {k: v for k, v in item["metadata"]["annotations"].items() if k not in {REVISION, LAST_APPLIED}}
        current["metadata"]["annotations"].update(kept)
        item["metadata"]["annotations"][REVISION] = current["metadata"]["annotations"][REVISION]
        for one in [*ours, current]:
            one["spec"]["replicas"] = item["spec"]["replicas"] if one is current else 0
        for condition in item["status"]["conditions"]:
            if condition["type"] == "Progressing":
                condition["lastUpdateTime"] = _text(self._now())
        counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas"), item["spec"]["replicas"])
        item["status"].update(observedGeneration=item["metadata"]["generation"], **counts)

    def _stamp(self, item: Object) -> None:
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)

    def _log(self, pod: Object, asked: Asked) -> Answer:
        name, previous = pod["metadata"]["name"], asked.one("previous") == "true"
        names = [container["name"] for container in pod["spec"]["containers"]]
        if asked.one("container", names[0]) not in names:
            raise _Refused(400, "BadRequest", f"container {asked.one('container')} is not valid for pod {name}")
        if previous and (name, True) not in self.logs:
            message = f'previous terminated container "{names[0]}" in pod "{name}" not found'
            raise _Refused(400, "BadRequest", message)
        since = self._now() - timedelta(seconds=int(asked.one("sinceSeconds", "10000000")))
        lines = [(at, text) for at, text in self.logs.get((name, previous), []) if at >= since]
        shown = [
            f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z {text}" if asked.one("timestamps") == "true" else text for at, text in lines
        ]
        text = "".join(f"{line}\n" for line in shown[-int(asked.one("tailLines", "10000")) :])
        return Answer(200, text[: int(asked.one("limitBytes", str(len(text))))])

    def _inside(self, items: dict[str, Object], namespace: str) -> list[Object]:
        return [item for item in items.values() if item["metadata"]["namespace"] == namespace]

    def _found(self, kind: str, items: dict[str, Object], namespace: str, name: str) -> Object:
        item = items.get(name)
        if item is None or item["metadata"]["namespace"] != namespace:
            raise _Refused(404, "NotFound", f'{kind} "{name}" not found')
        return item

    def _replica_sets(self) -> list[Object]:
        """The present revision of each deployment from its own template, the one before from what was last applied."""
        made = []
        for item in self.deployments.values():
            annotations = item["metadata"]["annotations"]
            revision = int(annotations[REVISION])
            now = _replica_set(item, item["spec"]["template"], revision, datetime.now(UTC))
            made.append(self._as_captured(now, scaled_up=-1))
            if LAST_APPLIED in annotations:
                applied = json.loads(annotations[LAST_APPLIED])
                template = copy.deepcopy(item["spec"]["template"])
                template["spec"]["containers"][0]["image"] = applied["spec"]["template"]["spec"]["containers"][0][
                    "image"
                ]
                before = _replica_set(item, template, revision - 1, datetime.now(UTC))
                before["metadata"]["annotations"].update(applied["metadata"]["annotations"])
                before["spec"]["replicas"] = 0
                made.append(self._as_captured(before, scaled_up=0))
        return made

    def _as_captured(self, replica_set: Object, scaled_up: int) -> Object:
        """With the name and the age that the deployment's own events tell: its n-th first scaling up."""
        owner = replica_set["metadata"]["ownerReferences"][0]["name"]
        found: dict[str, str] = {}
        for event in self.events:
            grown = re.match(r"Scaled up replica set (\S+) to", event["message"])
            if grown and event["involvedObject"]["name"] == owner:
                found.setdefault(grown[1], event["firstTimestamp"])
        name, at = sorted(found.items(), key=lambda one: one[1])[scaled_up]
        replica_set["metadata"].update(name=name, creationTimestamp=at)
        replica_set["spec"]["template"]["metadata"]["labels"][HASH] = name.removeprefix(f"{owner}-")
        return replica_set


def _captured(kind: str) -> list[Object]:
    items: list[Object] = json.loads((PAYLOADS / f"{kind}.json").read_text(encoding="utf-8"))["items"]
    return items


def _authorise(asked: Asked) -> None:
    token = asked.headers.get("authorization", "").removeprefix("Bearer ")
    if token not in {OPERATOR, VIEWER}:
        raise _Refused(401, "Unauthorized", "Unauthorized")
    if token == VIEWER and asked.method != "GET":
        message = f'deployments.apps is forbidden: User "viewer" cannot patch resource at {asked.path}'
        raise _Refused(403, "Forbidden", message)


def _listed(version: str, kind: str, items: list[Object], asked: Asked) -> Answer:
    """`limit` and `continue` page through it; labels select by equality."""
    pairs = [pair.partition("=") for pair in asked.one("labelSelector").split(",") if pair]
    for key, sign, value in pairs:
        items = [item for item in items if sign and item["metadata"].get("labels", {}).get(key) == value]
    start, limit = int(asked.one("continue", "0")), int(asked.one("limit", "0")) or len(items)
    rest = {"continue": str(start + limit)} if start + limit < len(items) else {}
    return Answer(
        200,
        {
            "apiVersion": version,
            "kind": kind,
            "metadata": {"resourceVersion": "1", **rest},
            "items": items[start : start + limit],
        },
    )


def _merged(original: Object, patch: Object) -> Object:
    """Strategic merge: null deletes, `$patch: replace` replaces, lists of named things merge by name."""
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    after = copy.deepcopy(original)
    for key, value in patch.items():
        if value is None:
            after.pop(key, None)
        elif isinstance(value, dict):
            after[key] = _merged(after.get(key) or {}, value)
        elif isinstance(value, list) and key in MERGE_BY_NAME:
            after[key] = _merged_by_name(after.get(key) or [], value)
        else:
            after[key] = value
    return after


def _merged_by_name(original: list[Object], patch: list[Object]) -> list[Object]:
    by_name = {item["name"]: item for item in original}
    for item in patch:
        by_name[item["name"]] = _merged(by_name.get(item["name"], {}), item)
    return list(by_name.values())


def _validate(item: Object) -> None:
    name, spec = item["metadata"]["name"], item["spec"]
    problems = []
    if not isinstance(spec["replicas"], int) or spec["replicas"] < 0:
        problems.append(f"spec.replicas: Invalid value: {spec['replicas']}: must be greater than or equal to 0")
    labels = spec["template"]["metadata"].get("labels", {})
    if not spec["selector"]["matchLabels"].items() <= labels.items():
        problems.append("spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`")
    for place, container in enumerate(spec["template"]["spec"]["containers"]):
        if not container.get("image"):
            problems.append(f"spec.template.spec.containers[{place}].image: Required value")
    if problems:
        raise _Refused(422, "Invalid", f'Deployment.apps "{name}" is invalid: {"; ".join(problems)}')


def _replica_set(owner: Object, template: Object, revision: int, at: datetime) -> Object:
    template = copy.deepcopy(template)
    suffix = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]
    template["metadata"].setdefault("labels", {})[HASH] = suffix
    meta = owner["metadata"]
    reference = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
    }
    annotations = {k: v for k, v in meta["annotations"].items() if k != LAST_APPLIED}
    return {
        "metadata": {
            "name": f"{meta['name']}-{suffix}",
            "namespace": meta["namespace"],
            "uid": f"rs-{suffix}",
            "creationTimestamp": _text(at),
            "annotations": {**annotations, REVISION: str(revision)},
            "labels": template["metadata"]["labels"],
            "ownerReferences": [reference],
        },
        "spec": {"replicas": owner["spec"]["replicas"], "selector": owner["spec"]["selector"], "template": template},
        "status": {"replicas": owner["spec"]["replicas"]},
    }


def _plain(template: Object) -> Object:
    """Without the hash that the controller adds."""
    plain = copy.deepcopy(template)
    plain["metadata"].get("labels", {}).pop(HASH, None)
    return plain


def _scale(item: Object) -> Object:
    meta = {key: item["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion")}
    replicas = item["spec"]["replicas"]
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": meta,
        "spec": {"replicas": replicas},
        "status": {
            "replicas": replicas,
            "selector": ",".join(f"{k}={v}" for k, v in item["spec"]["selector"]["matchLabels"].items()),
        },
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
