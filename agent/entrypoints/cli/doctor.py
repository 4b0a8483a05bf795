"""What works here, what does not, and what is to be done about it?  `doctor`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import progress, say, say_json, say_table

if TYPE_CHECKING:
    from pydantic import JsonValue

    from agent.entrypoints.cli.checks.finding import Finding
    from agent.entrypoints.cli.checks.mending import Tried


def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Put right what can be: folder, modes, migrations.")] = False,
    as_json: Json = False,
) -> None:
    """Check every configured back end, and say how to mend what is broken."""
    import asyncio

    from agent.domain.errors import AgentError
    from agent.entrypoints.cli.checks.finding import State
    from agent.entrypoints.cli.checks.mending import mend
    from agent.entrypoints.cli.checks.run import findings
    from agent.settings import load

    settings = load()
    with progress("Asking every configured back end."):
        found = asyncio.run(findings(settings))
        tried = mend(settings, found) if fix else []
        found = asyncio.run(findings(settings)) if fix else found
    if as_json:
        checked: list[JsonValue] = [asdict(finding) for finding in found]
        fixed: list[JsonValue] = [asdict(one) for one in tried]
        say_json({"checks": checked, "fixed": fixed} if fix else checked)
    else:
        _show(found, tried)
    broken = [finding.name for finding in found if finding.state is State.BROKEN]
    if broken:
        raise AgentError(f"Broken: {', '.join(broken)}.")


def _show(found: "list[Finding]", tried: "list[Tried]") -> None:
    say_table(("what", "state", ""), [(one.name, str(one.state), one.says) for one in found], empty="")
    for attempt in tried:
        say(f"{'Mended' if attempt.done else 'Not mended'}: {attempt.name}: {attempt.says}")
    todo = [one for one in found if one.mend]
    if todo:
        say()
    for one in todo:
        say(f"{one.name}: {one.mend}")
