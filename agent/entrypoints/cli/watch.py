"""What is happening now?  `incidents watch`: the journal as it grows, with the incidents that are open above it."""

import json
import sys
from collections.abc import Iterable, Iterator
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING, Any

from agent.domain.errors import AgentError
from agent.entrypoints.cli.say import live_table, moment, say

if TYPE_CHECKING:
    from agent.entrypoints.cli.client import Client
    from agent.entrypoints.cli.shown import Incident

LINES = 12
"""Entries of the journal that stand below the table."""
MOST = 200
"""Incidents that stand in the table: as many as one answer holds."""
WAITING = 1_000
"""Entries that have come and are not shown yet; the stream waits behind them."""
_LONGEST_LINE = 1024 * 1024
"""Characters of one event; the agent sends none that long."""

Written = dict[str, Any]
"""An entry of the journal, as it is sent."""


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


def told(entry: Written) -> str:
    """One entry of the journal on one line."""
    from agent.entrypoints.cli.shown import Entry

    read = Entry.model_validate(entry)
    who = f" ({read.event.actor})" if read.event.actor else ""
    return f"{moment(read.at)}  {read.event.incident or '-'}  {read.event.text}{who}"


def _on_a_terminal(agent: "Client", entries: Iterable[Written]) -> None:
    latest: list[str] = []
    with live_table() as show:
        show(_HEAD, _rows(open_incidents(agent)), latest)
        for several in together(entries):
            latest = [*latest, *map(told, several[-LINES:])][-LINES:]
            show(_HEAD, _rows(open_incidents(agent)), latest)


_HEAD = ("id", "status", "severity", "service", "title", "opened")


def _rows(incidents: "list[Incident]") -> list[tuple[str, ...]]:
    return [(one.id, one.status, one.severity, one.service, one.title, moment(one.opened_at)) for one in incidents]


def open_incidents(agent: "Client") -> "list[Incident]":
    """Those that somebody may have to do something about, the newest first, at most `MOST`."""
    from agent.domain.incident import OVER, IncidentStatus
    from agent.entrypoints.cli.shown import IncidentPage

    status = ",".join(one for one in IncidentStatus if one not in OVER)
    return list(IncidentPage.model_validate(agent.get("/api/incidents", status=status, limit=MOST)).incidents)


def together(entries: Iterable[Written]) -> Iterator[list[Written]]:
    """What has come since last time, as soon as anything has: a storm of entries costs a few looks, not one each.

    Raises what ended the entries.
    """
    come: Queue[Written | AgentError | None] = Queue(WAITING)
    Thread(target=_read, args=(entries, come), name="journal", daemon=True).start()
    while True:
        several = [come.get()]
        while not come.empty():
            several.append(come.get())
        if found := [one for one in several if isinstance(one, dict)]:
            yield found
        for error in (one for one in several if isinstance(one, AgentError)):
            raise error
        if several[-1] is None:
            return


def _read(entries: Iterable[Written], come: "Queue[Written | AgentError | None]") -> None:
    """On a thread of its own. None: they ended."""
    try:
        for entry in entries:
            come.put(entry)
    except AgentError as error:
        come.put(error)
    finally:
        come.put(None)


def _entries(lines: Iterable[str]) -> Iterator[Written]:
    """The data of each event (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    for line in lines:
        if line.startswith("data: ") and len(line) < _LONGEST_LINE:
            yield json.loads(line[6:])
