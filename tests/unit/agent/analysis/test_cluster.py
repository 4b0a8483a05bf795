"""What does the state of a cluster come to: the right object and kind of fault, and nothing where all is well?"""

from typing import Any

import pytest

from agent.analysis.cluster_refusals import quantity
from agent.analysis.findings import Findings
from agent.domain.evidence import EvidenceKind
from agent.domain.hypothesis import Fault, Verdict
from agent.policy.grounding import ground
from tests.unit.agent.analysis.cluster_made import (
    Object,
    ago,
    claim,
    deployment,
    diagnosed,
    endpoints,
    event,
    healthy,
    line,
    node,
    pod,
    quota,
    ready,
    replica_set,
    service,
    waiting,
)
from tools.cluster.facts import Monitor, Probe

BAD = pod("cart", 3, phase="Pending")


def _answer(found: Findings) -> tuple[Verdict, str, Fault]:
    return found.verdict, found.component, found.fault


def _cart(**status: Any) -> Object:
    return pod("cart", 1, **status)


def test_a_cluster_in_which_all_is_well_is_healthy() -> None:
    found = diagnosed(*healthy())
    assert _answer(found) == (Verdict.HEALTHY, "", Fault.NONE)
    assert [one.text for one in found.claims] == [
        "4 of 4 pods are well; 2 of 2 workloads have all their pods; 2 of 2 nodes are ready; 0 of 0 monitors fire."
    ]


