"""What state are a service's pods in, and why do they not run?"""

from tests.farends.kubernetes import KubernetesFarEnd
from tools.clients.kubernetes import Cluster
from tools.observe.pods import Pods


async def test_the_pods_of_a_deployment_are_those_it_selects(cluster: Cluster) -> None:
    tool = Pods(cluster)
    result = await tool(tool.arguments(service="shop"))
    assert (result.ok, result.text, result.query, result.trust) == (
        True,
        (
            "3 pods of shop in shop (3 Running): 3 ready, 0 restarts.\n"
            "shop-757df545c7-9pg95: Running, 1/1 ready, 0 restarts, since 2026-11-21T20:56:47Z, "
            "registry.example.com/shop:v2.31 on hollow-1\n"
            "shop-757df545c7-pg8rk: Running, 1/1 ready, 0 restarts, since 2026-11-21T20:56:46Z, "
            "registry.example.com/shop:v2.31 on hollow-1\n"
            "shop-757df545c7-whtwm: Running, 1/1 ready, 0 restarts, since 2026-11-21T20:56:48Z, "
            "registry.example.com/shop:v2.31 on hollow-1"
        ),
        "pods in shop where app=shop",
        "system",
    )
    assert result.entities == ("shop", "shop-757df545c7-9pg95", "shop-757df545c7-pg8rk", "shop-757df545c7-whtwm")


async def test_a_pod_that_waits_says_why(cluster: Cluster) -> None:
    tool = Pods(cluster)
    assert (await tool(tool.arguments(service="big"))).text == (
        "1 pods of big in shop (1 Pending): 0 ready, 0 restarts.\n"
        "big-75f6f5554b-7t6cn: Pending, 0/1 ready, 0 restarts, x on no node; "
        "Unschedulable: 0/1 nodes are available: 1 Insufficient memory."
    )


async def test_a_container_that_was_killed_says_why_and_when(api: KubernetesFarEnd, cluster: Cluster) -> None:
    (status,) = api.pods["shop-757df545c7-9pg95"]["status"]["containerStatuses"]
    ended = {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-21T21:00:00Z"}
    status.update(
        restartCount=4,
        ready=False,
        state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
        lastState={"terminated": ended},
    )
    tool = Pods(cluster)
    assert (await tool(tool.arguments(service="shop"))).text.splitlines()[1] == (
        "shop-757df545c7-9pg95: Running, 0/1 ready, 4 restarts, since 2026-11-21T20:56:47Z, "
        "registry.example.com/shop:v2.31 on hollow-1; shop: waits, CrashLoopBackOff: back-off 40s; "
        "shop: OOMKilled (exit 137) at 2026-11-21T21:00:00Z"
    )


async def test_pods_that_no_deployment_made_are_found_by_their_usual_labels(
    api: KubernetesFarEnd, cluster: Cluster
) -> None:
    tool = Pods(cluster)
    for label, name in (("app", "queue"), ("app.kubernetes.io/name", "cache")):
        pod = api.pods["big-75f6f5554b-7t6cn"]
        api.pods[name] = {**pod, "metadata": {**pod["metadata"], "name": name, "labels": {label: name}}}
    assert [(await tool(tool.arguments(service=name))).entities for name in ("queue", "cache", "none")] == [
        ("queue",),
        ("cache",),
        (),
    ]
