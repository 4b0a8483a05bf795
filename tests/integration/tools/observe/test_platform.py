import re
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tests.farends.answers import Answer, Instead
from tests.farends.kubernetes import KubernetesFarEnd
from tests.integration.tools.observe.conftest import NOW
from tools.clients.kubernetes import Cluster
from tools.clients.kubernetes_connection import MAX_LOG
from tools.observe.platform import Events, platform_tools
from tools.observe.pod_logs import MOST_LINES, PodLogs
from tools.observe.pods import Pods
from tools.observe.rollouts import Rollouts
from tools.observe.window import Window

WINDOW = Window(alert_at=datetime(2026, 11, 21, 21, 20, tzinfo=UTC), now=NOW)


async def test_what_was_reported_lately_comes_with_the_warnings_first(cluster: Cluster) -> None:
    tool = Events(cluster, WINDOW)
    result = await tool(tool.arguments(service="big"))
    assert (result.text, result.query, result.trust) == (
        (
            "4 events about big in shop: 2 FailedScheduling, 1 SuccessfulCreate, 1 ScalingReplicaSet.\n"
            "2026-11-21T20:56:54Z Warning FailedScheduling Pod big-75f6f5554b-7t6cn: "
            "0/1 nodes are available: 1 Insufficient memory.\n"
            "2026-11-21T20:56:54Z Warning FailedScheduling Pod big-75f6f5554b-7t6cn: "
            "0/1 nodes are available: 1 Insufficient memory.\n"
            "2026-11-21T20:56:54Z Normal SuccessfulCreate ReplicaSet big-75f6f5554b: "
            "Created pod: big-75f6f5554b-7t6cn\n"
            "2026-11-21T20:56:54Z Normal ScalingReplicaSet Deployment big: Scaled up replica set big-75f6f5554b to 1"
        ),
        "events in shop about big from 2026-11-21T20:20:00Z to 2026-11-21T21:30:00Z",
        "user-controlled",
    )
    assert (await tool(tool.arguments(minutes_before=5))).text == "0 events in shop: none."


async def test_a_pods_log_comes_as_kinds_of_line(api: KubernetesFarEnd, cluster: Cluster) -> None:
    pod = "shop-757df545c7-9pg95"
    lines = [(NOW.replace(minute=20, second=n), f"request {n} failed: timeout after {n * 7} ms") for n in range(40)]
    api.logs[pod, False] = [*lines, (NOW.replace(minute=21), "\x1b[31mgiving up\x1b[0m"), (NOW.replace(hour=1), "old")]
    tool = PodLogs(cluster, WINDOW)
    result = await tool(tool.arguments(pod=pod))
    assert (result.text, result.trust, result.starts_at) == (
        f"41 lines of 2 kinds from {pod}.\n40x request <num> failed: timeout after <num> ms\n1x giving up",
        "user-controlled",
        NOW.replace(hour=20, minute=20),
    )


async def test_a_log_that_was_not_read_to_its_beginning_is_marked_as_cut(
    api: KubernetesFarEnd, cluster: Cluster
) -> None:
    pod = "shop-757df545c7-9pg95"
    api.logs[pod, False] = [(NOW.replace(minute=20), " " if n == 900 else "again") for n in range(MOST_LINES + 1)]
    tool = PodLogs(cluster, WINDOW)
    result = await tool(tool.arguments(pod=pod))
    said = f"{MOST_LINES - 1} lines of 1 kinds from {pod}. Only the newest {MOST_LINES} lines of the log were read."
    assert (result.text.splitlines(), result.truncated) == ([said, f"{MOST_LINES - 1}x again"], True)


async def test_of_a_log_of_long_lines_the_newest_are_read(api: KubernetesFarEnd, cluster: Cluster) -> None:
    pod, lines = "shop-757df545c7-9pg95", 300
    long = [(NOW.replace(minute=20, second=n // 10), "\u00e4" * 8_000) for n in range(lines)]
    api.logs[pod, False] = [*long, (NOW.replace(minute=21), "giving up")]
    tool = PodLogs(cluster, WINDOW)
    result = await tool(tool.arguments(pod=pod))
    assert re.fullmatch(
        rf"6\d lines of 2 kinds from {pod}. Only the newest 6\d lines of the log were read.",
        result.text.splitlines()[0],
    )
    assert (result.text.splitlines()[-1], result.truncated) == ("1x giving up", True)


async def test_a_log_without_end_is_an_error_that_says_so(api: KubernetesFarEnd, cluster: Cluster) -> None:
    pod = "shop-757df545c7-9pg95"
    api.logs[pod, False] = [(NOW.replace(minute=20), "x" * MAX_LOG)]
    tool = PodLogs(cluster, WINDOW)
    result = await tool(tool.arguments(pod=pod))
    assert (result.ok, f"larger than {MAX_LOG:,} bytes" in result.text) == (False, True)


async def test_what_a_dead_container_said_last_can_be_read(api: KubernetesFarEnd, cluster: Cluster) -> None:
    pod = "shop-757df545c7-9pg95"
    tool = PodLogs(cluster, WINDOW)
    never = await tool(tool.arguments(pod=pod, previous=True))
    api.logs[pod, True] = [(NOW.replace(minute=29), "panic: out of memory")]
    once = await tool(tool.arguments(pod=pod, previous=True))
    assert (never.ok, "previous terminated container" in never.text, once.text.splitlines()[1:]) == (
        False,
        True,
        ["1x panic: out of memory"],
    )


async def test_what_goes_wrong_is_a_result_with_the_question_in_it(api: KubernetesFarEnd, cluster: Cluster) -> None:
    asked = {"kubernetes_pods": {}, "kubernetes_events": {}, "kubernetes_rollouts": {"service": "shop"}}
    asked["kubernetes_pod_logs"] = {"pod": "shop-757df545c7-9pg95"}
    api.plan(Instead(Answer(500, {"message": "etcd is down"})), times=9)
    results = {tool.name: await tool(tool.arguments(**asked[tool.name])) for tool in platform_tools(cluster, WINDOW)}
    assert [
        (result.ok, result.text.startswith(name), "HTTP 500: etcd is down" in result.text)
        for name, result in results.items()
    ] == [(False, True, True)] * 4


@pytest.mark.parametrize("bad", ["../x", "%2e%2e", "A", "a b", "a\n", "-a", "a" * 254, "$(id)", "é", "a/b", ";"])
@pytest.mark.attack("S49")
def test_a_name_that_kubernetes_could_not_have_is_no_argument(bad: str) -> None:
    cases: list[tuple[Any, dict[str, str]]] = [
        (tool, {**needed, field: bad})
        for tool, needed, fields in (
            (Pods, {}, ("service", "namespace")),
            (Events, {}, ("service", "namespace")),
            (Rollouts, {"service": "shop"}, ("service", "namespace")),
            (PodLogs, {"pod": "shop"}, ("pod", "namespace", "container")),
        )
        for field in fields
    ]
    for tool, arguments in cases:
        model: type[BaseModel] = tool.arguments
        with pytest.raises(ValidationError):
            model(**arguments)
