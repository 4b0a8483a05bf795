from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.farends.kubernetes import KubernetesFarEnd
from tests.integration.tools.observe.conftest import NOW
from tools.act.kubernetes import KubernetesExecutor
from tools.base import Change, Changes
from tools.clients.kubernetes import Cluster
from tools.observe.rollouts import RolloutChanges, Rollouts

START, END = NOW - timedelta(days=1), NOW + timedelta(days=1)
CALL = {"namespace": "shop", "deployment": "shop"}


async def _changes(cluster: Cluster, start: datetime = START, end: datetime = END) -> list[Change]:
    source: Changes = RolloutChanges(cluster)
    return await source.between(start, end)


async def test_each_rollout_is_a_change_with_its_time_and_images(api: KubernetesFarEnd, tmp_path: Path) -> None:
    cluster = api.cluster(tmp_path)
    v30, v31 = "registry.example.com/shop:v2.30", "registry.example.com/shop:v2.31"
    shop = {"service": "shop", "kind": "deploy", "source": "kubernetes"}
    assert await _changes(cluster) == [
        Change(at=datetime(2026, 11, 21, 20, 55, 53, tzinfo=UTC), summary=f"revision 1: {v30} (v2.30)", **shop),
        Change(
            at=datetime(2026, 11, 21, 20, 56, 46, tzinfo=UTC), summary=f"revision 2: {v30} -> {v31} (v2.31)", **shop
        ),
        Change(
            at=datetime(2026, 11, 21, 20, 56, 54, tzinfo=UTC),
            service="big",
            kind="deploy",
            summary="revision 1: x",
            source="kubernetes",
        ),
    ]


async def test_restarts_settings_and_rollbacks_are_told_apart(api: KubernetesFarEnd, tmp_path: Path) -> None:
    cluster = api.cluster(tmp_path)
    executor = KubernetesExecutor(cluster)
    await executor.run({"operation": "restart", **CALL}, "key-1")
    assert (await _changes(cluster))[-1] == Change(
        at=NOW, service="shop", kind="restart", summary="revision 3: the same pods again (v2.31)", source="kubernetes"
    )
    await executor.run({"operation": "undo", **CALL}, "key-2")
    assert (await _changes(cluster))[-1] == Change(
        at=NOW,
        service="shop",
        kind="deploy",
        summary="revision 4: rolled back, registry.example.com/shop:v2.31 -> registry.example.com/shop:v2.30 (v2.30)",
        source="kubernetes",
    )


async def test_a_changed_setting_is_named_without_its_value(api: KubernetesFarEnd, tmp_path: Path) -> None:
    before = next(one for one in api.replica_sets.values() if one["metadata"]["name"] == "shop-649c9dcf46")
    container = before["spec"]["template"]["spec"]["containers"][0]
    container.update(image="registry.example.com/shop:v2.31", env=[{"name": "PASSWORD", "value": "hunter2"}])
    before["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 5
    change = (await _changes(api.cluster(tmp_path)))[1]
    assert (change.kind, change.summary) == (
        "config",
        "revision 2: changed shop.env, terminationGracePeriodSeconds (v2.31)",
    )


async def test_the_rollouts_say_when_and_what(cluster: Cluster) -> None:
    tool = Rollouts(cluster)
    result = await tool(tool.arguments(service="shop"))
    assert (result.text, result.entities) == (
        (
            "shop is at revision 2, 3 of 3 replicas ready.\n"
            "2026-11-21T20:55:53Z revision 1: registry.example.com/shop:v2.30 (v2.30)\n"
            "2026-11-21T20:56:46Z revision 2: registry.example.com/shop:v2.30 -> "
            "registry.example.com/shop:v2.31 (v2.31)"
        ),
        ("shop",),
    )
