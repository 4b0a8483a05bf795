"""Do answers of every shape say the same of a cluster?"""

import json
import lzma
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tools.base import BackendError
from tools.clients.recorded_cluster import RecordedCluster
from tools.cluster.facts import ClusterState, Event, LogKind, Monitor, Probe, Quota
from tools.recording.tool_outputs import ToolOutput, gathered

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
POD = "cart-7d9f8c6b54-x1k2p"

AS_JSON = {
    "kind": "PodList",
    "items": [
        {
            "metadata": {"name": POD, "namespace": "shop"},
            "spec": {"nodeName": "node-a"},
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "False"}],
                "containerStatuses": [
                    {
                        "name": "cart",
                        "ready": False,
                        "restartCount": 9,
                        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
                        "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}},
                    }
                ],
            },
        }
    ],
}
AS_YAML = """\
apiVersion: v1
kind: Pod
metadata:
  name: cart-7d9f8c6b54-x1k2p
  namespace: shop
spec:
  nodeName: node-a
status:
  phase: Running
  conditions:
  - {type: Ready, status: "False"}
  containerStatuses:
  - name: cart
    ready: false
    restartCount: 9
    state: {waiting: {reason: CrashLoopBackOff, message: back-off 5m0s}}
    lastState: {terminated: {reason: OOMKilled, exitCode: 137}}
"""
FLATTENED = {
    "pods": [
        {
            "name": POD,
            "namespace": "shop",
            "phase": "Running",
            "node_name": "node-a",
            "containers": [
                {
                    "name": "cart",
                    "ready": False,
                    "restart_count": 9,
                    "state": {
                        "waiting": True,
                        "reason": "CrashLoopBackOff",
                        "message": "back-off 5m0s",
                        "exit_code": 137,
                    },
                    "last_state": {"reason": "OOMKilled"},
                }
            ],
            "conditions": [{"type": "Ready", "status": "False", "reason": "", "message": ""}],
        }
    ]
}
DESCRIBED = f"""\
Name:             {POD}
Namespace:        shop
Priority:         0
Service Account:  default
Node:             node-a/10.0.0.9
Start Time:       Sun, 01 Mar 2026 10:00:00 +0000
Labels:           app=cart
                  pod-template-hash=7d9f8c6b54
Annotations:      <none>
Status:           Running
IP:               10.1.0.7
Controlled By:    ReplicaSet/cart-7d9f8c6b54
Containers:
  cart:
    Container ID:   containerd://1234
    Image:          shop/cart:1.2
    Port:           8080/TCP
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
      Started:      Sun, 01 Mar 2026 11:54:00 +0000
      Finished:     Sun, 01 Mar 2026 11:55:00 +0000
    Ready:          False
    Restart Count:  9
    Limits:
      memory:  50Mi
    Environment:  <none>
    Mounts:
      /data from data (rw)
Conditions:
  Type              Status
  Initialized       True
  Ready             False
  ContainersReady   False
  PodScheduled      True
Volumes:
  data:
    Type:       PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)
    ClaimName:  cart-data
    ReadOnly:   false
QoS Class:                   Burstable
Events:
  Type     Reason     Age                   From               Message
  ----     ------     ----                  ----               -------
  Normal   Scheduled  58m                   default-scheduler  Successfully assigned shop/{POD} to node-a
  Warning  BackOff    3m19s (x25 over 58m)  kubelet            Back-off restarting failed container: cart in pod {POD}
"""
PODS = f"""\
NAME                    READY   STATUS             RESTARTS        AGE   IP         NODE
{POD}   0/1     CrashLoopBackOff   9 (5m11s ago)   58m   10.1.0.7   node-a
web-0                   2/2     Running            0               12d   10.1.0.8   node-b
"""


def _state(tool: str, output: Any, **args: Any) -> ClusterState:
    return gathered([ToolOutput(tool, args, output)]).state(NOW, "a test", NOW)


