"""How is something said on a terminal?  As text, as a table, or as JSON, and harmless whoever wrote it."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tools.invisible import written_out

if TYPE_CHECKING:
    from pydantic import JsonValue
    from rich.console import Console
    from rich.table import Table

_PIPE_WIDTH = 250
"""Columns when nobody looks: wide enough that nothing wraps for the next program."""

_STYLES = {
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "awaiting_approval": "bold yellow",
    "pending": "bold yellow",
    "parked": "bold red",
    "ok": "green",
    "off": "dim",
    "broken": "bold red",
}


def say(text: str = "") -> None:
    """To standard output."""
    sys.stdout.write(written_out(text, lines=True) + "\n")


def complain(text: str) -> None:
    """To standard error, when something failed."""
    sys.stderr.write(written_out(text, lines=True) + "\n")


def say_json(value: "JsonValue") -> None:
    """One JSON document."""
    sys.stdout.write(written_out(json.dumps(value, ensure_ascii=False, indent=2), lines=True) + "\n")


def say_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """A table; `empty` is the sentence when there are no rows."""
    table = _table(head, rows)
    if table.row_count:
        _console().print(table)
    else:
        say(empty)


Show = Callable[[Sequence[str], Iterable[Sequence[str]], Sequence[str]], None]
"""Head and rows of a table, and lines below it."""


@contextmanager
def live_table() -> Iterator[Show]:
    """A table on the terminal that is drawn again in its place, as often as it is shown."""
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    with Live(console=_console(), auto_refresh=False) as live:

        def show(head: Sequence[str], rows: Iterable[Sequence[str]], lines: Sequence[str]) -> None:
            below = [Text(written_out(line), no_wrap=True, overflow="ellipsis") for line in lines]
            live.update(Group(_table(head, rows), Text(), *below), refresh=True)

        yield show


@contextmanager
def progress(what: str) -> Iterator[None]:
    """On a terminal, on standard error: that something is under way. Elsewhere nothing."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(written_out(what)):
        yield


def say_markdown(text: str) -> None:
    """Rendered on a terminal, as it is into a pipe."""
    if not sys.stdout.isatty():
        say(text)
        return
    from rich.markdown import Markdown

    _console().print(Markdown(written_out(text, lines=True), hyperlinks=False))


def moment(at: datetime | None) -> str:
    """In the reader's own time zone, to the second."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z") if at else ""


def seconds(length: float) -> str:
    """A length of time in the two units that matter: `1 h 5 min`, `12 s`."""
    from agent.domain.wording import lasting

    return lasting(timedelta(seconds=length))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(*head, box=None, pad_edge=False, header_style="dim")
    for row in rows:
        # Text takes no markup: data cannot style, link or hide anything.
        table.add_row(*(Text(written_out(cell), style=_STYLES.get(cell, "")) for cell in row))
    return table


def _console() -> "Console":
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)
