"""Is a checkpoint that somebody else wrote, or changed, ever decoded?"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.base import empty_checkpoint

from agent.domain.errors import ConfigurationError, JournalBroken
from agent.storage.checkpoints import SEAL, SealedSerializer, sqlite_checkpoints
from agent.storage.database import Database

KEY = b"k" * 32
VALUE = {"incident": "inc-1", "entities": ["cart"], "confidence": 0.7, "none": None}


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'agent.db'}")
    yield opened
    opened.close()


def test_what_was_sealed_comes_back() -> None:
    serializer = SealedSerializer(KEY)
    assert serializer.loads_typed(serializer.dumps_typed(VALUE)) == VALUE


@pytest.mark.attack("S53")
@given(st.data())
def test_a_byte_changed_anywhere_is_seen(data: st.DataObject) -> None:
    serializer = SealedSerializer(KEY)
    kind, sealed = serializer.dumps_typed(VALUE)
    place = data.draw(st.integers(0, len(sealed) - 1))
    changed = data.draw(st.integers(0, 255).filter(lambda byte: byte != sealed[place]))
    with pytest.raises(JournalBroken, match="changed from outside"):
        serializer.loads_typed((kind, sealed[:place] + bytes([changed]) + sealed[place + 1 :]))


@pytest.mark.attack("S53")
@pytest.mark.parametrize("cut", [0, 1, SEAL - 1, SEAL, SEAL + 1])
def test_a_part_of_one_is_none(cut: int) -> None:
    serializer = SealedSerializer(KEY)
    kind, sealed = serializer.dumps_typed(VALUE)
    with pytest.raises(JournalBroken):
        serializer.loads_typed((kind, sealed[:cut]))


@pytest.mark.attack("S53")
def test_one_of_another_installation_or_another_kind_is_none() -> None:
    kind, sealed = SealedSerializer(b"other" * 8).dumps_typed(VALUE)
    with pytest.raises(JournalBroken):
        SealedSerializer(KEY).loads_typed((kind, sealed))
    kind, sealed = SealedSerializer(KEY).dumps_typed(VALUE)
    with pytest.raises(JournalBroken):
        SealedSerializer(KEY).loads_typed(("json" if kind != "json" else "msgpack", sealed))


@pytest.mark.attack("S53")
async def test_a_row_that_names_a_program_starts_none(tmp_path: Path, record: Database) -> None:
    canary = tmp_path / "canary"
    # What LangGraph's format calls a constructor with positional arguments: module, name, arguments.
    hostile = ormsgpack.packb(ormsgpack.Ext(0, ormsgpack.packb(["os", "system", [f"touch {canary}"]])))
    config: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
    async with sqlite_checkpoints(tmp_path / "checkpoints.db", record, KEY) as saver:
        await saver.aput(config, empty_checkpoint(), {}, {})
    async with sqlite_checkpoints(tmp_path / "checkpoints.db", record, KEY) as saver:
        await saver.conn.execute("UPDATE checkpoints SET checkpoint = ?", (os.urandom(SEAL) + hostile,))  # type: ignore[attr-defined]  # the file is the attacker's
        await saver.conn.commit()  # type: ignore[attr-defined]  # likewise
        with pytest.raises(JournalBroken):
            await saver.aget_tuple(config)
    assert not canary.exists()


async def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path, record: Database) -> None:
    damaged = tmp_path / "checkpoints.db"
    damaged.write_bytes(b"no database at all" * 100)
    with pytest.raises(ConfigurationError, match=r"checkpoints.db is damaged: file is not a database\. Move it aside"):
        async with sqlite_checkpoints(damaged, record, bytes(32)):
            pass