@pytest.mark.parametrize(
    "output",
    [AS_JSON, json.dumps(AS_JSON), AS_YAML, FLATTENED, json.dumps(FLATTENED), DESCRIBED],
    ids=["json", "json as text", "yaml", "flattened", "flattened as text", "described"],
)
def test_a_pod_is_the_same_in_every_shape(output: Any) -> None:
    (pod,) = _state("whatever", output).pods
    (container,) = pod.containers
    assert (pod.name, pod.namespace, pod.workload, pod.phase, pod.status, pod.ready, pod.node, pod.restarts) == (
        *(POD, "shop", "cart", "Running", "CrashLoopBackOff", False, "node-a", 9),
    )
    assert (container.name, container.state, container.reason, container.last_reason, container.last_exit_code) == (
        *("cart", "waiting", "CrashLoopBackOff", "OOMKilled", 137),
    )


def test_of_an_answer_that_was_cut_off_the_objects_before_the_cut_are_seen() -> None:
    two = json.dumps({"kind": "PodList", "items": [AS_JSON["items"][0], AS_JSON["items"][0]]})
    (pod,) = _state("whatever", f"{two[:-300]}\n[output truncated]").pods
    assert (pod.name, pod.status) == (POD, "CrashLoopBackOff")


def test_a_table_of_pods_says_what_kubectl_prints() -> None:
    pods = _state("get", PODS, namespace="shop").pods
    assert [(one.name, one.namespace, one.workload, one.status, one.ready, one.restarts, one.node) for one in pods] == [
        (POD, "shop", "cart", "CrashLoopBackOff", False, 9, "node-a"),
        ("web-0", "shop", "web", "Running", True, 0, "node-b"),
    ]
    assert pods[0].containers[0].last_ended_at == NOW - timedelta(minutes=5, seconds=11)


@pytest.mark.parametrize(
    "wrapped",
    [
        {"stdout": PODS, "stderr": "", "exit_code": 0},
        {"result": PODS},
        {"content": [{"type": "text", "text": PODS}], "isError": False},
        PODS.splitlines(),
        json.dumps({"output": PODS}),
    ],
    ids=["a program's", "one field", "MCP's", "lines", "as text"],
)
def test_a_table_is_the_same_in_every_envelope(wrapped: Any) -> None:
    assert _state("get", wrapped, namespace="shop").pods == _state("get", PODS, namespace="shop").pods != ()


def test_rows_without_a_head_are_pods_when_pods_were_asked_for() -> None:
    row = f"shop   {POD}   0/1   CrashLoopBackOff   1 (8s ago)   12s   10.244.0.196   node-a   <none>"
    (pod,) = _state("find", row, kind="pod").pods
    assert (pod.namespace, pod.name, pod.status, pod.restarts) == ("shop", POD, "CrashLoopBackOff", 1)


def test_a_description_carries_its_events_with_their_age() -> None:
    events = [one for one in _state("describe", DESCRIBED, kind="pod").events if one.type == "Warning"]
    assert events == [
        Event(
            type="Warning",
            reason="BackOff",
            kind="Pod",
            name=POD,
            namespace="shop",
            component="cart",
            message=f"Back-off restarting failed container: cart in pod {POD}",
            count=25,
            at=NOW - timedelta(minutes=3, seconds=19),
        )
    ]


EVENTS = """\
LAST SEEN               TYPE      REASON         OBJECT                       MESSAGE
3m30s (x256 over 58m)   Warning   FailedCreate   replicaset/cart-7d9f8c6b54   Error creating: pods "cart-x" is forbidden
2m                      Normal    Scheduled      pod/web-0                    Successfully assigned shop/web-0 to node-a
"""
FLAT_EVENTS = {
    "warning_events": [
        {
            "namespace": "shop",
            "reason": "FailedCreate",
            "message": 'Error creating: pods "cart-x" is forbidden',
            "type": "Warning",
            "count": 256,
            "involved_object": "ReplicaSet/cart-7d9f8c6b54",
            "last_time": "2026-03-01T11:56:30Z",
        }
    ]
}


@pytest.mark.parametrize("output", [EVENTS, FLAT_EVENTS], ids=["table", "flattened"])
def test_events_say_the_same_as_a_table_and_flattened(output: Any) -> None:
    event = _state("events", output, namespace="shop").events[0]
    assert (event.reason, event.kind, event.name, event.namespace, event.component, event.count, event.at) == (
        *("FailedCreate", "ReplicaSet", "cart-7d9f8c6b54", "shop", "cart", 256),
        NOW - timedelta(minutes=3, seconds=30),
    )


