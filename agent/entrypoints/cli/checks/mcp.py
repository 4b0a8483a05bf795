"""Do other people's MCP servers answer, and are their tools what they were when they were allowed?"""

from agent.domain.errors import AgentError
from agent.entrypoints.cli.checks.finding import Finding, State
from agent.settings import Settings

_MEND = {
    "changed": "Look at it: `incident-agent tools list`. `incident-agent tools pin {server}` allows it as it is now.",
    "missing": "Check `tools` of {server} under `mcp` in AGENT_CONFIG.",
    "unreachable": "Is {server} up? Check its url or command, and its headers, under `mcp` in AGENT_CONFIG.",
    "unusable": "Take it out of `tools` of {server} under `mcp` in AGENT_CONFIG.",
}


async def mcp(settings: Settings) -> Finding:
    from agent.bootstrap.mcp import mcp_of

    try:
        config = settings.config()
        if not config.mcp:
            return Finding(
                "mcp", State.OFF, "not configured: no tools of other MCP servers", "Set mcp in AGENT_CONFIG."
            )
        known = await mcp_of(settings, config).look()
    except AgentError as error:
        return Finding("mcp", State.BROKEN, str(error), "docs/ecosystem.md has every key.")
    wrong = [one for one in known if one.standing.value in _MEND]
    if wrong:
        says = "; ".join(f"{one.tool} of {one.server} is {one.standing.value}: {one.says}" for one in wrong)
        mends = dict.fromkeys(_MEND[one.standing.value].format(server=one.server) for one in wrong)
        return Finding("mcp", State.BROKEN, says, " ".join(mends))
    return Finding("mcp", State.OK, f"{len(known)} tools of {len({one.server for one in known})} servers")
