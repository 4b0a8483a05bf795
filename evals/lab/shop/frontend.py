"""The front door: what a customer's request is made of."""

from aiohttp import web

from evals.lab.shop.calls import Answer
from evals.lab.shop.service import Reply, Route, Running

DEADLINE_S = 2.0


def _reply(answer: Answer) -> Reply:
    return Reply(answer.status, answer.body)


async def home(running: Running, request: web.Request, trace: str) -> Reply:
    return _reply(await running.calls.get("catalogue", "/products", trace, DEADLINE_S))


async def product(running: Running, request: web.Request, trace: str) -> Reply:
    sku = request.match_info["sku"]
    return _reply(await running.calls.get("catalogue", f"/products/{sku}", trace, DEADLINE_S))


async def view_cart(running: Running, request: web.Request, trace: str) -> Reply:
    user = request.match_info["user"]
    return _reply(await running.calls.get("cart", f"/carts/{user}", trace, DEADLINE_S))


async def add_to_cart(running: Running, request: web.Request, trace: str) -> Reply:
    user = request.match_info["user"]
    answer = await running.calls.post("cart", f"/carts/{user}", await request.json(), trace, DEADLINE_S)
    return _reply(answer)


async def check_out(running: Running, request: web.Request, trace: str) -> Reply:
    answer = await running.calls.post("checkout", "/orders", await request.json(), trace, DEADLINE_S)
    return _reply(answer)


ROUTES = (
    Route("GET", "/", "/", home),
    Route("GET", "/products/{sku}", "/products", product),
    Route("GET", "/cart/{user}", "/cart", view_cart),
    Route("POST", "/cart/{user}", "/cart", add_to_cart),
    Route("POST", "/checkout", "/checkout", check_out),
)
