"""Does this answer show somebody an incident?  Then it goes into the access log first."""

from starlette.requests import Request
from starlette.responses import Response

from agent.bootstrap import Application
from agent.identity.roles import Caller

_ALL = frozenset({"/api/audit", "/audit"})
"""They show every incident: noted without the name of one."""
_ANSWERS = "/incidents/{incident}/ask"
"""Where the path of what is not a GET, and yet tells what is in an incident, ends."""


async def noted(request: Request, answer: Response) -> Response:
    """The answer, once it may be given."""
    incident, route = request.path_params.get("incident", ""), request.scope["route"].path
    caller: Caller | None = getattr(request.state, "caller", None)
    looks = request.method == "GET" or route.endswith(_ANSWERS)
    if caller is not None and looks and answer.status_code < 400 and (incident or route in _ALL):
        application: Application = request.app.state.application
        await application.service.reading.note(caller.name, incident, route)
    return answer
