"""Does a real API's state come as facts, and is what may not be read told?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.farends.kubernetes import OPERATOR, KubernetesFarEnd
from tools.base import BackendError
from tools.clients.kubernetes_state import KubernetesState
from tools.cluster.facts import ClusterSource

NOW = datetime(2026, 11, 21, 20, 58, tzinfo=UTC)


@pytest.fixture
def api() -> Iterator[KubernetesFarEnd]:
    with KubernetesFarEnd(now=lambda: NOW) as far_end:
        yield far_end


def _source(api: KubernetesFarEnd, folder: Path, token: str = OPERATOR) -> ClusterSource:
    return KubernetesState(api.cluster(folder, token))


async def test_pods_deployments_and_events_of_a_real_cluster_are_facts(api: KubernetesFarEnd, tmp_path: Path) -> None:
    state = await _source(api, tmp_path).state(NOW)
    assert state.at == NOW
    assert sorted({(one.workload, one.phase, one.ready) for one in state.pods}) == [
        ("big", "Pending", False),
        ("shop", "Running", True),
    ]
    assert sorted((one.name, one.desired, one.ready) for one in state.workloads) == [("big", 1, 0), ("shop", 3, 3)]
    assert {(one.component, one.reason) for one in state.events if one.type == "Warning"} == {
        ("big", "FailedScheduling")
    }


async def test_kinds_that_may_not_be_read_are_told_and_the_rest_is_read(api: KubernetesFarEnd, tmp_path: Path) -> None:
    api.others["nodes"] = [
        {"metadata": {"name": "hollow-1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    ]
    state = await _source(api, tmp_path).state(NOW)
    assert [(one.name, one.ready) for one in state.nodes] == [("hollow-1", "True")]
    assert {text.split(" in ")[0] for text in state.not_checked} == {
        f"list objects of kind {kind}"
        for kind in (
            "Service",
            "Endpoints",
            "PersistentVolumeClaim",
            "ResourceQuota",
            "StatefulSet",
            "DaemonSet",
            "Job",
        )
    }


async def test_the_last_words_of_a_container_that_crashes_are_read(api: KubernetesFarEnd, tmp_path: Path) -> None:
    name, pod = next((name, pod) for name, pod in api.pods.items() if name.startswith("shop-"))
    pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
    pod["status"]["containerStatuses"][0].update(ready=False, restartCount=4)
    api.logs[name, True] = [(NOW - timedelta(minutes=1), "FATAL DSN is not set")]
    state = await _source(api, tmp_path).state(NOW)
    assert [(one.service, one.level, one.message) for one in state.lines] == [("shop", "error", "FATAL DSN is not set")]


async def test_a_cluster_that_lets_nothing_be_read_is_an_error(api: KubernetesFarEnd, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="HTTP 401"):
        await _source(api, tmp_path, "nobody").state(NOW)
