import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.farends.answers import Answer, CutAfter, Drip, Endless, Instead, Late, deadline_for
from tests.farends.kubernetes import KubernetesFarEnd
from tools.base import BackendError
from tools.clients.kubernetes import PAGE, Cluster
from tools.clients.outcome import Answered, Unanswered
from tools.cluster.facts import Condition, Event, Pod


@pytest.fixture
def api() -> Iterator[KubernetesFarEnd]:
    with KubernetesFarEnd() as far_end:
        yield far_end


@pytest.fixture(autouse=True)
async def built(api: KubernetesFarEnd, tmp_path: Path) -> None:
    """The official client makes its validators at the first call of each kind; that is not the far end's time."""
    cluster = api.cluster(tmp_path)
    await cluster.deployment("shop", "shop")
    api.asked.clear()


async def test_a_deployment_is_read_as_it_was_captured(api: KubernetesFarEnd, tmp_path: Path) -> None:
    found = await api.cluster(tmp_path).deployment("shop", "shop")
    assert {
        "uid": found.uid,
        "generation": found.generation,
        "revision": found.revision,
        "replicas": (found.ready, found.replicas),
        "images": found.images,
        "selector": found.selector,
        "progressed_at": found.progressed_at,
    } == {
        "uid": "74dc0db8-9ad7-496b-96b0-2af68248fd78",
        "generation": 2,
        "revision": 2,
        "replicas": (3, 3),
        "images": ("registry.example.com/shop:v2.31",),
        "selector": {"app": "shop"},
        "progressed_at": datetime(2026, 11, 21, 20, 56, 49, tzinfo=UTC),
    }


async def test_a_pod_that_waits_says_what_for(api: KubernetesFarEnd, tmp_path: Path) -> None:
    (found,) = (await api.cluster(tmp_path).pods("shop", {"app": "big"})).items
    said = Condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available: 1 Insufficient memory.")
    assert found == Pod(
        name="big-75f6f5554b-7t6cn",
        namespace="shop",
        workload="big",
        phase="Pending",
        status="Pending",
        ready=False,
        labels={"app": "big", "pod-template-hash": "75f6f5554b"},
        conditions=(said,),
        images=("x",),
        created_at=datetime(2026, 11, 21, 20, 56, 54, tzinfo=UTC),
    )


async def test_events_of_both_shapes_have_a_time(api: KubernetesFarEnd, tmp_path: Path) -> None:
    listing = await api.cluster(tmp_path).events("shop")
    assert (len(listing.items), listing.cut) == (26, False)
    assert [listing.items[0], listing.items[-1]] == [
        Event(
            at=datetime(2026, 11, 21, 20, 56, 54, 866000, tzinfo=UTC),
            type="Warning",
            reason="FailedScheduling",
            kind="Pod",
            name="big-75f6f5554b-7t6cn",
            namespace="shop",
            component="big",
            message="0/1 nodes are available: 1 Insufficient memory.",
            count=1,
        ),
        Event(
            at=datetime(2026, 11, 21, 20, 56, 49, tzinfo=UTC),
            type="Normal",
            reason="ScalingReplicaSet",
            kind="Deployment",
            name="shop",
            namespace="shop",
            component="shop",
            message="Scaled down replica set shop-649c9dcf46 to 0",
            count=1,
        ),
    ]


async def test_the_namespace_is_the_kubeconfigs_unless_one_is_given(api: KubernetesFarEnd, tmp_path: Path) -> None:
    path = str(api.kubeconfig(tmp_path))
    assert [await Cluster(path).home(), await Cluster(path, namespace="web").home()] == ["shop", "web"]
    assert api.asked == []


async def test_outside_a_cluster_without_a_kubeconfig_it_is_said_so() -> None:
    cluster = Cluster()
    assert await cluster.home() == "default"
    with pytest.raises(BackendError, match="The cluster cannot be reached as configured"):
        await cluster.deployment("shop", "shop")


