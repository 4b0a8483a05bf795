"""Is a record that a disk has damaged ever taken for a good one?"""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from agent.bootstrap import Replaced, bootstrap
from agent.domain.errors import AgentError, JournalBroken
from agent.graph.context import Sources
from agent.storage import anchors
from agent.testing import NoMemory
from tests.attacks.world import QuickClock
from tests.chaos.apart import apart
from tests.chaos.attempt import Known, Tried, broken
from tests.chaos.life import Run
from tests.chaos.points import Points
from tests.chaos.server import Ground, died

BATCH = 25
"""Damages of one try, each to a copy of the same record."""
Damage = Callable[[Run, Run, float], str]
"""(the whole run, its copy, what chance is drawn from) -> what was taken for good and is not; empty: nothing"""


def torn(ground: Ground, seed: int, known: Known) -> Tried:
    """The log of a killed life cut off at any byte, or ending in nonsense: what opens is a whole beginning of it."""
    return _damaged(ground, seed, known, _tear)


def flipped(ground: Ground, seed: int, known: Known) -> Tried:
    """A bit of a journal entry, of its head, of an anchor or of a checkpoint is another."""
    return _damaged(ground, seed, known, _flip)


def _damaged(ground: Ground, seed: int, known: Known, damage: Damage) -> Tried:
    chance = Random(f"{damage.__name__}:{seed}")
    with ground.run(f"forgets-{damage.__name__}-{seed}") as run:
        died(run, Points(die_at=("", chance.randint(len(known.passed) // 3, len(known.passed)))))
        told = [_on_a_copy(run, number, damage, chance.random()) for number in range(BATCH)]
        return Tried(BATCH, broken(*told))


def _on_a_copy(run: Run, number: int, damage: Damage, drawn: float) -> str:
    copy = Path(run.folder).with_name(f"{Path(run.folder).name}-{number}")
    shutil.copytree(run.folder, copy)
    try:
        return apart(lambda: damage(run, Run(str(copy), run.port, run.world), drawn))
    finally:
        shutil.rmtree(copy)


def _tear(whole: Run, run: Run, drawn: float) -> str:
    chance = Random(drawn)
    log = Path(run.folder) / "data" / "agent.db-wal"
    content = log.read_bytes()
    place = chance.randrange(len(content) + 1)
    log.write_bytes(content[:place] + chance.choice((b"", chance.randbytes(4096), bytes(512))))
    before = _hashes(Path(whole.folder))
    after = _hashes(Path(run.folder))
    if after != before[: len(after)]:
        return "after a torn write the journal is no beginning of what was written"
    return asyncio.run(_judge_torn(run, len(after)))


async def _judge_torn(run: Run, left: int) -> str:
    """A start may add entries of its own to what is `left`."""
    anchored = anchors.read(run.settings().anchors)
    async with _opened(run) as application:
        _, wrong = await application.record.journal.verify()
        if wrong:
            return f"after a torn write the journal does not verify: {wrong}"
        if anchored and anchored[-1].sequence > left and not application.record.anchors.wrong:
            return "the journal is shorter than its anchor, and nobody noticed"
    return ""


def _flip(whole: Run, run: Run, drawn: float) -> str:
    chance = Random(drawn)
    kind = chance.choice(("journal", "journal", "head", "anchor", "checkpoint"))
    data = Path(run.folder) / "data"
    match kind:
        case "journal" | "head":
            return _flip_journal(run, data, chance, "journal" if kind == "journal" else "journal_head")
        case "anchor":
            return _flip_anchor(run, data, chance)
    return _flip_checkpoint(run, data, chance)


def _flip_journal(run: Run, data: Path, chance: Random, table: str) -> str:
    with sqlite3.connect(data / "agent.db") as record:
        columns = [row[1] for row in record.execute(f"PRAGMA table_info({table})")]
        rows = record.execute(f"SELECT rowid, * FROM {table}").fetchall()
        if not rows:
            return ""
        row = chance.choice(rows)
        places = [place for place, value in enumerate(row[1:]) if isinstance(value, str) and value]
        place = chance.choice(places)
        while _same_moment(row[1 + place], value := _other(row[1 + place], chance)):
            pass
        record.execute(f"UPDATE {table} SET {columns[place]} = ? WHERE rowid = ?", (value, row[0]))
    record.close()
    first = row[1] if table == "journal" else 0
    return asyncio.run(_judge_journal(run, first, f"{table}.{columns[place]} of row {row[0]}"))


def _same_moment(one: str, other: str) -> bool:
    """A comma before the fraction of a second, or another letter before the hour, is read as if nothing had changed."""
    try:
        return datetime.fromisoformat(one) == datetime.fromisoformat(other)
    except ValueError:
        return False


async def _judge_journal(run: Run, sequence: int, what: str) -> str:
    try:
        async with _opened(run) as application:
            broken_at, wrong = await application.record.journal.verify()
    except (AgentError, ValueError):
        return ""
    if not wrong:
        return f"a bit of {what} was changed, and the journal verifies"
    return f"{what}: the first broken entry is said to be {broken_at}" if sequence and broken_at != sequence else ""


def _flip_anchor(run: Run, data: Path, chance: Random) -> str:
    file = data / "journal.anchors"
    if not file.exists() or not file.read_bytes().strip():
        return ""
    content = bytearray(file.read_bytes())
    ends = [place for place, byte in enumerate(content) if byte == ord("\n")]
    place = chance.choice([place for place in range(len(content)) if place not in ends])
    content[place] ^= 1 << chance.randrange(7)
    file.write_bytes(bytes(content))
    return asyncio.run(_judge_anchor(run, place))


async def _judge_anchor(run: Run, place: int) -> str:
    async with _opened(run) as application:
        try:
            kept = anchors.read(run.settings().anchors)
        except JournalBroken:
            return "" if application.record.anchors.wrong else "the anchors cannot be read, and effects go on"
        _, wrong = await application.record.database.read(
            lambda connection: application.record.chain.verify(connection, kept)
        )
        return "" if wrong else f"byte {place} of the anchors was changed, and all of it verifies"


def _flip_checkpoint(run: Run, data: Path, chance: Random) -> str:
    with sqlite3.connect(data / "checkpoints.db") as stored:
        rows = stored.execute("SELECT rowid, checkpoint FROM checkpoints ORDER BY rowid DESC LIMIT 1").fetchall()
        if not rows:
            return ""
        content = bytearray(rows[0][1])
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        stored.execute("UPDATE checkpoints SET checkpoint = ? WHERE rowid = ?", (bytes(content), rows[0][0]))
        thread = stored.execute("SELECT thread_id FROM checkpoints WHERE rowid = ?", (rows[0][0],)).fetchone()[0]
    stored.close()
    return asyncio.run(_judge_checkpoint(run, thread))


async def _judge_checkpoint(run: Run, thread: str) -> str:
    async with _opened(run) as application:
        try:
            await application.record.checkpoints.aget_tuple(
                {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
            )
        except JournalBroken:
            return ""
    return f"a bit of the checkpoint of {thread} was changed, and it was read"


def _opened(run: Run) -> Any:
    replaced = Replaced(clock=QuickClock(), sources=Sources(), executors={}, memory=NoMemory(), channels=())
    return bootstrap(run.settings(), replaced)


def _hashes(folder: Path) -> list[str]:
    """Of the undamaged record, read from a copy: reading folds the log into the database."""
    copy = folder.with_name(f"{folder.name}-read")
    shutil.copytree(folder / "data", copy)
    try:
        with sqlite3.connect(copy / "agent.db") as record:
            found = [row[0] for row in record.execute("SELECT hash FROM journal ORDER BY sequence")]
        record.close()
        return found
    finally:
        shutil.rmtree(copy)


def _other(text: str, chance: Random) -> str:
    """With one bit of one character changed, still printable."""
    while True:
        place = chance.randrange(len(text))
        other = chr(ord(text[place]) ^ 1 << chance.randrange(6))
        if other.isprintable() and other != text[place]:
            return text[:place] + other + text[place + 1 :]
