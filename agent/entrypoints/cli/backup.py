"""How is everything kept a second time?  `backup` and `restore`, on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import complain, say, say_json


def backup(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="An empty folder, or one to be made.")],
    as_json: Json = False,
) -> None:
    """Copy record, checkpoints, journal anchors and keys, also while the agent runs. The copy holds secrets."""
    from agent.bootstrap.backup import back_up
    from agent.identity.secrets import FILE
    from agent.settings import load

    made = back_up(load(), to)
    if as_json:
        say_json({"folder": str(to), **made.model_dump(mode="json")})
    else:
        say(f"Backed up to {to}: {made.entries} entries of the journal, {len(made.parts)} files and their manifest.")
    complain(
        f"{to} holds secrets: with its keys anybody can act as this installation. Keep it where only you can read."
    )
    if FILE not in made.names:
        complain("AGENT_SECRET_KEY is not in it, since it is configured: keep it elsewhere; a restore needs it.")


def restore(
    origin: Annotated[Path, typer.Option("--from", metavar="DIR", help="A folder that `backup` made.")],
    as_it_was: Annotated[
        bool, typer.Option("--as-it-was", help="Do not pause actions: nothing was done since the backup.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring a backup back into an empty data folder, checked; every action is paused until someone has looked."""
    from agent.bootstrap import backup as copies
    from agent.settings import load

    brought = copies.restore(load(), origin, as_it_was=as_it_was)
    if as_json:
        say_json({"restored": True, "taken_at": brought.taken_at.isoformat(), "actions_paused": not as_it_was})
        return
    say(f"Restored the backup of {brought.taken_at:%Y-%m-%d %H:%M} UTC: {brought.entries} entries, and they verify.")
    if not as_it_was:
        say("Actions are paused, since what was done after the backup is not known here: look, start the agent,")
        say("then `incident-agent actions resume`.")
        complain(
            "Keys that were revoked since the backup open again: see `incident-agent keys list`, and revoke them anew."
        )
