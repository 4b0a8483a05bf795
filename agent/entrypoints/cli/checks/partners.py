"""Does what the agent talks to answer?  The model, the ticket system, the chat."""

from typing import TYPE_CHECKING

from agent.domain.errors import AgentError
from agent.entrypoints.cli.checks.finding import DEADLINE, Finding, State, asked
from agent.settings import Settings

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient


async def model(settings: Settings) -> Finding:
    if not settings.model and settings.openai_api_key is None:
        mend = "Set AGENT_MODEL and OPENAI_API_KEY for investigations; diagnoses come from the analysis until then."
        return Finding("model", State.OFF, "not configured: analysis only", mend)
    from agent.bootstrap.knowledge import models_of

    try:
        models_of(settings)
    except AgentError as error:
        return Finding("model", State.BROKEN, str(error), "Mend AGENT_MODEL or AGENT_MODEL_FALLBACKS.")
    named = settings.model or "the provider's default"
    elsewhere = "@http" in settings.model or not named.startswith(("openai:", "the provider"))
    if elsewhere and not settings.openai_base_url:
        return Finding("model", State.OK, f"{named} (not asked)")
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    url = settings.openai_base_url or "https://api.openai.com/v1"
    return await asked("model", url, "/models", "OPENAI_BASE_URL and OPENAI_API_KEY", says=named, key=key, outside=True)


async def jira(settings: Settings) -> Finding:
    if not settings.jira_url or settings.jira_token is None:
        return Finding("jira", State.OFF, "not configured: no tickets", "Set JIRA_URL, JIRA_TOKEN and JIRA_PROJECT.")
    token = settings.jira_token.get_secret_value()
    basic = (settings.jira_user, token) if settings.jira_user else None
    return await asked(
        "jira",
        settings.jira_url,
        "/rest/api/2/myself",
        "JIRA_URL, JIRA_USER and JIRA_TOKEN",
        key="" if basic else token,
        basic=basic,
        outside=True,
    )


async def slack(settings: Settings) -> Finding:
    if settings.slack_bot_token is None:
        mend = "Set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET (docs/slack.md)."
        return Finding("slack", State.OFF, "not configured: no cards", mend)
    from slack_sdk.errors import SlackApiError
    from slack_sdk.web.async_client import AsyncWebClient

    slack = AsyncWebClient(
        settings.slack_bot_token.get_secret_value(),
        base_url=settings.slack_api_url or AsyncWebClient.BASE_URL,
        timeout=int(DEADLINE.total_seconds()),
    )
    try:
        who = await slack.auth_test()
        return await _socket_mode(settings, slack, f"{who['user']} in {who['team']}")
    except SlackApiError as error:
        return Finding("slack", State.BROKEN, str(error.response["error"]), "Check SLACK_BOT_TOKEN.")
    except (OSError, TimeoutError) as error:
        return Finding("slack", State.BROKEN, str(error) or "no answer", "Is Slack reachable from here?")


async def _socket_mode(settings: Settings, slack: "AsyncWebClient", found: str) -> Finding:
    """May a line be opened? The address that comes is not used."""
    if settings.slack_app_token is None:
        return Finding("slack", State.OK, f"{found}, over HTTP")
    from slack_sdk.errors import SlackApiError

    try:
        await slack.apps_connections_open(app_token=settings.slack_app_token.get_secret_value())
    except SlackApiError as error:
        mend = "Check SLACK_APP_TOKEN: it needs the scope connections:write, and the app Socket Mode switched on."
        return Finding("slack", State.BROKEN, f"Socket Mode: {error.response['error']}", mend)
    return Finding("slack", State.OK, f"{found}, by Socket Mode")
