"""Is a component that a network policy shuts off told so, and only then?"""

import pytest

from agent.domain.hypothesis import Fault, Verdict
from tests.unit.agent.analysis.cluster_made import SPACE, Object, ago, diagnosed, healthy
from tools.cluster.facts import Probe

TRIED = Probe("cart", "port 80", works=False)


def _policy(selects: str = "cart", minutes: float = 9, kind: str = "Ingress") -> Object:
    spec = {"podSelector": {"matchLabels": {"app": selects}}, "policyTypes": [kind]}
    meta = {"name": "shut", "namespace": SPACE, "creationTimestamp": ago(minutes)}
    return {"kind": "NetworkPolicy", "metadata": meta, "spec": spec}


def test_who_cannot_be_reached_behind_a_new_policy_is_shut_off_by_it() -> None:
    found = diagnosed(*healthy(), _policy(), probes=(TRIED,))
    assert (found.verdict, found.component, found.fault) == (Verdict.CAUSE, "cart", Fault.NETWORK)
    assert "network policy shut lets nobody in to cart but whom it lists" in found.summary


@pytest.mark.parametrize("policy", [_policy("web"), _policy(minutes=9000), _policy(kind="Egress")])
def test_a_policy_of_others_an_old_one_or_one_of_what_goes_out_is_none_of_it(policy: Object) -> None:
    assert "network policy" not in diagnosed(*healthy(), policy, probes=(TRIED,)).summary


def test_a_policy_behind_which_all_answer_is_as_it_should_be() -> None:
    works = Probe("cart", "port 80", works=True)
    assert diagnosed(*healthy(), _policy(), probes=(works,)).verdict is Verdict.HEALTHY
