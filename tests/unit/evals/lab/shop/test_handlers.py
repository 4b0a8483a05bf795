import io
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from evals.lab.shop import checkout, faults, frontend, payment
from evals.lab.shop.calls import Calls
from evals.lab.shop.pool import StorePool
from evals.lab.shop.service import Asked, Reply, Route, Running, Start, application
from evals.lab.shop.telemetry import Telemetry

ORDER = {"sku": "sku-001", "quantity": 1, "amount": 12, "currency": "EUR"}


class Bench:
    """One service in this process, behind real HTTP, with its log in memory."""

    def __init__(self, service: str, version: str, urls: dict[str, str], session: aiohttp.ClientSession) -> None:
        self.log = io.StringIO()
        self.telemetry = Telemetry(service, f"{service}-x", version, self.log)
        chance = random.Random(7)
        self.running = Running(
            start=Start(service=service, version=version, pod=f"{service}-x"),
            telemetry=self.telemetry,
            calls=Calls(session, urls, self.telemetry),
            pool=StorePool(("127.0.0.1", 1), 0, self.telemetry),
            memory=faults.MemoryLeak(self.telemetry, lambda: 50.0),
            pool_leak=faults.PoolLeak(chance),
            chance=chance,
        )

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """(level, trace, message) of each line."""
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return [(line["level"], line["trace"], line["message"]) for line in lines]


@asynccontextmanager
async def serving(
    routes: tuple[Route, ...], service: str, version: str, urls: dict[str, str] | None = None
) -> AsyncIterator[tuple[Bench, TestClient[web.Request, web.Application], str]]:
    async with aiohttp.ClientSession() as session:
        bench = Bench(service, version, urls or {}, session)
        async with TestClient(TestServer(application(bench.running, routes))) as client:
            yield bench, client, f"http://127.0.0.1:{client.port}"


async def answered(_: Running, asked: Asked) -> Reply:
    return Reply(201, {"path": dict(asked.path), "body": asked.body, "trace": asked.trace})


async def broken(_: Running, asked: Asked) -> Reply:
    raise KeyError(asked.body["currency"])


async def test_a_handler_gets_path_body_and_trace() -> None:
    async with serving((Route("POST", "/carts/{user}", "/carts", answered),), "cart", "4.2.1") as (_, client, _url):
        response = await client.post("/carts/u1", json={"sku": "s"}, headers={"x-trace-id": "abc"})
        body = await response.json()

    assert (response.status, body) == (201, {"path": {"user": "u1"}, "body": {"sku": "s"}, "trace": "abc"})


async def test_an_unhandled_error_is_a_logged_500() -> None:
    async with serving((Route("POST", "/charges", "/charges", broken),), "payment", "2.4.0") as (bench, client, _):
        response = await client.post("/charges", json={"currency": "EUR"}, headers={"x-trace-id": "abc"})

    assert response.status == 500
    assert bench.lines == [("ERROR", "abc", "POST /charges failed: unhandled KeyError: 'EUR'")]
    assert 'http_requests_total{code="500",route="/charges"} 1.0' in bench.telemetry.exposition().decode()


@pytest.mark.parametrize(
    ("version", "currency", "status"), [("2.3.1", "EUR", 201), ("2.4.0", "EUR", 500), ("2.4.0", "USD", 201)]
)
async def test_the_bad_version_of_payment_fails_every_currency_but_one(
    version: str, currency: str, status: int
) -> None:
    async with serving(payment.ROUTES, "payment", version) as (_, client, _url):
        response = await client.post("/charges", json={"amount": 5, "currency": currency})

    assert response.status == status


async def test_a_failure_two_calls_away_reaches_the_customer_and_each_log() -> None:
    async with (
        serving((Route("POST", "/reservations", "/reservations", answered),), "inventory", "1.7.2") as (_, _, stock),
        serving(payment.ROUTES, "payment", "2.4.0") as (_, _, pay),
        serving(checkout.ROUTES, "checkout", "6.0.3", {"inventory": stock, "payment": pay}) as (middle, _, out),
        serving(frontend.ROUTES, "frontend", "5.1.0", {"checkout": out}) as (front, client, _),
    ):
        response = await client.post("/checkout", json=ORDER, headers={"x-trace-id": "abc"})

    assert response.status == 502
    assert middle.lines == [("ERROR", "abc", "POST /orders failed: payment answered 500 to POST /charges")]
    assert front.lines == [("ERROR", "abc", "POST /checkout failed: checkout answered 502 to POST /orders")]
    edges = middle.telemetry.exposition().decode()
    assert 'http_client_requests_total{code="500",target="payment"} 1.0' in edges
    assert 'http_client_requests_total{code="201",target="inventory"} 1.0' in edges


async def test_nobody_listening_is_told_from_a_bad_answer() -> None:
    urls = {"checkout": "http://127.0.0.1:1"}
    async with serving(frontend.ROUTES, "frontend", "5.1.0", urls) as (front, client, _):
        response = await client.post("/checkout", json=ORDER, headers={"x-trace-id": "abc"})

    assert response.status == 502
    assert front.lines == [("ERROR", "abc", "POST /checkout failed: checkout: connection refused")]
