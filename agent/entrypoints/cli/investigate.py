"""`investigate` an alert from a file or a running Alertmanager, and `replay` an incident of the record."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from agent.entrypoints.cli.options import IncidentId, Json, running_agent
from agent.entrypoints.cli.say import progress, say, say_json

if TYPE_CHECKING:
    from agent.entrypoints.cli.once import Asked

Integration = Literal["alertmanager", "datadog", "grafana", "pagerduty", "generic"]


def investigate(
    source: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="A webhook's body, `-` for standard input, or an Alertmanager.")
    ],
    integration: Annotated[Integration, typer.Option(help="Whose body it is.")] = "alertmanager",
    at: Annotated[datetime | None, typer.Option(help="Look at it as from this moment, in UTC; without: now.")] = None,
    as_json: Json = False,
) -> None:
    """Investigate an alert once and print the diagnosis. It looks, and changes nothing."""
    from agent.entrypoints.cli.once import Asked

    moment = at.replace(tzinfo=at.tzinfo or UTC) if at else None
    if source.startswith(("http://", "https://")):
        body, integration = _firing(source), "alertmanager"
    else:
        body = sys.stdin.buffer.read() if source == "-" else _read(Path(source))
    _tell(Asked(integration, body, moment), as_json=as_json)


def replay(incident: IncidentId, as_json: Json = False) -> None:
    """Investigate an incident of the record again, as from the day it happened, with the agent as it is now."""
    from agent.entrypoints.cli.once import Asked

    with running_agent() as agent:
        seen = agent.get(f"/api/incidents/{incident}")
    body = _posted([placed["alert"] for placed in seen["alerts"]])
    _tell(Asked("alertmanager", body, datetime.fromisoformat(seen["incident"]["opened_at"])), as_json=as_json)


def _tell(asked: "Asked", *, as_json: bool) -> None:
    import asyncio

    from agent.entrypoints.cli.once import investigated
    from agent.entrypoints.cli.page import page
    from agent.entrypoints.cli.shown import WholeIncident
    from agent.settings import load

    with progress("Investigating: metrics, logs, changes; this takes some seconds, or minutes with a model."):
        found = asyncio.run(investigated(load(), asked))
    told: list[Any] = [one.model_dump(mode="json") for one in found]
    if as_json:
        say_json({"incidents": told})
        return
    say("\n\n".join(page(WholeIncident.model_validate(one)) for one in told))


def _read(file: Path) -> bytes:
    from agent.domain.errors import NotFound

    try:
        return file.read_bytes()
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}.") from error


def _firing(url: str) -> bytes:
    """What a running Alertmanager would post of all that fires there now."""
    import httpx2

    from agent.domain.errors import AgentError, NotFound

    asked = {"active": "true", "silenced": "false", "inhibited": "false"}
    try:
        answer = httpx2.get(f"{url.rstrip('/')}/api/v2/alerts", params=asked, timeout=10)
        answer.raise_for_status()
        alerts = [dict(alert) for alert in answer.json()]
    except (httpx2.HTTPError, ValueError, RecursionError, TypeError) as error:
        raise AgentError(f"{url} did not answer as an Alertmanager does: {error}") from error
    if not alerts:
        raise NotFound(f"Nothing fires at {url}.")
    return _envelope([{**alert, "status": "firing"} for alert in alerts])


def _posted(alerts: list[dict[str, Any]]) -> bytes:
    """The alerts of the record as Alertmanager posts them; who sent them first does not matter any more."""
    return _envelope(
        [
            {
                "status": "firing",
                "labels": {"alertname": alert["name"], "severity": alert["severity"], **alert["labels"]},
                "annotations": alert["annotations"],
                "startsAt": alert["starts_at"],
                "generatorURL": alert["link"],
            }
            for alert in alerts
        ]
    )


def _envelope(alerts: list[dict[str, Any]]) -> bytes:
    return json.dumps({"version": "4", "status": "firing", "groupKey": "", "alerts": alerts}).encode()
