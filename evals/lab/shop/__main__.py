"""Runs one process of a shop: `service` (one of the seven) or `supervisor` (which starts all of them, and traffic)."""

import argparse
import asyncio
import gc
import random
import signal
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from evals.lab.shop import cart, catalogue, checkout, frontend, inventory, payment
from evals.lab.shop.control import Control
from evals.lab.shop.effects import EffectJournal
from evals.lab.shop.layout import HOST, Layout, load_layout
from evals.lab.shop.load import Traffic, generate
from evals.lab.shop.service import Start, run_service
from evals.lab.shop.store import run_store
from evals.lab.shop.supervisor import Supervisor
from evals.lab.shop.topology import ENTRY

ROUTES = {
    "frontend": frontend.ROUTES,
    "catalogue": catalogue.ROUTES,
    "cart": cart.ROUTES,
    "checkout": checkout.ROUTES,
    "payment": payment.ROUTES,
    "inventory": inventory.ROUTES,
}


async def serve(layout: Layout, start: Start) -> None:
    """One service, until standard input ends."""
    with layout.log_file(start.service).open("a", encoding="utf-8") as log:
        if start.service == "store":
            await run_store(layout, start, log)
        else:
            await run_service(layout, start, ROUTES[start.service], log)


async def supervise(layout: Layout) -> None:
    """The whole shop, until SIGTERM or the end of standard input."""
    supervisor = Supervisor(layout)
    traffic = Traffic()
    control = Control(layout, supervisor, EffectJournal(layout.effects), traffic)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    runner = web.AppRunner(control.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await supervisor.start()
        await web.TCPSite(runner, HOST, layout.control_port).start()
        load = asyncio.create_task(generate(layout.url(ENTRY), layout.requests_per_second, traffic, random.Random()))
        await stop.wait()
        load.cancel()
        with suppress(asyncio.CancelledError):
            await load
    finally:
        await runner.cleanup()
        await supervisor.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.lab.shop", description=__doc__)
    parser.add_argument("role", choices=("service", "supervisor"))
    parser.add_argument("--layout", type=Path, required=True)
    parser.add_argument("--start", type=Start.model_validate_json)
    arguments = parser.parse_args()
    gc.freeze()  # what was imported is not garbage, and need not be looked at again
    layout = load_layout(arguments.layout)
    if arguments.role == "supervisor":
        asyncio.run(supervise(layout))
    else:
        asyncio.run(serve(layout, arguments.start))


if __name__ == "__main__":
    main()
