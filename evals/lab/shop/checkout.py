"""The checkout: an order is a reservation and a charge."""

from evals.lab.shop.service import Asked, Reply, Route, Running

INVENTORY_DEADLINE_S = 1.2
PAYMENT_DEADLINE_S = 1.2


async def order(running: Running, asked: Asked) -> Reply:
    wanted = asked.body
    reservation = {"sku": wanted["sku"], "quantity": wanted["quantity"]}
    reserved = await running.calls.post("inventory", "/reservations", reservation, asked.trace, INVENTORY_DEADLINE_S)
    if reserved.status == 409:
        running.telemetry.log("INFO", f"order rejected: {wanted['sku']} is sold out", asked.trace)
        return Reply(409, {"error": "sold out"})
    charge = {"amount": wanted["amount"], "currency": wanted["currency"]}
    charged = await running.calls.post("payment", "/charges", charge, asked.trace, PAYMENT_DEADLINE_S)
    if charged.status == 402:
        return Reply(402, {"error": "declined"})
    running.telemetry.log("INFO", f"order placed: {wanted['sku']} {wanted['amount']} {wanted['currency']}", asked.trace)
    return Reply(201, {"order": asked.trace})


ROUTES = (Route("POST", "/orders", "/orders", order),)