def test_tables_of_other_kinds_are_told_by_their_columns() -> None:
    state = _state(
        "get all",
        "NAME                   READY   UP-TO-DATE   AVAILABLE   AGE\n"
        "deployment.apps/cart   1/2     2            1           7d\n\n"
        "NAME     STATUS                        ROLES    AGE   VERSION\n"
        "node-a   Ready                         <none>   28d   v1.31.2\n"
        "node-b   NotReady,SchedulingDisabled   <none>   28d   v1.31.2\n\n"
        "NAME         TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)    AGE   SELECTOR\n"
        "cart         ClusterIP   10.2.0.4     <none>        80/TCP     7d    app=cart\n\n"
        "NAME   ENDPOINTS   AGE\n"
        "cart   <none>      7d\n\n"
        "NAME        STATUS    VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   AGE\n"
        "cart-data   Pending                                      fast           7d\n\n"
        "NAME    AGE   REQUEST                          LIMIT\n"
        "small   7d    pods: 4/4, requests.cpu: 500m/1   limits.memory: 1Gi/2Gi\n",
        namespace="shop",
    )
    assert [(one.kind, one.name, one.desired, one.ready) for one in state.workloads] == [("Deployment", "cart", 2, 1)]
    assert [(one.name, one.ready, one.cordoned) for one in state.nodes] == [
        ("node-a", "True", False),
        ("node-b", "False", True),
    ]
    assert [(one.name, one.selector, one.ports[0].port, one.addresses) for one in state.services] == [
        ("cart", {"app": "cart"}, 80, 0)
    ]
    assert [(one.name, one.phase) for one in state.claims] == [("cart-data", "Pending")]
    assert state.quotas == (
        Quota(
            "small",
            "shop",
            used={"pods": "4", "requests.cpu": "500m", "limits.memory": "1Gi"},
            hard={"pods": "4", "requests.cpu": "1", "limits.memory": "2Gi"},
        ),
    )


def test_a_described_deployment_says_what_it_wants_of_its_containers() -> None:
    text = (
        "Name:                   cart\nNamespace:              shop\nLabels:                 app=cart\n"
        "Selector:               app=cart\n"
        "Replicas:               2 desired | 2 updated | 2 total | 1 available | 1 unavailable\n"
        "StrategyType:           RollingUpdate\n"
        "Pod Template:\n  Labels:  app=cart\n           tier=back\n"
        "  Containers:\n   server:\n    Image:      shop/cart:1.2\n"
        "    Port:       8080/TCP\n    Host Port:  0/TCP\n"
        "    Liveness:   grpc <pod>:8081  delay=15s timeout=1s period=10s #success=1 #failure=3\n"
        "    Readiness:  http-get http://:8080/healthz delay=0s timeout=1s period=10s\n"
        "    Environment:\n      REDIS:  redis:6379\n"
        "      KEY:    <set to the key 'k' in secret 's'>  Optional: false\n"
        "Conditions:\n  Type           Status  Reason\n  ----           ------  ------\n"
        "  Available      False   MinimumReplicasUnavailable\n"
        "Events:          <none>\n"
    )
    (workload,) = _state("describe", text).workloads
    (container,) = workload.containers
    assert (workload.kind, workload.desired, workload.ready, workload.labels) == (
        *("Deployment", 2, 1),
        {"app": "cart", "tier": "back"},
    )
    assert (container.ports, container.env, container.probes) == (
        {"8080": 8080},
        {"REDIS": "redis:6379"},
        {"liveness": "8081", "readiness": "8080"},
    )
    assert [(one.type, one.status, one.reason) for one in workload.conditions] == [
        ("Available", "False", "MinimumReplicasUnavailable")
    ]


