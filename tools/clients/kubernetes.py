"""What does a Kubernetes cluster say of its deployments, pods and events?  The official client, made safe to wait for.

It is built at the first call, asks on threads of its own within a deadline, follows no redirect, retries nothing and
reads answers up to a size. Objects are parsed from the JSON itself: a pod template passes through whole, whatever
fields a newer cluster has put into it.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml

from tools.base import BackendError
from tools.clients.http import quoted
from tools.clients.outcome import Answered, Unanswered
from tools.clients.threads import Threads

MAX_BODY = 8 * 1024 * 1024
"""Bytes of one answer."""
PAGE = 500
"""Objects of one list; a namespace that has more is reported as cut."""
CONNECT = timedelta(seconds=3)
BUILD = timedelta(seconds=30)
"""For importing the official client, some hundred modules, and reading its configuration."""
IN_CLUSTER_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
TEMPLATE_HASH = "pod-template-hash"

Object = Mapping[str, Any]
"""A Kubernetes object as JSON."""
Request = Callable[[Any, Mapping[str, Any]], Any]
"""(the official ApiClient, options every call takes) -> the raw urllib3 response."""

T = TypeVar("T")


@dataclass(frozen=True)
class Deployment:
    name: str
    namespace: str
    uid: str
    generation: int
    """Counts the changes of what is wanted; its status does not change it."""
    resource_version: str
    replicas: int
    ready: int
    revision: int
    """0 before the first rollout."""
    images: tuple[str, ...]
    paused: bool
    created_at: datetime
    progressed_at: datetime | None
    """When its latest rollout last got on."""
    annotations: Mapping[str, str]
    selector: Mapping[str, str]
    template: Object


@dataclass(frozen=True)
class ReplicaSet:
    """One revision of a deployment."""

    name: str
    namespace: str
    deployment: str
    """Empty when it belongs to none."""
    revision: int
    created_at: datetime
    replicas: int
    images: tuple[str, ...]
    change_cause: str
    template: Object


@dataclass(frozen=True)
class Pod:
    name: str
    namespace: str
    owner: str
    """The ReplicaSet, StatefulSet, ... that made it."""
    phase: str
    node: str
    started_at: datetime | None
    ready: int
    containers: int
    restarts: int
    images: tuple[str, ...]
    troubles: tuple[str, ...]
    """Why it is not running, and how its containers ended last: `shop: OOMKilled (exit 137) at ...`."""


@dataclass(frozen=True)
class ClusterEvent:
    at: datetime
    type: str
    """`Normal` or `Warning`."""
    reason: str
    kind: str
    """Of the object it is about: `Pod`, `Deployment`, ..."""
    name: str
    message: str
    count: int


@dataclass(frozen=True)
class Listing(Generic[T]):
    items: tuple[T, ...]
    cut: bool
    """There are more than PAGE."""


class Cluster:
    """One cluster, as one kubeconfig user or as the service account of the pod this runs in."""

    def __init__(
        self, kubeconfig: str = "", *, namespace: str = "", deadline: timedelta = timedelta(seconds=10)
    ) -> None:
        """`kubeconfig` empty: the pod's service account. `namespace` empty: that of the kubeconfig or the pod."""
        self._kubeconfig = kubeconfig
        self._namespace = namespace
        self._deadline = deadline
        self._threads = Threads()
        self._building = threading.Lock()
        self._client: Any = None

    async def home(self) -> str:
        """The namespace that is meant when none is named."""
        if not self._namespace:
            self._namespace = await self._within(BUILD, "find the own namespace", self._found_namespace)
        return self._namespace

    async def deployment(self, namespace: str, name: str) -> Deployment:
        """Answered with status 404 when there is none."""
        check_name("namespace", namespace)
        check_name("deployment", name)
        what = f"read deployment {namespace}/{name}"
        answer = await self.ask(
            what, lambda api, options: apps(api).read_namespaced_deployment(name, namespace, **options)
        )
        return deployment_of(answer)

    async def deployments(self, namespace: str) -> Listing[Deployment]:
        return await self._list(
            "deployments",
            namespace,
            deployment_of,
            lambda api, options: apps(api).list_namespaced_deployment(namespace, **options),
        )

    async def replica_sets(self, namespace: str) -> Listing[ReplicaSet]:
        return await self._list(
            "replica sets",
            namespace,
            _replica_set_of,
            lambda api, options: apps(api).list_namespaced_replica_set(namespace, **options),
        )

    async def pods(self, namespace: str, labels: Mapping[str, str]) -> Listing[Pod]:
        selector = ",".join(f"{_checked_key(key)}={_checked_value(value)}" for key, value in sorted(labels.items()))
        return await self._list(
            f"pods {selector}".strip(),
            namespace,
            _pod_of,
            lambda api, options: _core(api).list_namespaced_pod(namespace, label_selector=selector, **options),
        )

    async def events(self, namespace: str) -> Listing[ClusterEvent]:
        return await self._list(
            "events",
            namespace,
            _event_of,
            lambda api, options: _core(api).list_namespaced_event(namespace, **options),
        )

    async def objects(self, kind: str, namespace: str = "") -> Listing[Object]:
        """Objects of one kind as they are, each with its `kind`; `namespace` empty for those that have none."""
        return await self._list(
            f"objects of kind {kind}",
            namespace or "default",
            lambda item: {**item, "kind": kind},
            lambda api, options: _reader(api, kind)(*([namespace] if namespace else []), **options),
        )

    async def log(
        self, namespace: str, pod: str, *, container: str, previous: bool, since: timedelta, lines: int
    ) -> str:
        """The end of the log, each line with its time in front. `previous`: of the container that ended last."""
        check_name("namespace", namespace)
        check_name("pod", pod)
        which = {"container": container} if container else {}
        answer = await self._raw(
            f"read log of pod {namespace}/{pod}",
            lambda api, options: _core(api).read_namespaced_pod_log(
                pod,
                namespace,
                previous=previous,
                since_seconds=max(1, int(since.total_seconds())),
                tail_lines=lines,
                limit_bytes=MAX_BODY // 8,
                timestamps=True,
                **which,
                **options,
            ),
        )
        return answer.decode("utf-8", "replace")

    async def ask(self, what: str, request: Request) -> Object:
        """The object that a request gives. Answered, Unanswered or, when it was never sent, BackendError."""
        body = await self._raw(what, request)
        try:
            found = json.loads(body)
        except ValueError as error:
            raise Unanswered(f"{what}: the answer is not JSON: {quoted(body)}.") from error
        if not isinstance(found, dict):
            raise Unanswered(f"{what}: the answer is no object.")
        return found

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _list(self, kind: str, namespace: str, parse: Callable[[Object], T], request: Request) -> Listing[T]:
        check_name("namespace", namespace)
        answer = await self.ask(
            f"list {kind} in {namespace}", lambda api, options: request(api, {**options, "limit": PAGE})
        )
        items = tuple(parse(item) for item in answer.get("items", ()))
        return Listing(items, cut=bool(answer.get("metadata", {}).get("continue")))

    async def _raw(self, what: str, request: Request) -> bytes:
        client = self._client or await self._reached(what)
        return await self._within(self._deadline, what, lambda: self._asked(client, what, request))

    async def _reached(self, what: str) -> Any:
        """The official client. Whatever goes wrong here, nothing of what was wanted has been sent."""
        try:
            return await self._within(BUILD, what, self._built)
        except Unanswered as error:
            raise BackendError(str(error), retry=True) from error

    async def _within(self, deadline: timedelta, what: str, function: Callable[[], T]) -> T:
        try:
            return await self._threads.run(function, deadline)
        except TimeoutError as error:
            raise Unanswered(f"{what}: no complete answer within {deadline.total_seconds():g} s.") from error

    def _asked(self, client: Any, what: str, request: Request) -> bytes:
        from kubernetes.client.exceptions import ApiException
        from urllib3 import exceptions

        seconds = self._deadline.total_seconds()
        options = {"_preload_content": False, "_request_timeout": (min(seconds, CONNECT.total_seconds()), seconds)}
        try:
            return _body(what, request(client, options), time.monotonic() + seconds)
        except ApiException as error:
            raise _refusal(what, error.status, error.reason, error.body) from error
        except (exceptions.NewConnectionError, exceptions.ConnectTimeoutError, exceptions.SSLError) as error:
            raise BackendError(f"{what}: no connection: {quoted(str(error))}.", retry=True) from error
        except exceptions.HTTPError as error:
            raise Unanswered(f"{what}: {quoted(str(error))}.") from error

    def _built(self) -> Any:
        with self._building:
            if self._client is None:
                self._client = _connected(self._kubeconfig)
            return self._client

    def _found_namespace(self) -> str:
        config = _config()
        try:
            if self._kubeconfig:
                _, context = config.list_kube_config_contexts(config_file=self._kubeconfig)
                return str(context["context"].get("namespace") or "default")
            return IN_CLUSTER_NAMESPACE.read_text(encoding="utf-8").strip() or "default"
        except (config.ConfigException, OSError):
            return "default"


