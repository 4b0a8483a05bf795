import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from evals.bench.bare_intake import Store


async def test_every_body_is_kept_as_it_came_before_it_is_answered(tmp_path: Path) -> None:
    store = Store(tmp_path / "bare.db")
    bodies = [f"body {number}".encode() for number in range(200)]

    await asyncio.gather(*(store.keep(body) for body in bodies))

    with closing(sqlite3.connect(tmp_path / "bare.db")) as connection:
        kept = [body for (body,) in connection.execute("SELECT body FROM posts")]
    store.close()
    assert sorted(kept) == sorted(bodies)