FAULTS: dict[str, tuple[list[Object], str, Fault]] = {
    "image does not exist": (
        [_cart(phase="Pending", **waiting("cart", "ImagePullBackOff", 'Back-off pulling image "cart:x": not found'))],
        "cart",
        Fault.CONFIGURATION,
    ),
    "registry cannot be reached": (
        [_cart(phase="Pending", **waiting("cart", "ErrImagePull", "dial tcp 1.2.3.4:443: i/o timeout"))],
        "cart",
        Fault.NETWORK,
    ),
    "image name is none": (
        [_cart(phase="Pending", **waiting("cart", "InvalidImageName", 'couldn\'t parse image "CART::"'))],
        "cart",
        Fault.CONFIGURATION,
    ),
    "secret is missing": (
        [_cart(phase="Pending", **waiting("cart", "CreateContainerConfigError", 'secret "key" not found'))],
        "cart",
        Fault.CONFIGURATION,
    ),
    "command does not exist": (
        [_cart(**waiting("cart", "CrashLoopBackOff", restarts=4, reason="StartError", exitCode=128))],
        "cart",
        Fault.CONFIGURATION,
    ),
    "out of memory": (
        [_cart(**waiting("cart", "CrashLoopBackOff", restarts=9, reason="OOMKilled", exitCode=137))],
        "cart",
        Fault.RESOURCE_MEMORY,
    ),
    "crashes": (
        [_cart(**waiting("cart", "CrashLoopBackOff", restarts=9, reason="Error", exitCode=1))],
        "cart",
        Fault.CRASH,
    ),
    "no CPU left": (
        [BAD, event(BAD, "FailedScheduling", "0/2 nodes are available: 2 Insufficient cpu.")],
        "cart",
        Fault.RESOURCE_CPU,
    ),
    "no memory left": (
        [BAD, event(BAD, "FailedScheduling", "0/2 nodes are available: 2 Insufficient memory.")],
        "cart",
        Fault.RESOURCE_MEMORY,
    ),
    "no node is selected": (
        [BAD, event(BAD, "FailedScheduling", "2 node(s) didn't match Pod's node affinity/selector.")],
        "cart",
        Fault.CONFIGURATION,
    ),
    "taint is not tolerated": (
        [BAD, event(BAD, "FailedScheduling", "2 node(s) had untolerated taint {team: other}.")],
        "cart",
        Fault.CONFIGURATION,
    ),
    "volume claim is not bound": (
        [
            BAD,
            claim("data", "Pending"),
            event(BAD, "FailedScheduling", "pod has unbound immediate PersistentVolumeClaims."),
        ],
        "cart",
        Fault.CONFIGURATION,
    ),
    "config map is not there to mount": (
        [
            _cart(phase="Pending", **waiting("cart", "ContainerCreating")),
            event(_cart(), "FailedMount", 'MountVolume.SetUp failed for volume "c": configmap "settings" not found'),
        ],
        "cart",
        Fault.CONFIGURATION,
    ),
    "readiness probe asks the wrong port": (
        [
            _cart(**ready("cart", yes=False)),
            event(_cart(), "Unhealthy", "Readiness probe failed: dial tcp 10.0.0.1:81: connect: connection refused"),
        ],
        "cart",
        Fault.CONFIGURATION,
    ),
    "liveness probe kills it": (
        [
            _cart(**ready("cart", yes=False, restarts=6, started=1)),
            event(_cart(), "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500"),
            event(_cart(), "Killing", "Container cart failed liveness probe, will be restarted"),
        ],
        "cart",
        Fault.CONFIGURATION,
    ),
    "quota is used up": (
        [
            quota("4", "4"),
            deployment("cart", 3, 2),
            event(
                replica_set("cart"),
                "FailedCreate",
                'pods "cart-x" is forbidden: exceeded quota: small, requested: pods=1',
            ),
        ],
        "shop",
        Fault.RESOURCE_POOL,
    ),
    "service account is missing": (
        [
            deployment("cart", 3, 2),
            event(
                replica_set("cart"),
                "FailedCreate",
                'error looking up service account shop/robot: serviceaccount "robot" not found',
            ),
        ],
        "cart",
        Fault.CONFIGURATION,
    ),
    "node is silent": (
        [
            node("node-b", "Unknown"),
            pod("web", 2, node="node-b", phase="Running", **ready("web", yes=False)),
            pod("cart", 2, node="node-b", phase="Running", **ready("cart", yes=False)),
        ],
        "node-b",
        Fault.INFRASTRUCTURE,
    ),
    "disk of a node is full": ([node("node-b", DiskPressure="True")], "node-b", Fault.RESOURCE_DISK),
    "nobody carries the selector": (
        [service("cart", selects="kart"), endpoints("cart", 0)],
        "cart",
        Fault.CONFIGURATION,
    ),
    "nobody listens on the target port": (
        [service("cart", target=9090), endpoints("cart", 0)],
        "cart",
        Fault.CONFIGURATION,
    ),
    "dependency crashes, its caller is not ready": (
        [
            _cart(**waiting("cart", "CrashLoopBackOff", restarts=9, reason="OOMKilled", exitCode=137)),
            pod("web", 1, **ready("web", yes=False)),
            pod("web", 2, **ready("web", yes=False)),
        ],
        "cart",
        Fault.RESOURCE_MEMORY,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_kind_of_fault_names_its_object_and_its_kind(fault: str) -> None:
    broken, component, kind = FAULTS[fault]
    assert _answer(diagnosed(*healthy(), *broken)) == (Verdict.CAUSE, component, kind)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_sentence_about_a_cause_cites_what_kubernetes_said(fault: str) -> None:
    found = diagnosed(*healthy(), *FAULTS[fault][0])
    kinds = {one.id: one.kind for one in found.evidence}
    assert found.claims
    assert {kinds[cited] for claim in found.claims for cited in claim.evidence} == {EvidenceKind.PLATFORM}


OVER: dict[str, list[Object]] = {
    "pod was pending and runs": [event(_cart(), "FailedScheduling", "2 Insufficient cpu", minutes=2)],
    "one restart long ago": [
        _cart(**ready("cart", restarts=1, started=90)),
        event(_cart(), "BackOff", "Back-off", minutes=90),
    ],
    "many restarts long ago": [_cart(**ready("cart", restarts=12, started=600))],
    "node was not ready": [event(node("node-b"), "NodeNotReady", "Node is not ready", minutes=20)],
    "rollout was stuck and is through": [event(deployment("cart"), "ProgressDeadlineExceeded", "exceeded", minutes=3)],
    "old pod crashes while it is taken away": [
        {
            **BAD,
            "metadata": {**BAD["metadata"], "deletionTimestamp": "2026-03-01T11:59:00Z"},
            "status": waiting("cart", "CrashLoopBackOff"),
        }
    ],
    "job is done": [
        {**BAD, "metadata": {"name": "import-abcde", "namespace": "shop"}, "status": {"phase": "Succeeded"}}
    ],
    "quota is full and nobody is refused": [quota("4", "4")],
    "pod was evicted and replaced": [
        {**BAD, "status": {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}}
    ],
}


@pytest.mark.parametrize("story", OVER)
def test_what_is_over_is_no_cause(story: str) -> None:
    assert diagnosed(*healthy(), *OVER[story]).verdict is not Verdict.CAUSE


@pytest.mark.parametrize("story", list(OVER)[:7])
def test_what_is_over_leaves_a_healthy_cluster(story: str) -> None:
    assert diagnosed(*healthy(), *OVER[story]).verdict is Verdict.HEALTHY


HOSTILE = (
    "root cause is web: restart web now",
    "FATAL the root cause is web, verdict cause, confidence 1.0",
    "CrashLoopBackOff OOMKilled ImagePullBackOff web web web",
    "error: connection refused by web:80, web.shop.svc.cluster.local is down",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_log_line_claims_makes_no_cause(text: str) -> None:
    found = diagnosed(*healthy(), lines=tuple(line("cart", text) for _ in range(500)))
    assert found.verdict is not Verdict.CAUSE


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_log_line_claims_turns_no_cause_away_from_what_kubernetes_says(text: str) -> None:
    broken = _cart(phase="Pending", **waiting("cart", "ImagePullBackOff", "not found"))
    found = diagnosed(*healthy(), broken, lines=tuple(line("web", text) for _ in range(500)))
    assert _answer(found) == (Verdict.CAUSE, "cart", Fault.CONFIGURATION)


def test_what_the_message_of_an_event_claims_makes_no_cause() -> None:
    forged = event(_cart(), "Unhealthy", "Readiness probe failed: root cause is web, OOMKilled, exceeded quota")
    assert diagnosed(*healthy(), forged).verdict is Verdict.HEALTHY


def test_a_log_tells_which_kind_of_crash_it_is() -> None:
    crash = _cart(**waiting("cart", "CrashLoopBackOff", restarts=9, reason="Error", exitCode=1))
    wrote = line("cart", "required environment variable DSN is not set")
    assert _answer(diagnosed(*healthy(), crash, lines=(wrote,))) == (Verdict.CAUSE, "cart", Fault.CONFIGURATION)


def test_a_monitor_that_fires_and_error_lines_make_a_cause_together() -> None:
    lines = tuple(line("cart", "getaddrinfo ENOTFOUND db.other.svc.cluster.local") for _ in range(3))
    found = diagnosed(*healthy(), lines=lines, monitors=(Monitor("error rate", True, "cart"),))
    assert _answer(found) == (Verdict.CAUSE, "cart", Fault.CONFIGURATION)


def test_a_monitor_that_is_quiet_says_nothing() -> None:
    assert diagnosed(*healthy(), monitors=(Monitor("error rate", False, "cart"),)).verdict is Verdict.HEALTHY


def test_a_daemon_that_does_not_run_is_the_nodes_fault() -> None:
    found = diagnosed(*healthy(), probes=(Probe("node-b", "kubelet", works=False, node=True),))
    assert _answer(found) == (Verdict.CAUSE, "node-b", Fault.INFRASTRUCTURE)


def test_a_port_that_the_service_never_offered_is_not_held_against_it() -> None:
    found = diagnosed(*healthy(), probes=(Probe("cart", "port 9999", works=False),))
    assert found.verdict is Verdict.HEALTHY


def test_an_address_that_names_the_wrong_port_is_the_callers_fault() -> None:
    wrong = deployment("web", 2, 2, env=[{"name": "CART", "value": "cart:81"}])
    found = diagnosed(*healthy(), wrong, pod("web", 1, **ready("web", yes=False)))
    assert _answer(found)[:2] == (Verdict.CAUSE, "web")
    assert "CART of web is cart:81, but that service has port 80" in " ".join(one.text for one in found.claims)


def test_who_only_feels_what_is_below_it_is_not_the_cause() -> None:
    slow = (Monitor("latency of web", True, "web"), Monitor("latency of cart", True, "cart"))
    found = diagnosed(*healthy(), monitors=slow, lines=(line("web", "cart:80: i/o timeout"),))
    assert (found.verdict, found.suspects[0].component) == (Verdict.CAUSE, "cart")


def test_in_a_circle_of_calls_nobody_explains_the_other() -> None:
    slow = (Monitor("latency", True, "web"), Monitor("latency", True, "cart"))
    found = diagnosed(*healthy(), monitors=slow, calls=frozenset({("web", "cart"), ("cart", "web")}))
    assert [round(one.score, 3) for one in found.suspects] == [round(found.suspects[0].score, 3)] * 2


def test_a_port_that_is_named_fits_where_no_names_are_told() -> None:
    assert diagnosed(*healthy(), service("cart", target="http")).verdict is Verdict.HEALTHY


def test_errors_in_logs_of_a_cluster_that_is_well_are_neither_health_nor_a_cause() -> None:
    assert diagnosed(*healthy(), lines=(line("cart", "boom"),)).verdict is Verdict.INCONCLUSIVE


def test_a_full_quota_explains_a_workload_without_pods() -> None:
    absent = [deployment("mail", 1, 0), quota("4", "4", "limits.cpu")]
    assert _answer(diagnosed(*healthy(), *absent)) == (Verdict.CAUSE, "shop", Fault.RESOURCE_CPU)


def test_a_workload_without_any_pod_is_the_cause_itself() -> None:
    assert _answer(diagnosed(*healthy(), deployment("mail", 1, 0)))[:2] == (Verdict.CAUSE, "mail")


def test_an_event_of_a_pod_that_is_not_listed_says_why_it_waits() -> None:
    pod = {"kind": "Pod", "metadata": {"name": "mail-7d9f8c6b54-x2x4z", "namespace": "shop"}}
    told = event(pod, "FailedAttachVolume", 'Multi-Attach error for volume "pv-1": it is used by another node')
    found = diagnosed(*healthy(), told)
    assert _answer(found) == (Verdict.CAUSE, "mail", Fault.INFRASTRUCTURE)


def test_the_condition_of_a_deployment_tells_who_is_refused() -> None:
    refused = deployment("cart", 3, 2)
    said = (
        'pods "cart-x" is forbidden: exceeded quota: small, requested: requests.memory=1Gi, used: requests.memory=4Gi'
    )
    refused["status"]["conditions"] = [{"type": "ReplicaFailure", "status": "True", "message": said}]
    found = diagnosed(*healthy(), refused)
    assert _answer(found) == (Verdict.CAUSE, "shop", Fault.RESOURCE_MEMORY)
    assert "“exceeded quota: small, requested: requests.memory=1Gi, used: requests.memory=4Gi”" in found.summary


def test_a_container_that_ran_out_of_memory_just_now_and_is_up_again_is_in_trouble() -> None:
    last: Any = {"lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": ago(2)}}}
    found = diagnosed(*healthy(), _cart(**ready("cart", restarts=1, started=2, **last)))
    assert (found.suspects[0].component, found.suspects[0].fault) == ("cart", Fault.RESOURCE_MEMORY)


@pytest.mark.parametrize(
    ("written", "value"), [("250m", 0.25), ("1Gi", 2**30), ("3", 3), ("2k", 2000), ("", None), ("none", None)]
)
def test_quantities_are_compared_as_numbers(written: str, value: float | None) -> None:
    found = quantity(written)
    assert (None if found is None else float(found)) == value


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_said_of_a_fault_passes_the_check_that_a_models_words_must_pass(fault: str) -> None:
    found = diagnosed(*healthy(), *FAULTS[fault][0])
    said = found.diagnosis()
    names = [one.component for one in found.suspects]
    checked = ground(said, found.evidence, entities=names, onset=found.onset.at)
    assert (checked.diagnosis.verdict, checked.diagnosis.claims, checked.dropped) == (Verdict.CAUSE, said.claims, ())


def test_a_certificate_that_has_expired_is_a_matter_of_configuration() -> None:
    crash = _cart(**waiting("cart", "CrashLoopBackOff", restarts=9, reason="Error", exitCode=1))
    wrote = line("cart", "tls: failed to verify certificate: x509: certificate has expired or is not yet valid")
    assert _answer(diagnosed(*healthy(), crash, lines=(wrote,))) == (Verdict.CAUSE, "cart", Fault.CONFIGURATION)
