"""What do people tell the agent from Slack?  Clicks, commands and questions, posted to us or down a line of ours."""

from agent.entrypoints.slack.door import Door, routes

__all__ = ["Door", "routes"]
