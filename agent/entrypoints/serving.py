"""How do web and worker run together in one process, and end together?"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from agent.bootstrap import Application
from agent.bootstrap.listening import require_leave_to_listen
from agent.domain.errors import ConfigurationError
from agent.entrypoints.server import server
from agent.entrypoints.web import create_app, create_probe
from agent.entrypoints.worker import Worker

_LOOK_AGAIN = 0.02
"""Seconds."""


@asynccontextmanager
async def serving(application: Application, *, works: bool = True) -> AsyncIterator["Serving"]:
    """Listen where the settings say, and with `works` do the jobs too; both end, drained, with the block.

    Raises ConfigurationError when it may not, or cannot, listen there.
    """
    require_leave_to_listen(application.settings)
    listening = _bound(application.settings.host, application.settings.port)
    app = create_app(application)
    web = server(app, application.settings.host, application.settings.port)
    serving_web = asyncio.create_task(web.serve(sockets=[listening]))
    worker = Worker(application.service, application.queue, application.clock, beside=application.dispatcher.rounds)
    working = asyncio.create_task(worker.run()) if works else None
    try:
        while not web.started and not serving_web.done():  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(_LOOK_AGAIN)
        async with app.state.slack.open(), _slack_line(application):
            yield Serving(f"http://{application.settings.host}:{listening.getsockname()[1]}", serving_web)
    finally:
        web.should_exit = True
        worker.stop()
        await asyncio.gather(serving_web, *([working] if working else []))


@asynccontextmanager
async def probed(application: Application) -> AsyncIterator[str]:
    """Answer health and metrics, nothing else, where the settings say; the address."""
    require_leave_to_listen(application.settings)
    listening = _bound(application.settings.host, application.settings.port)
    web = server(create_probe(application), application.settings.host, application.settings.port)
    serving_web = asyncio.create_task(web.serve(sockets=[listening]))
    try:
        while not web.started and not serving_web.done():  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(_LOOK_AGAIN)
        yield f"http://{application.settings.host}:{listening.getsockname()[1]}"
    finally:
        web.should_exit = True
        await serving_web


class Serving:
    """A running server."""

    def __init__(self, url: str, web: "asyncio.Task[None]") -> None:
        self.url = url
        self._web = web

    async def end(self) -> None:
        """Until it is told to stop, by SIGTERM or SIGINT."""
        await asyncio.wait({self._web})


async def working(application: Application) -> None:
    """Do the jobs, without a web side, until SIGTERM or SIGINT; running steps end first."""
    import signal

    worker = Worker(application.service, application.queue, application.clock, beside=application.dispatcher.rounds)
    loop = asyncio.get_running_loop()
    for sent in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sent, worker.stop)
    await worker.run()


def _slack_line(application: Application) -> AbstractAsyncContextManager[None]:
    """Of the processes that people talk to, each keeps a line to Slack; where none is asked for, its library is not."""
    if application.settings.slack_app_token is None:
        return nullcontext()
    from agent.entrypoints.slack.socket_mode import connected

    return connected(application)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ConfigurationError(f"It cannot listen on {host}:{port}: {error.strerror}. Set AGENT_PORT.") from error
    return listening
