"""What is the same on many commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

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
