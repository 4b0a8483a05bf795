"""The web side with many incidents, as a process of its own: `python -m evals.bench.our_page DATA-FOLDER INCIDENTS`.

Its first line is `{"url", "key", "cookie", "incident", "pid"}`. One incident came by its alert and was investigated;
the others are copies of its rows, so that each has a diagnosis to show.
"""

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Table, insert, select

from agent.bootstrap import Application
from agent.bootstrap.machine import sortable_id
from agent.domain.event import EventType
from agent.entrypoints.garbage import steady
from agent.entrypoints.serving import serving
from agent.identity.sessions import cookie_name, issue
from agent.storage.tables import alerts, incidents, runs
from evals.bench.children import until_told
from evals.bench.replayed import alert, fresh, replayed

_STATUSES = ("parked", "resolved", "closed", "closed", "closed")
_COPIED = 1_000
"""Rows a statement."""


async def serve(data: Path, many: int) -> None:
    replay = fresh()
    async with replayed(data, replay) as application, serving(application) as running:
        steady()
        await application.service.intake.receive("alertmanager", "bench", alert(replay, "c0"))
        incident = await _reported(application)
        await application.record.database.write(lambda connection: _copy(connection, incident, many))
        minted = await application.identity.keys.create("bench", "person", ["read", "ask"])
        secret = application.identity.secrets.derive("sessions")
        session = issue(minted.key.id, secret, application.clock.now())
        told = {"url": running.url, "key": minted.token, "incident": incident, "pid": os.getpid()}
        print(json.dumps({**told, "cookie": f"{cookie_name(secure=False)}={session}"}), flush=True)
        await until_told()


async def _reported(application: Application) -> str:
    while True:
        for entry in await application.record.journal.after(0):
            if entry.event.type is EventType.REPORTED and entry.event.incident:
                return entry.event.incident
        await application.clock.sleep(timedelta(milliseconds=50))


def _copy(connection: Connection, incident: str, many: int) -> None:
    """So many incidents, each with an alert and a diagnosis."""
    names = [sortable_id("inc") for _ in range(many)]
    _insert(connection, incidents, incidents.c.id == incident, [{"id": name} for name in names])
    of_runs = [{"id": f"{name}.1", "incident": name} for name in names]
    _insert(connection, runs, runs.c.incident == incident, of_runs)
    of_alerts = [{"id": name.replace("inc", "al"), "incident": name} for name in names]
    _insert(connection, alerts, alerts.c.incident == incident, of_alerts)


def _insert(connection: Connection, table: Table, like: ColumnElement[bool], changed: list[dict[str, str]]) -> None:
    """A copy of the first row that is like this for each, with its own fields."""
    row = dict(connection.execute(select(table).where(like)).mappings().first() or {})
    row.pop("sequence", None)
    if table is incidents:
        changed = [one | {"status": _STATUSES[at % len(_STATUSES)]} for at, one in enumerate(changed)]
    for begin in range(0, len(changed), _COPIED):
        connection.execute(insert(table), [row | one for one in changed[begin : begin + _COPIED]])


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