def check_name(what: str, text: str) -> None:
    """RFC 1123: a namespace is a label, everything else a subdomain. BackendError when it is none."""
    longest, form = (63, _LABEL) if what == "namespace" else (253, _SUBDOMAIN)
    if len(text) > longest or not form.fullmatch(text):
        raise BackendError(f"{text[:80]!a} is not the name of a {what} (RFC 1123).")


def deployment_of(item: Object) -> Deployment:
    meta, spec, status = item["metadata"], item["spec"], item.get("status", {})
    annotations = meta.get("annotations") or {}
    return Deployment(
        name=meta["name"],
        namespace=meta["namespace"],
        uid=meta["uid"],
        generation=int(meta.get("generation", 0)),
        resource_version=meta["resourceVersion"],
        replicas=int(spec.get("replicas", 1)),
        ready=int(status.get("readyReplicas", 0)),
        revision=int(annotations.get(REVISION, 0)),
        images=_images(spec["template"]),
        paused=bool(spec.get("paused", False)),
        created_at=_time(meta["creationTimestamp"]),
        progressed_at=next(
            (_time(one["lastUpdateTime"]) for one in status.get("conditions", ()) if one["type"] == "Progressing"), None
        ),
        annotations=annotations,
        selector=spec["selector"].get("matchLabels") or {},
        template=spec["template"],
    )


