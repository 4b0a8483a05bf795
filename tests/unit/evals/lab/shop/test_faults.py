import io
import random
from collections.abc import Iterator

import pytest

from evals.lab.shop.faults import HARD_LIMIT_MB, SOFT_LIMIT_MB, MemoryLeak, OutOfMemory, PoolLeak
from evals.lab.shop.telemetry import Telemetry


def leak(sizes: Iterator[float], log: io.StringIO) -> MemoryLeak:
    memory = MemoryLeak(Telemetry("checkout", "checkout-x", "1.0.0", log), lambda: next(sizes))
    memory.on = True
    return memory


def test_a_leak_that_is_off_keeps_nothing() -> None:
    memory = leak(iter(()), io.StringIO())
    memory.on = False

    memory.touch("t")

    assert memory._kept == []


def test_above_the_soft_limit_a_full_collection_is_paid_for_and_told() -> None:
    log = io.StringIO()
    memory = leak(iter((SOFT_LIMIT_MB - 1.0, SOFT_LIMIT_MB + 1.0)), log)

    memory.touch("t")
    assert log.getvalue() == ""
    memory.touch("t")

    assert f"memory {SOFT_LIMIT_MB + 1} MB above soft limit {SOFT_LIMIT_MB} MB" in log.getvalue()


def test_above_the_hard_limit_the_request_is_refused() -> None:
    memory = leak(iter((HARD_LIMIT_MB + 1.0,)), io.StringIO())

    with pytest.raises(OutOfMemory, match=f"{HARD_LIMIT_MB + 1} MB resident"):
        memory.touch("t")


def test_a_pool_leaks_on_a_share_of_the_requests_only_when_it_is_on() -> None:
    pool = PoolLeak(random.Random(5))
    off = sum(pool() for _ in range(1000))
    pool.on = True
    on = sum(pool() for _ in range(1000))

    assert (off, 150 < on < 250) == (0, True)
