import httpx2
import pytest

from agent.llm.transport import http_client
from tests.farends.openai import OpenAIFarEnd
from tests.farends.openai_scripts import Raw, always


async def test_an_answer_without_end_is_cut_off() -> None:
    with OpenAIFarEnd(always(Raw(b"data: x\n\n" * 10_000))) as endpoint:
        async with http_client(most=1_000) as client:
            with pytest.raises(httpx2.ReadError, match="has no end"):
                await client.post(f"{endpoint.url}/chat/completions", json={})


async def test_an_answer_within_the_cap_comes_whole_and_is_asked_for_uncompressed() -> None:
    with OpenAIFarEnd(always(Raw(b"x" * 1_000))) as endpoint:
        async with http_client(most=1_000) as client:
            answer = await client.post(f"{endpoint.url}/chat/completions", json={})
    assert answer.content == b"x" * 1_000
    assert endpoint.journal[0].headers["accept-encoding"] == "identity"