_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(?:\.{_LABEL.pattern})*")
_LABEL_KEY = re.compile(r"(?:[a-z0-9][a-z0-9.-]{0,252}/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")


def _checked_key(text: str) -> str:
    if not _LABEL_KEY.fullmatch(text):
        raise BackendError(f"{text[:80]!a} is not the name of a label.")
    return text


def _checked_value(text: str) -> str:
    if not _LABEL_VALUE.fullmatch(text):
        raise BackendError(f"{text[:80]!a} is not a label's value.")
    return text


def apps(api: Any) -> Any:
    """The official client's calls for deployments and replica sets."""
    from kubernetes.client import AppsV1Api

    return AppsV1Api(api)


def _core(api: Any) -> Any:
    from kubernetes.client import CoreV1Api

    return CoreV1Api(api)


_READERS = {
    "Pod": ("CoreV1Api", "list_namespaced_pod"),
    "Event": ("CoreV1Api", "list_namespaced_event"),
    "Service": ("CoreV1Api", "list_namespaced_service"),
    "Endpoints": ("CoreV1Api", "list_namespaced_endpoints"),
    "PersistentVolumeClaim": ("CoreV1Api", "list_namespaced_persistent_volume_claim"),
    "ResourceQuota": ("CoreV1Api", "list_namespaced_resource_quota"),
    "Deployment": ("AppsV1Api", "list_namespaced_deployment"),
    "StatefulSet": ("AppsV1Api", "list_namespaced_stateful_set"),
    "DaemonSet": ("AppsV1Api", "list_namespaced_daemon_set"),
    "Job": ("BatchV1Api", "list_namespaced_job"),
    "Node": ("CoreV1Api", "list_node"),
}
"""Kind -> the official client's class and method that list it."""
OF_A_NAMESPACE = tuple(kind for kind, (_, method) in _READERS.items() if "namespaced" in method)
OF_THE_CLUSTER = tuple(kind for kind in _READERS if kind not in OF_A_NAMESPACE)


def _reader(api: Any, kind: str) -> Callable[..., Any]:
    from kubernetes import client

    of, method = _READERS[kind]
    return getattr(getattr(client, of)(api), method)  # type: ignore[no-any-return]  # the client is untyped


def _config() -> Any:
    from kubernetes import config

    return config


def _connected(kubeconfig: str) -> Any:
    from kubernetes import client

    config = _config()
    configuration = client.Configuration()
    configuration.retries = False
    try:
        if kubeconfig:
            _refuse_programs(kubeconfig)
            config.load_kube_config(config_file=kubeconfig, client_configuration=configuration, persist_config=False)
        else:
            config.load_incluster_config(client_configuration=configuration)
    except (config.ConfigException, OSError, yaml.YAMLError) as error:
        raise BackendError(f"The cluster cannot be reached as configured: {quoted(str(error))}.") from error
    return client.ApiClient(configuration)


