"""Do addresses that lead nowhere blame who is wrong: the caller, or the service?"""

from agent.domain.hypothesis import Fault, Verdict
from tests.unit.agent.analysis.cluster_made import (
    Object,
    deployment,
    diagnosed,
    endpoints,
    healthy,
    pod,
    service,
)


def _calls(name: str, **env: str) -> Object:
    return deployment(name, 2, 2, env=[{"name": key, "value": value} for key, value in env.items()])


def _third() -> list[Object]:
    return [pod("pay", 1), service("pay"), endpoints("pay", 1)]


def test_a_port_that_all_callers_agree_on_is_the_services_fault() -> None:
    wrong = [_calls("web", CART="cart:81"), _calls("pay", CART_ADDR="cart:81")]
    found = diagnosed(*healthy(), *_third(), *wrong)
    assert (found.suspects[0].component, found.suspects[0].fault) == ("cart", Fault.CONFIGURATION)
    assert "2 workloads call cart:81, e.g. pay, but that service has port 80" in found.summary


def test_a_port_that_others_call_rightly_is_the_callers_fault() -> None:
    found = diagnosed(*healthy(), *_third(), _calls("web", CART="cart:81"), _calls("pay", CART="cart:80"))
    assert found.suspects[0].component == "web"


def test_host_and_port_in_two_variables_are_one_address() -> None:
    found = diagnosed(*healthy(), _calls("web", CART_HOST="cart", CART_PORT="5433"))
    assert found.suspects[0].component == "web"
    assert "CART_HOST of web is cart:5433, but that service has port 80" in found.summary
    assert diagnosed(*healthy(), _calls("web", CART_HOST="cart", CART_PORT="80")).verdict is Verdict.HEALTHY


def test_a_workload_that_is_called_and_has_no_service_is_the_cause() -> None:
    without = [one for one in healthy() if (one["kind"], one["metadata"]["name"]) != ("Service", "cart")]
    called = [_calls("web", CART="cart:80", PAY="pay:80"), _calls("pay", WEB="web:80")]
    found = diagnosed(*without, *_third(), *called)
    assert found.suspects[0].component == "cart"
    assert "CART of web is cart:80, but cart has no service of that name" in found.summary


def test_a_host_that_nobody_ever_saw_is_a_hint_at_the_caller() -> None:
    found = diagnosed(*healthy(), _calls("web", CART="cart:80", DB="db:5432", BASE="cart:80"))
    assert (found.verdict, found.suspects[0].component) == (Verdict.INCONCLUSIVE, "web")


def test_a_workload_that_is_called_and_scaled_to_none_is_the_cause() -> None:
    without = [one for one in healthy() if one["kind"] != "Pod" or "cart" not in one["metadata"]["name"]]
    stopped = [_calls("web", CART="cart:80"), deployment("cart", 0, 0), endpoints("cart", 0)]
    found = diagnosed(*without, *stopped)
    assert (found.verdict, found.component, found.fault) == (Verdict.CAUSE, "cart", Fault.CONFIGURATION)
    assert "cart is scaled to 0, though web calls it" in found.summary


def test_a_workload_that_is_scaled_to_none_and_that_nobody_calls_is_meant_so() -> None:
    assert diagnosed(*healthy(), deployment("import", 0, 0)).verdict is Verdict.HEALTHY
