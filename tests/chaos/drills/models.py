"""Does a model that misbehaves ever cost more than its answer?  The port gives an answer of the right shape, or says
that there is none, within the deadline."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from random import Random
from typing import Any, Literal

from pydantic import BaseModel, SecretStr

from agent.domain.errors import ModelUnavailable
from agent.llm.chat import Chat, connect
from agent.ports import Message
from tests.chaos.apart import apart
from tests.chaos.attempt import Attempt, Known, Tried, broken
from tests.chaos.server import Ground
from tests.farends.openai import OpenAIFarEnd
from tests.farends.openai_scripts import (
    MODES,
    Call,
    Cut,
    Drip,
    Hang,
    Raw,
    Say,
    Script,
    Status,
    always,
    flapping,
    obliging,
)

BATCH, BESIDE = 40, 8
"""Answers of one try, and how many are waited for at once."""
DEADLINE = timedelta(seconds=1)
SLACK = 5.0
"""Seconds that a busy machine may take beyond the deadline."""
MOST = 3
"""Calls that one answer may cost."""
PROMPT = [Message(role="system", text="You diagnose."), Message(role="user", text="What is it?")]
GOOD = '{"verdict": "cause", "confidence": 0.75}'
Make = Callable[[Random], Script]


class Verdict(BaseModel):
    verdict: Literal["cause", "healthy"]
    confidence: float = 0.5


def asked_of(make: Make) -> Attempt:
    """The attempt of a row in which such scripts answer."""

    def attempt(_ground: Ground, seed: int, _known: Known) -> Tried:
        return apart(lambda: asyncio.run(_answers(Random(f"{make.__name__}:{seed}"), make)))

    return attempt


def hanging(_: Random) -> Script:
    return always(Hang())


def dripping(chance: Random) -> Script:
    return always(Drip(every=chance.choice((0.05, 0.2, 1.0))))


def storming(chance: Random) -> Script:
    return MODES[chance.choice([name for name in MODES if name.startswith("429")])]()


def failing(chance: Random) -> Script:
    bad = Status(chance.choice((500, 502, 503, 504, 529)))
    return chance.choice((always(bad), flapping(obliging, bad), always(Cut())))


def looping(_: Random) -> Script:
    return MODES["loop"]()


def garbage(chance: Random) -> Script:
    """One of the known kinds of nonsense, or a good answer with bytes of it changed."""
    known = ("not-json", "truncated-json", "wrong-schema", "wrong-tool", "nan", "duplicate-keys", "deep", "empty")
    odd = ("refuse", "bad-arguments", "html", "broken-events", "null-choices", "no-body", "binary")
    if chance.random() < 0.4:
        return MODES[chance.choice(known + odd)]()
    return always(chance.choice((_mangled, _mangled, _wire, _calls))(chance))


def _mangled(chance: Random) -> Say:
    text = list(GOOD)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(text))
        text[place : place + chance.randint(0, 3)] = chance.choice(
            ["\x00", "{", '"', "\ud83d", "9" * 400, "NaN", "]", ""]
        )
    return Say("".join(text).encode("utf-8", "replace").decode())


def _wire(chance: Random) -> Raw:
    piece = {"id": "1", "object": "chat.completion.chunk", "choices": chance.choice(_CHOICES)}
    return Raw(f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n".encode())


def _calls(chance: Random) -> Say:
    return Say(
        chance.choice(("", GOOD)), calls=tuple(Call("delete_all", "{" * n) for n in range(chance.randint(1, 30)))
    )


_CHOICES: tuple[Any, ...] = (
    [],
    {},
    [{"index": 0, "delta": None}],
    [{"index": -1, "delta": {"content": 7}}],
    [{"index": 0, "delta": {"tool_calls": [{"index": None, "function": {"name": None}}]}}],
    [{"index": 0, "delta": {"content": "x" * 200_000}}],
)


async def _answers(chance: Random, make: Make) -> Tried:
    """Most of the time is waited for a model that does not answer: some wait beside each other."""
    told = await asyncio.gather(*[_in_turn(Random(chance.random()), make) for _ in range(BESIDE)])
    return Tried(BATCH, broken(*chain(*told)))


async def _in_turn(chance: Random, make: Make) -> list[str]:
    with OpenAIFarEnd() as endpoint:
        return [await _answer(endpoint, chance, make) for _ in range(BATCH // BESIDE)]


async def _answer(endpoint: OpenAIFarEnd, chance: Random, make: Make) -> str:
    """What was wrong; empty when nothing was."""
    endpoint.script = make(chance)
    endpoint.journal.clear()
    given: dict[str, Any] = {"api_key": SecretStr("sk-general"), "environ": {}, "chance": chance}
    chat = connect("openai:scripted", base_url=endpoint.url, **given)
    await chat.open()
    try:
        return await _asked(chat, endpoint)
    finally:
        await chat.close()


async def _asked(chat: Chat, endpoint: OpenAIFarEnd) -> str:
    began = time.monotonic()
    try:
        answer, _ = await chat.structured(PROMPT, Verdict, deadline=DEADLINE, most=MOST)
        wrong = "" if isinstance(answer, Verdict) else f"it answered {answer!r}"
    except ModelUnavailable:
        wrong = ""
    took = time.monotonic() - began
    if took > DEADLINE.total_seconds() + SLACK:
        wrong = f"it took {took:.1f} s"
    return wrong or (f"{len(endpoint.journal)} requests for one answer" if len(endpoint.journal) > 2 * MOST else "")
