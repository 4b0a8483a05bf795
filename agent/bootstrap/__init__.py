"""The one place where ports meet adapters."""

import os

# LangGraph reads it once, when it is first imported: a checkpoint may bring back plain JSON types and nothing else,
# whatever the environment says.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"

from agent.bootstrap.application import Application, Replaced, bootstrap

__all__ = ["Application", "Replaced", "bootstrap"]
