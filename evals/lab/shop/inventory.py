"""The inventory: what is in stock, reserved in the store."""

from evals.lab.shop.service import Asked, Reply, Route, Running
from evals.lab.shop.versions import DROPPED_COLUMN

OTHER_WAREHOUSE_SHARE = 0.6


async def reserve(running: Running, asked: Asked) -> Reply:
    wanted = asked.body
    operation = "reserve"
    if running.bug == DROPPED_COLUMN and running.chance.random() < OTHER_WAREHOUSE_SHARE:
        operation = "reserve-by-site"
    left = await running.pool.ask(operation, asked.trace, sku=wanted["sku"], quantity=wanted["quantity"])
    if left is None:
        return Reply(409, {"error": "sold out"})
    if left < 100:
        running.telemetry.log("INFO", f"stock of {wanted['sku']} is low: {left} left, reorder sent", asked.trace)
    return Reply(201, {"left": left})


ROUTES = (Route("POST", "/reservations", "/reservations", reserve),)