def test_monitors_logs_and_counted_lines_belong_to_their_workloads() -> None:
    outputs = [
        ToolOutput("get", {"namespace": "shop"}, PODS),
        ToolOutput("monitors", {}, {"monitors": [_monitor("Alert", f"kube_pod:{POD}"), _monitor("OK", "service:web")]}),
        ToolOutput(
            "logs",
            {},
            {"logs": [{"timestamp": "2026-03-01T11:59:00Z", "message": "boom", "status": "error", "service": POD}]},
        ),
        ToolOutput("error_logs", {"service_name": "web"}, [{"template": "timeout calling <*>", "count": 12}]),
        ToolOutput(
            "fetch_pod_logs", {"pod_name": POD}, "2026-03-01T11:58:00Z ERROR no DSN\n2026-03-01T11:58:01Z INFO bye\n"
        ),
    ]
    state = gathered(outputs).state(NOW, "a test", NOW)
    assert state.monitors == (Monitor("rate", True, "cart"), Monitor("rate", False, "web"))
    assert [(one.service, one.level, one.message) for one in state.lines] == [
        ("cart", "error", "boom"),
        ("cart", "error", "ERROR no DSN"),
        ("cart", "info", "INFO bye"),
    ]
    assert state.log_kinds == (LogKind("web", "timeout calling <*>", 12),)


def test_json_lines_of_a_pod_are_its_log() -> None:
    said = ['{"severity":"error","message":"no cart","error":"refused"}', "", '{"severity":"info","message":"bye"}']
    found = _state("fetch_pod_logs", "\n".join(said), pod_name=POD).lines
    assert [(one.service, one.level, one.message) for one in found] == [
        ("cart", "error", "no cart: refused"),
        ("cart", "info", "bye"),
    ]


def test_answers_of_log_back_ends_are_the_lines_of_whom_they_name() -> None:
    answer = {"data": {"result": [{"stream": {"pod": POD}, "values": [["1772366340000000000", "ERROR boom"]]}]}}
    (line,) = _state("query_logs", json.dumps(answer)).lines
    assert (line.service, line.level, line.message) == ("cart", "error", "ERROR boom")


def _monitor(state: str, tag: str) -> dict[str, Any]:
    return {"name": "rate", "query": "avg(last_5m):x > 1", "overall_state": state, "tags": [tag]}


@pytest.mark.parametrize(
    ("args", "output", "tried"),
    [
        (
            {"service_name": "cart", "port": 80},
            "Connection to cart 80 port [tcp/http] succeeded!",
            Probe("cart", "port 80", True),
        ),
        (
            {"service_name": "cart", "port": 80},
            "nc: connect to cart port 80 failed: Connection refused",
            Probe("cart", "port 80", False),
        ),
        (
            {"node_name": "node-a", "service_name": "kubelet"},
            "kubelet.service - Kubernetes\n   Active: inactive (dead) since Sun",
            Probe("node-a", "kubelet", False, node=True),
        ),
        (
            {"node_name": "node-a", "service_name": "kubelet"},
            "kubelet.service - Kubernetes\n   Active: active (running) since Sun",
            Probe("node-a", "kubelet", True, node=True),
        ),
        (
            {"node_name": "node-a", "service_name": "kubelet"},
            "  Active: activating (auto-restart) since Sun\n  Process: 904 ExecStartPre=/bin/mount (status=0/SUCCESS)",
            Probe("node-a", "kubelet", False, node=True),
        ),
        (
            {"node_name": "node-a", "service_name": "containerd"},
            "containerd.service\n   Active: inactive (dead) since Sun\n"
            + "   CGroup: containerd-shim-runc-v2 -namespace k8s.io\n" * 200,
            Probe("node-a", "containerd", False, node=True),
        ),
    ],
)
def test_what_was_tried_from_inside_says_whether_it_works(args: dict[str, Any], output: str, tried: Probe) -> None:
    assert _state("check", output, **args).probes == (tried,)


@pytest.mark.parametrize(
    "output",
    ["", "no such thing", None, 7, [], {}, ["a"], {"a": {"b": [1]}}, "{broken", "a: [", "kind: x\napiVersion: &a [*a]"],
)
def test_what_has_no_known_shape_says_nothing(output: Any) -> None:
    state = _state("whatever", output)
    assert (state.names, state.events, state.lines, state.monitors) == (set(), (), (), ())


