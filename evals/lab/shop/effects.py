"""Which effects did the control port receive, and what did it answer?"""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, JsonValue


class Effect(BaseModel):
    """One effect. Two lines of the journal have its key: when it was received, and when it was answered."""

    key: str
    at: datetime
    method: str
    path: str
    body: JsonValue = None
    status: int | None = None
    """None while it is being carried out, or when the supervisor died over it."""
    answer: JsonValue = None

    def asks_the_same(self, other: "Effect") -> bool:
        return (self.method, self.path, self.body) == (other.method, other.path, other.body)


class EffectJournal:
    """Append-only, fsynced; a key is carried out once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = {effect.key: effect for effect in read_effects(path)}
        self._locks: dict[str, asyncio.Lock] = {}

    def get(self, key: str) -> Effect | None:
        return self._known.get(key)

    def lock(self, key: str) -> asyncio.Lock:
        """A second request with the key waits for the first."""
        return self._locks.setdefault(key, asyncio.Lock())

    def append(self, effect: Effect) -> None:
        """On disk when this returns."""
        with self._path.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(effect.model_dump(mode="json")) + "\n")
            journal.flush()
            os.fsync(journal.fileno())
        self._known[effect.key] = effect


def read_effects(path: Path) -> list[Effect]:
    """Each effect of the journal once, in the order in which they were received, with what is known of it last."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return list({effect.key: effect for effect in map(Effect.model_validate_json, lines)}.values())


def received(key: str, method: str, path: str, body: JsonValue) -> Effect:
    return Effect(key=key, at=datetime.now(UTC), method=method, path=path, body=body)
