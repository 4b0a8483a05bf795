"""Is the Kubernetes far end one that the official client, on its own, takes for a cluster?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from tests.farends.kubernetes import VIEWER, KubernetesFarEnd


@pytest.fixture
def api() -> Iterator[KubernetesFarEnd]:
    with KubernetesFarEnd() as far_end:
        yield far_end


def _apps(api: KubernetesFarEnd, folder: Path, **who: str) -> Any:
    official: Any = config
    return client.AppsV1Api(official.new_client_from_config(str(api.kubeconfig(folder, **who)), persist_config=False))


def _refusal(call: Any, *arguments: Any, **options: Any) -> tuple[int | None, str]:
    with pytest.raises(ApiException) as refusal:
        call(*arguments, **options)
    return refusal.value.status, str(refusal.value.body)


def test_captured_objects_are_read_whole_by_the_official_models(api: KubernetesFarEnd, tmp_path: Path) -> None:
    apps = _apps(api, tmp_path)
    deployments = apps.list_namespaced_deployment("shop").items
    sets = apps.list_namespaced_replica_set("shop").items
    assert [(one.metadata.name, one.spec.replicas) for one in deployments] == [("big", 1), ("shop", 3)]
    assert [(one.metadata.name, one.spec.template.spec.containers[0].image) for one in sets] == [
        ("big-75f6f5554b", "x"),
        ("shop-757df545c7", "registry.example.com/shop:v2.31"),
        ("shop-649c9dcf46", "registry.example.com/shop:v2.30"),
    ]


def test_the_scale_subresource_is_the_deployments_replicas(api: KubernetesFarEnd, tmp_path: Path) -> None:
    apps = _apps(api, tmp_path)
    apps.patch_namespaced_deployment_scale("shop", "shop", {"spec": {"replicas": 6}})
    assert apps.read_namespaced_deployment_scale("shop", "shop").spec.replicas == 6
    assert apps.read_namespaced_deployment("shop", "shop").spec.replicas == 6


def test_what_a_cluster_refuses_is_refused_with_its_status(api: KubernetesFarEnd, tmp_path: Path) -> None:
    apps, viewer = _apps(api, tmp_path), _apps(api, tmp_path, token=VIEWER)
    patch = apps.patch_namespaced_deployment
    scale: dict[str, Any] = {"spec": {"replicas": 2}}
    refusals = [
        _refusal(_apps(api, tmp_path, token="wrong").list_namespaced_deployment, "shop"),
        _refusal(viewer.patch_namespaced_deployment, "shop", "shop", scale),
        _refusal(patch, "none", "shop", scale),
        _refusal(patch, "shop", "other", scale),
        _refusal(patch, "shop", "shop", {**scale, "metadata": {"resourceVersion": "1"}}),
        _refusal(patch, "shop", "shop", [{"op": "remove", "path": "/spec"}]),
        _refusal(patch, "shop", "shop", {"spec": {"replicas": -1}}),
        _refusal(patch, "shop", "shop", {"spec": {"template": {"metadata": {"labels": {"app": "x"}}}}}),
    ]
    assert [status for status, _ in refusals] == [401, 403, 404, 404, 409, 415, 422, 422]
    assert all('"kind": "Status"' in body for _, body in refusals)
    assert api.journal == []


def test_a_dry_run_answers_with_what_would_be_and_leaves_what_is(api: KubernetesFarEnd, tmp_path: Path) -> None:
    apps = _apps(api, tmp_path)
    would = apps.patch_namespaced_deployment("shop", "shop", {"spec": {"replicas": 9}}, dry_run="All")
    assert (would.spec.replicas, apps.read_namespaced_deployment("shop", "shop").spec.replicas) == (9, 3)


def test_lists_are_paged(api: KubernetesFarEnd, tmp_path: Path) -> None:
    core: Any = client.CoreV1Api(_apps(api, tmp_path).api_client)
    first = core.list_namespaced_event("shop", limit=20)
    rest = core.list_namespaced_event("shop", limit=20, _continue=first.metadata._continue)
    assert (len(first.items), len(rest.items), rest.metadata._continue) == (20, 6, None)
