"""What does an OpenAI-compatible endpoint say? A scripted one over real HTTP on loopback, which also misbehaves.

    with OpenAIFarEnd(in_order(Call("query_metrics", {"query": "up"}), Say("done"))) as endpoint:
        ...  # base URL: endpoint.url; what was asked: endpoint.journal

    python -m tests.farends.openai --port 9901 --mode hang
    curl -d '{"mode": "ok"}' 127.0.0.1:9901/control

What it says is scripted; a mode is a script with a name.
"""

import argparse
import asyncio
import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.farends.openai_scripts import MODES, Answer, Asked, Call, Cut, Drip, Hang, Raw, Say, Script, Status, obliging
from tests.farends.openai_wire import dripped, embeddings, pieces, send, send_bytes, speak, stream

PATIENCE = 60.0
"""Seconds it may take to start, and to end; it takes milliseconds."""


class OpenAIFarEnd:
    """The server, in a thread of its own. `script` may be replaced at any time."""

    def __init__(self, script: Script = obliging, *, port: int = 0, record: Path | None = None) -> None:
        self.script = script
        self.journal: list[Asked] = []
        self._port = port
        self._record = record
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="openai-far-end", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(PATIENCE):
            raise RuntimeError("the scripted endpoint did not start")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            raise RuntimeError("the scripted endpoint did not end")

    @property
    def url(self) -> str:
        """The base URL, as OPENAI_BASE_URL takes it."""
        return f"http://127.0.0.1:{self._port}/v1"

    def _serve(self) -> None:
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port, limit=1 << 24)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        self._open.discard(task)
        writer.close()
        with suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection is of no more use."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(time.time(), path, headers, json.loads(raw) if raw else {})
        match method, path.removeprefix("/v1"):
            case "POST", "/chat/completions":
                self._note(asked)
                return await self._answer(asked, self.script(asked), reader, writer)
            case "POST", "/embeddings":
                self._note(asked)
                await send(writer, 200, embeddings(asked.body))
            case "GET", "/models":
                await send(writer, 200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})
            case "GET", "/journal":
                await send(writer, 200, [one.body for one in self.journal])
            case "POST", "/control":
                await self._control(asked.body, writer)
            case _:
                await send(writer, 404, {"error": {"message": f"no {path} here"}})
        return True

    def _note(self, asked: Asked) -> None:
        self.journal.append(asked)
        if self._record is not None:
            with self._record.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"at": asked.at, "path": asked.path, "body": asked.body}) + "\n")

    async def _control(self, body: Mapping[str, Any], writer: asyncio.StreamWriter) -> None:
        """Another mode, by its name in MODES."""
        if (mode := MODES.get(body.get("mode", ""))) is None:
            return await send(writer, 400, {"modes": sorted(MODES)})
        self.script = mode()
        return await send(writer, 200, {"mode": body["mode"]})

    async def _answer(
        self, asked: Asked, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        match answer:
            case Hang():
                await reader.read()  # returns when the client gives up
                return False
            case Status(code, headers, message):
                await send(writer, code, {"error": {"message": message, "code": "scripted"}}, headers)
            case Raw(body, content_type):
                await send_bytes(writer, 200, body, content_type)
            case Call():
                await speak(asked, Say(calls=(answer,)), writer)
            case Say():
                await speak(asked, answer, writer)
            case Drip(text, every):
                await stream(asked, dripped(text, every), writer)
            case Cut(text):
                await stream(asked, pieces(Say(text)), writer, whole=False)
                writer.transport.abort()
                return False
        return True


def main() -> None:
    """As a process of its own, until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mode", choices=sorted(MODES), default="ok")
    parser.add_argument("--journal", type=Path, help="append every request to this file, one JSON object a line")
    options = parser.parse_args()
    with OpenAIFarEnd(MODES[options.mode](), port=options.port, record=options.journal) as endpoint:
        print(endpoint.url, flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
