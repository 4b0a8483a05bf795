"""The store: the shop's only state, an SQLite file behind a line protocol on TCP."""

import asyncio
import json
import random
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, TextIO

from aiohttp import web

from evals.lab.shop.layout import HOST, Layout
from evals.lab.shop.service import Order, Start, check_scratch, orders, ready
from evals.lab.shop.telemetry import Stopwatch, Telemetry

SKUS = tuple(f"sku-{number:03d}" for number in range(60))
WORKERS = 4
_SCHEMA = """
CREATE TABLE IF NOT EXISTS products (sku TEXT PRIMARY KEY, name TEXT, price INTEGER);
CREATE TABLE IF NOT EXISTS carts (user TEXT, sku TEXT, quantity INTEGER, PRIMARY KEY (user, sku));
CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, quantity INTEGER);
CREATE TABLE IF NOT EXISTS promotions (code TEXT PRIMARY KEY, percent INTEGER);
CREATE TABLE IF NOT EXISTS ledger (id INTEGER PRIMARY KEY, op TEXT, payload TEXT);
"""


class Database:
    """The file and what can be asked of it. Each worker thread has its own connection."""

    def __init__(self, path: Path, chance: random.Random, busy_timeout_s: float = 0.25) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s
        self._chance = chance
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._page_limit: int | None = None
        self._maintenance: sqlite3.Connection | None = None
        with self._connect() as connection:
            connection.executescript(_SCHEMA)
            connection.executemany(
                "INSERT OR IGNORE INTO products VALUES (?, ?, ?)",
                [(sku, f"Product {sku[-3:]}", 500 + 37 * number) for number, sku in enumerate(SKUS)],
            )
            connection.executemany("INSERT OR IGNORE INTO stock VALUES (?, 400)", [(sku,) for sku in SKUS])

    def run(self, question: dict[str, Any]) -> Any:
        """The answer; sqlite3.Error when the database says no."""
        operation = self._operations()[question["op"]]
        with self._connection() as connection:  # commits, or rolls back
            return operation(connection, question)

    def lock(self) -> None:
        """Maintenance that takes the write lock and keeps it."""
        self._maintenance = self._connect()
        self._maintenance.execute("BEGIN IMMEDIATE")

    def set_quota(self, strict: bool) -> None:
        """A strict quota leaves the file no page more than it has."""
        with self._connect() as connection:
            pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
        self._page_limit = pages if strict else None

    def close(self) -> None:
        for connection in self._all:
            connection.close()

    def _operations(self) -> dict[str, Callable[[sqlite3.Connection, dict[str, Any]], Any]]:
        return {
            "products": _products,
            "product": _product,
            "promotion": _promotion,
            "cart": _cart,
            "add": _add,
            "reserve": self._reserve,
            "reserve-by-site": _reserve_by_site,
        }

    def _reserve(self, connection: sqlite3.Connection, question: dict[str, Any]) -> int | None:
        sku, quantity = question["sku"], question["quantity"]
        left: int = connection.execute("SELECT quantity FROM stock WHERE sku = ?", (sku,)).fetchone()[0] - quantity
        if left < 20:
            left += 400  # the supplier delivers
        connection.execute("UPDATE stock SET quantity = ? WHERE sku = ?", (left, sku))
        _enter(connection, "reserve")
        return None if self._chance.random() < 0.01 else left

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            self._local.connection = self._connect()
        connection: sqlite3.Connection = self._local.connection
        limit = self._page_limit or 1_000_000
        connection.execute(f"PRAGMA max_page_count = {limit}")
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=self._busy_timeout_s, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # the lab's shop may lose a cart in a power cut
        self._all.append(connection)
        return connection


def _products(connection: sqlite3.Connection, _: dict[str, Any]) -> list[Any]:
    return connection.execute("SELECT sku, name, price FROM products LIMIT 20").fetchall()


def _product(connection: sqlite3.Connection, question: dict[str, Any]) -> dict[str, Any] | None:
    row = connection.execute("SELECT sku, name, price FROM products WHERE sku = ?", (question["sku"],)).fetchone()
    return dict(zip(("sku", "name", "price"), row, strict=True)) if row else None


