"""The one place where ports meet adapters."""

import os

# LangGraph reads it once, when it is first imported: a checkpoint may bring back plain JSON types and nothing else,
# whatever the environment says.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
# ONNX Runtime reads it once, when it is loaded: without it, it writes down an id of this machine and tells its makers
# of every session, past every gate of Python's.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from agent.bootstrap.application import Application, Replaced
from agent.bootstrap.opening import bootstrap

__all__ = ["Application", "Replaced", "bootstrap"]
