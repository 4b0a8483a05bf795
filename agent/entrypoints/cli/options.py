"""What do many commands need?  The same options, the running agent, its journal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from agent.entrypoints.cli.client import Client

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
IncidentId = Annotated[str, typer.Argument(metavar="INCIDENT", help="The incident's id, as `incidents list` shows it.")]


@contextmanager
def running_agent() -> "Iterator[Client]":
    """The agent that the settings name, to talk to."""
    from agent.entrypoints.cli.client import Client
    from agent.settings import load

    with Client.of(load()) as client:
        yield client


def journal(agent: "Client") -> Iterator[Any]:
    """Every entry of the running agent's journal, in order."""
    after = 0
    while entries := agent.get("/api/audit", after=after, limit=_PAGE)["entries"]:
        yield from entries
        after = entries[-1]["sequence"]


_PAGE = 1000
"""Entries of the journal that are fetched at once."""
