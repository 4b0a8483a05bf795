"""What can go wrong inside a process, physically: memory kept, a core burnt, connections not given back?

These faults live in the process and die with it.
"""

import asyncio
import gc
import hashlib
import random
import resource
import time
from collections.abc import Callable

from evals.lab.shop.telemetry import Stopwatch, Telemetry

LEAKED_LISTS = 14_000
"""Kept by each request, about 1.3 MB; containers, so that the collector must walk them."""
SOFT_LIMIT_MB = 130
"""Above this resident size full collections begin, as on a heap near its limit."""
COLLECTION_PAUSE_S = 0.8
"""At least this long between two of them."""
HARD_LIMIT_MB = 600
"""Above this a request is refused."""
POOL_LEAK_SHARE = 0.2
HOG_SLICE_S = 0.6
HOG_PAUSE_S = 0.02


class OutOfMemory(Exception):
    """The process is over its memory budget."""


class MemoryLeak:
    """Each request leaves something behind that nothing ever frees."""

    def __init__(self, telemetry: Telemetry, resident_mb: Callable[[], float]) -> None:
        self.on = False
        self._telemetry = telemetry
        self._resident_mb = resident_mb
        self._kept: list[list[list[None]]] = []
        self._next_collection = 0.0

    def touch(self, trace: str) -> None:
        """To be called by each request. Raises OutOfMemory above the hard limit."""
        if not self.on:
            return
        size = self._resident_mb()
        if size > HARD_LIMIT_MB:
            raise OutOfMemory(f"out of memory: {size:.0f} MB resident, budget {HARD_LIMIT_MB} MB")
        self._kept.append([[None] for _ in range(LEAKED_LISTS)])
        if size > SOFT_LIMIT_MB and time.monotonic() > self._next_collection:
            self._collect(size, trace)
            self._next_collection = time.monotonic() + COLLECTION_PAUSE_S

    def _collect(self, size: float, trace: str) -> None:
        watch = Stopwatch()
        for _ in range(2):  # the first pass frees nothing, so the heap is walked once more before it may grow
            gc.collect()
        self._telemetry.collection_seconds.inc(watch.seconds)
        self._telemetry.log(
            "WARN",
            f"memory {size:.0f} MB above soft limit {SOFT_LIMIT_MB} MB: full collection took "
            f"{watch.seconds * 1000:.0f} ms and freed nothing",
            trace,
        )


class PoolLeak:
    """On a share of the requests the connection is not given back."""

    def __init__(self, chance: random.Random) -> None:
        self.on = False
        self._chance = chance

    def __call__(self) -> bool:
        return self.on and self._chance.random() < POOL_LEAK_SHARE


async def hog_cpu(telemetry: Telemetry) -> None:
    """Burn most of a core on the event loop, for ever: requests wait for their turn."""
    passes = 0
    while True:
        end = time.perf_counter() + HOG_SLICE_S
        while time.perf_counter() < end:
            hashlib.sha256(b"similar items" * 400).hexdigest()
        passes += 1
        if passes % 40 == 0:
            telemetry.log("WARN", f"similar-items ranking did not converge after {passes} passes, trying again")
        await asyncio.sleep(HOG_PAUSE_S)


async def rebuild_index(telemetry: Telemetry, seconds: float) -> None:
    """A harmless batch job: it burns a core beside the event loop (the hash releases the interpreter lock)."""
    telemetry.log("INFO", "search index rebuild started by scheduler")
    watch = Stopwatch()
    while watch.seconds < seconds:
        await asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", b"index", b"segment", 150_000)
        await asyncio.sleep(0.03)
    telemetry.log("INFO", f"search index rebuild finished in {watch.seconds:.0f} s")


def resident_mb() -> float:
    """The process's resident size now."""
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 (read by every request)
        return int(statm.read().split()[1]) * resource.getpagesize() / 1e6
