"""What is happening now?  `incidents watch`: the journal as it grows, with the incidents that are open above it."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from agent.entrypoints.cli.say import live_table, moment, say

if TYPE_CHECKING:
    from agent.entrypoints.cli.client import Client
    from agent.entrypoints.cli.shown import Incident

LINES = 12
"""Entries of the journal that stand below the table."""
_OVER = frozenset({"closed"})
_LONGEST_LINE = 1024 * 1024
"""Characters of one event; the agent sends none that long."""


def watch(agent: "Client", *, as_json: bool) -> None:
    """Until it is interrupted, or the agent ends."""
    entries = _entries(agent.lines("/api/events"))
    if as_json:
        for entry in entries:
            sys.stdout.write(json.dumps(entry) + "\n")
            sys.stdout.flush()
    elif sys.stdout.isatty():
        _on_a_terminal(agent, entries)
    else:
        for entry in entries:
            say(told(entry))
            sys.stdout.flush()


def told(entry: dict[str, Any]) -> str:
    """One entry of the journal on one line."""
    from agent.entrypoints.cli.shown import Noted

    noted = Noted.model_validate(entry)
    who = f" ({noted.event.actor})" if noted.event.actor else ""
    return f"{moment(noted.at)}  {noted.event.incident or '-'}  {noted.event.text}{who}"


def _on_a_terminal(agent: "Client", entries: Iterable[dict[str, Any]]) -> None:
    latest: list[str] = []
    with live_table() as show:
        show(_HEAD, _rows(_open(agent)), latest)
        for entry in entries:
            latest = [*latest, told(entry)][-LINES:]
            show(_HEAD, _rows(_open(agent)), latest)


_HEAD = ("id", "status", "severity", "service", "title", "opened")


def _rows(incidents: "list[Incident]") -> list[tuple[str, ...]]:
    return [
        (one.id, one.status, one.severity, one.service, one.title, moment(one.opened_at))
        for one in incidents
        if one.status not in _OVER
    ]


def _open(agent: "Client") -> "list[Incident]":
    from agent.entrypoints.cli.shown import IncidentPage

    return list(IncidentPage.model_validate(agent.get("/api/incidents", limit=20)).incidents)


def _entries(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The data of each event (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    for line in lines:
        if line.startswith("data: ") and len(line) < _LONGEST_LINE:
            yield json.loads(line[6:])
