"""How is the official Kubernetes client made safe to wait for?  Built once, asked within a time, read up to a size.

It follows no redirect, retries nothing, and starts no program to log in.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from tools.base import BackendError
from tools.clients.http import quoted
from tools.clients.outcome import Answered, Unanswered

MAX_BODY = 8 * 1024 * 1024
"""Bytes of one answer."""
MAX_LOG = 32 * 1024 * 1024
"""Bytes that are read of a log, which begins with its oldest line, for the sake of its end."""
CONNECT = timedelta(seconds=3)
IN_CLUSTER_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

Request = Callable[[Any, Mapping[str, Any]], Any]
"""(the official ApiClient, options every call takes) -> the raw urllib3 response."""


def connected(kubeconfig: str) -> Any:
    """The official ApiClient; `kubeconfig` empty: as the pod's service account. BackendError when it cannot be made."""
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


def answer(client: Any, what: str, request: Request, deadline: timedelta) -> bytes:
    """The body that a request gives; it blocks for as long as `deadline`.

    Answered, Unanswered or, when it was never sent, BackendError.
    """
    body, _ = ending(client, what, request, deadline, read=MAX_BODY, keep=MAX_BODY)
    return body


def ending(
    client: Any, what: str, request: Request, deadline: timedelta, *, keep: int, read: int = MAX_LOG
) -> tuple[bytes, bool]:
    """(the last bytes of the body, at most `keep`, is that less than all of it?). BackendError beyond `read`."""
    from kubernetes.client.exceptions import ApiException
    from urllib3 import exceptions

    seconds = deadline.total_seconds()
    options = {"_preload_content": False, "_request_timeout": (min(seconds, CONNECT.total_seconds()), seconds)}
    try:
        return _body(what, request(client, options), time.monotonic() + seconds, keep=keep, read=read)
    except ApiException as error:
        raise _refusal(what, error.status, error.reason, error.body) from error
    except (exceptions.NewConnectionError, exceptions.ConnectTimeoutError, exceptions.SSLError) as error:
        raise BackendError(f"{what}: no connection: {quoted(str(error))}.", retry=True) from error
    except exceptions.HTTPError as error:
        raise Unanswered(f"{what}: {quoted(str(error))}.") from error


def home_namespace(kubeconfig: str) -> str:
    """That of the kubeconfig's context, or of the pod this runs in; `default` when neither says."""
    config = _config()
    try:
        if kubeconfig:
            _, context = config.list_kube_config_contexts(config_file=kubeconfig)
            return str(context["context"].get("namespace") or "default")
        return IN_CLUSTER_NAMESPACE.read_text(encoding="utf-8").strip() or "default"
    except (config.ConfigException, OSError):
        return "default"


def _config() -> Any:
    from kubernetes import config

    return config


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


def _body(what: str, response: Any, until: float, *, keep: int, read: int) -> tuple[bytes, bool]:
    body, came = bytearray(), 0
    try:
        while chunk := response.read1(65536):
            body += chunk
            came += len(chunk)
            del body[:-keep]
            if came > read:
                raise BackendError(f"{what}: the answer is larger than {read:,} bytes.")
            if time.monotonic() > until:
                raise Unanswered(f"{what}: the answer did not end in time.")
    finally:
        response.release_conn()
        response.close()
    return bytes(body), came > len(body)


def _refusal(what: str, status: int | None, reason: str | None, body: str | None) -> BackendError:
    """The API server says why in a Status object."""
    try:
        said = str(json.loads(body or "")["message"])
    except (ValueError, RecursionError, KeyError, TypeError):
        said = body or reason or "no reason given"
    if not status:
        return BackendError(f"{what}: {quoted(said)}.", retry=True)  # TLS failed: nothing was sent.
    return Answered(f"{what}: HTTP {status}: {quoted(said)}", status, retry=status == 429 or status >= 500)
