"""What do people tell the agent from Slack?  Clicks, commands and questions, signed by Slack."""

from agent.entrypoints.slack.door import Door, routes

__all__ = ["Door", "routes"]
