"""What is kept about somebody, and who looked at it?  `privacy show`, `delete` and `reads`, on this machine."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import complain, moment, say, say_json, say_table

if TYPE_CHECKING:
    from agent.bootstrap.erasing import Erased
    from agent.settings import Settings
    from agent.storage.database import Database

privacy = typer.Typer(help="What is kept about a person, taking them out, and who looked.", no_args_is_help=True)

Result = TypeVar("Result")

Subject = Annotated[
    str, typer.Option("--subject", metavar="NAME", help="A key's name, an e-mail address, or another word for them.")
]


@privacy.command(epilog="Example: incident-agent privacy show --subject ada@example.com")
def show(subject: Subject, as_json: Json = False) -> None:
    """Say where the record names this person, also while the agent runs. Look before you delete."""
    from agent.bootstrap.erasing import held
    from agent.settings import load

    found = _on_the_record(load(), lambda database: held(database, subject))
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


@privacy.command("reads", epilog="Example: incident-agent privacy reads --incident inc-7")
def list_reads(
    incident: Annotated[str, typer.Option(help="Of this incident alone.")] = "",
    who: Annotated[str, typer.Option(help="Of this person or program alone.")] = "",
    as_json: Json = False,
) -> None:
    """Say who looked at which incident, the newest first; a line a minute, at most 1000 lines."""
    from agent.settings import load
    from agent.storage import reads

    found = _on_the_record(
        load(), lambda database: database.read_now(partial(reads.listed, incident=incident, who=who))
    )
    if as_json:
        say_json([one.model_dump(mode="json") for one in found])
        return
    rows = [(moment(one.at), one.who, one.incident or "all", one.what) for one in found]
    say_table(("at", "who", "incident", "by way of"), rows, empty="Nobody has looked at it.")


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


def _on_the_record(settings: "Settings", work: "Callable[[Database], Result]") -> Result:
    """Also while the agent runs."""
    from agent.bootstrap.upgrading import upgraded_record

    with upgraded_record(settings) as database:
        return work(database)


async def _erased(settings: "Settings", subject: str) -> "Erased":
    from agent.bootstrap.erasing import erase
    from agent.bootstrap.machine import SystemClock, data_folder
    from agent.bootstrap.record import open_record
    from agent.bootstrap.roots import deletions_of, secrets_of

    with data_folder(settings.data) as folder:
        secrets = secrets_of(settings, folder)
        async with open_record(settings, SystemClock(), secrets) as record:
            return await erase(record, deletions_of(settings, secrets), subject)
