"""How do web and worker run together in one process, and end together?"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress

import uvicorn
from starlette.applications import Starlette

from agent.bootstrap import Application
from agent.bootstrap.listening import require_leave_to_listen
from agent.domain.errors import ConfigurationError
from agent.entrypoints.server import running, server
from agent.entrypoints.web import create_app, create_probe
from agent.entrypoints.worker import SWEEP, Worker
from tools.wording import in_url

_LOOK_AGAIN = 0.1
"""Seconds."""


@asynccontextmanager
async def serving(application: Application, *, works: bool = True) -> AsyncIterator["Serving"]:
    """Listen where the settings say, and with `works` do the jobs too; both end, drained, with the block.

    Raises ConfigurationError when it may not, or cannot, listen there.
    """
    app = create_app(application)
    worker = _worker_of(application) if works else None
    async with (
        _listening(application, app) as (url, web),
        _at_work(worker) if worker else _by_the_clock(application),
        app.state.slack.open(),
        _slack_line(application),
    ):
        try:
            yield Serving(url, web)
        finally:
            # At once, so that what each waits for as it ends is waited for side by side.
            app.state.tail.ended = True
            if worker:
                worker.stop()


@asynccontextmanager
async def probed(application: Application) -> AsyncIterator[str]:
    """Answer health and metrics, nothing else, where the settings say; the address."""
    async with _listening(application, create_probe(application)) as (url, _):
        yield url


class Serving:
    """A running server."""

    def __init__(self, url: str, web: uvicorn.Server) -> None:
        self.url = url
        self._web = web

    async def end(self) -> None:
        """Until it is told to stop, by SIGTERM or SIGINT: what is under way ends with the block."""
        while not self._web.should_exit:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(_LOOK_AGAIN)


async def working(application: Application) -> None:
    """Do the jobs, without a web side, until SIGTERM or SIGINT; running steps end first."""
    import signal

    worker = _worker_of(application)
    loop = asyncio.get_running_loop()
    for sent in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sent, worker.stop)
    await worker.run()


def _worker_of(application: Application) -> Worker:
    return Worker(application.service, application.queue, application.clock, beside=application.dispatcher.rounds)


@asynccontextmanager
async def _at_work(worker: Worker) -> AsyncIterator[None]:
    """Until it has ended, drained."""
    work = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await work


@asynccontextmanager
async def _by_the_clock(application: Application) -> AsyncIterator[None]:
    """Where no worker sweeps, answers would count as too late for as long as the clock was set back."""
    chain, clock = application.record.chain, application.clock

    async def follow() -> None:
        while True:
            await clock.sleep(SWEEP)
            # What waited is withdrawn by the workers, and whether an answer still counts is asked of them.
            if chain.set_back():
                chain.follow_clock()

    following = asyncio.create_task(follow())
    try:
        yield
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


@asynccontextmanager
async def _listening(application: Application, app: Starlette) -> AsyncIterator[tuple[str, uvicorn.Server]]:
    """(where it listens, the server)."""
    host, port = application.settings.host, application.settings.port
    require_leave_to_listen(application.settings)
    bound = _bound(host, port)
    web = server(app, host, port)
    async with running(web, [bound]):
        yield f"http://{in_url(host)}:{bound.getsockname()[1]}", web


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
