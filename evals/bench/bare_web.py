"""The least that answers: Starlette on uvicorn. `python -m evals.bench.bare_web PORT`."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def ready(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ready"})


if __name__ == "__main__":
    app = Starlette(routes=[Route("/readyz", ready)])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
