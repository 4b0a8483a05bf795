"""What does a person see in a browser?  Pages made on the server; nothing from elsewhere."""

from agent.entrypoints.dashboard.codes import one_time_code
from agent.entrypoints.dashboard.routes import router

__all__ = ["one_time_code", "router"]
