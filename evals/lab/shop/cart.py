"""The cart: what a customer has picked, kept in the store."""

from evals.lab.shop.service import Asked, Reply, Route, Running


async def view(running: Running, asked: Asked) -> Reply:
    items = await running.pool.ask("cart", asked.trace, user=asked.path["user"])
    return Reply(200, {"items": items})


async def add(running: Running, asked: Asked) -> Reply:
    user = asked.path["user"]
    item = asked.body
    count = await running.pool.ask("add", asked.trace, user=user, sku=item["sku"], quantity=item["quantity"])
    if running.chance.random() < 0.02:
        running.telemetry.log("WARN", f"session of user {user} expires soon, cart kept for 15 minutes", asked.trace)
    return Reply(201, {"items": count})


ROUTES = (
    Route("GET", "/carts/{user}", "/carts", view),
    Route("POST", "/carts/{user}", "/carts", add),
)
