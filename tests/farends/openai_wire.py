"""How is it written down what a model says? As chat completions, whole or as server-sent events, and as embeddings."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from tests.farends.openai_scripts import EVENTS, Asked, Call, Say, Tokens

JSON = "application/json"


async def speak(asked: Asked, say: Say, writer: asyncio.StreamWriter) -> None:
    if asked.body.get("stream"):
        await stream(asked, pieces(say), writer, say)
    else:
        await send(writer, 200, _completion(asked, say))


async def send(writer: asyncio.StreamWriter, code: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
    await send_bytes(writer, code, json.dumps(body).encode(), JSON, headers or {})


async def send_bytes(
    writer: asyncio.StreamWriter, code: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> None:
    writer.write(
        _head(code, {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}) + body
    )
    await writer.drain()


def _head(code: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {code} {HTTPStatus(code).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def stream(
    asked: Asked,
    deltas: AsyncIterator[dict[str, Any]],
    writer: asyncio.StreamWriter,
    say: Say | None = None,
    *,
    whole: bool = True,
) -> None:
    """Server-sent events, chunked, one delta each; usage last, and only when it was asked for."""
    writer.write(_head(200, {"Content-Type": EVENTS, "Transfer-Encoding": "chunked"}))
    async for delta in deltas:
        await _event(writer, _chunk(asked, [{"index": 0, "delta": delta, "finish_reason": None}]))
    if not whole:
        return
    say = say or Say()
    await _event(writer, _chunk(asked, [{"index": 0, "delta": {}, "finish_reason": _finish(say)}]))
    if say.tokens and (asked.body.get("stream_options") or {}).get("include_usage"):
        await _event(writer, {**_chunk(asked, []), "usage": _usage(say.tokens)})
    writer.write(_framed(b"data: [DONE]\n\n") + b"0\r\n\r\n")
    await writer.drain()


async def _event(writer: asyncio.StreamWriter, chunk: Mapping[str, Any]) -> None:
    writer.write(_framed(b"data: " + json.dumps(chunk).encode() + b"\n\n"))
    await writer.drain()


def _framed(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def pieces(say: Say) -> AsyncIterator[dict[str, Any]]:
    """The deltas of an answer, in pieces as a real server cuts them."""
    yield {"role": "assistant", "content": ""}
    if say.refusal:
        yield {"refusal": say.refusal}
    for piece in _cut(say.text):
        yield {"content": piece}
    for index, call in enumerate(say.calls):
        yield {"tool_calls": [{"index": index, **_call(index, call, "")}]}
        for piece in _cut(_written(call)):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _cut(text: str) -> Iterator[str]:
    size = max(7, len(text) // 200)
    return (text[start : start + size] for start in range(0, len(text), size))


async def dripped(text: str, every: float) -> AsyncIterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    for character in text:
        yield {"content": character}
        await asyncio.sleep(every)


def _call(index: int, call: Call, arguments: str) -> dict[str, Any]:
    return {
        "id": f"call_{index}_{call.name}",
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }


def _written(call: Call) -> str:
    return call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)


def _finish(say: Say) -> str:
    return say.finish or ("tool_calls" if say.calls else "stop")


def _usage(tokens: Tokens) -> dict[str, Any]:
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "prompt_tokens_details": {"cached_tokens": tokens.cached},
    }


def _chunk(asked: Asked, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": int(asked.at),
        "model": asked.body.get("model", "scripted"),
        "choices": choices,
    }


def _completion(asked: Asked, say: Say) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": say.text or None, "refusal": say.refusal or None}
    if say.calls:
        message["tool_calls"] = [_call(index, call, _written(call)) for index, call in enumerate(say.calls)]
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": int(asked.at),
        "model": asked.body.get("model", "scripted"),
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(say)}],
        **({"usage": _usage(say.tokens)} if say.tokens else {}),
    }


def embeddings(body: Mapping[str, Any]) -> dict[str, Any]:
    """A vector of letter frequencies each: equal texts are equal, like texts are alike."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    vectors = [[str(text).lower().count(letter) / (len(str(text)) or 1) for letter in _LETTERS] for text in texts]
    return {
        "object": "list",
        "model": body.get("model", "scripted"),
        "data": [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)],
        "usage": {"prompt_tokens": sum(len(str(text)) // 4 for text in texts), "total_tokens": 0},
    }


_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
