"""Who is asked beside the data? The model and the memory, when they are there."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from agent.domain.rules import ModelLimits
from agent.llm.chat import connect
from agent.llm.endpoints import Endpoint, endpoint, endpoints
from agent.llm.usage import Meter
from agent.memory.chroma import ChromaMemory
from agent.memory.embedding import Embedder, ProvidedEmbedder, local_embedder
from agent.memory.place import Folder, Server
from agent.policy.redaction import Redactor
from agent.ports import Clock, Lessons, Memory, Model
from agent.settings import Settings
from agent.telemetry import Meters

DEFAULT = "openai:gpt-5-mini"
"""The model when a key is there and no name."""
_START = timedelta(seconds=2)


@asynccontextmanager
async def open_model(settings: Settings, limits: ModelLimits, meters: Meters) -> AsyncIterator[Model | None]:
    """The configured model; none when there is neither a model's name nor a key: then the analysis answers alone."""
    named = settings.model or (DEFAULT if settings.openai_api_key else "")
    # With no model, too, the metrics are there by their names: whoever collects them may rely on that.
    meter = Meter(meters.registry, limits.prices)
    if not named:
        yield None
        return
    chat = connect(
        named,
        settings.model_fallbacks,
        base_url=settings.openai_base_url,
        api_key=settings.openai_api_key,
        environ=os.environ,
        limits=limits,
        meter=meter,
    )
    try:
        yield chat
    finally:
        await chat.close()


@asynccontextmanager
async def open_memory(
    settings: Settings, folder: Path, lessons: Lessons, clock: Clock, pseudonyms: bytes
) -> AsyncIterator[Memory]:
    """Past incidents: embedded beside the record, or on the configured server. Opened when it is first asked."""
    place = Server(settings.chroma_url) if settings.chroma_url else Folder(settings.chroma_path or folder / "memory")

    def redact(text: str) -> str:
        # One Redactor a sentence: pseudonyms numbered across lessons would change from one opening to the next.
        return Redactor(pseudonyms).redact(text)

    memory = ChromaMemory(place, await _embedder(settings), lessons.all, redact, clock)
    warming = asyncio.create_task(_warm_up(memory))
    try:
        yield memory
    finally:
        warming.cancel()
        await asyncio.gather(warming, return_exceptions=True)
        await memory.close()


async def _warm_up(memory: ChromaMemory) -> None:
    """Open it before the first incident asks, but not while everything else starts."""
    await asyncio.sleep(_START.total_seconds())
    await memory.state()


async def _embedder(settings: Settings) -> Embedder:
    if not settings.embeddings:
        return await local_embedder()
    from agent.llm.embeddings import Embeddings

    place = embeddings_of(settings)
    return ProvidedEmbedder(place.name, Embeddings(place, Meter()))


def models_of(settings: Settings) -> list[Endpoint]:
    """The model and its fallbacks, in the order in which they are asked. ConfigurationError when they cannot be."""
    return endpoints(
        settings.model or DEFAULT,
        settings.model_fallbacks,
        base_url=settings.openai_base_url,
        api_key=settings.openai_api_key,
        environ=os.environ,
    )


def embeddings_of(settings: Settings) -> Endpoint:
    """Where vectors are made. ConfigurationError when none can be."""
    return endpoint(
        settings.embeddings,
        base_url=settings.openai_base_url,
        api_key=settings.openai_api_key,
        environ=os.environ,
    )
