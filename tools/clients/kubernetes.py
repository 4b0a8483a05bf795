"""What does a Kubernetes cluster say of its deployments, pods and events?  The official client, asked on threads.

It is built at the first call; each question has a deadline.
"""

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from tools.base import BackendError
from tools.clients.http import quoted
from tools.clients.kubernetes_connection import Request, answer, connected, ending, home_namespace
from tools.clients.kubernetes_deployments import Deployment, ReplicaSet, deployment_of, replica_set_of
from tools.clients.outcome import Unanswered
from tools.clients.threads import NotBegun, Threads
from tools.cluster import fields
from tools.cluster.events import event_of
from tools.cluster.facts import Event, Pod
from tools.cluster.fields import Object
from tools.cluster.names import Names
from tools.cluster.pods import pod_of

PAGE = 500
"""Objects of one list; a namespace that has more is reported as cut."""
LOG = 1024 * 1024
"""Bytes of the end of a log that are kept."""
BUILD = timedelta(seconds=30)
"""For importing the official client, some hundred modules, and reading its configuration."""

_BY_FORM = Names(())
"""No workload is known here: what a pod is a part of is told by its owner, or by the form of its name."""

T = TypeVar("T")


@dataclass(frozen=True)
class Listing(Generic[T]):
    items: tuple[T, ...]
    cut: bool
    """There are more than PAGE."""


@dataclass(frozen=True)
class PodLog:
    """The end of a log."""

    text: str
    cut: bool
    """Older lines than these were asked for, and are too many bytes."""


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
            self._namespace = await self._within(
                BUILD, "find the own namespace", lambda: home_namespace(self._kubeconfig)
            )
        return self._namespace

    async def deployment(self, namespace: str, name: str) -> Deployment:
        """Answered with status 404 when there is none."""
        check_name("namespace", namespace)
        check_name("deployment", name)
        what = f"read deployment {namespace}/{name}"
        found = await self.ask(
            what, lambda api, options: apps(api).read_namespaced_deployment(name, namespace, **options)
        )
        return deployment_of(found)

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
            replica_set_of,
            lambda api, options: apps(api).list_namespaced_replica_set(namespace, **options),
        )

    async def pods(self, namespace: str, labels: Mapping[str, str]) -> Listing[Pod]:
        selector = ",".join(f"{_checked_key(key)}={_checked_value(value)}" for key, value in sorted(labels.items()))
        return await self._list(
            f"pods {selector}".strip(),
            namespace,
            lambda item: pod_of({**item, "kind": "Pod"}, _BY_FORM),
            lambda api, options: _core(api).list_namespaced_pod(namespace, label_selector=selector, **options),
        )

    async def events(self, namespace: str) -> Listing[Event]:
        return await self._list(
            "events",
            namespace,
            lambda item: event_of(item, _BY_FORM.whole),
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
    ) -> PodLog:
        """The end of the log, each line with its time in front. `previous`: of the container that ended last."""
        check_name("namespace", namespace)
        check_name("pod", pod)
        which = {"container": container} if container else {}
        what = f"read log of pod {namespace}/{pod}"
        client = self._client or await self._reached(what)

        def request(api: Any, options: Mapping[str, Any]) -> Any:
            # No limit of bytes: the kubelet would leave out the newest lines.
            return _core(api).read_namespaced_pod_log(
                pod,
                namespace,
                previous=previous,
                since_seconds=max(1, int(since.total_seconds())),
                tail_lines=lines,
                timestamps=True,
                **which,
                **options,
            )

        read = partial(ending, client, what, request, self._deadline, keep=LOG)
        body, cut = await self._within(self._deadline, what, read)
        # What is left of a line that was cut has no time in front.
        return PodLog((body.partition(b"\n")[2] if cut else body).decode("utf-8", "replace"), cut)

    async def ask(self, what: str, request: Request) -> Object:
        """The object that a request gives. Answered, Unanswered or, when it was never sent, BackendError."""
        body = await self._raw(what, request)
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as error:
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
        what = f"list {kind} in {namespace}"
        found = await self.ask(what, lambda api, options: request(api, {**options, "limit": PAGE}))
        if "items" not in found:
            raise Unanswered(f"{what}: the answer is no list.")
        items = tuple(parse(item) for item in fields.members(found, "items"))
        return Listing(items, cut=bool(fields.meta(found).get("continue")))

    async def _raw(self, what: str, request: Request) -> bytes:
        client = self._client or await self._reached(what)
        return await self._within(self._deadline, what, lambda: answer(client, what, request, self._deadline))

    async def _reached(self, what: str) -> Any:
        """The official client. Whatever goes wrong here, nothing of what was wanted has been sent."""
        try:
            return await self._within(BUILD, what, self._built)
        except Unanswered as error:
            raise BackendError(str(error), retry=True) from error

    async def _within(self, deadline: timedelta, what: str, function: Callable[[], T]) -> T:
        try:
            return await self._threads.run(function, deadline)
        except NotBegun as error:
            raise BackendError(f"{what}: too much is asked at once; it was not sent.", retry=True) from error
        except TimeoutError as error:
            raise Unanswered(f"{what}: no complete answer within {deadline.total_seconds():g} s.") from error

    def _built(self) -> Any:
        with self._building:
            if self._client is None:
                self._client = connected(self._kubeconfig)
            return self._client


def check_name(what: str, text: str) -> None:
    """RFC 1123: a namespace is a label, everything else a subdomain. BackendError when it is none."""
    longest, form = (63, _LABEL) if what == "namespace" else (253, _SUBDOMAIN)
    if len(text) > longest or not form.fullmatch(text):
        raise BackendError(f"{text[:80]!a} is not the name of a {what} (RFC 1123).")


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
