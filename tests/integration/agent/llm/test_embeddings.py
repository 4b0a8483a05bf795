import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from pydantic import SecretStr

from agent.domain.errors import ModelUnavailable
from agent.llm.embeddings import Embeddings
from agent.llm.endpoints import Endpoint
from agent.llm.usage import Meter
from tests.farends.openai import OpenAIFarEnd


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Embeddings]:
    place = Endpoint("openai", "text-embedding-3-small", url, SecretStr("sk-test"))
    embeddings = Embeddings(place, Meter(), deadline=timedelta(minutes=1))
    try:
        yield embeddings
    finally:
        await embeddings.close()


async def test_texts_become_vectors_and_are_sent_as_text_not_as_tokens() -> None:
    with OpenAIFarEnd() as endpoint:
        async with connected(endpoint.url) as embeddings:
            vectors = await embeddings(["pool exhausted", "disk full", "pool exhausted"])
    assert [len(vector) for vector in vectors] == [36, 36, 36]
    assert vectors[0] == vectors[2] != vectors[1]
    (asked,) = endpoint.journal
    assert asked.body["input"] == ["pool exhausted", "disk full", "pool exhausted"]
    assert asked.headers["authorization"] == "Bearer sk-test"


async def test_an_endpoint_that_is_gone_is_model_unavailable_at_once() -> None:
    with OpenAIFarEnd() as gone:
        pass
    async with connected(gone.url) as embeddings:
        began = time.monotonic()
        with pytest.raises(ModelUnavailable, match=r"^openai:text-embedding-3-small "):
            await embeddings(["a"])
    assert time.monotonic() - began < 30
