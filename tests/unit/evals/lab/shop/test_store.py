import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from evals.lab.shop.store import Database

ADD = {"op": "add", "user": "u1", "sku": "sku-001", "quantity": 1}
CART = {"op": "cart", "user": "u1"}


@pytest.fixture(name="database")
def fixture_database(tmp_path: Path) -> Any:
    database = Database(tmp_path / "store.sqlite", random.Random(3), busy_timeout_s=0.01)
    yield database
    database.close()


def add_many(database: Database) -> None:
    for _ in range(50):
        database.run(ADD)


def test_a_held_lock_fails_writes_and_leaves_reads_alone(database: Database) -> None:
    database.run(ADD)
    database.lock()

    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        database.run(ADD)
    assert database.run(CART) == [("sku-001", 1)]


def test_a_strict_quota_fills_up_and_a_relaxed_one_lets_go(database: Database) -> None:
    database.set_quota(strict=True)

    with pytest.raises(sqlite3.OperationalError, match="database or disk is full"):
        add_many(database)
    database.set_quota(strict=False)
    assert database.run(ADD) == 1  # the cart holds one kind of thing


def test_a_write_that_failed_leaves_nothing_behind(database: Database) -> None:
    database.set_quota(strict=True)
    with pytest.raises(sqlite3.OperationalError):
        add_many(database)
    before = database.run(CART)

    with pytest.raises(sqlite3.OperationalError):
        database.run(ADD)

    assert database.run(CART) == before
