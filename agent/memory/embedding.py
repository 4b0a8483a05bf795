"""How does a text become a vector, and how near must two vectors be to mean something?"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.domain.errors import MemoryUnavailable, ModelUnavailable
from agent.memory.hashing import hashed
from agent.memory.minilm import MINILM, MiniLM, ModelFilesMissing
from agent.telemetry import Log

log = Log(__name__)

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Texts to vectors of unit length, one row each, so that a dot product is the cosine."""

    id: str
    """Names the model exactly: vectors of two ids are never compared."""
    related: float
    """The cosine from which two texts are likely to speak of the same kind of trouble."""
    same: float
    """The cosine from which they say the same in other words."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension). MemoryUnavailable when it cannot be done."""
        ...


class MiniLMEmbedder:
    """all-MiniLM-L6-v2 in int8, on this machine, offline; the first text loads the model (0.3 s, 165 MB)."""

    id = MINILM
    related = 0.25
    same = 0.60

    def __init__(self) -> None:
        self._model: MiniLM | None = None
        self._loading = asyncio.Lock()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        model = await self._loaded()
        return await asyncio.to_thread(model.embed, texts)

    async def _loaded(self) -> MiniLM:
        async with self._loading:
            if self._model is None:
                self._model = await asyncio.to_thread(MiniLM.load)
            return self._model


class HashingEmbedder:
    """Words, word pairs and character n-grams, hashed. It finds the same words again, not the same meaning."""

    id = "hashing-512-v1"
    related = 0.15
    same = 0.60

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return hashed(texts)


class ProvidedEmbedder:
    """A provider's embeddings, through the call given; `id` must name provider and model."""

    def __init__(
        self,
        id: str,  # noqa: A002 (the name the protocol has for it)
        call: Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]],
        *,
        related: float = 0.30,
        same: float = 0.70,
    ) -> None:
        self.id, self.related, self.same = id, related, same
        self._call = call

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Normalised here, whatever the provider promises. The call raises ModelUnavailable when it fails."""
        try:
            vectors = np.asarray(await self._call(texts), dtype=np.float32)
        except ModelUnavailable as error:
            raise MemoryUnavailable(f"{self.id} gave no vectors: {error}") from error
        if vectors.ndim != 2 or vectors.shape[0] != len(texts) or not np.isfinite(vectors).all():
            raise MemoryUnavailable(f"{self.id} answered {len(texts)} texts with vectors of shape {vectors.shape}.")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)


async def local_embedder(check: Callable[[], None] = MiniLM.check) -> Embedder:
    """MiniLM when its files are installed and are the ones we know, else hashing, with a line in the log."""
    try:
        await asyncio.to_thread(check)
    except ModelFilesMissing as missing:
        log.warning("similar incidents are found by words, not by meaning", reason=str(missing))
        return HashingEmbedder()
    return MiniLMEmbedder()
