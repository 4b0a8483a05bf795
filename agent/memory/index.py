"""How are lessons kept in Chroma and found again?  Ids, vectors and names to filter by; their text stays in the record.

So a copied or tampered index holds no sentence that could be recalled, and forgetting leaves none behind (Chroma
keeps deleted text in its files). Everything here blocks; `Lane` carries it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agent.domain.errors import MemoryUnavailable
from agent.ports import Lesson

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_BATCH = 500


class IndexBroken(MemoryUnavailable):
    """The index of past incidents cannot be used as it is."""


@dataclass(frozen=True)
class Row:
    """A lesson as it is indexed."""

    id: str
    digest: str
    """Of everything that was embedded or can be recalled: another digest, another row."""
    vector: NDArray[np.float32]
    service: str
    component: str
    alert_names: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    id: str
    digest: str
    similarity: float
    """Cosine."""


class Index:
    """One open collection. Every method raises IndexBroken when Chroma fails."""

    def __init__(self, client: "Client", collection: "Collection") -> None:
        self._client = client
        self._collection = collection

    def digests(self) -> dict[str, str]:
        with failures():
            stored = self._collection.get(include=["metadatas"])
        return {one: str(meta["digest"]) for one, meta in zip(stored["ids"], stored["metadatas"] or [], strict=True)}

    def put(self, rows: Sequence[Row]) -> None:
        """The same id again replaces what was there."""
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            with failures():
                self._collection.upsert(
                    ids=[row.id for row in batch],
                    embeddings=[row.vector.tolist() for row in batch],
                    metadatas=[_metadata(row) for row in batch],
                )

    def drop(self, ids: Sequence[str]) -> int:
        """How many of them were there and are gone."""
        with failures():
            there = self._collection.get(ids=list(ids), include=[])["ids"]
            if there:
                self._collection.delete(ids=there)
        return len(there)

    def nearest(
        self, vector: NDArray[np.float32], service: str = "", alert_names: Sequence[str] = (), width: int = 20
    ) -> list[Hit]:
        """The `width` nearest of all, and the `width` nearest of those that share a name; the nearest first."""
        found = {hit.id: hit for hit in self._query(vector, width, None)}
        if sharing := _sharing(service, alert_names):
            found |= {hit.id: hit for hit in self._query(vector, width, sharing)}
        return sorted(found.values(), key=lambda hit: hit.similarity, reverse=True)

    def _query(self, vector: NDArray[np.float32], width: int, where: Any) -> list[Hit]:
        with failures():
            answer: Any = self._collection.query(
                query_embeddings=[vector.tolist()], n_results=width, where=where, include=["metadatas", "distances"]
            )
            columns = zip(answer["ids"][0], answer["metadatas"][0], answer["distances"][0], strict=True)
            return [Hit(one, str(meta["digest"]), 1 - float(distance)) for one, meta, distance in columns]

    def close(self) -> None:
        with failures():
            self._client.close()


def row(lesson: Lesson, digest: str, vector: NDArray[np.float32]) -> Row:
    return Row(lesson.incident, digest, vector, lesson.service, lesson.component, lesson.alert_names)


@contextmanager
def failures() -> Iterator[None]:
    """Whatever Chroma raises becomes IndexBroken, with its words."""
    try:
        yield
    except _chroma_raises() as error:
        raise IndexBroken(f"The index of past incidents failed: {type(error).__name__}: {str(error)[:200]}") from error


@cache
def _chroma_raises() -> tuple[type[Exception], ...]:
    """Tried out: its own errors, httpx's, and Python's own when a file holds what it does not expect."""
    from chromadb.errors import ChromaError
    from httpx import HTTPError

    return (ChromaError, HTTPError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, OSError)


def _metadata(row: Row) -> dict[str, Any]:
    named: dict[str, Any] = {"digest": row.digest}
    named |= {"service": row.service.casefold(), "component": row.component.casefold()}
    return named | ({"alerts": [name.casefold() for name in row.alert_names]} if row.alert_names else {})


def _sharing(service: str, alert_names: Sequence[str]) -> dict[str, Any] | None:
    """Chroma's filter for: the same service, the same component, or an alert name in common."""
    either: list[dict[str, Any]] = [{"alerts": {"$contains": name.casefold()}} for name in alert_names]
    if service:
        either += [{"service": service.casefold()}, {"component": service.casefold()}]
    return {"$or": either} if len(either) > 1 else (either[0] if either else None)
