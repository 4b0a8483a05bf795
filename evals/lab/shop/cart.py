"""The cart: what a customer has picked, kept in the store."""

from aiohttp import web

from evals.lab.shop.service import Reply, Route, Running


async def view(running: Running, request: web.Request, trace: str) -> Reply:
    items = await running.pool.ask("cart", trace, user=request.match_info["user"])
    return Reply(200, {"items": items})


async def add(running: Running, request: web.Request, trace: str) -> Reply:
    user = request.match_info["user"]
    item = await request.json()
    count = await running.pool.ask("add", trace, user=user, sku=item["sku"], quantity=item["quantity"])
    if running.chance.random() < 0.02:
        running.telemetry.log("WARN", f"session of user {user} expires soon, cart kept for 15 minutes", trace)
    return Reply(201, {"items": count})


ROUTES = (
    Route("GET", "/carts/{user}", "/carts", view),
    Route("POST", "/carts/{user}", "/carts", add),
)
