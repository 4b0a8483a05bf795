"""The shop's processes, for real, without Prometheus: what breaks, what heals, and who may do which."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from evals.lab.live import start_shop
from evals.lab.monitoring import wait_until
from evals.lab.processes import Leashed
from evals.lab.shop.client import ControlClient, Refused
from evals.lab.shop.layout import Layout, lay_out
from evals.lab.shop.topology import SERVICES

WITHIN_S = 120.0


@pytest.fixture(name="layout", scope="module")
def fixture_layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return lay_out(tmp_path_factory.mktemp("lab") / "shop", requests_per_second=10.0)


@pytest.fixture(name="process", scope="module")
def fixture_process(layout: Layout) -> Iterator[Leashed]:
    process = start_shop(layout)
    yield process
    process.stop()


@pytest.fixture(name="shop", scope="module")
def fixture_shop(layout: Layout, process: Leashed) -> Iterator[ControlClient]:
    client = ControlClient(layout)
    wait_until(client.answers, WITHIN_S, process)
    yield client
    client.close()


@pytest.fixture(name="customer")
def fixture_customer(layout: Layout, shop: ControlClient) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=layout.url("frontend"), timeout=60) as client:
        yield client


def log_of(layout: Layout, service: str) -> str:
    return layout.log_file(service).read_text(encoding="utf-8")


def served(customer: httpx2.Client, path: str, status: int) -> bool:
    return customer.get(path).status_code == status


def test_a_healthy_shop_serves_a_customer(customer: httpx2.Client) -> None:
    order = {"sku": "sku-001", "quantity": 1, "amount": 12, "currency": "EUR"}

    assert [customer.get(path).status_code for path in ("/", "/products/sku-001", "/cart/u1")] == [200, 200, 200]
    assert customer.post("/cart/u1", json={"sku": "sku-001", "quantity": 1}).status_code == 201
    assert customer.post("/checkout", json=order).status_code in {201, 402, 409}


def test_a_restart_is_carried_out_once_a_key_and_can_be_read_back(shop: ControlClient) -> None:
    before = shop.state("cart")

    first = shop.heal("/services/cart/restart", None, "restart-1")
    again = shop.heal("/services/cart/restart", None, "restart-1")

    assert first.pid != before.pid
    assert again == first == shop.state("cart")
    effect = shop.effect("restart-1")
    assert effect is not None
    assert (effect.status, effect.path, effect.answer) == (200, "/services/cart/restart", first.model_dump(mode="json"))
    assert shop.effect("restart-2") is None


def test_a_key_cannot_be_used_for_something_else(shop: ControlClient) -> None:
    shop.heal("/services/cart/pool", {"size": 9}, "pool-1")

    with pytest.raises(Refused, match="used for something else") as caught:
        shop.heal("/services/cart/pool", {"size": 10}, "pool-1")

    assert (caught.value.status, shop.state("cart").pool_size) == (422, 9)


def test_without_key_or_token_nothing_is_done(layout: Layout, shop: ControlClient) -> None:
    before = shop.state("catalogue")
    operator = {"Authorization": f"Bearer {layout.operator_token}"}
    with httpx2.Client(base_url=layout.control_url) as client:
        stranger = client.post("/services/catalogue/restart", headers={"Idempotency-Key": "k"})
        keyless = client.post("/services/catalogue/restart", headers=operator)
        breaking = client.post("/lab/services/catalogue/fault", json={"fault": "crash"}, headers=operator)

    assert [stranger.status_code, keyless.status_code, breaking.status_code] == [401, 400, 401]
    assert shop.state("catalogue") == before


def test_what_is_not_there_is_told_and_journalled(shop: ControlClient) -> None:
    with pytest.raises(Refused, match="frontend has no flag turbo; it has: none"):
        shop.heal("/services/frontend/flags/turbo", {"enabled": False}, "flag-1")

    effect = shop.effect("flag-1")
    assert effect is not None
    assert effect.status == 404


def test_a_bad_deployment_fails_and_its_rollback_heals(shop: ControlClient, customer: httpx2.Client) -> None:
    shop.break_it("catalogue", "flag", "ada")
    assert shop.state("catalogue").flags == {"live-prices": True}
    healed = shop.heal("/services/catalogue/flags/live-prices", {"enabled": False}, "flag-2")
    assert healed.flags == {"live-prices": False}

    shop.break_it("inventory", "deploy", "ada")
    assert shop.state("inventory").version == "1.8.0"
    assert shop.heal("/services/inventory/rollback", None, "rollback-1").version == "1.7.2"

    changes = [(change.service, change.kind, change.summary, change.author) for change in shop.changes()]
    assert changes == [
        ("catalogue", "flag", "catalogue: live-prices switched on", "ada"),
        ("catalogue", "flag", "catalogue: live-prices switched off", "operator"),
        ("inventory", "deploy", "inventory 1.7.2 -> 1.8.0", "ada"),
        ("inventory", "deploy", "inventory 1.8.0 -> 1.7.2", "operator"),
    ]


def test_a_hung_store_fails_its_clients_until_it_is_restarted(
    shop: ControlClient, customer: httpx2.Client, layout: Layout
) -> None:
    shop.break_it("store", "hang")
    wait_until(lambda: served(customer, "/cart/u1", 502), WITHIN_S)
    assert "store: no answer to cart within 800 ms" in log_of(layout, "cart")

    shop.heal("/services/store/restart", None, "restart-store")

    wait_until(lambda: served(customer, "/cart/u1", 200), WITHIN_S)


def test_a_crash_with_a_broken_cache_loops_gives_up_and_a_new_pod_heals_it(shop: ControlClient, layout: Layout) -> None:
    shop.break_it("payment", "crash")
    wait_until(lambda: log_of(layout, "payment").count("local cache is corrupt") == 3, WITHIN_S)
    wait_until(lambda: shop.state("payment").pid is None, WITHIN_S)

    assert shop.heal("/services/payment/restart", None, "restart-payment").pid is not None


def test_ended_it_leaves_no_process_behind(layout: Layout, process: Leashed, shop: ControlClient) -> None:
    shop.break_it("checkout", "hang")
    pids = [shop.state(service).pid for service in SERVICES]

    process.stop()

    assert [pid for pid in pids if pid is None or Path(f"/proc/{pid}").exists()] == []