@pytest.mark.parametrize(
    "output",
    [
        [{"alertname": "HighLatency", "pod": POD, "severity": "critical"}],
        {"alerts": [{"type": "HighLatency", "labels": {"app": "cart"}, "state": "firing", "title": "HighLatency"}]},
        {"alerts": [{"name": "HighLatency", "labels": {"pod": POD}, "status": {"state": "active", "silencedBy": []}}]},
        {"alerts": [{"type": "Service", "name": "cart", "status": "ABNORMAL", "evidence": ["p99 3 s"]}]},
        "HighLatency of cart: p99 is 3.2 s",
    ],
)
def test_an_alert_fires_for_the_component_it_names(output: Any) -> None:
    outputs = [ToolOutput("get", {"kind": "deployment"}, "NAME   READY   AGE\ncart   1/1     7d\n")]
    outputs += [ToolOutput("get", {"namespace": "shop"}, PODS), ToolOutput("list_alerts", {}, output)]
    found = gathered(outputs).state(NOW, "a test", NOW).monitors
    assert [(one.firing, one.component) for one in found] == [(True, "cart")]


def test_an_alert_that_lists_what_was_measured_is_as_many_monitors() -> None:
    alert = {"type": "Node", "name": "node-a", "status": "ABNORMAL", "evidence": ["CPU of 98%", "load of 40"]}
    state = _state("get_alerts", {"status": "has_anomalies", "alert_count": 1, "alerts": [alert]})
    assert state.monitors == (Monitor("CPU of 98%", True, "node-a"), Monitor("load of 40", True, "node-a"))


@pytest.mark.parametrize("state", ["OK", "resolved", "No Data", {"state": "suppressed"}])
def test_an_alert_that_is_over_or_silenced_does_not_fire(state: Any) -> None:
    found = _state("list_alerts", {"alerts": [{"alertname": "Slow", "service": "cart", "status": state}]}).monitors
    assert found == (Monitor("Slow", False, "cart"),)


def test_the_answer_to_a_query_is_no_alert() -> None:
    answer = {"data": {"result": [{"metric": {"__name__": "up", "pod": POD}, "value": [1772366400, "1"]}]}}
    assert _state("query_metrics", answer).monitors == ()


def test_counted_error_lines_are_read_by_their_sample() -> None:
    counted = {"total_errors": 88, "patterns": [{"count": 88, "ratio": 0.9, "sample": "Access denied for user"}]}
    state = _state("error_logs", json.dumps(counted), service_name="cart")
    assert state.log_kinds == (LogKind("cart", "Access denied for user", 88),)


@pytest.mark.parametrize("output", [[], {}, {"alerts": []}, "No active alerts.", "Error: alerts are not available"])
def test_no_alert_is_no_alert(output: Any) -> None:
    assert _state("list_alerts", output).monitors == ()


def test_an_answer_nested_almost_without_end_is_read_as_far_as_anything_is() -> None:
    deep = json.loads('{"a":' * 900 + "1" + "}" * 900)
    state = _state("whatever", {"status": deep, **AS_JSON})
    assert [pod.name for pod in state.pods] == [pod.name for pod in _state("whatever", AS_JSON).pods]


async def test_a_recording_is_as_of_its_own_latest_time(tmp_path: Path) -> None:
    path = tmp_path / "tool_outputs.jsonl.xz"
    with lzma.open(path, "wt", encoding="utf-8") as lines:
        lines.write(json.dumps({"tool": "events", "args": {}, "output": FLAT_EVENTS}) + "\n")
    source = RecordedCluster(path)
    last = datetime(2026, 3, 1, 11, 56, 30, tzinfo=UTC)
    assert [(await source.state(now)).at for now in (NOW, NOW - timedelta(days=900))] == [NOW, last]


