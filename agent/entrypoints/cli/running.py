"""How is the agent started?  `serve`, its two halves `web` and `worker`, and the `demo`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agent.entrypoints.cli.say import complain

if TYPE_CHECKING:
    import asyncio

    from agent.entrypoints.demo.command import Wish
    from agent.settings import Settings

_TERMINATED = 128 + 15
"""The exit code of a process that SIGTERM ended, as a shell gives it."""

Host = Annotated[str | None, typer.Option(help="The address to listen on.", show_default="AGENT_HOST")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="The port to listen on.", show_default="AGENT_PORT")]
Data = Annotated[Path | None, typer.Option(help="The data folder.", show_default="AGENT_DATA")]


def serve(host: Host = None, port: Port = None, data: Data = None) -> None:
    """Run everything in one process: web, worker and dashboard."""
    _run(_settings(host, port, data), works=True)


def web(host: Host = None, port: Port = None, data: Data = None) -> None:
    """Run the web side alone: webhooks, REST, dashboard. Workers do the jobs."""
    _run(_settings(host, port, data), works=False)


def worker(
    host: Host = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Answer /livez, /readyz and /metrics here.")
    ] = None,
    data: Data = None,
) -> None:
    """Run a worker alone. On SIGTERM it finishes its step, gives back the rest, and ends."""
    import asyncio

    asyncio.run(_work(_settings(host, port, data), probe=port is not None))


def demo(
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Approve without asking, for scripts.")] = False,
    deny: Annotated[bool, typer.Option("--deny", help="Deny without asking; it must end unhealed.")] = False,
    case: Annotated[str, typer.Option(help="Which recorded incident; an unknown name lists them.")] = "",
    stay: Annotated[
        bool, typer.Option("--stay", help="On the configured address and data folder, and go on serving.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object on standard output.")] = False,
) -> None:
    """Let a recorded incident travel the whole line: alert, diagnosis, your approval, fix, verification, report."""
    import asyncio

    if auto_approve and deny:
        raise typer.BadParameter("--auto-approve and --deny contradict each other.")
    from agent.entrypoints.demo.command import Wish

    answer: Literal["approve", "deny", "ask"] = "approve" if auto_approve else "deny" if deny else "ask"
    settings = _settings(None, None, None)
    _log(settings.model_copy(update={"log_level": "WARNING"}))
    raise typer.Exit(asyncio.run(_show(settings, Wish(case=case, answer=answer, as_json=as_json, stay=stay))))


def mcp() -> None:
    """Speak the Model Context Protocol over standard input and output, for an assistant that starts this command."""
    from agent.entrypoints.cli.options import running_agent
    from agent.entrypoints.mcp.bridge import bridge

    with running_agent() as agent:
        bridge(agent)


def _settings(host: str | None, port: int | None, data: Path | None) -> "Settings":
    from agent.settings import load
    from agent.soundness import require_sound

    given = {"host": host, "port": port, "data": data}
    settings = load().model_copy(update={name: value for name, value in given.items() if value is not None})
    # What is wrong is told before seconds of imports.
    settings.config()
    require_sound(settings)
    return settings


def _run(settings: "Settings", *, works: bool) -> None:
    import asyncio

    try:
        asyncio.run(_serve(settings, works=works))
    except asyncio.CancelledError:
        raise typer.Exit(_TERMINATED) from None


async def _serve(settings: "Settings", *, works: bool) -> None:
    import time
    from contextlib import AsyncExitStack

    from agent.entrypoints.garbage import starting, steady

    began = time.monotonic()
    starting()
    from agent.bootstrap import bootstrap
    from agent.bootstrap.listening import require_leave_to_listen
    from agent.entrypoints.dashboard import one_time_code
    from agent.entrypoints.serving import serving

    require_leave_to_listen(settings)
    _log(settings)
    async with AsyncExitStack() as opened:
        application = await opened.enter_async_context(bootstrap(settings))
        served = _outlive_signals()
        running = await opened.enter_async_context(serving(application, works=works))
        served.set()
        steady()
        complain(f"incident-agent serves at {running.url}, ready after {time.monotonic() - began:.1f} s.")
        if application.identity.local_operator:
            complain(f"On this machine no key is needed yet: commands use the one in {settings.data}.")
            if sys.stderr.isatty():  # Into a log that others read it does not belong.
                complain(f"This link signs you in, once: {running.url}/enter/{one_time_code(application)}")
        await running.end()
        complain("Stopping: what is under way ends first.")


async def _work(settings: "Settings", *, probe: bool) -> None:
    from contextlib import AsyncExitStack

    from agent.entrypoints.garbage import starting, steady

    starting()
    from agent.bootstrap import bootstrap
    from agent.bootstrap.listening import require_leave_to_listen
    from agent.entrypoints.serving import probed, working

    if probe:
        require_leave_to_listen(settings)
    _log(settings)
    async with AsyncExitStack() as opened:
        application = await opened.enter_async_context(bootstrap(settings))
        if probe:
            url = await opened.enter_async_context(probed(application))
            complain(f"The worker answers at {url}, health and metrics alone.")
        steady()
        await working(application)


async def _show(settings: "Settings", wish: "Wish") -> int:
    import asyncio
    import signal

    from agent.entrypoints.demo.command import demo as run

    shown = asyncio.ensure_future(run(settings, wish))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, shown.cancel)
    try:
        return await shown
    except asyncio.CancelledError:
        return _TERMINATED


def _outlive_signals() -> "asyncio.Event":
    """uvicorn stops on SIGTERM and SIGINT and sends them on; they must not end the worker before it has drained.

    Until the event is set nobody serves: what comes before uvicorn listens to signals ends the start. Whoever comes
    earlier still, while the record is opened, finds a process that signals end at once, as they end any other.
    """
    import asyncio
    import signal

    served, loop, starting = asyncio.Event(), asyncio.get_running_loop(), asyncio.current_task()

    def told() -> None:
        if starting and not served.is_set():
            starting.cancel()

    for sent in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sent, told)
    return served


def _log(settings: "Settings") -> None:
    """For people on a terminal, as JSON for machines; never with a secret in it."""
    from pydantic import SecretStr

    from agent.telemetry import configure

    secrets = tuple(value.get_secret_value() for _, value in settings if isinstance(value, SecretStr))
    configure(settings.log_level, secrets=secrets, people=sys.stderr.isatty())
