"""What vectors does a provider give texts? For the memory, when one is configured."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agent.domain.errors import ModelUnavailable
from agent.llm.assembly import Tokens
from agent.llm.endpoints import Endpoint, embedding_model
from agent.llm.failures import TIMED_OUT, failure, faults
from agent.llm.line import CHARACTERS_A_TOKEN
from agent.llm.usage import Meter

if TYPE_CHECKING:
    import httpx2
    from langchain_core.embeddings import Embeddings as Client

MOST_CHARACTERS = 20_000
"""Of one text: below every provider's limit of tokens, and far above the length of a lesson."""


class Embeddings:
    """Called with texts, gives as many vectors; ModelUnavailable when it cannot, and the memory does without."""

    def __init__(self, place: Endpoint, meter: Meter, *, deadline: timedelta = timedelta(seconds=10)) -> None:
        self.name = place.name
        self._place = place
        self._meter = meter
        self._deadline = deadline.total_seconds()
        self._http: httpx2.AsyncClient | None = None
        self._client: Client | None = None

    async def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        cut = [text[:MOST_CHARACTERS] for text in texts]
        client = await self._opened()
        tokens = Tokens(sum(map(len, cut)) // CHARACTERS_A_TOKEN, 0, 0)
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._deadline):
                with self._meter.active(self._place):
                    vectors = await client.aembed_documents(cut)
        except TimeoutError as error:
            raise self._failed(TIMED_OUT.kind, TIMED_OUT.text, began) from error
        except faults() as error:
            why = failure(error, datetime.now(UTC))
            raise self._failed(why.kind, why.text, began) from error
        self._meter.answered(self._place, "embeddings", tokens, asyncio.get_running_loop().time() - began)
        return vectors

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()
        self._http = self._client = None

    async def _opened(self) -> "Client":
        if self._client is None:
            from agent.llm.transport import http_client

            self._http = self._http or http_client()
            self._client = await asyncio.to_thread(embedding_model, self._place, self._http)
        return self._client

    def _failed(self, kind: str, text: str, began: float) -> ModelUnavailable:
        seconds = asyncio.get_running_loop().time() - began
        self._meter.failed(self._place, "embeddings", kind, Tokens(0, 0, 0), seconds)
        return ModelUnavailable(f"{self.name} {text}.")
