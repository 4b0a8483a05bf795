"""What works here, what does not, and what is to be done about it?  `doctor`."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import say, say_json, say_table

if TYPE_CHECKING:
    from agent.entrypoints.cli.checks.finding import Finding


def doctor(as_json: Json = False) -> None:
    """Check every configured back end, and say how to mend what is broken."""
    import asyncio

    from agent.domain.errors import AgentError
    from agent.entrypoints.cli.checks.finding import State
    from agent.entrypoints.cli.checks.run import findings
    from agent.settings import load

    found = asyncio.run(findings(load()))
    if as_json:
        say_json([asdict(finding) for finding in found])
    else:
        _show(found)
    broken = [finding.name for finding in found if finding.state is State.BROKEN]
    if broken:
        raise AgentError(f"Broken: {', '.join(broken)}.")


def _show(found: "list[Finding]") -> None:
    say_table(("what", "state", ""), [(one.name, str(one.state), one.says) for one in found], empty="")
    todo = [one for one in found if one.mend]
    if todo:
        say()
    for one in todo:
        say(f"{one.name}: {one.mend}")
