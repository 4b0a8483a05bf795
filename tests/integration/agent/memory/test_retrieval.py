"""Are past incidents found again by what happened, in other words than they were written down in?

Thirty incidents, each asked for in two paraphrases that share as few words as possible with what was written;
`python -m tests.integration.agent.memory.test_retrieval` prints the figures.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import pytest

from agent.memory.chroma import ChromaMemory
from agent.memory.embedding import Embedder, HashingEmbedder, MiniLMEmbedder, local_embedder
from tests.integration.agent.memory.remembering import HERE, Record, incidents, remembering, thirty

PARAPHRASES: dict[str, list[str]] = json.loads((HERE / "paraphrases.json").read_text())


EMBEDDERS: dict[str, Embedder] = {"minilm": MiniLMEmbedder(), "hashing": HashingEmbedder()}
"""One of each: MiniLM takes 165 MB when it is loaded."""


@pytest.mark.parametrize(("name", "first", "among_three"), [("minilm", 0.55, 0.85), ("hashing", 0.02, 0.15)])
async def test_paraphrased_incidents_are_found(tmp_path: Path, name: str, first: float, among_three: float) -> None:
    async with remembering(tmp_path, Record(*thirty()), EMBEDDERS[name]) as memory:
        ranks = await paraphrased(memory)
    assert (recall_at(1, ranks) >= first, recall_at(3, ranks) >= among_three, len(ranks)) == (True, True, 60)


@pytest.mark.parametrize("name", EMBEDDERS)
async def test_the_same_alert_on_the_same_service_recalls_its_incident_first(tmp_path: Path, name: str) -> None:
    past = thirty()
    async with remembering(tmp_path, Record(*past), EMBEDDERS[name]) as memory:
        found = [
            (await memory.recall(f"{one.alert_names[0]} on {one.service}", one.service, one.alert_names, one.symptom))[
                0
            ]
            for one in past
        ]
    assert incidents(found) == incidents(past)


async def test_on_words_alone_little_is_recalled_and_nothing_wrong(tmp_path: Path) -> None:
    asked = [(incident, text) for incident, texts in PARAPHRASES.items() for text in texts]
    async with remembering(tmp_path, Record(*thirty()), EMBEDDERS["minilm"]) as memory:
        found = {
            (incident, one.incident)
            for incident, text in asked
            for one in await memory.recall(text, "newcomer", ["SomethingElse"], "other")
        }
    assert [(incident, recalled) for incident, recalled in found if recalled != f"import:{incident}"] == []
    assert 0 < len(found) < 10


async def test_local_vectors_are_made_by_minilm_where_its_files_are_installed() -> None:
    assert (await local_embedder()).id == "all-MiniLM-L6-v2-int8-v1"


async def paraphrased(memory: ChromaMemory) -> list[int]:
    """For each paraphrase, the rank of its incident among the thirty: 1 is the first."""
    return [
        [f"import:{incident}" == found.incident for found, _ in await memory.search(text, 30)].index(True) + 1
        for incident, texts in PARAPHRASES.items()
        for text in texts
    ]


def recall_at(k: int, ranks: list[int]) -> float:
    return sum(rank <= k for rank in ranks) / len(ranks)


async def _print_figures() -> None:
    for embedder in EMBEDDERS.values():
        with tempfile.TemporaryDirectory() as folder:
            async with remembering(Path(folder), Record(*thirty()), embedder) as memory:
                ranks = await paraphrased(memory)
        figures = "  ".join(f"R@{k} {recall_at(k, ranks):.2f}" for k in (1, 3, 5))
        mrr = sum(1 / rank for rank in ranks) / len(ranks)
        sys.stdout.write(f"{embedder.id:26}  {figures}  MRR {mrr:.2f}  n {len(ranks)}\n")


if __name__ == "__main__":
    asyncio.run(_print_figures())