def _promotion(connection: sqlite3.Connection, question: dict[str, Any]) -> int | None:
    row = connection.execute("SELECT percent FROM promotions WHERE code = ?", (question["code"],)).fetchone()
    return int(row[0]) if row else None


def _cart(connection: sqlite3.Connection, question: dict[str, Any]) -> list[Any]:
    return connection.execute("SELECT sku, quantity FROM carts WHERE user = ?", (question["user"],)).fetchall()


def _add(connection: sqlite3.Connection, question: dict[str, Any]) -> int:
    user = question["user"]
    connection.execute("DELETE FROM carts WHERE user = ? AND quantity > 5", (user,))
    connection.execute(
        "INSERT INTO carts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity",
        (user, question["sku"], question["quantity"]),
    )
    _enter(connection, "add")
    return int(connection.execute("SELECT count(*) FROM carts WHERE user = ?", (user,)).fetchone()[0])


def _reserve_by_site(connection: sqlite3.Connection, question: dict[str, Any]) -> int:
    row = connection.execute("SELECT site_quantity FROM stock WHERE sku = ?", (question["sku"],)).fetchone()
    return int(row[0])


def _enter(connection: sqlite3.Connection, operation: str) -> None:
    connection.execute("INSERT INTO ledger (op, payload) VALUES (?, ?)", (operation, "x" * 1500))


class Server:
    """Answers the store's clients, one JSON line for one JSON line."""

    def __init__(self, database: Database, telemetry: Telemetry) -> None:
        self._database = database
        self._telemetry = telemetry
        self._workers = ThreadPoolExecutor(max_workers=WORKERS)
        self._clients: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        self._telemetry.store_connections.set(len(self._clients))
        try:
            with suppress(ConnectionError):
                while line := await reader.readline():
                    writer.write(json.dumps(await self._answer(json.loads(line))).encode() + b"\n")
        finally:
            self._clients.discard(writer)
            self._telemetry.store_connections.set(len(self._clients))
            writer.close()

    async def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        watch = Stopwatch()
        operation = question["op"]
        try:
            loop = asyncio.get_running_loop()
            result = await loop.run_in_executor(self._workers, self._database.run, question)
        except sqlite3.Error as error:
            self._telemetry.served(operation, 500, watch.seconds)
            self._telemetry.log("ERROR", f"{operation} failed: {error}", question.get("trace", ""))
            return {"ok": False, "error": str(error)}
        self._telemetry.served(operation, 200, watch.seconds)
        return {"ok": True, "result": result}

    def close(self) -> None:
        for writer in self._clients:
            writer.close()
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._database.close()


def obey(order: Order, database: Database, telemetry: Telemetry) -> None:
    """Do what the supervisor says."""
    match order.kind, order.name:
        case "flag", "strict-quota":
            database.set_quota(order.enabled)
            telemetry.log("INFO", f"storage quota is now {'strict' if order.enabled else 'relaxed'}")
        case "fault", "lock":
            database.lock()
            telemetry.log("INFO", "maintenance: exclusive reorganisation of table ledger started")
        case kind, name:
            telemetry.log("WARN", f"unknown order {kind} {name}")


async def run_store(layout: Layout, start: Start, log: TextIO) -> None:
    """Serve until standard input ends."""
    telemetry = Telemetry("store", start.pod, start.version, log)
    check_scratch(layout, start, telemetry)
    database = Database(layout.run / "store.sqlite", random.Random())
    database.set_quota(start.flags.get("strict-quota", False))
    server = Server(database, telemetry)
    async with AsyncExitStack() as stack:
        stack.callback(server.close)
        await stack.enter_async_context(await asyncio.start_server(server.serve, HOST, layout.store_port))
        runner = web.AppRunner(_metrics_only(telemetry), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, HOST, layout.http_ports["store"]).start()
        telemetry.log("INFO", f"store {start.version} started")
        ready()
        reader = await orders()
        while line := await reader.readline():
            obey(Order.model_validate_json(line), database, telemetry)


def _metrics_only(telemetry: Telemetry) -> web.Application:
    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=telemetry.exposition(), content_type="text/plain")

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return app
