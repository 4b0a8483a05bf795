"""The front door: what a customer's request is made of."""

from evals.lab.shop.calls import Answer
from evals.lab.shop.service import Asked, Reply, Route, Running

DEADLINE_S = 2.0


def _reply(answer: Answer) -> Reply:
    return Reply(answer.status, answer.body)


async def home(running: Running, asked: Asked) -> Reply:
    return _reply(await running.calls.get("catalogue", "/products", asked.trace, DEADLINE_S))


async def product(running: Running, asked: Asked) -> Reply:
    sku = asked.path["sku"]
    return _reply(await running.calls.get("catalogue", f"/products/{sku}", asked.trace, DEADLINE_S))


async def view_cart(running: Running, asked: Asked) -> Reply:
    user = asked.path["user"]
    return _reply(await running.calls.get("cart", f"/carts/{user}", asked.trace, DEADLINE_S))


async def add_to_cart(running: Running, asked: Asked) -> Reply:
    user = asked.path["user"]
    answer = await running.calls.post("cart", f"/carts/{user}", asked.body, asked.trace, DEADLINE_S)
    return _reply(answer)


async def check_out(running: Running, asked: Asked) -> Reply:
    answer = await running.calls.post("checkout", "/orders", asked.body, asked.trace, DEADLINE_S)
    return _reply(answer)


ROUTES = (
    Route("GET", "/", "/", home),
    Route("GET", "/products/{sku}", "/products", product),
    Route("GET", "/cart/{user}", "/cart", view_cart),
    Route("POST", "/cart/{user}", "/cart", add_to_cart),
    Route("POST", "/checkout", "/checkout", check_out),
)
