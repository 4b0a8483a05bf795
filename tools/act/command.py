"""How is a configured program started, so that nothing but that program is?

By its absolute path and a list of arguments: there is no shell, no search path and no environment of ours in it. The
program gets the key of the effect as INCIDENT_AGENT_KEY, so that it can refuse to do the same thing twice.
"""

import asyncio
import json
import os
import signal
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import JsonValue

from tools.act.calls import Call, checked_key, understood
from tools.base import ActResult, BackendError, Unsure

MAX_OUTPUT = 16 * 1024
"""Bytes of a program's output that are kept; it may write more."""
DRAIN = timedelta(seconds=1)
"""How long to wait for the output of a program that has ended."""


@dataclass(frozen=True)
class Command:
    """A program that may be started."""

    path: str
    """Absolute."""
    read_back: str = ""
    """A program that tells whether an effect was done: started with the same arguments and key, it ends with 0 when
    it was, and with 1 when it surely was not. Empty: nothing can tell."""


class CommandExecutor:
    """`tools.base.Executor` for programs of this machine. A call is `{command, arguments}`."""

    name = "command"

    def __init__(self, commands: Mapping[str, Command], *, deadline: timedelta = timedelta(seconds=60)) -> None:
        self._commands = dict(commands)
        self._deadline = deadline.total_seconds()

    def describe(self, call: Mapping[str, object]) -> str:
        command, arguments = self._understood(call)
        return f"start {json.dumps([command.path, *arguments])}"

    async def read(self, call: Mapping[str, object]) -> JsonValue:
        """Refused: that a program changes nothing cannot be seen from here."""
        raise BackendError(f"{self.describe(call)}: a command cannot be a precondition; name a reading call.")

    async def run(self, call: Mapping[str, object], key: str) -> ActResult:
        try:
            command, arguments = self._understood(call)
            what = self.describe(call)
            code, output = await self._ended(what, _startable(command.path), arguments, _environment(key))
        except BackendError as error:
            return ActResult(ok=False, detail=str(error))
        if code < 0:
            raise Unsure(f"{what}: it was ended by signal {-code}.")
        return ActResult(ok=code == 0, detail=f"{what}: it ended with {code}.", data={"exit": code, "output": output})

    async def read_back(self, call: Mapping[str, object], key: str) -> ActResult | None:
        try:
            command, arguments = self._understood(call)
            if not command.read_back:
                return None
            what, program = self.describe(call), _startable(command.read_back)
            code, output = await self._ended(what, program, arguments, _environment(key))
        except (BackendError, Unsure):
            return None
        return _remembered(what, code, output)

    def _understood(self, call: Mapping[str, object]) -> tuple[Command, list[str]]:
        asked = understood(_Call, call, "command")
        command = self._commands.get(asked.command)
        if command is None:
            known = ", ".join(self._commands) or "none"
            raise BackendError(f"There is no command {asked.command!a}; the configuration names {known}.")
        arguments = [str(argument) for argument in asked.arguments]
        if any("\0" in argument for argument in arguments):
            raise BackendError("An argument of a command holds a NUL character.")
        return command, arguments

    async def _ended(
        self, what: str, program: str, arguments: list[str], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """(exit code, output). BackendError when it cannot be started, Unsure when it had to be ended."""
        loop = asyncio.get_running_loop()
        try:
            transport, run = await loop.subprocess_exec(
                _Run,
                program,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise BackendError(f"{what}: it cannot be started: {error.strerror}.") from error
        try:
            async with asyncio.timeout(self._deadline):
                await run.exited.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN.total_seconds()):
                    await run.drained.wait()
        except TimeoutError as error:
            raise Unsure(f"{what}: it did not end within {self._deadline:g} s and was ended.") from error
        finally:
            await _end(transport, run)
        return transport.get_returncode() or 0, run.output.decode("utf-8", "replace")


class _Call(Call):
    command: str
    arguments: list[str | int] = []


class _Run(asyncio.SubprocessProtocol):
    """One started program: its output, capped, and its end."""

    def __init__(self) -> None:
        self.output = bytearray()
        self.exited = asyncio.Event()
        self.drained = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 (asyncio's signature)
        self.output += data[: MAX_OUTPUT - len(self.output)]

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        self.drained.set()

    def process_exited(self) -> None:
        self.exited.set()


async def _end(transport: asyncio.SubprocessTransport, run: _Run) -> None:
    """End it if it still runs, with what it started: it leads a session of its own, so nothing else has that id.

    What a program left running when it ended by itself is left alone: that may be the service it was to start.
    """
    if transport.get_returncode() is None:
        with suppress(ProcessLookupError):
            os.killpg(transport.get_pid(), signal.SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN.total_seconds()):
                await run.exited.wait()
    transport.close()


def _startable(path: str) -> str:
    """The program's path, when nobody but its owner could have put another program there."""
    program = Path(path)
    if not program.is_absolute():
        raise BackendError(f"{path!a} is not an absolute path.")
    try:
        mode = program.stat().st_mode
    except OSError as error:
        raise BackendError(f"{path}: {error.strerror}.") from error
    if not stat.S_ISREG(mode) or not os.access(program, os.X_OK):
        raise BackendError(f"{path} is not a program that can be started.")
    if mode & stat.S_IWOTH:
        raise BackendError(f"{path} may be changed by every user of this machine; it is not started.")
    return path


def _environment(key: str) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "INCIDENT_AGENT_KEY": checked_key(key)}


def _remembered(what: str, code: int, output: str) -> ActResult | None:
    match code:
        case 0:
            return ActResult(ok=True, detail=f"{what}: it was done.", data={"output": output})
        case 1:
            return ActResult(ok=False, detail=f"{what}: it was never done.", data={"absent": True})
        case _:
            return None
