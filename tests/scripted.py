"""How is a model asked whose answers a test has written? Through the product's own port, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from pydantic import SecretStr

from agent.domain.rules import ModelLimits
from agent.llm.chat import Chat, connect
from tests.farends.openai import OpenAIFarEnd

UNHURRIED = ModelLimits(requests_per_minute=10_000, tokens_per_minute=10**8)


@asynccontextmanager
async def scripted(endpoint: OpenAIFarEnd, **given: Any) -> AsyncIterator[Chat]:
    """Loaded, and closed again. `given`: arguments of `connect`."""
    usual: dict[str, Any] = {"api_key": SecretStr("sk-general"), "environ": {}, "chance": Random(309)}  # short pauses
    chat = connect("openai:scripted", base_url=endpoint.url, **usual | given)
    await chat.open()
    try:
        yield chat
    finally:
        await chat.close()
