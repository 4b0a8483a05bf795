"""What is kept about somebody, and how are they taken out?  `privacy show` and `privacy delete`, on this machine."""

from typing import TYPE_CHECKING, Annotated

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import complain, say, say_json, say_table

if TYPE_CHECKING:
    from agent.bootstrap.erasing import Erased, Held
    from agent.settings import Settings

privacy = typer.Typer(help="What is kept about a person, and taking them out.", no_args_is_help=True)

Subject = Annotated[
    str, typer.Option("--subject", metavar="NAME", help="A key's name, an e-mail address, or another word for them.")
]


@privacy.command(epilog="Example: incident-agent privacy show --subject ada@example.com")
def show(subject: Subject, as_json: Json = False) -> None:
    """Say where the record names this person, also while the agent runs. Look before you delete."""
    from agent.settings import load

    found = _held(load(), subject)
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    rows = [*found.rows.items(), *([("journal", found.entries)] if found.entries else [])]
    say_table(("where", "rows"), [(where, str(count)) for where, count in rows], empty=f"Nothing names {subject}.")
    _tell_plain(found.plain)


@privacy.command(epilog="Example: incident-agent privacy delete --subject ada@example.com --yes")
def delete(
    subject: Subject,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False,
    as_json: Json = False,
) -> None:
    """Take this person out of everything kept here. Stop the agent first; cut off, it goes on when called again."""
    import asyncio

    from agent.settings import load

    if not yes:
        typer.confirm(f"Take {subject} out of everything, for good? `privacy show` tells what that is", abort=True)
    erased = asyncio.run(_erased(load(), subject))
    if as_json:
        from agent.bootstrap.erasing import ELSEWHERE

        say_json({**erased.model_dump(mode="json"), "elsewhere": list(ELSEWHERE)})
    else:
        _tell(subject, erased)


def _tell(subject: str, erased: "Erased") -> None:
    from agent.bootstrap.erasing import ELSEWHERE

    say(f"{subject} is {erased.subject} from now on, where a name must stand at all.")
    say(f"Made unreadable: {erased.entries} entries of the journal. Changed: {sum(erased.rows.values())} rows.")
    say(f"Dropped: the checkpoints of {erased.runs} runs. `audit verify` still fits.")
    if erased.waiting:
        complain(f"Still needed by their runs: {', '.join(erased.waiting)}; they go at the first start after the end.")
    _tell_plain(erased.plain)
    complain("Not reached from here, so look there yourself:")
    for place in ELSEWHERE:
        complain(f"- {place}")


def _tell_plain(entries: int) -> None:
    if entries:
        complain(
            f"{entries} entries of the journal name them in words that cannot be taken out, or were written by an "
            "earlier version: they go when the journal is old enough (`retention` in AGENT_CONFIG)."
        )


def _held(settings: "Settings", subject: str) -> "Held":
    from agent.bootstrap.erasing import held
    from agent.storage.database import Database
    from agent.storage.schema import migrate

    database = Database(settings.database)
    try:
        migrate(database)
        return held(database, subject)
    finally:
        database.close()


async def _erased(settings: "Settings", subject: str) -> "Erased":
    from agent.bootstrap.erasing import erase
    from agent.bootstrap.machine import SystemClock, data_folder
    from agent.bootstrap.record import open_record
    from agent.bootstrap.roots import deletions_of, secrets_of

    with data_folder(settings.data) as folder:
        secrets = secrets_of(settings, folder)
        async with open_record(settings, SystemClock(), secrets) as record:
            return await erase(record, deletions_of(settings, secrets), subject)
