"""The payment: asks the acquirer (outside the shop, so a wait stands for it) and charges."""

import asyncio

from evals.lab.shop.service import Asked, Reply, Route, Running
from evals.lab.shop.versions import LOST_CURRENCY_TABLE

ACQUIRER_S = (0.012, 0.045)
ANTIFRAUD_S = (0.55, 1.3)
DECLINED_SHARE = 0.03
MINOR_UNITS = {"EUR": 2, "USD": 2, "JPY": 0}


async def charge(running: Running, asked: Asked) -> Reply:
    wanted = asked.body
    minor_units = {"USD": 2} if running.bug == LOST_CURRENCY_TABLE else MINOR_UNITS
    cents = wanted["amount"] * 10 ** minor_units[wanted["currency"]]
    await asyncio.sleep(running.chance.uniform(*ACQUIRER_S))
    if running.flag("slow-antifraud"):
        await _antifraud(running, asked)
    if running.chance.random() < DECLINED_SHARE:
        running.telemetry.log("WARN", "card declined by acquirer: insufficient funds", asked.trace)
        return Reply(402, {"error": "declined"})
    return Reply(201, {"charged": cents})


async def _antifraud(running: Running, asked: Asked) -> None:
    wait = running.chance.uniform(*ANTIFRAUD_S)
    await asyncio.sleep(wait)
    if wait > 1.0:
        running.telemetry.log("WARN", f"anti-fraud provider answered after {wait * 1000:.0f} ms", asked.trace)


ROUTES = (Route("POST", "/charges", "/charges", charge),)
