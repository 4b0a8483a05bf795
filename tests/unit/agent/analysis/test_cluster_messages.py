"""Which kind of trouble do Kubernetes' own messages speak of?"""

import pytest

from agent.analysis import cluster_messages as messages

_OF_CONTROL_PLANE = "1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }"


@pytest.mark.parametrize(
    ("most", "says"),
    [
        ("3 node(s) didn't match Pod's node affinity/selector", "no node matches its selector or affinity rules"),
        ("3 node(s) didn't match pod anti-affinity rules", "no node matches its selector or affinity rules"),
        ("3 Insufficient cpu", "no node has enough CPU left"),
        ("3 node(s) had untolerated taint {team: other}", "it does not tolerate the nodes' taints"),
        ("2 node(s) were unschedulable, 1 Insufficient memory", "its nodes take no pods"),
    ],
)
def test_what_keeps_a_pod_from_most_nodes_is_why_it_is_not_scheduled(most: str, says: str) -> None:
    tried = "preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling."
    kind = messages.scheduling(f"0/4 nodes are available: {_OF_CONTROL_PLANE}, {most}. {tried}")
    assert kind is not None
    assert kind.says == says


def test_a_refusal_without_numbers_is_read_by_its_words() -> None:
    kind = messages.scheduling("pod has unbound immediate PersistentVolumeClaims")
    assert kind is not None
    assert kind.says == "its volume is not to be had"
    assert messages.scheduling("") is None
