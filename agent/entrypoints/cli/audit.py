"""What happened, and has anybody changed the journal since?  `audit verify` and `audit export`."""

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from agent.entrypoints.cli.options import Json, journal, running_agent
from agent.entrypoints.cli.say import say, say_json
from tools.invisible import written_out

if TYPE_CHECKING:
    from agent.settings import Settings

audit = typer.Typer(help="The journal: everything that happened, chained by hashes.", no_args_is_help=True)

COLUMNS = ("sequence", "at", "type", "incident", "actor", "text", "hash")


@audit.command(epilog="Example: incident-agent audit verify")
def verify(as_json: Json = False) -> None:
    """Check the whole chain against its signed head and every anchor; it reads the record itself, on this machine."""
    from agent.domain.errors import JournalBroken
    from agent.settings import load

    entries, wrong, anchors = _verified(load())
    if as_json:
        found = {"first_broken": entries} if wrong else {}
        say_json({"sound": not wrong, "entries": entries, "wrong": wrong, "anchors": anchors, **found})
    elif not wrong:
        said = "each chained to the one before, the head signed by us"
        say(f"The journal is sound: {entries} entries, {said}; {anchors} earlier heads, kept beside it, fit.")
    if wrong:
        raise JournalBroken(f"The journal does not verify: {wrong}.")


@audit.command(epilog="Example: incident-agent audit export --format csv")
def export(
    form: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="JSON lines, or a table.")] = "jsonl",
) -> None:
    """Print every entry, the oldest first."""
    with running_agent() as agent:
        sys.stdout.writelines(table(journal(agent)) if form == "csv" else map(_line, journal(agent)))


def table(entries: Iterable[Any]) -> Iterator[str]:
    """Entries of the journal as the lines of a CSV file, its head first; no cell of it is a formula."""
    yield _row(COLUMNS)
    for entry in entries:
        yield _row(_cells(entry))


def _line(entry: Any) -> str:
    return written_out(json.dumps(entry, ensure_ascii=False)) + "\n"


def _cells(entry: Any) -> list[str]:
    flat = {**entry, **entry["event"]}
    return [_harmless(str(flat[name] if flat[name] is not None else "")) for name in COLUMNS]


def _harmless(cell: str) -> str:
    """No formula for a spreadsheet to run (OWASP, CSV injection), no control character.

    Nor behind a semicolon: where the comma is the decimal sign, spreadsheets part cells there.
    """
    return written_out(_FORMULA.sub("'", cell))


_FORMULA = re.compile(r"""(?:\A|(?<=;))(?=[\s"]*[=+@-]|[\t\r])""")
"""The place in front of one."""


def _row(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _verified(settings: "Settings") -> tuple[int, str, int]:
    """(entries, or the first broken one; what is wrong with it; how many anchors there are)."""
    from agent.bootstrap.machine import SystemClock
    from agent.bootstrap.roots import chain_of, secrets_of
    from agent.domain.errors import NotFound
    from agent.identity.secrets import FILE
    from agent.storage.anchors import read
    from agent.storage.database import Database

    configured = settings.secret_key.get_secret_value() if settings.secret_key else ""
    if not configured and not (settings.data / FILE).exists():
        raise NotFound(f"There is no record in {settings.data}; AGENT_DATA names the data folder.")
    database = Database(settings.database)
    try:
        chain = chain_of(secrets_of(settings, settings.data), SystemClock())
        anchors = read(settings.anchors)
        return *database.read_now(lambda connection: chain.verify(connection, anchors)), len(anchors)
    finally:
        database.close()
