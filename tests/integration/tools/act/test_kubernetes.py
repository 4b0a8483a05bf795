import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.farends.answers import PATIENT, Answer, CutAfter, CutBefore, DoneBut, Drip, Instead, Late, deadline_for
from tests.farends.kubernetes import OPERATOR, VIEWER, KubernetesFarEnd
from tools.act.kubernetes import EFFECTS, KEPT, RESTARTED, KubernetesExecutor
from tools.base import BackendError, Unsure
from tools.clients.kubernetes import Cluster

NOW = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
RESTART = {"operation": "restart", "namespace": "shop", "deployment": "shop"}
SCALE = {**RESTART, "operation": "scale", "replicas": 5}
UNDO = {**RESTART, "operation": "undo"}
READ = {**RESTART, "operation": "read"}
V30, V31 = "registry.example.com/shop:v2.30", "registry.example.com/shop:v2.31"


@pytest.fixture
def api() -> Iterator[KubernetesFarEnd]:
    with KubernetesFarEnd(now=lambda: NOW) as far_end:
        yield far_end


@pytest.fixture(autouse=True)
async def built(api: KubernetesFarEnd, tmp_path: Path) -> None:
    """The official client makes its validators at the first call of each kind; that is not the far end's time."""
    cluster = api.cluster(tmp_path)
    await KubernetesExecutor(cluster).read(UNDO)
    api.asked.clear()


def _executor(
    api: KubernetesFarEnd, folder: Path, token: str = OPERATOR, deadline: timedelta = PATIENT
) -> KubernetesExecutor:
    return KubernetesExecutor(api.cluster(folder, token, deadline=deadline))


