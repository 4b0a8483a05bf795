"""Every check, side by side, each within its deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from agent.entrypoints.cli.checks import own, partners, sources
from agent.entrypoints.cli.checks.finding import DEADLINE, Finding, State
from agent.entrypoints.cli.checks.mcp import mcp
from agent.entrypoints.cli.checks.teams import teams
from agent.settings import Settings
from agent.soundness import doubts, flaws

Check = Callable[[Settings], Awaitable[Finding]]


async def findings(settings: Settings, longest: timedelta = 2 * DEADLINE) -> list[Finding]:
    """Every check, side by side, in the order of the list below; none takes longer than that.

    What does not fit together by itself is not asked.
    """
    wrong = {one.about: one for one in reversed([*flaws(settings), *doubts(settings)])}
    asked = {name: _within(longest, name, check(settings)) for name, check in CHECKS.items() if name not in wrong}
    found = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    found |= {name: Finding(name, State.BROKEN, one.says, one.mend) for name, one in wrong.items()}
    return [found[name] for name in CHECKS]


async def _within(longest: timedelta, name: str, check: Awaitable[Finding]) -> Finding:
    try:
        return await asyncio.wait_for(check, longest.total_seconds())
    except TimeoutError:
        return Finding(name, State.BROKEN, f"no answer within {longest.total_seconds():g} s", "Is it up?")


CHECKS: dict[str, Check] = {
    "configuration": own.configuration,
    "teams": teams,
    "address": own.address,
    "data folder": own.data_folder,
    "record": own.record,
    "clock": own.clock,
    "queue": own.queue,
    "memory": own.memory,
    "runbooks": own.runbooks,
    "model": partners.model,
    "prometheus": sources.metrics,
    "loki": sources.loki,
    "elasticsearch": sources.elasticsearch,
    "log files": sources.log_files,
    "datadog": sources.datadog,
    "kubernetes": sources.kubernetes,
    "mcp": mcp,
    "jira": partners.jira,
    "slack": partners.slack,
}
"""Name -> check, in the order they are shown."""