def _refuse_programs(kubeconfig: str) -> None:
    """A kubeconfig can name a program that fetches credentials; the agent starts none that it was not given by name."""
    _, context = _config().list_kube_config_contexts(config_file=kubeconfig)
    for path in kubeconfig.split(":"):
        loaded = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        for user in loaded.get("users") or ():
            if user.get("name") == context["context"].get("user") and "exec" in (user.get("user") or {}):
                raise BackendError(
                    f"The user {user['name']!a} of {path} starts a program to log in; give the agent a service account."
                )


def _body(what: str, response: Any, until: float) -> bytes:
    body = bytearray()
    try:
        while chunk := response.read1(65536):
            body += chunk
            if len(body) > MAX_BODY:
                raise BackendError(f"{what}: the answer is larger than {MAX_BODY:,} bytes.")
            if time.monotonic() > until:
                raise Unanswered(f"{what}: the answer did not end in time.")
    finally:
        response.release_conn()
        response.close()
    return bytes(body)


def _refusal(what: str, status: int | None, reason: str | None, body: str | None) -> BackendError:
    """The API server says why in a Status object."""
    try:
        said = str(json.loads(body or "")["message"])
    except (ValueError, KeyError, TypeError):
        said = body or reason or "no reason given"
    if not status:
        return BackendError(f"{what}: {quoted(said)}.", retry=True)  # TLS failed: nothing was sent.
    return Answered(f"{what}: HTTP {status}: {quoted(said)}", status, retry=status == 429 or status >= 500)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def _images(template: Object) -> tuple[str, ...]:
    return tuple(container["image"] for container in template["spec"]["containers"])


def _owner(meta: Object, kind: str = "") -> str:
    owners = meta.get("ownerReferences") or ()
    return next((str(one["name"]) for one in owners if one.get("controller") and kind in {"", one["kind"]}), "")


def _replica_set_of(item: Object) -> ReplicaSet:
    meta, spec = item["metadata"], item["spec"]
    annotations = meta.get("annotations") or {}
    return ReplicaSet(
        name=meta["name"],
        namespace=meta["namespace"],
        deployment=_owner(meta, "Deployment"),
        revision=int(annotations.get(REVISION, 0)),
        created_at=_time(meta["creationTimestamp"]),
        replicas=int(spec.get("replicas", 1)),
        images=_images(spec["template"]),
        change_cause=annotations.get(CHANGE_CAUSE, ""),
        template=spec["template"],
    )


def _pod_of(item: Object) -> Pod:
    meta, spec, status = item["metadata"], item["spec"], item.get("status", {})
    containers = status.get("containerStatuses") or ()
    started = status.get("startTime")
    return Pod(
        name=meta["name"],
        namespace=meta["namespace"],
        owner=_owner(meta),
        phase=status.get("phase", "Unknown"),
        node=spec.get("nodeName", ""),
        started_at=_time(started) if started else None,
        ready=sum(bool(one.get("ready")) for one in containers),
        containers=len(spec["containers"]),
        restarts=sum(int(one.get("restartCount", 0)) for one in containers),
        images=_images(item),
        troubles=(*_unmet(status), *(trouble for one in containers for trouble in _container_troubles(one))),
    )


def _unmet(status: Object) -> list[str]:
    unmet = [one for one in status.get("conditions") or () if one.get("status") != "True" and one.get("message")]
    return [f"{one.get('reason', one['type'])}: {one['message']}" for one in unmet]


def _container_troubles(container: Object) -> list[str]:
    name, state, last = container["name"], container.get("state") or {}, container.get("lastState") or {}
    troubles = []
    if waiting := state.get("waiting"):
        troubles.append(f"{name}: waits, {waiting.get('reason', 'for no reason given')}: {waiting.get('message', '')}")
    for ended in (state.get("terminated"), last.get("terminated")):
        if ended:
            at = ended.get("finishedAt", "")
            troubles.append(f"{name}: {ended.get('reason', 'ended')} (exit {ended.get('exitCode')}) at {at}")
    return troubles


def _event_of(item: Object) -> ClusterEvent:
    meta, about, series = item["metadata"], item["involvedObject"], item.get("series") or {}
    times = (series.get("lastObservedTime"), item.get("lastTimestamp"), item.get("eventTime"))
    at = next((text for text in times if text), meta["creationTimestamp"])
    return ClusterEvent(
        at=_time(at),
        type=item.get("type", "Normal"),
        reason=item.get("reason", ""),
        kind=about.get("kind", ""),
        name=about.get("name", ""),
        message=item.get("message", ""),
        count=int(series.get("count") or item.get("count") or 1),
    )