def _shop(api: KubernetesFarEnd) -> dict[str, Any]:
    item = api.deployments["shop"]
    return {
        "image": item["spec"]["template"]["spec"]["containers"][0]["image"],
        "replicas": item["spec"]["replicas"],
        "revision": item["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
        "cause": item["metadata"]["annotations"].get("kubernetes.io/change-cause"),
    }


async def test_a_restart_rolls_the_same_pods_out_again_once(api: KubernetesFarEnd, tmp_path: Path) -> None:
    executor = _executor(api, tmp_path)
    results = [await executor.run(RESTART, "key-1") for _ in range(3)]
    assert [result.ok for result in results] == [True] * 3
    assert _shop(api) == {"image": V31, "replicas": 3, "revision": "3", "cause": "v2.31"}
    assert [entry["patch"]["spec"] for entry in api.journal] == [
        {"template": {"metadata": {"annotations": {RESTARTED: "key-1"}}}}
    ]


async def test_scaling_is_undone_with_the_number_that_the_precondition_read(
    api: KubernetesFarEnd, tmp_path: Path
) -> None:
    executor = _executor(api, tmp_path)
    observed = await executor.read({**SCALE, "fields": ["uid", "replicas", "images"]})
    assert observed == {"uid": "74dc0db8-9ad7-496b-96b0-2af68248fd78", "replicas": 3, "images": [V31]}
    await executor.run(SCALE, "key-1")
    assert _shop(api)["replicas"] == 5
    await executor.run({**SCALE, "replicas": 3}, "key-2")
    assert (_shop(api)["replicas"], len(api.journal)) == (3, 2)


async def test_a_rollback_puts_the_previous_template_back_and_can_itself_be_undone(
    api: KubernetesFarEnd, tmp_path: Path
) -> None:
    executor = _executor(api, tmp_path)
    before = api.deployments["shop"]["spec"]["template"]
    assert await executor.read({**UNDO, "fields": ["revision"]}) == {"revision": 2}
    assert (await executor.run(UNDO, "key-1")).ok
    assert _shop(api) == {"image": V30, "replicas": 3, "revision": "3", "cause": "v2.30"}
    assert (await executor.run({**UNDO, "revision": 2}, "key-2")).ok
    assert _shop(api) == {"image": V31, "replicas": 3, "revision": "4", "cause": "v2.31"}
    assert api.deployments["shop"]["spec"]["template"] == before


async def test_a_rollback_goes_back_over_restarts(api: KubernetesFarEnd, tmp_path: Path) -> None:
    executor = _executor(api, tmp_path)
    for number in range(2):
        await executor.run(RESTART, f"key-{number}")
    assert (await executor.run(UNDO, "key-2")).ok
    assert _shop(api) == {"image": V30, "replicas": 3, "revision": "5", "cause": "v2.30"}


async def test_an_added_field_is_gone_after_a_rollback(api: KubernetesFarEnd, tmp_path: Path) -> None:
    template = api.deployments["shop"]["spec"]["template"]
    template["spec"]["hostNetwork"] = True
    template["spec"]["containers"].append({"name": "sidecar", "image": "registry.example.com/sidecar:v1"})
    await _executor(api, tmp_path).run(UNDO, "key-1")
    spec = api.deployments["shop"]["spec"]["template"]["spec"]
    assert ([one["name"] for one in spec["containers"]], "hostNetwork" in spec) == (["shop"], False)


@pytest.mark.parametrize("call", [RESTART, SCALE, UNDO])
async def test_a_rehearsal_changes_nothing(api: KubernetesFarEnd, tmp_path: Path, call: dict[str, Any]) -> None:
    before = json.dumps(api.deployments)
    observed = await _executor(api, tmp_path).read(call)
    assert observed == {
        "uid": "74dc0db8-9ad7-496b-96b0-2af68248fd78",
        "generation": 2,
        "revision": 2,
        "replicas": 3,
        "images": [V31],
    }
    assert ([asked.query.get("dryRun") for asked in api.asked if asked.method == "PATCH"], api.journal) == (
        [["All"]],
        [],
    )
    assert json.dumps(api.deployments) == before


@pytest.mark.parametrize("call", [RESTART, SCALE, UNDO])
async def test_a_missing_right_shows_before_anyone_is_asked(
    api: KubernetesFarEnd, tmp_path: Path, call: dict[str, Any]
) -> None:
    executor = _executor(api, tmp_path, VIEWER)
    with pytest.raises(BackendError, match=r"HTTP 403.*forbidden"):
        await executor.read(call)
    result = await executor.run(call, "key-1")
    assert (result.ok, "HTTP 403" in result.detail, api.journal) == (False, True, [])


@pytest.mark.parametrize(
    ("misbehaviour", "done"),
    [
        (CutAfter(), True),
        (CutBefore(), False),
        (Late(2), True),
        (Drip(0.05), True),
        (DoneBut(Answer(500, "etcd took too long")), True),
        (Instead(Answer(503, "shutting down")), False),
        (Instead(Answer(504, "timeout")), False),
        (DoneBut(Answer(200, "not json")), True),
    ],
)
async def test_what_may_have_been_done_is_unsure_and_the_annotation_tells(
    api: KubernetesFarEnd, tmp_path: Path, misbehaviour: Any, done: bool
) -> None:
    api.plan(misbehaviour, "PATCH")
    with pytest.raises(Unsure):
        await _executor(api, tmp_path, deadline=deadline_for(misbehaviour)).run(SCALE, "key-1")
    executor = _executor(api, tmp_path)
    looked_up = await executor.read_back(SCALE, "key-1")
    assert looked_up is not None
    assert (looked_up.ok, len(api.journal)) == (done, int(done))
    assert done or looked_up.data == {"absent": True}
    again = await executor.run(SCALE, "key-1")
    assert (again.ok, len(api.journal)) == (True, 1)


async def test_a_conflict_is_looked_at_afresh(api: KubernetesFarEnd, tmp_path: Path) -> None:
    status = {"kind": "Status", "message": "the object has been modified"}
    api.plan(Instead(Answer(409, status)), "PATCH", times=2)
    assert (await _executor(api, tmp_path).run(SCALE, "key-1")).ok
    assert (_shop(api)["replicas"], len(api.journal)) == (5, 1)


async def test_whoever_keeps_writing_first_wins(api: KubernetesFarEnd, tmp_path: Path) -> None:
    api.plan(Instead(Answer(409, {"message": "the object has been modified"})), "PATCH", times=10)
    result = await _executor(api, tmp_path).run(SCALE, "key-1")
    assert (result.ok, api.journal) == (False, [])


async def test_a_write_between_our_look_and_our_patch_is_not_overwritten(api: KubernetesFarEnd, tmp_path: Path) -> None:
    cluster = api.cluster(tmp_path)
    stale = await cluster.deployment("shop", "shop")
    api.touch("shop", owner="somebody")
    patch = {"metadata": {"resourceVersion": stale.resource_version}, "spec": {"replicas": 9}}
    with pytest.raises(BackendError, match="HTTP 409"):
        await KubernetesExecutor(cluster)._patch(stale, patch, dry_run=False)
    assert _shop(api)["replicas"] == 3


async def test_many_deliveries_at_once_have_one_effect(api: KubernetesFarEnd, tmp_path: Path) -> None:
    executor = _executor(api, tmp_path)
    results = await asyncio.gather(*(executor.run(UNDO, "key-1") for _ in range(6)))
    assert (any(result.ok for result in results), len(api.journal), _shop(api)["image"]) == (True, 1, V30)


async def test_a_key_that_was_pushed_out_cannot_be_told(api: KubernetesFarEnd, tmp_path: Path) -> None:
    executor = _executor(api, tmp_path)
    for number in range(KEPT + 1):
        await executor.run({**SCALE, "replicas": number + 1}, f"key-{number}")
    kept = api.deployments["shop"]["metadata"]["annotations"][EFFECTS].split(",")
    found = [await executor.read_back(SCALE, key) for key in ("key-0", f"key-{KEPT}")]
    assert (len(kept), found[0], found[1] and found[1].ok) == (KEPT, None, True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"deployment": "none"}, "HTTP 404"),
        ({"deployment": "big"}, "no earlier revision"),
        ({"revision": 7}, "no revision 7"),
    ],
)
async def test_what_cannot_be_undone_is_said_and_left(
    api: KubernetesFarEnd, tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    executor = _executor(api, tmp_path)
    result = await executor.run({**UNDO, **change}, "key-1")
    assert (result.ok, why in result.detail, api.journal) == (False, True, [])
    with pytest.raises(BackendError, match=why):
        await executor.read({**UNDO, **change})


@pytest.mark.parametrize("call", [RESTART, UNDO])
async def test_a_paused_deployment_is_somebodys_work(
    api: KubernetesFarEnd, tmp_path: Path, call: dict[str, Any]
) -> None:
    api.deployments["shop"]["spec"]["paused"] = True
    result = await _executor(api, tmp_path).run(call, "key-1")
    assert (result.ok, "is paused" in result.detail, api.journal) == (False, True, [])


@pytest.mark.parametrize(
    "change",
    [
        {"deployment": "../pods"},
        {"deployment": "%2e%2e"},
        {"deployment": "shop?dryRun=All"},
        {"deployment": "Shop"},
        {"deployment": "s" * 300},
        {"deployment": ""},
        {"deployment": "shop\n"},
        {"namespace": "kube.system"},
        {"namespace": "n" * 64},
        {"namespace": "../../api"},
        {"operation": "delete"},
        {"operation": "scale"},
        {"operation": "read"},
        {"replicas": 3},
        {"revision": 2},
        {"operation": "scale", "replicas": -1},
        {"operation": "scale", "replicas": 1001},
        {"patch": {"spec": {}}},
    ],
)
async def test_a_call_of_another_shape_is_refused_before_anything_is_sent(
    api: KubernetesFarEnd, tmp_path: Path, change: dict[str, Any]
) -> None:
    executor = _executor(api, tmp_path)
    result = await executor.run({**RESTART, **change}, "key-1")
    assert (result.ok, api.asked) == (False, [])
    if change != {"operation": "read"}:
        with pytest.raises(BackendError):
            executor.describe({**RESTART, **change})


@pytest.mark.parametrize("key", ["", "a,b", "a b", "é", "k" * 201])
async def test_a_key_that_fits_no_list_is_refused(api: KubernetesFarEnd, tmp_path: Path, key: str) -> None:
    result = await _executor(api, tmp_path).run(RESTART, key)
    assert (result.ok, api.asked) == (False, [])


def test_what_would_be_sent_is_said_in_words() -> None:
    executor = KubernetesExecutor(Cluster())
    path = "/apis/apps/v1/namespaces/shop/deployments/shop"
    assert [executor.describe(call) for call in (READ, SCALE, UNDO, {**UNDO, "revision": 7})] == [
        f"GET {path}",
        f"PATCH {path}: spec.replicas = 5",
        f"PATCH {path}: spec.template = that of the latest earlier revision with other pods",
        f"PATCH {path}: spec.template = that of revision 7",
    ]


async def test_no_connection_means_that_nothing_was_done(tmp_path: Path) -> None:
    with KubernetesFarEnd() as gone:
        executor = _executor(gone, tmp_path)
    result = await executor.run(RESTART, "key-1")
    assert (result.ok, "no connection" in result.detail) == (False, True)
    assert await executor.read_back(RESTART, "key-1") is None