@pytest.mark.attack("S48")
async def test_a_kubeconfig_that_starts_a_program_is_refused(api: KubernetesFarEnd, tmp_path: Path) -> None:
    mark = tmp_path / "started"
    program = {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": [str(mark)]}
    path = api.kubeconfig(tmp_path, exec={**program, "interactiveMode": "Never"})
    with pytest.raises(BackendError, match="starts a program to log in; give the agent a service account"):
        await Cluster(str(path)).deployment("shop", "shop")
    assert (mark.exists(), api.asked) == (False, [])


async def test_a_kubeconfig_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot be reached as configured"):
        await Cluster(str(tmp_path / "none")).deployment("shop", "shop")


async def test_a_wrong_token_is_said_so(api: KubernetesFarEnd, tmp_path: Path) -> None:
    with pytest.raises(Answered, match=r"list events in shop: HTTP 401: Unauthorized") as refusal:
        await api.cluster(tmp_path, "wrong").events("shop")
    assert (refusal.value.status, refusal.value.retry) == (401, False)


@pytest.mark.parametrize(
    ("misbehaviour", "why"),
    [
        (CutAfter(), "read deployment shop/shop: "),
        (Late(3), "no complete answer within 0.5 s"),
        (Drip(0.05), "within 0.5 s|did not end in time"),
        (Instead(Answer(503, {"message": "try later"})), "HTTP 503: try later"),
        (Instead(Answer(200, "<html>")), "is not JSON: <html>"),
        (Instead(Answer(200, "[" * 100_000)), r"is not JSON: \[\["),
        (Instead(Answer(200, [])), "is no object"),
        (Instead(Answer(200, {"kind": "Status"})), "What the cluster says of a deployment cannot be read"),
        (Endless(), "larger than 8,388,608 bytes"),
    ],
)
async def test_an_answer_that_does_not_come_right_is_an_error_in_time(
    api: KubernetesFarEnd, tmp_path: Path, misbehaviour: Any, why: str
) -> None:
    cluster = api.cluster(tmp_path, deadline=deadline_for(misbehaviour))
    api.plan(misbehaviour, "GET")
    with pytest.raises(BackendError, match=why):
        await cluster.deployment("shop", "shop")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"items": [{"metadata": {"name": "shop"}}]}, "What the cluster says of a deployment cannot be read"),
        ({"kind": "Status"}, "list deployments in shop: the answer is no list"),
    ],
)
async def test_a_list_of_something_else_is_an_error(
    api: KubernetesFarEnd, tmp_path: Path, body: dict[str, Any], why: str
) -> None:
    api.plan(Instead(Answer(200, body)), "GET")
    with pytest.raises(Unanswered, match=why):
        await api.cluster(tmp_path).deployments("shop")


async def test_a_list_without_items_is_empty(api: KubernetesFarEnd, tmp_path: Path) -> None:
    api.plan(Instead(Answer(200, {"items": None})), "GET")
    assert (await api.cluster(tmp_path).deployments("shop")).items == ()


@pytest.mark.attack("S51")
async def test_a_redirect_is_not_followed(api: KubernetesFarEnd, tmp_path: Path) -> None:
    with KubernetesFarEnd() as elsewhere:
        location = f"{elsewhere.url}/apis/apps/v1/namespaces/shop/deployments/shop"
        api.plan(Instead(Answer(302, headers={"Location": location})))
        with pytest.raises(BackendError, match="HTTP 302"):
            await api.cluster(tmp_path).deployment("shop", "shop")
        assert elsewhere.asked == []


@pytest.mark.parametrize("labels", [{"app": "a,b=c"}, {"app": "x" * 64}, {"a b": "c"}, {"app": "a)"}])
@pytest.mark.attack("S49")
async def test_a_label_that_is_none_is_not_sent(api: KubernetesFarEnd, tmp_path: Path, labels: dict[str, str]) -> None:
    with pytest.raises(BackendError):
        await api.cluster(tmp_path).pods("shop", labels)
    assert api.asked == []


async def test_a_list_that_is_longer_than_a_page_is_reported_as_cut(api: KubernetesFarEnd, tmp_path: Path) -> None:
    api.events *= 20
    listing = await api.cluster(tmp_path).events("shop")
    assert (len(listing.items), listing.cut) == (PAGE, True)


async def test_the_client_can_be_closed_and_used_again(api: KubernetesFarEnd, tmp_path: Path) -> None:
    cluster = api.cluster(tmp_path)
    for _ in range(2):
        assert (await cluster.deployment("shop", "big")).name == "big"
        await cluster.close()


async def test_what_waits_behind_calls_that_hang_was_surely_not_sent(api: KubernetesFarEnd, tmp_path: Path) -> None:
    cluster, release = api.cluster(tmp_path, deadline=timedelta(seconds=0.2)), threading.Event()
    hanging = [cluster.ask("hang", lambda *_: release.wait()) for _ in range(8)]
    assert [type(one) for one in await asyncio.gather(*hanging, return_exceptions=True)] == [Unanswered] * 8
    with pytest.raises(BackendError) as refused:
        await cluster.deployments("shop")
    release.set()
    await cluster.close()
    assert (type(refused.value), refused.value.retry, api.asked) == (BackendError, True, [])