@pytest.mark.parametrize("written", [b"no xz", lzma.compress(b"[" * 100_000)], ids=["no xz", "nested without end"])
async def test_a_recording_that_cannot_be_read_says_so(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "tool_outputs.jsonl.xz"
    path.write_bytes(written)
    with pytest.raises(BackendError, match="cannot be read"):
        await RecordedCluster(path).state(NOW)


@pytest.mark.parametrize(
    "told",
    [
        "No error logs found for service cart.",
        "No resources found in shop namespace.",
        "no log entries\n",
        "No errors found in the logs of cart in the last 30 minutes",
        'Error from server (BadRequest): container "cart" in pod "cart-1" is waiting to start: ContainerCreating',
        "error: a container name must be specified for pod cart-1, choose one of: [cart proxy]\n",
    ],
)
def test_that_there_is_no_log_is_no_line_of_a_log(told: str) -> None:
    for tool in ("GetErrorLogs", "kubectl_logs"):
        assert _state(tool, told, service_name="cart").lines == ()


def test_a_line_that_says_that_nothing_was_found_is_one_when_it_stands_in_a_log() -> None:
    told = "error: no entries found for order 7\nINFO next"
    assert len(_state("GetErrorLogs", told, service_name="cart").lines) == 2
    one = _state("GetErrorLogs", "12:00:01 ERROR no product found for id 7", service_name="cart")
    assert [line.level for line in one.lines] == ["error"]


@pytest.mark.parametrize("key", ["app", "workload", "component", "deployment_name"])
def test_a_log_belongs_to_whom_it_was_asked_of(key: str) -> None:
    (line,) = _state("GetRecentLogs", "ERROR boom", **{key: "cart", "namespace": "shop"}).lines
    assert line.service == "cart"


def test_a_table_tells_how_old_a_pod_is() -> None:
    told = "NAME                    READY   STATUS    RESTARTS   AGE\n" + f"{POD}   0/1     Pending   0          9d\n"
    (pod,) = _state("GetResources", told, resource_type="pods").pods
    assert pod.created_at == NOW - timedelta(days=9)


def test_a_pod_that_a_kubelet_runs_from_a_file_is_named_without_its_node() -> None:
    told = (
        "NAMESPACE     NAME                    READY   STATUS    RESTARTS   AGE   IP   NODE\n"
        "kube-system   kube-scheduler-cp-1     1/1     Running   0          9d    x    cp-1\n"
    )
    (pod,) = _state("GetResources", told, resource_type="pods").pods
    assert pod.workload == "kube-scheduler"


def test_a_name_that_was_not_resolved_is_told_from_a_port_that_was_refused() -> None:
    told = 'nc: getaddrinfo for host "cart.shop.svc" port 80: Temporary failure in name resolution'
    args = {"service_name": "cart", "port": 80}
    assert _state("CheckServiceConnectivity", told, **args).probes[0].unresolved is True
    assert _state("CheckServiceConnectivity", "Connection refused", **args).probes[0].unresolved is False


@pytest.mark.parametrize(
    "told",
    [
        (
            "NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\n"
            "cart   ClusterIP   10.96.3.4    <none>        80/TCP    9d\n"
        ),
        "Name:       cart\nNamespace:  shop\nSelector:   app=cart\nIP:         10.96.3.4\nPort:       http  80/TCP\n",
    ],
)
def test_a_service_has_the_address_that_kubectl_prints(told: str) -> None:
    (service,) = _state("GetResources", told, resource_type="services").services
    assert service.address == "10.96.3.4"


@pytest.mark.parametrize(
    "told",
    [
        "NAME   POD-SELECTOR   AGE\nshut   app=cart       9m\n",
        (
            "Name:         shut\nNamespace:    shop\nCreated on:   2026-03-01 11:51:00 +0000 UTC\nSpec:\n"
            "  PodSelector:     app=cart\n  Allowing ingress traffic:\n    <none> (Selected pods are isolated)\n"
            "  Not affecting egress traffic\n  Policy Types: Ingress\n"
        ),
    ],
    ids=["table", "described"],
)
def test_a_network_policy_tells_whom_it_isolates_and_since_when(told: str) -> None:
    (found,) = _state("GetResources", told, resource_type="networkpolicies").isolations
    assert (found.name, found.selector, found.created_at) == ("shut", {"app": "cart"}, NOW - timedelta(minutes=9))
