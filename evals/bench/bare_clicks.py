"""The least that a signed click takes: Starlette, the signature, and a row on the disk before the 200.

`python -m evals.bench.bare_clicks DATA-FOLDER SECRET`; its first line is `{"url": ...}`. With a `/api/` and a
`/respond/` that say yes to everything, it is also the Slack that ours answers to.
"""

import asyncio
import hmac
import json
import sys
from hashlib import sha256
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.entrypoints.server import listening_on, running, server
from evals.bench.bare_intake import Store
from evals.bench.children import until_told


async def serve(data: Path, secret: bytes) -> None:
    store = Store(data / "clicks.db")

    async def click(request: Request) -> Response:
        body, at = await request.body(), request.headers["x-slack-request-timestamp"]
        right = "v0=" + hmac.new(secret, b"v0:" + at.encode() + b":" + body, sha256).hexdigest()
        if not hmac.compare_digest(right, request.headers["x-slack-signature"]):
            return Response(status_code=401)
        await store.keep(body)
        return Response(status_code=200)

    async def yes(_: Request) -> JSONResponse:
        return JSONResponse({"ok": True, "channel": "C0BENCH", "ts": "1.1", "messages": []})

    routes = [
        Route("/slack/events", click, methods=["POST"]),
        Route("/api/{method}", yes, methods=["GET", "POST"]),
        Route("/respond/{reply}", yes, methods=["POST"]),
    ]
    web = server(Starlette(routes=routes), "127.0.0.1", 0)
    async with running(web):
        host, port = listening_on(web)
        print(json.dumps({"url": f"http://{host}:{port}"}), flush=True)
        await until_told()
    store.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2].encode()))
